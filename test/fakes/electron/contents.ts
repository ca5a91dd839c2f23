/**
 * `WebContents` over one page of the real Chromium: its requests go through the application's handlers, its preload
 * runs before its scripts, its messages and ports are relayed, and its crashes are real.
 */
import { readFileSync } from 'node:fs';
import type { CDPSession, Download, Page, Request as PageRequest, Route } from 'playwright-core';
import { app } from './app.ts';
import { browserContext, popupGuards } from './chromium.ts';
import { WebFrameMain } from './frame.ts';
import type { FrameInfo } from './frame.ts';
import { deliverIpc } from './ipc.ts';
import { Faked, preventable } from './loud.ts';
import { BINDING, bridgeSource, preloadSource, WORLD } from './page-shim.ts';
import type { FromPage } from './page-shim.ts';
import type { MessagePortMain } from './ports.ts';
import { handlerOf } from './protocol.ts';
import { record } from './runtime.ts';
import { theSession } from './session.ts';
import { fromWire, toWire, withoutHash } from './wire.ts';

const EVENTS = [
  'will-navigate',
  'will-frame-navigate',
  'will-redirect',
  'will-attach-webview',
  'did-start-navigation',
  'did-finish-load',
  'render-process-gone',
  'destroyed',
];

type OpenHandler = (details: { readonly url: string }) => { readonly action: 'allow' | 'deny' };
interface Known {
  readonly frame: WebFrameMain;
  readonly info: FrameInfo;
}
interface Handed {
  readonly context: number;
  send: ReturnType<MessagePortMain['handOver']>;
}

let serial = 0;

export class WebContents extends Faked {
  readonly id: number = (serial += 1);
  readonly session = theSession;
  readonly #preload: string | undefined;
  #page: Promise<Page>;
  #cdp: CDPSession | null = null;
  #destroyed = false;
  #crashed = false;
  /** URL the application itself asked for, as Chromium has it; such a navigation is not the page's doing. */
  #expected: string | null = null;
  #openHandler: OpenHandler = () => ({ action: 'allow' });
  #refusePopup = false;
  /** A document that a test puts at a URL nobody answers. */
  readonly #planted = new Map<string, string>();
  readonly #frames = new Map<string, Known>();
  /** Execution contexts of the preload's world, with their frames. */
  readonly #contexts = new Map<number, string>();
  readonly #ports = new Map<string, Handed>();

  constructor(preload: string | undefined) {
    super(EVENTS);
    this.#preload = preload;
    this.#page = this.#makePage();
    app.emit('web-contents-created', preventable({}), this);
  }

