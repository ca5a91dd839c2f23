/** Two nodes that meet from the command line, and the tickets that one of them shows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { cli, ENTRY, openNodeForCli } from './support.ts';

it('two nodes turn the network on, meet by an address, list each other, and turn it off', async () => {
  const [a, b] = [await openNodeForCli({ ready: true }), await openNodeForCli({ ready: true })];
  onTestFinished(a.close);
  onTestFinished(b.close);
  expect((await a.ask('network', 'status')).json.state).toBe('off');
  const off = await a.ask('network', 'peers');
  expect([off.exit, off.json.error.code]).toEqual([1, 'NETWORK_OFF']);

  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0'];
  expect((await a.ask('network', 'on', ...listen)).json.state).toBe('on');
  const there = (await b.ask('network', 'on', ...listen)).json;
  const met = await a.ask('network', 'connect', there.addresses[0]);
  expect(met.json.peer).toBe(there.peer);
  const { peers } = (await a.ask('network', 'peers')).json;
  expect(peers).toHaveLength(1);
  expect(peers[0]).toMatchObject({ peer: there.peer, state: 'connected' });
  const nonsense = await a.ask('network', 'connect', 'somewhere');
  expect([nonsense.exit, nonsense.json.error.code]).toEqual([1, 'ADDRESS_FORMAT']);
  expect((await a.ask('network', 'off')).json.state).toBe('off');
});

it('a node shows a ticket from a file, lists it, and withdraws it', async () => {
  const { ask, folder, close } = await openNodeForCli({ ready: true });
  onTestFinished(close);
  const { peer } = (await ask('network', 'status')).json;
  const { token } = (await ask('ticket', 'issue', peer)).json;
  const other = (await ask('ticket', 'issue', 'ab'.repeat(32))).json.token;
  const file = join(folder, 'ticket.jwt');
  const presented = (text: string) => {
    writeFileSync(file, text);
    return ask('network', 'present', file);
  };
  const refused = await presented(other);
  expect([refused.exit, refused.json.error.code]).toEqual([1, 'TICKET_SUBJECT']);
  expect((await ask('network', 'tickets')).json.tickets).toEqual([]);
  const shown = (await presented(`\n ${token}\n`)).json;
  expect(shown).toMatchObject({ kind: 'jwt', state: 'kept' });
  expect((await ask('network', 'on', '--listen', '/ip4/127.0.0.1/tcp/0')).json.state).toBe('on');
  expect((await ask('network', 'tickets')).json.tickets).toEqual([{ ...shown, state: 'shown' }]);
  const words = await cli('network', 'tickets', '--data', folder);
  expect(words.out).toContain(shown.id);
  expect(words.out).toContain(`until ${new Date(shown.expires).toISOString().slice(0, 19)}Z`);
  expect((await ask('network', 'withdraw', shown.id)).exit).toBe(0);
  const again = await ask('network', 'withdraw', shown.id);
  expect([again.exit, again.json.error.code]).toEqual([1, 'TICKET_UNKNOWN']);
  expect((await cli('network', 'tickets', '--data', folder)).out).toBe('no tickets\n');
});

it('a node is told to show a quote of its machine, and says why it cannot', async () => {
  const { ask, close } = await openNodeForCli({ ready: true });
  onTestFinished(close);
  expect((await ask('network', 'quote', 'perhaps')).exit).toBe(2);
  expect((await ask('network', 'quote', 'on')).json).toEqual({ networkQuote: true });
  expect((await ask('network', 'on', '--listen', '/ip4/127.0.0.1/tcp/0')).json.state).toBe('on');
  expect((await ask('network', 'tickets')).json.tickets).toEqual([]);
  await expect
    .poll(async () => (await ask('status')).json.about.problems.map(({ code }: { code: string }) => code))
    .toContain('GUEST_NOT_IN_TD');
  expect((await ask('network', 'quote', 'off')).json).toEqual({ networkQuote: false });
});

it('a ticket comes in through a pipe as well', async () => {
  const { ask, folder, close } = await openNodeForCli({ ready: true });
  onTestFinished(close);
  const { peer } = (await ask('network', 'status')).json;
  const { token } = (await ask('ticket', 'issue', peer)).json;
  const child = spawn(process.execPath, [ENTRY, 'network', 'present', '-', '--data', folder, '--json']);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  child.stdin.end(`${token}\n`);
  const [exit] = (await once(child, 'close')) as [number];
  expect([exit, JSON.parse(out)]).toMatchObject([0, { kind: 'jwt', state: 'kept' }]);
});
