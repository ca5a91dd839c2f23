/** Two nodes that meet from the command line. */
import { expect, it, onTestFinished } from 'vitest';
import { openNodeForCli } from './support.ts';

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
