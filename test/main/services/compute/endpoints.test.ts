/** Where an engine is reached: a socket, TLS, SSH; and what is said when it is not. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { connect as dial, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDockerEngine, endpointText } from '../../../../src/main/services/compute/index.ts';
import { engineProblem } from '../../../../src/main/services/compute/problems.ts';
import type { ContainerEngine, EngineEndpoint } from '../../../../src/main/services/compute/index.ts';
import { newWorkload } from '../../../docker/engine.ts';
import { pushTestImage } from '../../../docker/images.ts';
import { refusalOf } from '../../../docker/refusal.ts';
import { testRegistry } from '../../../docker/registry.ts';
import { describeWith, dockerSocket } from '../../../parts.ts';
import { certificates } from '../../../docker/certificates.ts';
import type { Certificates } from '../../../docker/certificates.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const node = `test-${randomBytes(8).toString('hex')}`;
const engineAt = (endpoint: EngineEndpoint): ContainerEngine => createDockerEngine(endpoint, { node });
const infoAt = (endpoint: EngineEndpoint): Promise<string> => refusalOf(engineAt(endpoint).info());

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('an engine that cannot be used is one clear problem', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-engine-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ENGINE_ABSENT: there is no socket', async () => {
    expect(await infoAt({ kind: 'socket', path: join(folder, 'none.sock') })).toBe('ENGINE_ABSENT');
  });

  it('ENGINE_REFUSED: nobody listens on the socket, or on the port', async () => {
    const path = join(folder, 'left.sock');
    // a process that dies without closing leaves its socket file
    spawnSync(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    expect(await infoAt({ kind: 'socket', path })).toBe('ENGINE_REFUSED');
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await infoAt({ kind: 'tcp', host: '127.0.0.1', port })).toBe('ENGINE_REFUSED');
  });

  it('ENGINE_REFUSED: the permission is missing', async () => {
    const denied = Object.assign(new Error('connect EACCES'), { code: 'EACCES' });
    expect(engineProblem(denied, 'unix:///x').code).toBe('ENGINE_REFUSED');
    // root may open every socket, so the answer of a proxy that says no stands for it
    const path = join(folder, 'no.sock');
    const server = createHttp((_, answer) =>
      answer.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"no"}'),
    );
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect(await infoAt({ kind: 'socket', path })).toBe('ENGINE_REFUSED');
    server.close();
  });

  it('ENGINE_UNREACHABLE: something else answers, or hangs up', async () => {
    for (const reply of ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', 'SSH-2.0-no\r\n', '']) {
      const server = createServer((socket) => socket.on('error', () => undefined).end(reply));
      const port = await listen(server);
      expect(await infoAt({ kind: 'tcp', host: '127.0.0.1', port })).toBe('ENGINE_UNREACHABLE');
      server.close();
    }
  });

  it('ENGINE_ADDRESS: plain TCP to another machine, SSH without a host key', () => {
    expect(() => engineAt({ kind: 'tcp', host: '192.0.2.7', port: 2375 })).toThrow(/TLS or over SSH/);
    expect(() => engineAt({ kind: 'ssh', host: 'far.example', user: 'me', hostKey: '' })).toThrow(
      /fingerprint/,
    );
  });

  it('names the endpoint without its keys', () => {
    expect(endpointText({ kind: 'socket', path: '/run/x.sock' })).toBe('unix:///run/x.sock');
    expect(
      endpointText({ kind: 'tcp', host: 'h', port: 2376, tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } }),
    ).toBe('tcp://h:2376');
    const ssh = { kind: 'ssh', host: 'h', user: 'me', hostKey: 'SHA256:x', privateKey: 'KEY' } as const;
    expect(endpointText(ssh)).toBe('ssh://me@h');
  });

  it('does not follow DOCKER_HOST from the environment', async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:2375');
    try {
      expect(await infoAt({ kind: 'socket', path: join(folder, 'none.sock') })).toBe('ENGINE_ABSENT');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

const toSocket = (socket: Socket): void => {
  const engine = dial(dockerSocket);
  socket.on('error', () => engine.destroy()).on('close', () => engine.destroy());
  engine.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  socket.pipe(engine).pipe(socket);
};

/** A whole small life of a container: pull, run, logs, wait, remove. */
async function works(engine: ContainerEngine): Promise<void> {
  const registry = await testRegistry();
  try {
    const { reference, layers, configDigest } = await pushTestImage(registry.host, {
      cmd: 'echo over the wire; exit 4',
    });
    await engine.pull({ reference, layers }, () => undefined);
    const image = await engine.inspectImage(reference);
    expect(image.id).toBe(configDigest);
    const { id } = await engine.run({
      workload: newWorkload(),
      imageId: image.id,
      limits: { cpuMillicores: 200, ramMib: 16, storageGib: 0, pids: 8 },
      readOnlyRoot: true,
      network: { mode: 'none' },
      volumes: [],
    });
    const lines: string[] = [];
    for await (const line of engine.logs(id, { follow: true })) lines.push(line.text);
    expect(lines).toEqual(['over the wire']);
    expect((await engine.wait(id)).exitCode).toBe(4);
    await engine.remove(id, { image: true });
    expect(await engine.list()).toEqual([]);
  } finally {
    await registry.stop();
  }
}

