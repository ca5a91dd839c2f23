/**
 * Entry of the desktop: an Electron shell around the node (app.md 3). Electron's `ready` comes only after this
 * module has been evaluated, so nothing here is awaited at the top.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  app,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  powerMonitor,
  protocol,
  safeStorage,
  session,
  shell,
} from 'electron';
import { toProblem } from '../../../contract/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { openNode, readRunFile, VERSION } from '../../node/index.ts';
import type { MusterNode } from '../../node/index.ts';
import { loadAssets } from '../assets.ts';
import { defaultDataFolder, rendererFolder } from '../places.ts';
import { serveWindow } from './connect.ts';
import { linkAmong, readDeepLink } from './deep-link.ts';
import { menuTemplate } from './menu.ts';
import { SCHEME } from './origin.ts';
import { claimScheme, createAnswer } from './scheme.ts';
import { lockContents, lockSession } from './security.ts';
import { announce } from '../announce.ts';
import { startTray } from './tray.ts';
import { chooseSeal } from './vault.ts';
import { createFace } from './window.ts';
import type { Face } from './window.ts';
import { words } from './words.ts';

/** A node that does not stop within this is left to the kernel: what it acknowledged is on the disk. */
const STOP_DEADLINE_MS = 10_000;

const folder = folderFrom(process.argv) ?? defaultDataFolder();
/** Page that a link named before there was a window for it. */
let wanted = linkAmong(process.argv) ?? '';
let running: Desktop | null = null;
let stage: 'running' | 'stopping' | 'stopped' = 'running';

const goTo = (hash: string): void => {
  if (running === null) wanted = hash;
  else running.face.show(hash);
};

app.setName(words.name);
app.enableSandbox();
// the window asks its node and nobody else: not even names are looked up for it
app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
claimScheme(protocol);
// Chromium's own files lie with the data, so that two data folders are two applications
mkdirSync(join(folder, 'desktop'), { recursive: true, mode: 0o700 });
app.setPath('userData', join(folder, 'desktop'));

if (app.requestSingleInstanceLock()) {
  if (app.isPackaged) app.setAsDefaultProtocolClient('muster');
  app.on('web-contents-created', (_event, contents) => lockContents(contents));
  app.on('second-instance', (_event, argv) => goTo(linkAmong(argv) ?? ''));
  app.on('open-url', (event, url) => {
    event.preventDefault();
    const hash = readDeepLink(url);
    if (hash !== null) goTo(hash);
  });
  app.on('activate', () => goTo(''));
  // the node outlives its window; heard, so that Electron does not quit by itself
  app.on('window-all-closed', () => undefined);
  app.on('before-quit', (event) => {
    if (stage === 'stopped' || running === null) return;
    event.preventDefault();
    if (stage === 'running') void stop(running);
  });
  app.whenReady().then(start).then(opened, failed);
} else {
  app.quit();
}

interface Desktop {
  readonly node: MusterNode;
  readonly face: Face;
  close(): Promise<void>;
}

async function start(): Promise<Desktop> {
  const inspectable = !app.isPackaged;
  lockSession(session.defaultSession, inspectable);
  protocol.handle(SCHEME, createAnswer(loadAssets(rendererFolder())));
  const seal = await chooseSeal(safeStorage, join(folder, 'vault.json'), process.platform);
  const node = await openNode({ folder, host: 'desktop', seal });
  const ended = new AbortController();
  // no console here, so nothing takes a bearer token
  const announced = await announce(node, { console: null, bearer: '' });
  if (!seal.needsPassphrase && (await node.identity.get()).state === 'locked')
    // a keychain that stays silent leaves the node locked, which the interface shows
    await node.identity
      .unlock(undefined)
      .catch((error: unknown) => node.log.warn({ error: String(error) }, 'locked'));

  const takeBack = serveWindow({
    ipc: ipcMain,
    createChannel: () => new MessageChannelMain(),
    node,
    isWindow: (contents) => face.owns(contents),
  });
  const face = createFace({
    statePath: join(folder, 'window.json'),
    preload: join(import.meta.dirname, '../preload/index.cjs'),
    inspectable,
    left: takeBack,
    quit: () => app.quit(),
    now: Date.now,
  });
  const quit = (): void => void askToQuit();
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate({ quit, showDataFolder: () => void shell.openPath(folder) }, inspectable),
    ),
  );
  app.setAboutPanelOptions({ applicationName: words.name, applicationVersion: VERSION });
  startTray(node.events, { open: () => face.show(), quit }, ended.signal);
  app.on('child-process-gone', (_event, { type, reason }) =>
    node.log.warn({ type, reason }, 'a helper process ended'),
  );
  powerMonitor.on('resume', () => node.events.touched());

  return {
    node,
    face,
    async close() {
      ended.abort();
      face.close();
      await announced.close();
      await node.close();
    },
  };
}

function opened(desktop: Desktop): void {
  running = desktop;
  desktop.face.show(wanted);
}

/** Nothing opened, so nothing is left to close: say why, then end. */
function failed(error: unknown): void {
  const code = error instanceof Refusal ? error.code : 'UNEXPECTED';
  const { what, next } = toProblem(code, error instanceof Error ? error.message : String(error));
  const advice = code === 'DATA_IN_USE' ? words.inUse(readRunFile(folder)?.console ?? null) : next;
  dialog.showErrorBox(words.cannotStart, `${what}\n\n${advice}\n\n${code}`);
  app.exit(1);
}

async function askToQuit(): Promise<void> {
  const { message, detail, confirm, stay } = words.quitting;
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message,
    detail,
    buttons: [confirm, stay],
    defaultId: 1,
    cancelId: 1,
  });
  if (response === 0) app.quit();
}

async function stop(desktop: Desktop): Promise<void> {
  stage = 'stopping';
  const late = setTimeout(() => {
    desktop.node.log.error('the node did not stop in time');
    app.exit(1);
  }, STOP_DEADLINE_MS);
  try {
    await desktop.close();
  } catch (error) {
    desktop.node.log.error({ error: String(error) }, 'the node did not stop cleanly');
  }
  clearTimeout(late);
  stage = 'stopped';
  app.quit();
}

/** `--data DIR`, as the command line has it. */
function folderFrom(argv: readonly string[]): string | undefined {
  const at = argv.indexOf('--data');
  const named =
    at < 0 ? argv.find((one) => one.startsWith('--data='))?.slice('--data='.length) : argv[at + 1];
  return named === undefined || named === '' ? undefined : resolve(named);
}
