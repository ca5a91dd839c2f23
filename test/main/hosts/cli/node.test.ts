/** Commands against a running node, over its socket. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildOfRenderer } from './renderer.ts';
import { PASSPHRASE } from '../../../node.ts';
import { peer } from '../../node/support.ts';
import { scratch } from '../../../scratch.ts';
import { childCli, cli, descriptorOf, ENTRY, openNodeForCli } from './support.ts';
import type { NodeUnderTest } from './support.ts';

/** One node with an identity and a coalition, shared by the tests that only add to its log. */
let shared: NodeUnderTest;
let ask: NodeUnderTest['ask'];
beforeAll(async () => {
  shared = await openNodeForCli({ ready: true });
  ask = shared.ask;
  return async () => shared.close();
});

describe('identity and status', () => {
  it('an identity is created with a passphrase from a descriptor, once', async () => {
    const fresh = await openNodeForCli();
    onTestFinished(fresh.close);
    const absent = await fresh.ask('coalition', 'show');
    expect([absent.exit, absent.json.error.code]).toEqual([1, 'COALITION_ABSENT']);
    expect((await fresh.ask('status')).json.identity).toMatchObject({ state: 'locked', name: null });
    const wrong = await fresh.ask(
      'identity',
      'create',
      'rack-07',
      '--passphrase-fd',
      descriptorOf('not the one\n'),
    );
    expect([wrong.exit, wrong.json.error.code]).toEqual([1, 'PASSPHRASE_WRONG']);
    const made = await fresh.ask(
      'identity',
      'create',
      'rack-07',
      '--passphrase-fd',
      descriptorOf(`${PASSPHRASE}\nmore`),
    );
    expect(made.exit).toBe(0);
    expect(made.json).toMatchObject({ identity: { state: 'ready', name: 'rack-07' }, receipt: { index: 0 } });
    const twice = await fresh.ask('identity', 'create', 'again', '--passphrase-fd', descriptorOf(PASSPHRASE));
    expect([twice.exit, twice.json.error.code]).toEqual([1, 'VAULT_EXISTS']);
    expect(
      (await fresh.ask('identity', 'unlock', '--passphrase-fd', descriptorOf(PASSPHRASE))).json.state,
    ).toBe('ready');
  });

  it('a descriptor that nothing can be read from is said to be one', async () => {
    const { exit, json } = await ask('identity', 'unlock', '--passphrase-fd', '9999');
    expect([exit, json.error.code]).toEqual([1, 'PASSPHRASE_FD']);
  });

  it('status shows the node in words and as a document', async () => {
    const { folder } = shared;
    const words = await cli('status', '--data', folder);
    expect([words.exit, words.err]).toEqual([0, '']);
    expect(words.out).toContain('rack-07');
    expect(words.out).toContain('signals.eu');
    const { json } = await ask('status');
    expect(json).toMatchObject({
      about: { host: 'console' },
      head: { size: expect.any(Number) },
      health: { writable: true },
    });
  });

  it('a pairing link carries the scopes that were asked for', async () => {
    const { running } = shared;
    const { exit, json } = await ask('pair', '--scope', 'view, audit');
    expect(exit).toBe(0);
    expect(json.url.startsWith(`${running.origin}/pair?token=`)).toBe(true);
    expect(json.expires).toBeGreaterThan(Date.now());
  });
});

describe('coalitions', () => {
  it('show the one the node stands in', async () => {
    expect((await ask('coalition', 'show')).json).toMatchObject({ config: { instanceName: 'signals.eu' } });
    const again = await ask('coalition', 'create', 'other.one');
    expect([again.exit, again.json.error.code]).toEqual([1, 'COALITION_EXISTS']);
    const bad = await ask('coalition', 'create', 'a|b');
    expect(bad.exit).not.toBe(0);
  });
});

describe('tickets', () => {
  it('are issued, verified, listed and revoked', async () => {
    const { folder } = shared;
    const issued = await ask('ticket', 'issue', peer(7), '--lifetime', '7d', '--role', 'provider');
    expect(issued.exit).toBe(0);
    expect(issued.err).toContain('valid until');
    const { token, ticket } = issued.json;
    expect(ticket).toMatchObject({ subject: peer(7), role: 'provider', state: 'valid' });
    expect((await ask('ticket', 'verify', token)).json).toMatchObject({ ok: true, code: null });
    const words = await cli('ticket', 'issue', peer(8), '--data', folder);
    expect(words.out.trim().split('.')).toHaveLength(3);
    const { tickets } = (await ask('ticket', 'list')).json;
    expect(tickets.map(({ id }: { id: string }) => id)).toContain(ticket.id);
    expect((await ask('ticket', 'revoke', ticket.id, '--reason', 'sold')).exit).toBe(0);
    const revoked = await ask('ticket', 'verify', token);
    expect([revoked.exit, revoked.json.code]).toEqual([1, 'TICKET_REVOKED']);
    const twice = await ask('ticket', 'revoke', ticket.id);
    expect([twice.exit, twice.json.error.code]).toEqual([1, 'TICKET_REVOKED']);
  });

  it('are refused with the right exit code', async () => {
    const outcome = async (...argv: string[]) => {
      const { exit, json } = await ask(...argv);
      return [exit, json.error?.code ?? json.code];
    };
    expect(await outcome('ticket', 'issue', 'nobody')).toEqual([2, 'PEER_FORMAT']);
    expect(await outcome('ticket', 'issue', peer(1), '--lifetime', 'long')).toEqual([2, 'USAGE']);
    expect(await outcome('ticket', 'issue', peer(1), '--lifetime', '9999d')).toEqual([2, 'INPUT']);
    expect(await outcome('ticket', 'verify', 'nonsense')).toEqual([1, 'TICKET_FORMAT']);
    expect(await outcome('ticket', 'revoke', peer(1))).toEqual([1, 'TICKET_UNKNOWN']);
  });
});

