/**
 * The scheme that serves the interface: from the manifest in memory, never from a path on the disk
 * (app.md 3, items 7 and 18).
 */
import type { Protocol } from 'electron';
import { findAsset } from '../assets.ts';
import type { Asset } from '../assets.ts';
import { securityHeadersFor } from '../headers.ts';
import { HOME, HOST, SCHEME } from './origin.ts';

/** Where the window goes when its page has stopped too often. */
export const STOPPED = `${HOME}stopped.html`;

/** Must run before `ready`: a standard scheme has origins, a secure one has WebCrypto and the rest of them. */
export function claimScheme(protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, codeCache: true } },
  ]);
}

/** Answers the requests of the window. */
export function createAnswer(
  assets: ReadonlyMap<string, Asset>,
): (request: { readonly url: string; readonly method: string }) => Response {
  const headers = securityHeadersFor("'none'");
  const all = new Map(assets).set(new URL(STOPPED).pathname, stoppedPage);
  const refuse = (status: number): Response => new Response(null, { status, headers });
  return ({ url, method }) => {
    if (method !== 'GET' && method !== 'HEAD') return refuse(405);
    const { host, pathname } = new URL(url);
    const asset = host === HOST ? findAsset(all, pathname) : undefined;
    if (asset === undefined) return refuse(404);
    return new Response(method === 'HEAD' ? null : asset.bytes, {
      headers: {
        ...headers,
        'content-type': asset.type,
        'cache-control': asset.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
      },
    });
  };
}

/** Needs no script and no style: whatever stopped the interface cannot stop this. */
const stoppedPage: Asset = {
  type: 'text/html; charset=utf-8',
  immutable: false,
  bytes: new Uint8Array(
    Buffer.from(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Muster: the interface stopped</title>
<h1>The interface stopped several times in a row</h1>
<p>The node itself goes on: nothing that was recorded is lost, and running workloads keep running.</p>
<p><a href="/">Open the interface again</a></p>
<p>If it keeps stopping, quit Muster and start it again; the log lies in the data folder (menu Help).</p>
</html>
`),
  ),
};
