/** Nodes that nobody can dial, behind a relay of their coalition. */
import { describe, expect, it } from 'vitest';
import { CLOSE, peerIdOf } from '../../../../src/main/substrate/universe/index.ts';
import { eventually, introduce, nodeKey, universe } from './support.ts';

const PROTOCOL = '/muster/test/1';
const retry = { first: 100, longest: 400 };

describe('a relay', () => {
  it('makes a node reachable that listens nowhere, for links and for gossip', async () => {
    const relay = await universe({ relay: { serve: true } });
    const hidden = await universe({
      listen: [],
      relay: { through: relay.addresses() },
      limits: { retry },
    });
    const caller = await universe();
    const heard: string[] = [];
    await hidden.serve(PROTOCOL, (link) => link.receive((frame) => void link.send(['echo', frame])));
    hidden.subscribe('/topic', (message) => void heard.push(Buffer.from(message).toString()));
    caller.subscribe('/topic', () => undefined);
    await eventually('a reservation', () => hidden.addresses().length > 0, 20_000);
    expect(hidden.addresses()[0]).toContain('/p2p-circuit');
    expect(hidden.stats().reach).toBe('relayed');

    await introduce(caller, hidden);
    const link = await caller.open(hidden.self, PROTOCOL);
    // more than the 128 KiB that a public relay would carry
    const block = new Uint8Array(100_000).fill(7);
    for (let i = 0; i < 5; i++) {
      link.send(block);
      expect(((await link.next(5000)) as unknown[])[0]).toBe('echo');
    }
    const [connection] = caller.stats().connections.filter(({ peer }) => peer === hidden.self);
    expect(connection).toMatchObject({ relayed: true, direction: 'outbound' });
    await eventually('the listener', () => caller.listeners('/topic').includes(hidden.self));
    await caller.publish('/topic', Buffer.from('hello'));
    await eventually('the message', () => heard.length === 1);
    await link.close(CLOSE.success);
  });

  it('that comes later, or comes back, is found again', async () => {
    const first = await universe({ relay: { serve: true } });
    const [address = ''] = first.addresses();
    const port = /tcp\/(\d+)/.exec(address)?.[1] ?? '';
    await first.close();
    // nobody is there yet
    const keysOfRelay = nodeKey();
    const relayAddress = `/ip4/127.0.0.1/tcp/${port}`;
    const hidden = await universe({
      listen: [],
      relay: { through: [`${relayAddress}/p2p/${peerIdOf(keysOfRelay.hex).toString()}`] },
      limits: { retry },
    });
    expect(hidden.addresses()).toEqual([]);
    const relay = await universe({ keys: keysOfRelay, listen: [relayAddress], relay: { serve: true } });
    await eventually('a reservation', () => hidden.addresses().length > 0, 20_000);
    await relay.close();
    await eventually('the loss of it', () => hidden.addresses().length === 0, 20_000);
    await universe({ keys: keysOfRelay, listen: [relayAddress], relay: { serve: true } });
    await eventually('another reservation', () => hidden.addresses().length > 0, 20_000);
  });

  it('carries nothing for a peer that the hidden node has denied', async () => {
    const relay = await universe({ relay: { serve: true } });
    const hidden = await universe({ listen: [], relay: { through: relay.addresses() }, limits: { retry } });
    const caller = await universe();
    await eventually('a reservation', () => hidden.addresses().length > 0, 20_000);
    hidden.deny(caller.self, 60_000, 'unwanted');
    await introduce(caller, hidden);
    await expect(caller.connect(hidden.self)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  });
});
