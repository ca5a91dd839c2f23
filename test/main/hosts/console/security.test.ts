/** Who gets in at the console, and who does not: real HTTP and WebSocket on 127.0.0.1. */
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { CONTENT_SECURITY_POLICY } from '../../../../src/main/hosts/console/index.ts';
import { MAX_MESSAGE_BYTES } from '../../../../src/main/api/index.ts';
import { codeFrom } from '../../../refusal.ts';
import { startConsole } from '../../../../src/main/hosts/console/index.ts';
import { problemOf } from '../../node/support.ts';
import { ask, assets, BEARER, clientOver, dial, openConsole, pairedCookie } from './support.ts';

describe('a request', () => {
  it('that names a foreign host is refused, on every path and with every credential', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    const { port } = under;
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.evil.example:${port}`,
      `[::1]:${port}`,
    ];
    for (const host of foreign)
      for (const path of ['/', '/assets/app-1.js', '/pair?token=x', '/api/settings/about']) {
        const headers = { host, cookie, authorization: `Bearer ${BEARER}` };
        expect((await ask(port, path, { headers })).status, `${host} ${path}`).toBe(403);
      }
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`])
      expect((await ask(port, '/', { headers: { host, cookie } })).status).toBe(200);
  });

  it('without a session is told how to get one', async () => {
    const { port } = await openConsole();
    for (const path of ['/', '/index.html', '/assets/app-1.js', '/nothing']) {
      const answer = await ask(port, path);
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('muster pair');
    }
  });

  it('with a session gets the page and its files, and nothing else', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    const get = (path: string, method = 'GET') => ask(under.port, path, { method, headers: { cookie } });
    expect(await get('/')).toMatchObject({ status: 200, body: '<!doctype html>' });
    expect((await get('/')).headers['cache-control']).toBe('no-store');
    expect((await get('/assets/app-1.js')).headers['cache-control']).toContain('immutable');
    expect(await get('/', 'HEAD')).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await get('/', method)).status).toBe(405);
    const elsewhere = [
      '/../../../../etc/passwd',
      '/..%2f..%2f..%2fetc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/../../vault.json',
      '/assets/..%5c..%5cvault.json',
      '/assets/app-1.js%00.html',
      '/store.db',
      '/run.json',
      '/assets/',
      '/assets',
      '/constructor',
      '/__proto__',
    ];
    for (const path of elsewhere) expect((await get(path)).status, path).toBe(404);
    for (const path of ['//', '//:', '/ x'.replace(' ', '%')])
      expect([400, 404], path).toContain((await get(path)).status);
  });

  it('is answered with the same protection, whatever the answer is', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    const answers = [
      await ask(under.port, '/', { headers: { cookie } }),
      await ask(under.port, '/'),
      await ask(under.port, '/', { headers: { host: 'evil.example' } }),
      await ask(under.port, '/nothing', { headers: { cookie } }),
      await ask(under.port, '/', { method: 'POST' }),
      await ask(under.port, '/pair?token=x'),
      await ask(under.port, '/api/settings/about', { method: 'POST' }),
      await ask(under.port, '/api/settings/about', {
        method: 'POST',
        headers: { authorization: `Bearer ${BEARER}` },
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 403, 404, 405, 401, 401, 200]);
    for (const { headers } of answers)
      expect(headers).toMatchObject({
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    for (const { headers } of answers)
      expect(Object.keys(headers)).not.toContain('access-control-allow-origin');
    const policy = CONTENT_SECURITY_POLICY.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "require-trusted-types-for 'script'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(CONTENT_SECURITY_POLICY).not.toContain('unsafe');
  });

  it('reaches the console through the loopback alone', async () => {
    const under = await openConsole();
    expect(under.console.origin).toBe(`http://127.0.0.1:${under.port}`);
    await expect(fetch(`http://[::1]:${under.port}/`)).rejects.toThrow();
  });
});

