/** What the parts of the stand-in share within one process: how it was started, and what was asked of it. */

export interface Display {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How a test starts the stand-in; travels as JSON in the environment. */
export interface FakeOptions {
  /** Bundle of the main process, a path. */
  readonly main: string;
  readonly chromium: string;
  /** What `safeStorage` finds. Null: no encryption at all. */
  readonly keyring: 'basic_text' | 'gnome_libsecret' | 'kwallet' | 'kwallet5' | 'kwallet6' | 'unknown' | null;
  /** File that stands for the person's keyring; it outlives the application. */
  readonly keyringFile: string;
  /** Work areas, primary first. */
  readonly displays: readonly Display[];
}

export const OPTIONS_VARIABLE = 'MUSTER_FAKE_ELECTRON';
export const options = JSON.parse(process.env[OPTIONS_VARIABLE] ?? '{}') as FakeOptions;

export interface Call {
  /** `dialog.showErrorBox` */
  readonly api: string;
  readonly args: readonly unknown[];
}

const recorded: Call[] = [];
export const calls = (): readonly Call[] => recorded;

/** Notes a call that has no effect here, as JSON will carry it. */
export function record(api: string, ...args: unknown[]): void {
  recorded.push({ api, args });
}
