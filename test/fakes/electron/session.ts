/** `session.defaultSession`: permissions, devices, requests and downloads, all of which really act on Chromium. */
import type { CDPSession } from 'playwright-core';
import { browserContext } from './chromium.ts';
import { Faked, loud, preventable } from './loud.ts';
import { fromWire, toWire } from './wire.ts';

type RequestHandler = (
  contents: unknown,
  permission: string,
  answer: (granted: boolean) => void,
  details: { requestingUrl: string; isMainFrame: boolean },
) => void;
type CheckHandler = (contents: unknown, permission: string, origin: string, details: object) => boolean;
type BeforeRequest = (details: RequestDetails, answer: (response: { cancel?: boolean }) => void) => void;

export interface RequestDetails {
  readonly id: number;
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
}

/** Electron's names beside those of the debugging protocol; the others cannot be set from outside Chromium. */
const PERMISSIONS: readonly (readonly [string, { name: string; allowWithoutSanitization?: boolean }])[] = [
  ['geolocation', { name: 'geolocation' }],
  ['notifications', { name: 'notifications' }],
  ['media', { name: 'camera' }],
  ['media', { name: 'microphone' }],
  ['midi', { name: 'midi' }],
  ['clipboard-read', { name: 'clipboard-read' }],
  ['clipboard-sanitized-write', { name: 'clipboard-write' }],
  ['persistent-storage', { name: 'persistent-storage' }],
  ['idle-detection', { name: 'idle-detection' }],
  ['window-management', { name: 'window-management' }],
  ['local-fonts', { name: 'local-fonts' }],
  ['screen-wake-lock', { name: 'screen-wake-lock' }],
  ['local-network-access', { name: 'local-network-access' }],
  ['loopback-network', { name: 'loopback-network' }],
];

class Session extends Faked {
  #request: RequestHandler | null = null;
  #check: CheckHandler | null = null;
  #beforeRequest: BeforeRequest | null = null;
  #requests = 0;
  #cdp: Promise<CDPSession> | null = null;
  readonly webRequest = loud('webRequest', {
    onBeforeRequest: (listener: BeforeRequest): void => {
      this.#beforeRequest = listener;
    },
  });

  constructor() {
    super(['will-download']);
  }
  setPermissionRequestHandler(handler: RequestHandler): void {
    this.#request = handler;
  }
  setPermissionCheckHandler(handler: CheckHandler): void {
    this.#check = handler;
  }
  setDevicePermissionHandler(_handler: () => boolean): void {
    // Chromium's choosers cannot be reached from outside: recorded by nobody, proven by nobody
  }

  /** For contents.ts: asks both handlers about an origin and tells Chromium. Without a handler all is granted. */
  async applyPermissions(contents: unknown, url: string): Promise<void> {
    const origin = new URL(toWire(url)).origin;
    const cdp = await this.#debugger();
    const decided = new Map<string, boolean>();
    for (const [permission] of PERMISSIONS)
      if (!decided.has(permission)) decided.set(permission, await this.#decide(contents, permission, url));
    for (const [permission, descriptor] of PERMISSIONS)
      await cdp.send('Browser.setPermission', {
        permission: descriptor,
        setting: decided.get(permission) === true ? 'granted' : 'denied',
        origin,
      });
  }
  /** Chromium forgets what it was told once this connection ends, so it is kept. */
  #debugger(): Promise<CDPSession> {
    const context = browserContext();
    this.#cdp ??= (async () => context.newCDPSession(await context.newPage()))();
    return this.#cdp;
  }
  async #decide(contents: unknown, permission: string, url: string): Promise<boolean> {
    const origin = `${fromWire(new URL(toWire(url)).origin)}/`;
    const details = { requestingUrl: url, isMainFrame: true, securityOrigin: origin };
    if (this.#check !== null && !this.#check(contents, permission, origin, details)) return false;
    const request = this.#request;
    if (request === null) return true;
    return new Promise((resolve) => request(contents, permission, resolve, details));
  }

  /** For contents.ts: may this request go out? */
  mayRequest(details: Omit<RequestDetails, 'id'>): Promise<boolean> {
    const listener = this.#beforeRequest;
    if (listener === null) return Promise.resolve(true);
    this.#requests += 1;
    const id = this.#requests;
    return new Promise((resolve) => listener({ id, ...details }, ({ cancel }) => resolve(cancel !== true)));
  }
  /** For contents.ts: may this be saved? */
  mayDownload(url: string, contents: unknown): boolean {
    const event = preventable({});
    this.emit('will-download', event, loud('DownloadItem', { getURL: () => url }), contents);
    return !event.defaultPrevented;
  }
}

const defaultSession = new Session();
export const session = loud('session', { defaultSession });
export const theSession = defaultSession;