describeWith(['docker', 'registry'], 'an engine over TLS', () => {
  let pems: Certificates;
  let strangers: Certificates;
  let server: Server;
  let port: number;

  beforeAll(async () => {
    pems = await certificates();
    strangers = await certificates();
    const { key, cert } = pems.server;
    server = createTlsServer(
      { key, cert, ca: pems.ca, requestCert: true, rejectUnauthorized: true },
      toSocket,
    );
    server.on('tlsClientError', () => undefined);
    port = await listen(server);
  });
  afterAll(() => void server.close());

  const at = (tls: { ca: string; cert: string; key: string }): EngineEndpoint => ({
    kind: 'tcp',
    host: '127.0.0.1',
    port,
    tls,
  });

  it('works with certificates of one authority on both sides', async () => {
    await works(engineAt(at({ ca: pems.ca, ...pems.client })));
  });

  it('refuses an engine whose certificate another authority signed', async () => {
    expect(await infoAt(at({ ca: strangers.ca, ...pems.client }))).toBe('ENGINE_REFUSED');
  });

  it('is refused with a certificate that another authority signed', async () => {
    expect(await infoAt(at({ ca: pems.ca, ...strangers.client }))).toMatch(/^ENGINE_(REFUSED|UNREACHABLE)$/);
  });
});

const pair = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs1', format: 'pem' })
    .toString();
const parse = (pem: string): ssh2.ParsedKey => ssh2.utils.parseKey(pem) as ssh2.ParsedKey;

describeWith(['docker', 'registry'], 'an engine over SSH', () => {
  const hostPem = pair();
  const userPem = pair();
  const hostKey = `SHA256:${createHash('sha256').update(parse(hostPem).getPublicSSH()).digest('base64').replace(/=+$/, '')}`;
  let server: ssh2.Server;
  let port: number;

  beforeAll(async () => {
    const user = parse(userPem);
    server = new ssh2.Server({ hostKeys: [hostPem] }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (ask) => {
        if (
          ask.method !== 'publickey' ||
          ask.username !== 'operator' ||
          !ask.key.data.equals(user.getPublicSSH())
        ) {
          ask.reject(['publickey']);
          return;
        }
        if (ask.signature !== undefined && user.verify(ask.blob!, ask.signature, ask.hashAlgo) !== true)
          ask.reject();
        else ask.accept();
      });
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec, rejectExec, { command }) => {
          if (command === 'docker system dial-stdio') toSocket(acceptExec() as unknown as Socket);
          else rejectExec();
        });
      });
    });
    port = await listen(server as unknown as Server);
  });
  afterAll(() => void server.close());

  const at = (more: Partial<Extract<EngineEndpoint, { kind: 'ssh' }>> = {}): EngineEndpoint => ({
    kind: 'ssh',
    host: '127.0.0.1',
    port,
    user: 'operator',
    hostKey,
    privateKey: userPem,
    ...more,
  });

  it('works with the pinned host key and an accepted user key', async () => {
    await works(engineAt(at()));
  });

  it('refuses a server that shows another host key', async () => {
    const other = `SHA256:${createHash('sha256').update('other').digest('base64').replace(/=+$/, '')}`;
    expect(await infoAt(at({ hostKey: other }))).toBe('ENGINE_REFUSED');
  });

  it('is refused with another user key', async () => {
    expect(await infoAt(at({ privateKey: pair() }))).toBe('ENGINE_REFUSED');
  });

  it('does not pretend to hold an allowlist on the far side', async () => {
    const run = engineAt(at()).run({
      workload: newWorkload(),
      imageId: `sha256:${'ab'.repeat(32)}`,
      limits: { cpuMillicores: 200, ramMib: 16, storageGib: 0, pids: 8 },
      readOnlyRoot: true,
      network: { mode: 'allowlist', allow: [{ host: '192.0.2.9', port: 443 }] },
      volumes: [],
    });
    expect(await refusalOf(run)).toBe('NETWORK_POLICY_UNENFORCEABLE');
  });
});
