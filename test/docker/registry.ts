/**
 * A registry for tests: the real one (the distribution project's `docker-registry`), on a free port of this
 * machine and in a folder of its own. In front of it stands a small proxy, through which a test can slow blobs
 * down, tamper with an answer or ask for a token. Needs the part `registry`.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { onPath } from '../parts.ts';

/** What stands in the way of an answer; `true` when it answered itself. */
export type Interference = (ask: IncomingMessage, answer: ServerResponse) => boolean;

export interface TestRegistry {
  /** `127.0.0.1:port`, as it stands in image references; engines take it without TLS. */
  readonly host: string;
  /** The same registry, but blobs larger than 2 MiB come slowly, and stand still after half of their bytes until `stop`. */
  readonly stallingHost: string;
  /** The same registry behind `interfere`. */
  readonly interferedHost: string;
  /** Replaces what `interferedHost` does; nothing at first. */
  interfere(how: Interference): void;
  stop(): Promise<void>;
}

export async function testRegistry(): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-registry-'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const config = join(folder, 'config.json');
  // YAML reads JSON
  await writeFile(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: folder }, delete: { enabled: true } },
      http: { addr: host },
    }),
  );
  const child = spawn(onPath('docker-registry') ?? 'docker-registry', ['serve', config], { stdio: 'ignore' });
  await answers(`http://${host}/v2/`, child);
  let interference: Interference = pass;
  const stalling = await proxy(port, stall);
  const interfered = await proxy(port, (ask, answer) => interference(ask, answer));
  return {
    host,
    stallingHost: stalling.host,
    interferedHost: interfered.host,
    interfere(how) {
      interference = how;
    },
    async stop() {
      stalling.close();
      interfered.close();
      if (child.exitCode === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill();
        await gone;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };

  function stall(ask: IncomingMessage, answer: ServerResponse): boolean {
    if (ask.method !== 'GET' || ask.url?.includes('/blobs/') !== true) return false;
    request({ port, host: '127.0.0.1', path: ask.url, headers: ask.headers }, (from) => {
      const size = Number(from.headers['content-length'] ?? 0);
      answer.writeHead(from.statusCode ?? 502, from.headers);
      if (size <= SMALL) from.pipe(answer);
      else void halfOf(from, size, answer);
    }).end();
    return true;
  }
}

/** What all test images share, busybox, is smaller: engines fetch a layer once for all who want it. */
const SMALL = 2 * 1024 * 1024;

const pass: Interference = () => false;

/** Pieces in which the first half goes. An engine tells progress ten times a second at most, and not of a last piece. */
const PIECES = 10;

/** Sends the first half in its time, and then nothing more. */
async function halfOf(from: IncomingMessage, size: number, answer: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const chunk of from) parts.push(chunk as Buffer);
  const half = Buffer.concat(parts).subarray(0, size / 2);
  const step = Math.ceil(half.length / PIECES);
  for (let at = 0; at < half.length && !answer.destroyed; at += step) {
    answer.write(half.subarray(at, at + step));
    await delay(150);
  }
}

async function proxy(port: number, interfere: Interference): Promise<{ host: string; close(): void }> {
  const server = createServer((ask, answer) => {
    if (interfere(ask, answer)) return;
    const onward = request(
      { port, host: '127.0.0.1', path: ask.url, method: ask.method, headers: ask.headers },
      (from) => {
        answer.writeHead(from.statusCode ?? 502, from.headers);
        from.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    ask.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`the test registry ended with ${child.exitCode}`);
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await delay(50);
  }
  throw new Error('the test registry does not answer');
}
