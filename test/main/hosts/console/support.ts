/** A console of a real node, and requests to it as nobody's browser would send them. */
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Scope } from '../../../../src/contract/index.ts';
import type { Client } from '../../../../src/main/api/index.ts';
import { startConsole } from '../../../../src/main/hosts/console/index.ts';
import type { Console } from '../../../../src/main/hosts/console/index.ts';
import type { MusterNode } from '../../../../src/main/node/index.ts';
import { utf8 } from '../../../../src/protocol/bytes/index.ts';
import { openTestNode } from '../../../node.ts';

export const BEARER = 'b'.repeat(43);

export const assets = new Map([
  ['/index.html', { bytes: utf8('<!doctype html>'), type: 'text/html; charset=utf-8', immutable: false }],
  [
    '/assets/app-1.js',
    { bytes: utf8('export {};'), type: 'text/javascript; charset=utf-8', immutable: true },
  ],
]);

export interface ConsoleUnderTest {
  readonly console: Console;
  readonly node: MusterNode;
  readonly port: number;
  /** Moves the console's clock, milliseconds. */
  later(ms: number): void;
}

export async function openConsole(): Promise<ConsoleUnderTest> {
  const node = await openTestNode();
  let shift = 0;
  const console = await startConsole({
    node,
    assets,
    port: 0,
    bearer: BEARER,
    now: () => Date.now() + shift,
  });
  let closed = false;
  const close = console.close;
  onTestFinished(async () => {
    if (!closed) await close();
  });
  return {
    console: Object.assign(console, {
      close: async () => {
        closed = true;
        await close();
      },
    }),
    node,
    port: Number(new URL(console.origin).port),
    later: (ms) => void (shift += ms),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request, its path and headers sent exactly as given. */
export function ask(
  port: number,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string | string[]>; body?: string | Uint8Array } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Redeems a pairing link; answers the cookie to send. */
export async function pairedCookie(
  { console, port }: ConsoleUnderTest,
  scopes: readonly Scope[] = ['admin'],
): Promise<string> {
  const { url } = console.pairingLink(scopes);
  const answer = await ask(port, url.slice(console.origin.length));
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? `pairing failed: ${answer.status}`;
}

/** Opens a WebSocket; answers it, or the status with which it was refused. */
export function dial(address: string, headers: Record<string, string>): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, { headers });
    onTestFinished(() => socket.terminate());
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('error', reject);
  });
}

export const clientOver = (socket: WebSocket): Client =>
  createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
