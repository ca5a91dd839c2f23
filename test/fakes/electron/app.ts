/** `app`: life cycle, single instance, paths. `ready` comes only after the main bundle has been evaluated. */
import { existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debuggingAddress, startChromium } from './chromium.ts';
import { Faked, preventable } from './loud.ts';
import { record } from './runtime.ts';

const EVENTS = [
  'ready',
  'web-contents-created',
  'second-instance',
  'open-url',
  'activate',
  'window-all-closed',
  'before-quit',
  'will-quit',
  'quit',
  'child-process-gone',
];

/** Asked before the windows close; answers false when one of them refused. */
let closeWindows: () => Promise<boolean> = async () => true;
export function onQuitClose(close: () => Promise<boolean>): void {
  closeWindows = close;
}

class App extends Faked {
  readonly isPackaged = false;
  readonly commandLine = {
    appendSwitch: (name: string, value?: string): void => {
      this.#beforeReady('commandLine.appendSwitch');
      record('app.commandLine.appendSwitch', name, value);
    },
  };
  #ready = false;
  #quitting = false;
  #userData = join(tmpdir(), `fake-electron-${process.pid}`);
  #lock: string | null = null;
  readonly #whenReady: Promise<void>;
  #resolveReady: () => void = () => undefined;

  constructor() {
    super(EVENTS);
    this.#whenReady = new Promise((resolve) => (this.#resolveReady = resolve));
  }

  whenReady(): Promise<void> {
    return this.#whenReady;
  }
  isReady(): boolean {
    return this.#ready;
  }
  setName(name: string): void {
    record('app.setName', name);
  }
  enableSandbox(): void {
    this.#beforeReady('enableSandbox');
    record('app.enableSandbox');
  }
  setAboutPanelOptions(about: unknown): void {
    record('app.setAboutPanelOptions', about);
  }
  setAsDefaultProtocolClient(scheme: string): boolean {
    record('app.setAsDefaultProtocolClient', scheme);
    return true;
  }
  setPath(name: string, path: string): void {
    if (name !== 'userData') throw new Error(`electron: app.setPath('${name}') is not faked`);
    this.#beforeReady('setPath');
    if (!existsSync(path)) throw new Error(`app.setPath: ${path} does not exist`);
    this.#userData = path;
  }

  /** Synchronous like the real one: a file names the first instance; others leave their arguments beside it. */
  requestSingleInstanceLock(): boolean {
    mkdirSync(this.#userData, { recursive: true });
    const file = join(this.#userData, 'fake-lock');
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
    } catch {
      const owner = Number(readFileSync(file, 'utf8'));
      if (isAlive(owner)) {
        writeFileSync(join(this.#userData, `fake-second-${process.pid}`), JSON.stringify(process.argv));
        return false;
      }
      writeFileSync(file, String(process.pid));
    }
    this.#lock = file;
    watch(this.#userData, (_change, name) => this.#hearSecond(name)).unref();
    return true;
  }
  #hearSecond(name: string | null): void {
    if (name === null || !name.startsWith('fake-second-')) return;
    const file = join(this.#userData, name);
    try {
      const argv = JSON.parse(readFileSync(file, 'utf8')) as string[];
      rmSync(file);
      this.emit('second-instance', preventable({}), argv, process.cwd(), null);
    } catch {
      // not written whole yet: another change will follow
    }
  }

  quit(): void {
    if (this.#quitting) return;
    this.#quitting = true;
    void this.#tryToQuit();
  }
  async #tryToQuit(): Promise<void> {
    const before = preventable({});
    this.emit('before-quit', before);
    if (before.defaultPrevented || !(await closeWindows())) {
      this.#quitting = false;
      return;
    }
    this.emit('will-quit', preventable({}));
    this.exit(0);
  }
  exit(code = 0): void {
    this.emit('quit', preventable({}), code);
    if (this.#lock !== null) rmSync(this.#lock, { force: true });
    // ends Chromium too: playwright-core does so when the process exits
    process.exit(code);
  }

  /** For run.ts: the bundle has been evaluated. */
  async becomeReady(): Promise<string> {
    await startChromium(join(this.#userData, 'fake-chromium'));
    this.#ready = true;
    this.emit('ready', preventable({}), {});
    this.#resolveReady();
    return debuggingAddress();
  }

  #beforeReady(what: string): void {
    if (this.#ready) throw new Error(`electron: app.${what} must be called before 'ready'`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export const app = new App();
