/** What a node says of itself while its addresses and its clock do what they want. */
import { describe, expect, it } from 'vitest';
import { idFrom } from '../../../../src/protocol/bytes/index.ts';
import { MAX_DRIFT } from '../../../../src/protocol/universe/index.ts';
import { createOwnEntry } from '../../../../src/main/substrate/discovery/own-entry.ts';

function ownEntry() {
  const world = { now: 1_795_000_000_000, addresses: [] as string[], starts: [] as number[], changes: 0 };
  const own = createOwnEntry({
    network: idFrom('test'),
    peer: new Uint8Array(32),
    sign: () => new Uint8Array(64),
    now: () => world.now,
    lastStart: null,
    started: (start) => void world.starts.push(start),
    addresses: () => world.addresses,
    changed: () => void (world.changes += 1),
  });
  return { world, own, told: () => own.entry().addresses };
}
const relayed = (n: number): string => `/dns4/relay-${n}.example/tcp/4001/p2p/R/p2p-circuit/p2p/S`;

describe('addresses of a node', () => {
  it('that no entry can tell are left out, whoever made them up', () => {
    const { world, own, told } = ownEntry();
    world.addresses = [`/dns4/${'a'.repeat(300)}.example/tcp/4001`, '/ip4/9.9.9.9/tcp/1', 'none', '/ü'];
    own.refreshAddresses();
    expect(told()).toEqual(['/ip4/9.9.9.9/tcp/1']);
  });

  it('for which a full entry has no room are left out, those over a relay first', () => {
    const { world, own, told } = ownEntry();
    own.addTicket({ class: idFrom('a'), data: new Uint8Array(8000) });
    own.addTicket({ class: idFrom('b'), data: new Uint8Array(7900) });
    const direct = ['/ip4/9.9.9.9/tcp/1', '/ip4/9.9.9.8/tcp/1'];
    world.addresses = [...Array.from({ length: 12 }, (_, n) => relayed(n)), ...direct];
    own.refreshAddresses();
    expect(told()).toEqual(expect.arrayContaining(direct));
    expect(told().length).toBeLessThan(14);
    const { changes } = world;
    own.refreshAddresses();
    expect(world.changes).toBe(changes);
  });

  it('beyond what an entry has are those over a relay', () => {
    const { world, own, told } = ownEntry();
    world.addresses = [...Array.from({ length: 20 }, (_, n) => relayed(n)), '/ip4/9.9.9.9/tcp/1'];
    own.refreshAddresses();
    expect(told()).toHaveLength(16);
    expect(told()).toContain('/ip4/9.9.9.9/tcp/1');
  });

  it('that a person gives are told instead, and refused when they are none', () => {
    const { world, own, told } = ownEntry();
    world.addresses = ['/ip4/9.9.9.9/tcp/1'];
    own.setAddresses(['/dns4/rack.example/tcp/4001']);
    own.refreshAddresses();
    expect(told()).toEqual(['/dns4/rack.example/tcp/4001']);
    expect(() => own.setAddresses(['rack.example'])).toThrow(
      expect.objectContaining({ code: 'ENTRY_FORMAT' }),
    );
    expect(told()).toEqual(['/dns4/rack.example/tcp/4001']);
    own.setAddresses(null);
    expect(told()).toEqual(['/ip4/9.9.9.9/tcp/1']);
  });
});

describe('a clock that was ahead', () => {
  it('and is put right makes the node begin anew, so that others believe it, and remember that', () => {
    const { world, own } = ownEntry();
    const right = world.now;
    world.now = right + 3_600_000;
    own.renew();
    const before = own.version();
    world.now = right;
    own.renew();
    const [start, updated] = own.version();
    expect(Math.abs(updated - right)).toBeLessThan(MAX_DRIFT);
    expect(start).toBeGreaterThan(before[0]);
    expect(world.starts).toEqual([before[0], start]);
  });
});
