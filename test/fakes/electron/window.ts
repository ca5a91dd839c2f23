/** `BrowserWindow`: a frame that is only kept in mind, around a page that is real. */
import { app, onQuitClose } from './app.ts';
import { WebContents } from './contents.ts';
import { Faked, preventable } from './loud.ts';
import { options as fake, record } from './runtime.ts';
import type { Display } from './runtime.ts';

interface WindowOptions {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly show?: boolean;
  readonly webPreferences?: Readonly<Record<string, unknown>> & { readonly preload?: string };
}

const windows = new Set<BrowserWindow>();
export const allWindows = (): BrowserWindow[] => [...windows];

export class BrowserWindow extends Faked {
  readonly webContents: WebContents;
  #bounds: Display;
  #state: 'normal' | 'maximised' | 'minimised' = 'normal';
  #destroyed = false;
  #shown: boolean;

  constructor(options: WindowOptions) {
    super(['ready-to-show', 'close', 'closed', 'responsive', 'unresponsive', 'focus']);
    if (!app.isReady()) throw new Error("Cannot create BrowserWindow before app is 'ready'");
    const { webPreferences } = options;
    // isolated worlds and a shim are all this stand-in has: it cannot stand for anything less protected
    if (webPreferences?.['sandbox'] !== true || webPreferences['contextIsolation'] !== true)
      throw new Error('the stand-in makes only windows with sandbox and contextIsolation');
    record('new BrowserWindow', options);
    const { width = 800, height = 600 } = options;
    const [display = { x: 0, y: 0, width, height }] = fake.displays;
    this.#bounds = {
      x: options.x ?? display.x + Math.round((display.width - width) / 2),
      y: options.y ?? display.y + Math.round((display.height - height) / 2),
      width,
      height,
    };
    this.#shown = options.show ?? true;
    this.webContents = new WebContents(webPreferences.preload);
    void this.webContents.resize(width, height);
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'));
    windows.add(this);
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }
  show(): void {
    this.#shown = true;
  }
  focus(): void {
    record('window.focus');
    this.emit('focus');
  }
  isMinimized(): boolean {
    return this.#state === 'minimised';
  }
  minimize(): void {
    this.#state = 'minimised';
  }
  restore(): void {
    this.#state = 'normal';
  }
  isMaximized(): boolean {
    return this.#state === 'maximised';
  }
  maximize(): void {
    this.#state = 'maximised';
  }
  getNormalBounds(): Display {
    return this.#bounds;
  }
  setBounds(bounds: Display): void {
    this.#bounds = bounds;
    void this.webContents.resize(bounds.width, bounds.height);
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  close(): void {
    this.tryToClose();
  }
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    windows.delete(this);
    void this.webContents.destroy();
    this.emit('closed');
    if (windows.size > 0) return;
    if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed');
    else app.quit();
  }
  /** For the end of the application: false when somebody prevented it. */
  tryToClose(): boolean {
    const event = preventable({});
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
    return !event.defaultPrevented;
  }
  /** For a test. */
  look(): { bounds: Display; state: string; shown: boolean; url: string; ports: number } {
    return {
      bounds: this.#bounds,
      state: this.#state,
      shown: this.#shown,
      url: this.webContents.getURL(),
      ports: this.webContents.openPorts(),
    };
  }
}

onQuitClose(async () => allWindows().every((window) => window.tryToClose()));
