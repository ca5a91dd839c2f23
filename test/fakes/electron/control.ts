/** What a test may do to the stand-in, over the channel between the two processes. */
import { app } from './app.ts';
import { browserContext } from './chromium.ts';
import * as desk from './desk.ts';
import { calls } from './runtime.ts';
import { allWindows } from './window.ts';
import type { BrowserWindow } from './window.ts';

function theWindow(): BrowserWindow {
  const [window] = allWindows();
  if (window === undefined) throw new Error('there is no window');
  return window;
}

const commands = {
  calls: () => calls(),
  isReady: () => app.isReady(),
  windows: () => allWindows().map((window) => window.look()),
  closeWindow: () => theWindow().close(),
  minimise: () => theWindow().minimize(),
  maximise: () => theWindow().maximize(),
  setBounds: (bounds: Parameters<BrowserWindow['setBounds']>[0]) => theWindow().setBounds(bounds),
  hang: () => theWindow().emit('unresponsive'),
  crash: () => theWindow().webContents.forcefullyCrashRenderer(),
  plant: (url: string, html: string) => theWindow().webContents.plant(url, html),
  forge: (channel: string, which: 'subframe' | 'gone') => theWindow().webContents.forge(channel, null, which),
  run: (script: string) => theWindow().webContents.run(script),
  /** Everything Chromium has open, the stand-in's own blank pages among it. */
  pages: () => browserContext().pages().length,
  press: (label: string) => desk.pressButton(label),
  messages: () => desk.openMessages(),
  tray: () => desk.lookAtTray(),
  clickTray: (label: string) => desk.clickTray(label),
  clickMenu: (label: string) => desk.clickMenu(label),
  menuRoles: () => desk.menuRoles(),
  openUrl: (url: string) => app.emit('open-url', { preventDefault() {} }, url),
  wake: () => desk.powerMonitor.emit('resume'),
  quit: () => app.quit(),
  /** Ends at once; Chromium ends with it. */
  leave: () => process.exit(0),
} as const;

type Commands = typeof commands;
export type CommandName = keyof Commands;
export type Arguments<N extends CommandName> = Parameters<Commands[N]>;
export type Result<N extends CommandName> = Awaited<ReturnType<Commands[N]>>;

export interface Order {
  readonly id: number;
  readonly name: CommandName;
  readonly args: readonly unknown[];
}
export type Report =
  | { readonly kind: 'evaluated' }
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string };

const report = (message: Report): void => void process.send?.(message);

export function startControl(): typeof report {
  process.on('message', (order: Order) => {
    const { id, name, args } = order;
    void (async () => (commands[name] as (...args: readonly unknown[]) => unknown)(...args))().then(
      (result: unknown) => report({ kind: 'done', id, result: result ?? null }),
      (error: unknown) => report({ kind: 'failed', id, error: String(error) }),
    );
  });
  // a test that is gone leaves no application behind
  process.on('disconnect', () => process.exit(1));
  return report;
}
