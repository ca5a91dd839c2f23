/**
 * The console: HTTP and WebSocket on 127.0.0.1 only (app.md 5.2). Every request names an expected host (against
 * DNS rebinding); an upgrade also comes from our own origin with a session cookie. Beside it a Unix socket, whose
 * file permissions are the authentication, for the CLI.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OpenAPIHandler } from '@orpc/openapi/node';
import { WebSocketServer } from 'ws';
import type { Scope } from '../../../contract/index.ts';
import { MAX_MESSAGE_BYTES, openApiDocument, router } from '../../api/index.ts';
import type { ApiContext } from '../../api/index.ts';
import type { MusterNode } from '../../node/index.ts';
import { findAsset } from '../assets.ts';
import { answer, listen, refuseUpgrade, serve, shut } from '../http.ts';
import type { Asset } from '../assets.ts';
import { securityHeaders } from './headers.ts';
import { createPairing, sameSecret } from './pairing.ts';

export interface ConsoleOptions {
  readonly node: MusterNode;
  readonly assets: ReadonlyMap<string, Asset>;
  /** 0 = any free port. */
  readonly port: number;
  /** Bearer token of scripts. */
  readonly bearer: string;
  readonly now?: () => number;
}

export interface Console {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  pairingLink(scopes: readonly Scope[]): { url: string; expires: number };
  close(): Promise<void>;
}

const COOKIE = 'muster-session';

/** Starts the console. Errors: `PORT_IN_USE`. */
export async function startConsole({
  node,
  assets,
  port,
  bearer,
  now = Date.now,
}: ConsoleOptions): Promise<Console> {
  const pairing = createPairing(now);
  let openapi: OpenAPIHandler<ApiContext> | undefined;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  let hosts = new Set<string>();
  let origins = new Set<string>();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    if (!hosts.has(request.headers.host ?? '')) return answer(response, 403, 'This host name is not mine.');
    const url = URL.parse(request.url ?? '/', 'http://127.0.0.1');
    if (url === null) return answer(response, 400, 'This address cannot be read.');
    if (url.pathname.startsWith('/api/')) return api(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'Only GET here.');
    if (url.pathname === '/pair') return pair(url, response);
    if (sessionOf(request) === null)
      return answer(response, 401, 'This browser is not paired. Ask the node for a link: muster pair');
    const asset = findAsset(assets, url.pathname);
    if (asset === undefined) return answer(response, 404, 'Nothing is here.');
    response.setHeader('content-type', asset.type);
    response.setHeader(
      'cache-control',
      asset.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
    );
    response.end(request.method === 'HEAD' ? undefined : asset.bytes);
  };

  const pair = (url: URL, response: ServerResponse): void => {
    const secret = pairing.redeem(url.searchParams.get('token') ?? '');
    response.setHeader('cache-control', 'no-store');
    if (secret === null)
      return answer(
        response,
        401,
        'This pairing link was used or is too old. Ask for a new one: muster pair',
      );
    response.setHeader(
      'set-cookie',
      `${COOKIE}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000`,
    );
    response.setHeader('location', '/');
    response.statusCode = 303;
    response.end();
  };

  const api = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const given = /^Bearer ([A-Za-z0-9_-]{20,128})$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!sameSecret(given, bearer)) return answer(response, 401, 'A bearer token is needed here.');
    if (request.headers.origin !== undefined && !origins.has(request.headers.origin))
      return answer(response, 403, 'Another origin may not ask here.');
    if (request.url === '/api/openapi.json') {
      response.setHeader('content-type', 'application/json');
      return void response.end(JSON.stringify(await openApiDocument()));
    }
    // most nodes never serve a script: the handler is made for the first one
    openapi ??= await openApiHandler();
    const session = { scopes: ['admin'] as const, door: 'api' };
    const { matched } = await openapi.handle(request, response, {
      prefix: '/api',
      context: { node, session },
    });
    if (!matched) answer(response, 404, 'No such procedure.');
  };

  const sessionOf = (request: IncomingMessage): readonly Scope[] | null => {
    const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim().split('='));
    const values = cookies.filter(([name]) => name === COOKIE).map(([, value]) => value ?? '');
    // two cookies of one name come from somebody who plants one
    return values.length === 1 ? pairing.session(values[0] ?? '') : null;
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      node.log.error({ error: String(error) }, 'console request failed');
      if (!response.headersSent) answer(response, 500, 'The node could not answer.');
    });
  });
  server.on('upgrade', (request, socket, head) => {
    const scopes = sessionOf(request);
    const allowed =
      hosts.has(request.headers.host ?? '') &&
      origins.has(request.headers.origin ?? '') &&
      request.url === '/api/ws' &&
      scopes !== null;
    if (!allowed) return refuseUpgrade(socket, scopes === null ? 401 : 403);
    sockets.handleUpgrade(request, socket, head, (ws) => serve(node, ws, { scopes, door: 'console' }));
  });
  await listen(server, { host: '127.0.0.1', port });
  const address = (server.address() as AddressInfo).port;
  hosts = new Set([`127.0.0.1:${address}`, `localhost:${address}`]);
  origins = new Set([...hosts].map((host) => `http://${host}`));
  const origin = `http://127.0.0.1:${address}`;
  const pairingLink: Console['pairingLink'] = (scopes) => {
    const { token, expires } = pairing.invite(scopes);
    return { url: `${origin}/pair?token=${token}`, expires };
  };
  node.setPairing(pairingLink);

  return {
    origin,
    pairingLink,
    close: () => shut(server, sockets),
  };
}

async function openApiHandler(): Promise<OpenAPIHandler<ApiContext>> {
  const [{ OpenAPIHandler }, { BodyLimitPlugin }] = await Promise.all([
    import('@orpc/openapi/node'),
    import('@orpc/server/node'),
  ]);
  return new OpenAPIHandler(router, { plugins: [new BodyLimitPlugin({ maxBodySize: MAX_MESSAGE_BYTES })] });
}