  get mainFrame(): WebFrameMain {
    const top = [...this.#frames.values()].find(({ frame }) => frame.parent === null);
    if (top === undefined) throw new Error('this page has no frame yet');
    return top.frame;
  }
  getURL(): string {
    return this.#frames.size === 0 ? '' : this.mainFrame.url;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  isCrashed(): boolean {
    return this.#crashed;
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }
  setWebRTCIPHandlingPolicy(policy: string): void {
    record('webContents.setWebRTCIPHandlingPolicy', policy);
  }

  async loadURL(url: string): Promise<void> {
    const wire = toWire(url);
    if (wire === url && !this.#planted.has(url))
      throw new Error(`the stand-in loads its own scheme, not ${url}`);
    await theSession.applyPermissions(this, url);
    const page = await this.#livePage();
    this.#expected = wire;
    await page.goto(wire);
    this.emit('did-finish-load');
  }
  reload(): void {
    void this.#reload();
  }
  async #reload(): Promise<void> {
    const url = this.getURL();
    const page = await this.#livePage();
    this.#expected = toWire(url);
    // a page that crashed was replaced by a blank one
    if (page.url() === toWire(url)) await page.reload();
    else await page.goto(toWire(url));
    this.emit('did-finish-load');
  }
  /** Ends the page's process, really. */
  forcefullyCrashRenderer(): void {
    record('webContents.forcefullyCrashRenderer');
    this.#cdp?.send('Page.crash').catch(() => undefined);
  }

  /** For a test: a page at a foreign address, as if every guard against going there had failed. */
  async plant(url: string, html: string): Promise<void> {
    this.#planted.set(url, html);
    await this.loadURL(url);
  }
  /** For a test: a message from a frame whose own code has been taken over. */
  forge(channel: string, message: unknown, which: 'subframe' | 'gone'): void {
    const sub = [...this.#frames.values()].find(({ frame }) => frame.parent !== null);
    if (which === 'subframe' && sub === undefined) throw new Error('this page has no subframe');
    this.#deliver(channel, message, () => (which === 'gone' ? null : (sub?.frame ?? null)));
  }
  /** For a test: runs a script in the page, without a second debugger that would race with this one. */
  async run(script: string): Promise<unknown> {
    return (await this.#page).evaluate(script);
  }
  /** For a test: ports that pages hold at this moment. */
  openPorts(): number {
    return this.#ports.size;
  }
  /** For window.ts. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#forget();
    const page = await this.#page;
    await page.close().catch(() => undefined);
    this.emit('destroyed');
  }
  async resize(width: number, height: number): Promise<void> {
    await (await this.#page).setViewportSize({ width, height });
  }

  /** A page that crashed cannot be driven any more; Electron, too, gives the contents a new process. */
  async #livePage(): Promise<Page> {
    if (this.#crashed) {
      const old = await this.#page;
      this.#page = this.#makePage();
      await this.#page;
      this.#crashed = false;
      void old.close().catch(() => undefined);
    }
    return this.#page;
  }

  async #makePage(): Promise<Page> {
    const page = await browserContext().newPage();
    const cdp = await browserContext().newCDPSession(page);
    this.#cdp = cdp;
    // Chromium has made the other window by the time anybody is asked, but not yet loaded it: it never will
    page.on('popup', (popup) => {
      if (this.#refusePopup) void popup.close();
    });
    page.on('download', (download) => void this.#download(download));
    popupGuards.add((url) => this.#openHandler({ url: fromWire(url) }).action === 'allow');
    cdp.on('Page.windowOpen', ({ url }) => {
      this.#refusePopup = this.#openHandler({ url: fromWire(url) }).action === 'deny';
      record(this.#refusePopup ? 'window refused' : 'window allowed', fromWire(url));
    });
    cdp.on('Page.frameAttached', ({ frameId, parentFrameId }) => this.#know(frameId, parentFrameId));
    cdp.on('Page.frameDetached', ({ frameId }) => {
      const known = this.#frames.get(frameId);
      if (known !== undefined) known.info.detached = true;
      this.#frames.delete(frameId);
    });
    cdp.on('Page.frameNavigated', ({ frame: { id, parentId, url } }) => {
      const { info } = this.#know(id, parentId);
      info.url = url;
      info.inherited = url.startsWith('about:') && parentId !== undefined ? this.#urlOf(parentId) : null;
    });
    cdp.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      const known = this.#frames.get(frameId);
      if (known === undefined) return;
      known.info.url = url;
      this.#startedNavigation(fromWire(url), known.frame.parent === null, true);
    });
    cdp.on('Runtime.executionContextCreated', ({ context: { id, name, auxData } }) => {
      if (name === WORLD) this.#contexts.set(id, (auxData as { frameId: string }).frameId);
    });
    cdp.on('Runtime.executionContextDestroyed', ({ executionContextId }) => this.#forget(executionContextId));
    cdp.on('Runtime.executionContextsCleared', () => this.#forget());
    cdp.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === BINDING) this.#hear(JSON.parse(payload) as FromPage, executionContextId);
    });
    cdp.on('Inspector.targetCrashed', () => {
      this.#crashed = true;
      record('render process gone');
      this.#forget();
      this.emit('render-process-gone', preventable({}), { reason: 'crashed', exitCode: 5 });
    });
    await cdp.send('Inspector.enable');
    await cdp.send('Runtime.enable');
    await cdp.send('Page.enable');
    const { frameTree } = await cdp.send('Page.getFrameTree');
    this.#frames.clear();
    this.#know(frameTree.frame.id, undefined);
    await cdp.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD });
    if (this.#preload !== undefined) {
      await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: bridgeSource, runImmediately: true });
      await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
        source: preloadSource(readFileSync(this.#preload, 'utf8')),
        worldName: WORLD,
        runImmediately: true,
      });
    }
    await page.route(/.*/, (route, request) => this.#answer(route, request, page));
    return page;
  }

