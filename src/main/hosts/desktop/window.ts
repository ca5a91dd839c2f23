/**
 * The window: one, made when it is wanted and gone when it is closed, so that a hidden node costs no renderer.
 * Its state is kept in the data folder; a page that dies is loaded again, three times, and then said to be dead.
 */
import { BrowserWindow, dialog, screen } from 'electron';
import type { WebContents } from 'electron';
import { HOME } from './origin.ts';
import { STOPPED } from './scheme.ts';
import { fitBounds, readWindowState, SMALLEST, writeWindowState } from './state.ts';
import { markImage } from './tray.ts';
import { words } from './words.ts';

/** Reloads after a crash, within the span below, before the page is given up. */
const MAX_RELOADS = 3;
const RELOAD_SPAN_MS = 5 * 60_000;

export interface WindowOptions {
  readonly statePath: string;
  readonly preload: string;
  readonly inspectable: boolean;
  /** The page is going or gone: whatever was handed to it is taken back. */
  readonly left: () => void;
  readonly quit: () => void;
  readonly now: () => number;
}

export interface Face {
  /** Brings the window to the front, making it if need be; `hash` is the page to show, `#/…`. */
  show(hash?: string): void;
  owns(contents: WebContents): boolean;
  /** Closes the window without asking. */
  close(): void;
}

export function createFace(options: WindowOptions): Face {
  const { statePath, left, quit } = options;
  let state = readWindowState(statePath);
  let window: BrowserWindow | null = null;

  const keep = (of: BrowserWindow): void => {
    state = { ...state, bounds: of.getNormalBounds(), maximised: of.isMaximized() };
    try {
      writeWindowState(statePath, state);
    } catch {
      // a full disk must not keep a window from closing
    }
  };

  const askOnClose = async (of: BrowserWindow): Promise<void> => {
    const { message, detail, keep: stay, quit: stop, cancel } = words.closing;
    const { response } = await dialog.showMessageBox(of, {
      type: 'question',
      message,
      detail,
      buttons: [stay, stop, cancel],
      defaultId: 0,
      cancelId: 2,
    });
    if (response === 2 || of.isDestroyed()) return;
    if (response === 1) return quit();
    state = { ...state, told: true };
    of.close();
  };

  const open = (hash: string): BrowserWindow => {
    const displays = screen.getAllDisplays();
    const primary = screen.getPrimaryDisplay().id;
    const areas = displays.toSorted((a, b) => Number(b.id === primary) - Number(a.id === primary));
    const opened = new BrowserWindow({
      ...fitBounds(
        state.bounds,
        areas.map(({ workArea }) => workArea),
      ),
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      show: false,
      title: words.name,
      icon: markImage(256, false),
      autoHideMenuBar: true,
      webPreferences: {
        preload: options.preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        navigateOnDragDrop: false,
        devTools: options.inspectable,
      },
    });
    if (state.maximised) opened.maximize();
    opened.once('ready-to-show', () => opened.show());
    opened.on('close', (event) => {
      keep(opened);
      if (state.told) return;
      event.preventDefault();
      void askOnClose(opened);
    });
    opened.on('closed', () => {
      left();
      window = null;
    });
    watchPage(opened, options);
    // a page that was replaced while it loaded rejects here, and says so itself
    opened.loadURL(`${HOME}${hash}`).catch(() => undefined);
    return opened;
  };

  return {
    show(hash = '') {
      if (window === null) {
        window = open(hash);
        return;
      }
      if (hash !== '') window.loadURL(`${HOME}${hash}`).catch(() => undefined);
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    owns: (contents) => window !== null && contents === window.webContents,
    close() {
      if (window === null) return;
      keep(window);
      // not `close`: no page may hold the end up
      window.destroy();
    },
  };
}

/** Takes the port back whenever the page leaves, and brings a page back that crashed or hangs. */
function watchPage(window: BrowserWindow, { left, now }: WindowOptions): void {
  const contents = window.webContents;
  let crashes: number[] = [];
  let asking: AbortController | null = null;

  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) left();
  });
  contents.on('render-process-gone', (_event, { reason }) => {
    left();
    asking?.abort();
    if (reason === 'clean-exit') return;
    crashes = [...crashes.filter((at) => now() - at < RELOAD_SPAN_MS), now()];
    // not from within the event: the process is still being put away
    setImmediate(() => {
      if (window.isDestroyed()) return;
      if (crashes.length <= MAX_RELOADS) contents.reload();
      else contents.loadURL(STOPPED).catch(() => undefined);
    });
  });
  window.on('responsive', () => asking?.abort());
  window.on('unresponsive', () => {
    if (asking !== null) return;
    const asked = new AbortController();
    asking = asked;
    void offerReload(asked.signal).finally(() => (asking = null));
  });

  async function offerReload(signal: AbortSignal): Promise<void> {
    const { message, detail, wait, reload } = words.unresponsive;
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message,
      detail,
      buttons: [wait, reload],
      defaultId: 0,
      cancelId: 0,
      signal,
    });
    // a page that hangs does not hear a reload: its process is ended, and the crash brings it back
    if (response === 1 && !signal.aborted && !window.isDestroyed()) contents.forcefullyCrashRenderer();
  }
}