describe('a pairing link', () => {
  it('gives a cookie that scripts and other sites cannot use', async () => {
    const { console, port } = await openConsole();
    const answer = await ask(port, console.pairingLink(['admin']).url.slice(console.origin.length));
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
    const [cookie] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(
      /^muster-session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('works once', async () => {
    const { console, port } = await openConsole();
    const path = console.pairingLink(['admin']).url.slice(console.origin.length);
    expect((await ask(port, path)).status).toBe(303);
    const again = await ask(port, path);
    expect(again.status).toBe(401);
    expect(again.headers['set-cookie']).toBeUndefined();
  });

  it('works for ten minutes', async () => {
    const under = await openConsole();
    const { console, port } = under;
    const [kept, late] = [1, 2].map(() =>
      console.pairingLink(['admin']).url.slice(console.origin.length),
    ) as [string, string];
    under.later(9 * 60_000);
    expect((await ask(port, kept)).status).toBe(303);
    under.later(60_001);
    expect((await ask(port, late)).status).toBe(401);
  });

  it('is not guessed', async () => {
    const { console, port } = await openConsole();
    console.pairingLink(['admin']);
    for (const token of ['', 'x', 'undefined', 'A'.repeat(43), '%00'])
      expect((await ask(port, `/pair?token=${token}`)).status, token).toBe(401);
    expect((await ask(port, '/pair')).status).toBe(401);
  });

  it('gives a session that ends after thirty days', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    under.later(30 * 86_400_000 - 60_000);
    expect((await ask(under.port, '/', { headers: { cookie } })).status).toBe(200);
    under.later(120_000);
    expect((await ask(under.port, '/', { headers: { cookie } })).status).toBe(401);
  });

  it('does not let in who brings two cookies, or a foreign one', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    for (const given of [
      `${cookie}; muster-session=planted`,
      `muster-session=planted; ${cookie}`,
      `${cookie}; ${cookie}`,
      'muster-session=',
      'muster-session',
      `Muster-Session${cookie.slice(14)}`,
      `${cookie}x`,
    ])
      expect(
        (await ask(under.port, '/', { headers: { cookie: given } })).status,
        given.replace(cookie, '…'),
      ).toBe(401);
    expect((await ask(under.port, '/', { headers: { cookie: `other=1; ${cookie}` } })).status).toBe(200);
  });
});

describe('a WebSocket', () => {
  it('opens for a session of our own origin and for nobody else', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    const { port } = under;
    const address = `ws://127.0.0.1:${port}/api/ws`;
    const origin = `http://127.0.0.1:${port}`;
    const open = await dial(address, { cookie, origin });
    expect(open).toBeInstanceOf(WebSocket);
    expect((await clientOver(open as WebSocket).settings.about()).session.scopes).toEqual(['admin']);
    expect(await dial(address, { origin })).toBe(401);
    expect(await dial(address, { origin, cookie: 'muster-session=planted' })).toBe(401);
    for (const foreign of [
      'http://evil.example',
      `https://127.0.0.1:${port}`,
      'http://127.0.0.1',
      'null',
      `http://127.0.0.1:${port + 1}`,
    ])
      expect(await dial(address, { cookie, origin: foreign }), foreign).toBe(403);
    expect(await dial(address, { cookie })).toBe(403);
    expect(await dial(address, { cookie, origin, host: 'evil.example' })).toBe(403);
    expect(await dial(`ws://127.0.0.1:${port}/api/other`, { cookie, origin })).toBe(403);
    expect(await dial(`ws://127.0.0.1:${port}/`, { cookie, origin })).toBe(403);
  });

  it('may do what its link allowed, and no more', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under, ['view']);
    const origin = `http://127.0.0.1:${under.port}`;
    const socket = (await dial(`ws://127.0.0.1:${under.port}/api/ws`, { cookie, origin })) as WebSocket;
    const client = clientOver(socket);
    expect((await client.settings.about()).session.scopes).toEqual(['view']);
    expect((await client.chronicle.list({})).entries).toEqual([]);
    expect(await problemOf(client.identity.create({ name: 'x', passphrase: 'correct horse' }))).toBe('SCOPE');
    expect(await problemOf(client.settings.set({ theme: 'dark' }))).toBe('SCOPE');
    // nor can it make itself a link that may do more
    expect(await problemOf(client.settings.pair({ scopes: ['admin'] }))).toBe('SCOPE');
  });

  it('that sends too much is closed, and the node goes on', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    const origin = `http://127.0.0.1:${under.port}`;
    const address = `ws://127.0.0.1:${under.port}/api/ws`;
    const socket = (await dial(address, { cookie, origin })) as WebSocket;
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1));
    expect([1006, 1009]).toContain(await closed);
    const broken = (await dial(address, { cookie, origin })) as WebSocket;
    const ended = new Promise((resolve) => broken.once('close', resolve));
    broken.on('error', () => undefined);
    // a frame of an operation code that does not exist
    (Reflect.get(broken, '_socket') as Socket).write(Buffer.from([0xbf, 0xff]));
    await ended;
    const next = (await dial(address, { cookie, origin })) as WebSocket;
    expect((await clientOver(next).settings.about()).host).toBe('test');
  });

  it('that sends rubbish does no harm', async () => {
    // the library says on stderr what it could not read
    const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => silence.mockRestore());
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    const origin = `http://127.0.0.1:${under.port}`;
    const address = `ws://127.0.0.1:${under.port}/api/ws`;
    for (const rubbish of [
      '',
      'rubbish',
      '{}',
      '[1,2,3]',
      '{"i":"1","p":{"u":"/settings/about"}}',
      'null',
      Buffer.from([0, 255, 1]),
    ]) {
      const socket = (await dial(address, { cookie, origin })) as WebSocket;
      socket.on('error', () => undefined);
      socket.send(rubbish);
      socket.send(rubbish);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.terminate();
    }
    const next = (await dial(address, { cookie, origin })) as WebSocket;
    expect((await clientOver(next).settings.about()).host).toBe('test');
  });
});