describe('workloads', () => {
  it('that cannot be are refused with the right exit code', async () => {
    const outcome = async (...argv: string[]) => {
      const { exit, json } = await ask(...argv);
      return [exit, json.error?.code];
    };
    expect((await ask('compute', 'list')).json).toEqual({ workloads: [] });
    expect(await outcome('compute', 'submit', 'demo:latest')).toEqual([2, 'USAGE']);
    expect(await outcome('compute', 'logs', peer(1))).toEqual([1, expect.stringMatching(/_UNKNOWN$/)]);
    expect(await outcome('compute', 'stop', peer(1))).toEqual([1, 'WORKLOAD_UNKNOWN']);
    expect(await outcome('compute', 'stop', peer(1), '--grace', 'soon')).toEqual([2, 'USAGE']);
  });
});

describe('the chronicle', () => {
  it('is listed, proved and exported', async () => {
    const { folder } = shared;
    for (const n of [1, 2, 3]) await ask('ticket', 'issue', peer(n));
    const list = await ask('chronicle', 'list', '--kind', 'ticket.*', '--limit', '2');
    expect(list.json.entries.map(({ kind }: { kind: string }) => kind)).toEqual([
      'ticket.issued',
      'ticket.issued',
    ]);
    expect((await cli('chronicle', 'list', '--data', folder)).out).toContain('coalition.published');

    const proof = await cli('chronicle', 'prove', '3', '--data', folder);
    expect(proof.out.startsWith('c2sp.org/tlog-proof@v1\n')).toBe(true);
    const none = await ask('chronicle', 'prove', '9999');
    expect([none.exit, none.json.error.code]).toEqual([1, 'ENTRY_UNKNOWN']);

    const out = join(scratch(), 'log.bundle');
    expect((await ask('chronicle', 'export', '--out', out)).json).toMatchObject({ file: out });
    const { size } = (await ask('status')).json.head;
    expect((await ask('chronicle', 'verify', out)).json).toMatchObject({ ok: true, entries: size });
    expect((await ask('chronicle', 'export', '--out', out, '--range', '1..3')).json.entries).toBe(3);
    expect((await ask('chronicle', 'verify', out)).json).toMatchObject({ ok: true, entries: 3, first: 1 });
  });

  it('leaves the file alone when an export fails', async () => {
    const folder = scratch();
    const out = join(folder, 'log.bundle');
    writeFileSync(out, 'what was there');
    const beyond = await ask('chronicle', 'export', '--out', out, '--range', '1..9999');
    expect([beyond.exit, beyond.json.error.code]).toEqual([1, 'LOG_RANGE']);
    expect(readFileSync(out, 'utf8')).toBe('what was there');
    expect(readdirSync(folder)).toEqual(['log.bundle']);
    const nowhere = await ask('chronicle', 'export', '--out', join(folder, 'no/such/folder/x'));
    expect([nowhere.exit, nowhere.json.error.code]).toEqual([2, 'FILE_UNWRITABLE']);
  });
});

describe('muster run', () => {
  it('says where it is, answers other commands, refuses a second one, and stops when it is told', async () => {
    const folder = join(scratch(), 'data');
    const renderer = buildOfRenderer();
    const child = spawn(process.execPath, [ENTRY, 'run', '--json', '--data', folder]);
    onTestFinished(() => void child.kill('SIGKILL'));
    onTestFinished(renderer.remove);
    let err = '';
    child.stderr.on('data', (part: Buffer) => void (err += part.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).once('line', resolve);
      void ended.then((code) => reject(new Error(`ended with ${code}: ${err}`)));
    });
    const told = JSON.parse(line);
    expect(told.console).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(told.pair.startsWith(`${told.console}/pair?token=`)).toBe(true);
    expect((await fetch(told.pair, { redirect: 'manual' })).status).toBe(303);

    const status = childCli('status', '--data', folder, '--json');
    expect(status.exit).toBe(0);
    expect(status.json.about).toMatchObject({ host: 'console', dataFolder: folder });
    const second = childCli('run', '--data', folder, '--json');
    expect(second.exit).toBe(1);
    expect(second.json.error).toMatchObject({ code: 'DATA_IN_USE', details: { pid: child.pid } });

    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(err).toContain('Stopping.');
    expect(existsSync(join(folder, 'run.json'))).toBe(false);
    expect(childCli('status', '--data', folder).exit).toBe(1);
  });
});
