/** `protocol`: one custom scheme, claimed before `ready`, answered by the application. */
import { app } from './app.ts';
import { loud } from './loud.ts';
import { record } from './runtime.ts';
import { translateScheme } from './wire.ts';

type Handler = (request: Request) => Response | Promise<Response>;

const claimed = new Map<string, { readonly standard?: boolean; readonly secure?: boolean }>();
const handlers = new Map<string, Handler>();

export const protocol = loud('protocol', {
  registerSchemesAsPrivileged(
    schemes: readonly { scheme: string; privileges?: { standard?: boolean; secure?: boolean } }[],
  ): void {
    if (app.isReady()) throw new Error("protocol.registerSchemesAsPrivileged must be called before 'ready'");
    record('protocol.registerSchemesAsPrivileged', schemes);
    for (const { scheme, privileges } of schemes) claimed.set(scheme, privileges ?? {});
  },
  handle(scheme: string, handler: Handler): void {
    if (!app.isReady()) throw new Error("protocol.handle must be called after 'ready'");
    const { standard, secure } = claimed.get(scheme) ?? {};
    // over https a page is standard and secure whatever was claimed, so the claim is checked here
    if (standard !== true || secure !== true)
      throw new Error(`the stand-in takes only a scheme claimed standard and secure, not ${scheme}`);
    translateScheme(scheme);
    handlers.set(scheme, handler);
  },
});

/** For contents.ts: who answers this URL, if it is of a handled scheme. */
export const handlerOf = (url: string): Handler | undefined =>
  handlers.get(new URL(url).protocol.slice(0, -1));