  /** Every request of the page: may it navigate, may it go out, who answers. In Electron's order. */
  async #answer(route: Route, request: PageRequest, page: Page): Promise<void> {
    const wire = request.url();
    const url = fromWire(wire);
    if (request.isNavigationRequest()) {
      const isMainFrame = request.frame() === page.mainFrame();
      const own = isMainFrame && this.#expected !== null && withoutHash(wire) === withoutHash(this.#expected);
      if (own) this.#expected = null;
      else if (!this.#mayNavigate(url, isMainFrame)) {
        await route.abort('aborted');
        return record('navigation refused', url);
      }
      this.#startedNavigation(url, isMainFrame, false);
    }
    const planted = this.#planted.get(url);
    if (planted !== undefined) return route.fulfill({ contentType: 'text/html', body: planted });
    const allowed = await theSession.mayRequest({
      url,
      method: request.method(),
      resourceType: request.resourceType(),
    });
    if (!allowed) {
      record('request cancelled', url);
      return route.abort('blockedbyclient');
    }
    const handler = handlerOf(url);
    if (handler === undefined) return route.continue();
    const response = await handler(new Request(url, { method: request.method() }));
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  }

  #mayNavigate(url: string, isMainFrame: boolean): boolean {
    const details = { url, isMainFrame, isSameDocument: false };
    const frameEvent = preventable(details);
    this.emit('will-frame-navigate', frameEvent);
    const event = preventable(details);
    if (isMainFrame) this.emit('will-navigate', event, url);
    return !frameEvent.defaultPrevented && !event.defaultPrevented;
  }
  #startedNavigation(url: string, isMainFrame: boolean, isSameDocument: boolean): void {
    this.emit('did-start-navigation', preventable({ url, isMainFrame, isSameDocument }));
  }
  async #download(download: Download): Promise<void> {
    const url = fromWire(download.url());
    const allowed = theSession.mayDownload(url, this);
    record(allowed ? 'download allowed' : 'download refused', url);
    if (!allowed) await download.cancel();
  }

  #know(id: string, parentId: string | undefined): Known {
    const known = this.#frames.get(id);
    if (known !== undefined) return known;
    const parent = parentId === undefined ? null : this.#know(parentId, undefined).frame;
    const info: FrameInfo = {
      url: 'about:blank',
      inherited: parentId === undefined ? null : this.#urlOf(parentId),
      detached: false,
    };
    const frame = new WebFrameMain((serial += 1), parent, info, (channel, message, ports) =>
      this.#post(id, channel, message, ports),
    );
    const made = { frame, info };
    this.#frames.set(id, made);
    return made;
  }
  #urlOf(id: string): string | null {
    const info = this.#frames.get(id)?.info;
    return info === undefined ? null : (info.inherited ?? info.url);
  }

  #hear(message: FromPage, context: number): void {
    if (message.kind === 'port') return this.#ports.get(message.id)?.send.send(message.data);
    if (message.kind === 'portClosed') {
      const handed = this.#ports.get(message.id);
      this.#ports.delete(message.id);
      return handed?.send.close();
    }
    this.#deliver(message.channel, message.message, () => {
      // gone as soon as the document that sent it is gone, like the real one
      const frameId = this.#contexts.get(context);
      return frameId === undefined ? null : (this.#frames.get(frameId)?.frame ?? null);
    });
  }
  #deliver(channel: string, message: unknown, senderFrame: () => WebFrameMain | null): void {
    const event = {
      sender: this,
      ports: [],
      get senderFrame() {
        return senderFrame();
      },
    };
    deliverIpc(channel, event, message);
  }

  #post(frameId: string, channel: string, message: unknown, ports: readonly MessagePortMain[]): void {
    const context = [...this.#contexts].find(([, id]) => id === frameId)?.[0];
    if (context === undefined) throw new Error('Render frame was disposed before it could be accessed');
    const ids = ports.map((): string => `port-${(serial += 1)}`);
    this.#call(context, 'deliver', [channel, message ?? null, ids]);
    ids.forEach((id, at) => {
      const send = ports[at]?.handOver({
        deliver: (data) => this.#call(context, 'port', [id, data]),
        close: () => {
          this.#ports.delete(id);
          this.#call(context, 'closePort', [id]);
        },
      });
      if (send !== undefined) this.#ports.set(id, { context, send });
    });
  }
  #call(context: number, method: string, args: readonly unknown[]): void {
    this.#cdp
      ?.send('Runtime.callFunctionOn', {
        functionDeclaration: `function (...args) { globalThis.__electron.${method}(...args); }`,
        executionContextId: context,
        arguments: args.map((value) => ({ value })),
      })
      // a document that went away in the meantime hears nothing, which is right
      .catch(() => undefined);
  }
  /** A document went away, or all of them: the ends of ports that it held are gone. */
  #forget(context?: number): void {
    for (const [id, handed] of this.#ports)
      if (context === undefined || handed.context === context) {
        this.#ports.delete(id);
        handed.send.close();
      }
    if (context === undefined) this.#contexts.clear();
    else this.#contexts.delete(context);
  }
}
