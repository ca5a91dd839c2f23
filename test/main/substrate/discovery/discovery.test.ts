/** The Discovery scenarios of coalition.md 13, over real libp2p. */
import { describe, expect, it } from 'vitest';
import { idFrom, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { compareVersions, ticketIdOf } from '../../../../src/protocol/universe/index.ts';
import { eventually, introduce, nodeKey, pause, universe } from '../universe/support.ts';
import { converged, entryBy, member, quick, silent } from './support.ts';

const idOf = (name: string): string => name.slice(0, 8);

describe('discovery', () => {
  it('converge_with_bootstrap: all nodes reach the same catalogue by one bootstrap peer', async () => {
    const settings = { ...quick, announceInterval: 1000, pingInterval: 2000 };
    const first = await member({ settings });
    const bootstrap = first.universe.addresses();
    const others = await Promise.all(
      Array.from({ length: 7 }, () => member({ settings, universe: { bootstrap } })),
    );
    const all = [first, ...others];
    await eventually('everybody to know everybody', () => converged(all), 20_000);
    for (const { discovery } of all) expect(discovery.peers()).toHaveLength(all.length - 1);
    // and not only the bootstrap peer holds them together
    await eventually(
      'neighbours',
      () => others.every(({ discovery }) => discovery.stats().neighbours >= 3),
      10_000,
    );
    await first.discovery.close();
    await first.universe.close();
    others[0]?.discovery.own.addTag(idFrom('after the bootstrap peer was gone'));
    await eventually('the tag everywhere', () =>
      others
        .slice(1)
        .every(
          ({ discovery }) =>
            discovery.peers({ tag: idFrom('after the bootstrap peer was gone') }).length === 1,
        ),
    );
  });

  it('manual_sync_trigger: one sync makes strangers know each other, and a signed entry displaces an unsigned one', async () => {
    const [a, b] = [await member({ settings: silent }), await member({ settings: silent })];
    await a.discovery.introduce(b.discovery.self, b.universe.addresses());
    expect(a.discovery.peer(b.discovery.self)).toMatchObject({ signed: false });
    expect(a.discovery.isKnown(b.discovery.self)).toBe(false);
    expect(b.discovery.peers()).toEqual([]);
    const report = await a.discovery.sync(b.discovery.self);
    expect(report).toMatchObject({ sent: 1, received: 1, accepted: 1 });
    expect(a.discovery.isKnown(b.discovery.self)).toBe(true);
    expect(a.discovery.peer(b.discovery.self)).toMatchObject({ signed: true });
    await eventually('the other side', () => b.discovery.isKnown(a.discovery.self));
    expect(a.events.map(({ kind }) => kind).slice(0, 2)).toEqual(['discovered', 'updated']);
    // what is signed is not overwritten by what somebody says
    await a.discovery.introduce(b.discovery.self, ['/ip4/10.0.0.1/tcp/1']);
    expect(a.discovery.peer(b.discovery.self)?.addresses).not.toContain('/ip4/10.0.0.1/tcp/1');
  });

  it('an unsigned entry is not passed on', async () => {
    const [a, b] = [await member(), await member()];
    const stranger = await universe();
    await a.discovery.introduce(stranger.self, stranger.addresses());
    await introduce(b.universe, a.universe);
    await b.discovery.sync(a.discovery.self);
    await pause(300);
    expect(b.discovery.peer(stranger.self)).toBeNull();
    expect(a.discovery.peer(stranger.self)).not.toBeNull();
  });

  it('different_networks_are_isolated: nothing leaks from one network id to another', async () => {
    const [here, there] = [idFrom('here'), idFrom('there')];
    const a = await member({ network: here });
    const bootstrap = a.universe.addresses();
    const b = await member({ network: here, universe: { bootstrap } });
    const c = await member({ network: there, universe: { bootstrap } });
    const d = await member({ network: there, universe: { bootstrap: c.universe.addresses() } });
    await eventually('each network', () => converged([a, b]) && converged([c, d]));
    await expect(c.discovery.sync(a.discovery.self)).rejects.toMatchObject({ code: 'DIFFERENT_NETWORK' });
    await expect(c.discovery.ping(a.discovery.self)).rejects.toMatchObject({ code: 'DIFFERENT_NETWORK' });
    await pause(600);
    for (const one of [a, b]) expect(one.discovery.peers()).toHaveLength(1);
    for (const one of [c, d]) expect(one.discovery.peers()).toHaveLength(1);
    expect(() => c.discovery.accept(a.discovery.own.current())).toThrow(
      expect.objectContaining({ code: 'ENTRY_NETWORK' }),
    );
  });

  it('stale_peers_are_purged: who is silent is hidden, then departed, and rediscovered when it speaks', async () => {
    const a = await member({ settings: { ...quick, purgeAfter: 900 } });
    const b = await member({
      settings: { ...silent, purgeAfter: 900 },
      universe: { bootstrap: a.universe.addresses() },
    });
    await eventually('the peer', () => a.discovery.isKnown(b.discovery.self));
    await eventually('its departure', () => a.heard().includes(`departed ${idOf(b.discovery.self)}`));
    expect(a.events.find((event) => event.kind === 'departed')).toMatchObject({ reason: 'stale' });
    expect(a.discovery.peer(b.discovery.self)).toBeNull();
    expect(a.discovery.peers()).toEqual([]);
    const before = a.events.length;
    b.discovery.own.addTag(idFrom('still here'));
    await eventually('its return', () => a.discovery.isKnown(b.discovery.self));
    expect(a.events[before]).toMatchObject({ kind: 'discovered' });
  });

  it('graceful_departure: peers hear a goodbye promptly, and nothing old brings the peer back', async () => {
    const a = await member();
    const bootstrap = a.universe.addresses();
    const b = await member({ universe: { bootstrap } });
    const c = await member({ universe: { bootstrap } });
    await eventually('everybody', () => converged([a, b, c]));
    const last = b.discovery.own.current();
    await b.discovery.close();
    await eventually('the goodbye', () =>
      [a, c].every((one) => one.heard().includes(`departed ${idOf(b.discovery.self)}`)),
    );
    expect(a.events.findLast((event) => event.kind === 'departed')).toMatchObject({ reason: 'goodbye' });
    // a catalogue that has not heard of it may still offer the entry
    expect(a.discovery.accept(last)).toBe(false);
    expect(a.discovery.isKnown(b.discovery.self)).toBe(false);
  });

  it('auto_bootstrap: nodes meet through the table of pointers only', async () => {
    // keeps pointers, and is in no network at all
    const lighthouse = await universe({ pointers: 'server' });
    const members = await Promise.all(
      Array.from({ length: 4 }, () =>
        member({ universe: { pointers: 'server', bootstrap: lighthouse.addresses() } }),
      ),
    );
    await eventually('everybody to know everybody', () => converged(members), 20_000);
    expect(members[0]?.discovery.peer(lighthouse.self)).toBeNull();
  });

  it('a node behind a relay is found, and reached, by its entry', async () => {
    const relay = await member({ universe: { relay: { serve: true } } });
    const hidden = await member({
      universe: { listen: [], relay: { through: relay.universe.addresses() } },
    });
    // one that can be dialled no more than the first, or that one would simply dial it
    const other = await member({ universe: { listen: [], relay: { through: relay.universe.addresses() } } });
    const entry = await eventually(
      'an entry with a relayed address',
      () => {
        const info = other.discovery.peer(hidden.discovery.self);
        return info !== null && info.addresses.some((address) => address.includes('p2p-circuit')) && info;
      },
      10_000,
    );
    expect(entry.addresses.every((address) => address.includes('p2p-circuit'))).toBe(true);
    await other.discovery.ping(hidden.discovery.self);
    expect(
      other.universe.stats().connections.find(({ peer }) => peer === hidden.discovery.self)?.relayed,
    ).toBe(true);
  });
});

describe('the own entry', () => {
  it('tells tags, streams, groups and tickets to everybody, and takes them back', async () => {
    const a = await member();
    const b = await member({ universe: { bootstrap: a.universe.addresses() } });
    await eventually('each other', () => converged([a, b]));
    const { own } = b.discovery;
    const [tag, stream, group] = [idFrom('tag'), idFrom('stream'), idFrom('group')];
    const ticket = { class: idFrom('class'), data: utf8('ticket') };
    own.addTag(tag);
    own.addStream(stream);
    own.addGroup(group);
    const id = own.addTicket(ticket);
    expect(id).toEqual(ticketIdOf(ticket));
    for (const filter of [
      { tag },
      { stream },
      { group },
      { ticket: id },
      { ticketClass: ticket.class },
      { tag, group },
    ])
      await eventually('the peer', () => a.discovery.peers(filter)[0]?.peer === b.discovery.self);
    expect(a.discovery.peers({ tag, stream: idFrom('another') })).toEqual([]);
    own.removeTag(tag);
    own.removeStream(stream);
    own.removeGroup(group);
    own.removeTicket(id);
    await eventually('all taken back', () => {
      const info = a.discovery.peer(b.discovery.self);
      return (
        info !== null &&
        [info.tags, info.streams, info.groups, info.tickets].every(({ length }) => length === 0)
      );
    });
    expect(a.events.some((event) => event.kind === 'updated' && event.changed)).toBe(true);
    await eventually('a sign of life', () =>
      a.events.some((event) => event.kind === 'updated' && !event.changed),
    );
  });

  it('has a new version with every change, and none without', async () => {
    const { discovery } = await member({ settings: silent });
    const { own } = discovery;
    const versions = [own.current().entry.version];
    const step = (change: () => void): void => {
      change();
      versions.push(own.current().entry.version);
    };
    step(() => own.addTag(idFrom('a')));
    step(() => own.addTag(idFrom('b')));
    step(() => own.removeTag(idFrom('a')));
    step(() => own.setAddresses(['/ip4/10.0.0.1/tcp/1']));
    step(() => own.setAddresses(null));
    for (let i = 1; i < versions.length; i++)
      expect(compareVersions(versions[i]!, versions[i - 1]!)).toBeGreaterThan(0);
    const before = own.current();
    own.addTag(idFrom('b'));
    own.removeTag(idFrom('never there'));
    expect(own.current()).toBe(before);
  });

  it('refuses what would make it too large, and stays as it was', async () => {
    const { discovery } = await member({ settings: silent });
    const { own } = discovery;
    own.addTicket({ class: idFrom('class'), data: new Uint8Array(8000) });
    own.addTicket({ class: idFrom('other'), data: new Uint8Array(8000) });
    const before = own.current();
    expect(() => own.addTicket({ class: idFrom('third'), data: new Uint8Array(8000) })).toThrow(
      expect.objectContaining({ code: 'ENTRY_SIZE' }),
    );
    expect(() => own.setAddresses(['nonsense'])).toThrow(expect.objectContaining({ code: 'ENTRY_FORMAT' }));
    expect(own.current()).toBe(before);
    own.addTag(idFrom('small'));
  });

  it('of a node that starts again is newer, whatever its clock says', async () => {
    let remembered: number | null = null;
    const startMemory = { load: () => remembered, save: (at: number) => void (remembered = at) };
    const a = await member();
    const bootstrap = a.universe.addresses();
    const before = await member({ startMemory, universe: { bootstrap } });
    await eventually('the peer', () => a.discovery.isKnown(before.discovery.self));
    const { keys } = before;
    const { version } = before.discovery.own.current().entry;
    await before.universe.close();
    await before.discovery.close();
    // the clock is 20 seconds behind now: within what is tolerated, but earlier than the start before
    const again = await member({
      keys,
      startMemory,
      now: () => Date.now() - 20_000,
      universe: { bootstrap },
    });
    again.discovery.own.addTag(idFrom('again'));
    await eventually(
      'the entry of the second start',
      () => a.discovery.peers({ tag: idFrom('again') }).length === 1,
    );
    expect(compareVersions(a.discovery.peer(keys.hex)!.version, version)).toBeGreaterThan(0);
  });
});

describe('what discovery measures', () => {
  it('round trips, smoothed, with connected members', async () => {
    const a = await member();
    const b = await member({ universe: { bootstrap: a.universe.addresses() } });
    const rtt = await eventually('three samples', () => {
      const measured = b.discovery.rtt(a.discovery.self);
      return measured !== null && measured.samples >= 3 && measured;
    });
    expect(rtt.smoothed).toBeGreaterThan(0);
    expect(b.discovery.stats()).toMatchObject({ peers: 1, neighbours: 1, twin: null });
    expect(Math.abs(b.discovery.stats().skew ?? 1e9)).toBeLessThan(60_000);
  });

  it('that another node speaks with the same key, and outruns it once', async () => {
    const a = await member();
    const bootstrap = a.universe.addresses();
    const one = await member({ universe: { bootstrap } });
    await eventually('the first', () => a.discovery.isKnown(one.discovery.self));
    // the same key, from a machine whose memory is of a later start
    const version = [Date.now() + 5000, Date.now()] as const;
    a.discovery.accept(entryBy(one.keys, { version, tags: [idFrom('twin')] }));
    const b = await member({ universe: { bootstrap } });
    await eventually('the twin to be passed on', () => b.discovery.isKnown(one.discovery.self));
    await one.discovery.sync(a.discovery.self);
    expect(one.discovery.stats().twin).not.toBeNull();
    await eventually('the true one again', () => a.discovery.peers({ tag: idFrom('twin') }).length === 0);
    expect(a.discovery.peer(one.discovery.self)!.version[0]).toBe(version[0] + 1);
  });
});

describe('events', () => {
  it('wait for a slow listener, a hundred of them, and it is told what it missed', async () => {
    const { discovery } = await member({ settings: silent });
    const stop = new AbortController();
    const slow = discovery.events(stop.signal);
    const first = slow.next();
    for (let i = 0; i < 150; i++) discovery.accept(entryBy(nodeKey()));
    expect((await first).value).toEqual({ kind: 'lagged', missed: 50 });
    let left = 0;
    for (; left < 100; left++) expect((await slow.next()).value).toMatchObject({ kind: 'discovered' });
    const last = slow.next();
    stop.abort();
    expect((await last).done).toBe(true);
  });
});