describe('a script', () => {
  const about = (port: number, headers: Record<string, string> = {}, path = '/api/settings/about') =>
    ask(port, path, { method: 'POST', headers });
  const authorization = `Bearer ${BEARER}`;

  it('with the bearer token may call procedures, without it none', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    const answer = await about(under.port, { authorization });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ host: 'test', session: { scopes: ['admin'] } });
    for (const given of [
      {},
      { authorization: 'Bearer ' },
      { authorization: `Bearer ${BEARER}x` },
      { authorization: `Bearer ${BEARER.slice(1)}` },
      { authorization: BEARER },
      { authorization: `Basic ${BEARER}` },
      { cookie },
    ])
      expect((await about(under.port, given as Record<string, string>)).status, JSON.stringify(given)).toBe(
        401,
      );
  });

  it('inside a foreign page is refused even with the token', async () => {
    const under = await openConsole();
    expect((await about(under.port, { authorization, origin: 'http://evil.example' })).status).toBe(403);
    expect((await about(under.port, { authorization, origin: 'null' })).status).toBe(403);
    expect((await about(under.port, { authorization, origin: under.console.origin })).status).toBe(200);
  });

  it('is told what is wrong, as data', async () => {
    const under = await openConsole();
    const json = { authorization, 'content-type': 'application/json' };
    const call = (path: string, body: string) =>
      ask(under.port, path, { method: 'POST', headers: json, body });
    const refused = await call('/api/chronicle/entry', '{"index":7}');
    expect(refused.status).toBe(422);
    expect(JSON.parse(refused.body)).toMatchObject({ data: { code: 'ENTRY_UNKNOWN' } });
    expect(JSON.parse((await call('/api/chronicle/entry', '{"index":"seven"}')).body)).toMatchObject({
      data: { code: 'INPUT' },
    });
    expect((await call('/api/chronicle/entry', '{"index":')).status).toBe(400);
    expect((await call('/api/nothing/here', '{}')).status).toBe(404);
    expect((await call('/api/', '{}')).status).toBe(404);
  });

  it('that sends too much is refused', async () => {
    const under = await openConsole();
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ file: 'x'.repeat(MAX_MESSAGE_BYTES) });
    const status = await ask(under.port, '/api/coalition/preview', { method: 'POST', headers, body }).then(
      (answer) => answer.status,
      () => 'closed',
    );
    expect([413, 'closed']).toContain(status);
    expect((await about(under.port, { authorization })).status).toBe(200);
  });
});

describe('the console', () => {
  it('refuses a port that another program has', async () => {
    const under = await openConsole();
    const again = startConsole({ node: under.node, assets, port: under.port, bearer: BEARER });
    expect(await codeFrom(again)).toBe('PORT_IN_USE');
  });

  it('lets nobody in any more once it is closed', async () => {
    const under = await openConsole();
    const cookie = await pairedCookie(under);
    const socket = (await dial(`ws://127.0.0.1:${under.port}/api/ws`, {
      cookie,
      origin: under.console.origin,
    })) as WebSocket;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await under.console.close();
    await closed;
    await expect(ask(under.port, '/', { headers: { cookie } })).rejects.toThrow();
  });
});
