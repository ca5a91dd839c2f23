/** Forged, replayed, late and oversized entries, and peers that ask too much: over real libp2p. */
import { describe, expect, it } from 'vitest';
import { encodeCanonical, idFrom, utf8 } from '../../../../src/protocol/bytes/index.ts';
import {
  departureMessage,
  discoveryTopic,
  encodeAnnouncement,
  encodeDeparture,
  entryMessage,
} from '../../../../src/protocol/universe/index.ts';
import type { Value } from '../../../../src/protocol/bytes/index.ts';
import type { SealedEntry } from '../../../../src/protocol/universe/index.ts';
import { PING_PROTOCOL, SYNC_PROTOCOL } from '../../../../src/main/substrate/discovery/index.ts';
import { createSignatureChecker } from '../../../../src/main/hashes.ts';
import { CLOSE, encodeFrame } from '../../../../src/main/substrate/universe/index.ts';
import type { Link, Universe } from '../../../../src/main/substrate/universe/index.ts';
import { freePort } from '../../../free-port.ts';
import { addressOf, eventually, introduce, nodeKey, pause, stranger, universe } from '../universe/support.ts';
import { entryBy, largeEntry, member, NETWORK, quick, silent } from './support.ts';
import type { Member } from './support.ts';

const TOPIC = discoveryTopic(NETWORK);

/** A connected node that listens to the topic and says what the test wants. */
async function attackerOf(...victims: Member[]): Promise<Universe> {
  const attacker = await universe();
  attacker.subscribe(TOPIC, () => undefined);
  for (const victim of victims) {
    await introduce(attacker, victim.universe);
    await attacker.connect(victim.universe.self);
  }
  await eventually('the victims to listen', () => attacker.listeners(TOPIC).length === victims.length);
  return attacker;
}
const say = (who: Universe, { bytes, sig }: SealedEntry): Promise<number> =>
  who.publish(TOPIC, encodeAnnouncement({ kind: 'entry', bytes, sig }));
const refused = ({ discovery }: Member, code: string): number => discovery.stats().refused[code] ?? 0;
const closedWith = async (link: Link): Promise<number | undefined> => {
  await Promise.race([link.closed, pause(5000)]);
  return link.reason()?.code;
};

describe('what a neighbour hands over', () => {
  it('forged is refused, counted, not passed on, and gets the neighbour denied for a while', async () => {
    const victim = await member({
      settings: { ...quick, forgeries: { limit: 5, window: 60_000, denial: 1500 } },
    });
    const behind = await member({ universe: { bootstrap: victim.universe.addresses() } });
    const attacker = await attackerOf(victim);
    const { bytes, sig } = entryBy(nodeKey());
    const forged: SealedEntry = { bytes, sig: sig.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) };
    await say(attacker, forged);
    await eventually('the count', () => refused(victim, 'ENTRY_SIGNATURE') === 1);
    expect(victim.discovery.stats().offenders[0]).toMatchObject({
      peer: attacker.self,
      refused: { ENTRY_SIGNATURE: 1 },
    });
    for (let i = 0; i < 8; i++) {
      const one = entryBy(nodeKey());
      await say(attacker, { bytes: one.bytes, sig: one.sig.toReversed() });
      await pause(10);
    }
    await eventually('the denial', () => victim.universe.stats().denied[0]?.peer === attacker.self);
    await eventually('the end of the connection', () => !victim.universe.connected().includes(attacker.self));
    expect(refused(behind, 'ENTRY_SIGNATURE')).toBe(0);
    expect(victim.universe.connected()).toContain(behind.universe.self);
    await eventually('the end of the denial', () => victim.universe.stats().denied.length === 0);
    await attacker.connect(victim.universe.self);
  });

  it('that is no announcement at all is refused, whatever it is', async () => {
    const victim = await member({
      settings: { ...quick, forgeries: { limit: 100, window: 1000, denial: 1 } },
    });
    const attacker = await attackerOf(victim);
    const junk = [
      utf8('GET / HTTP/1.1'),
      new Uint8Array(60_000).fill(0x81),
      encodeCanonical({ kind: 'entry', bytes: 'text', sig: new Uint8Array(64) }),
      encodeCanonical({ kind: 'entry', bytes: new Uint8Array(3), sig: new Uint8Array(64) }),
      encodeCanonical({ kind: 'departure', bytes: new Uint8Array(3), sig: new Uint8Array(64) }),
      encodeCanonical({ kind: 'entry', bytes: new Uint8Array(16_385), sig: new Uint8Array(64) }),
      encodeFrame({ close: 200 }),
    ];
    for (const bytes of junk) await attacker.publish(TOPIC, bytes);
    await eventually('all of it', () => {
      const { refused: counts } = victim.discovery.stats();
      return Object.values(counts).reduce((sum, count) => sum + count, 0) === junk.length;
    });
    expect(victim.discovery.peers()).toEqual([]);
    expect(victim.universe.stats().denied).toEqual([]);
  });

  it('late or early by ten minutes is refused, nobody is denied, and a page can say whose clock is off', async () => {
    const right = await member();
    const wrong = await member({
      now: () => Date.now() + 600_000,
      universe: { bootstrap: right.universe.addresses() },
    });
    await eventually(
      'the refusals',
      () => refused(right, 'ENTRY_DRIFT') > 1 && refused(wrong, 'ENTRY_DRIFT') > 1,
    );
    expect(right.discovery.isKnown(wrong.discovery.self)).toBe(false);
    expect(right.universe.stats().denied).toEqual([]);
    expect(Math.round((right.discovery.stats().skew ?? 0) / 60_000)).toBe(10);
    expect(Math.round((wrong.discovery.stats().skew ?? 0) / 60_000)).toBe(-10);
    await expect(right.discovery.ping(wrong.discovery.self)).rejects.toMatchObject({ code: 'ENTRY_DRIFT' });
  });

  it('replayed is refused without harm to the neighbour, and changes nothing', async () => {
    const victim = await member();
    const keys = nodeKey();
    const attacker = await attackerOf(victim);
    const now = Date.now();
    const old = entryBy(keys, { version: [now, now], tags: [idFrom('old')] });
    const fresh = entryBy(keys, { version: [now, now + 5] });
    await say(attacker, old);
    await say(attacker, fresh);
    await eventually('the entry', () => victim.discovery.isKnown(keys.hex));
    // wrapped anew, or gossip itself would know it
    await attacker.publish(
      TOPIC,
      encodeCanonical({ kind: 'entry', bytes: old.bytes, sig: old.sig, again: 1 }),
    );
    await eventually('the refusal', () => refused(victim, 'ENTRY_OLD') === 1);
    expect(victim.discovery.peer(keys.hex)?.tags).toEqual([]);
    expect(victim.universe.stats().denied).toEqual([]);
  });

  it('a goodbye of somebody else, of long ago, or of before a return does not remove a peer', async () => {
    const victim = await member({
      settings: { ...quick, forgeries: { limit: 100, window: 1000, denial: 1 } },
    });
    const keys = nodeKey();
    const attacker = await attackerOf(victim);
    const now = Date.now();
    const entry = entryBy(keys, { version: [now, now] });
    await say(attacker, entry);
    await eventually('the peer', () => victim.discovery.isKnown(keys.hex));
    const bye = async (part: {
      at?: number;
      last?: readonly [number, number];
      by?: typeof keys;
    }): Promise<void> => {
      const departure = {
        network: NETWORK,
        peer: keys.key,
        lastVersion: part.last ?? [now, now],
        at: part.at ?? Date.now(),
      };
      await attacker.publish(
        TOPIC,
        encodeAnnouncement({
          kind: 'departure',
          bytes: encodeDeparture(departure),
          sig: (part.by ?? keys).sign(departureMessage(departure)),
        }),
      );
    };
    await bye({ by: nodeKey() });
    await bye({ at: Date.now() - 60_000 });
    await bye({ last: [now - 1000, now] });
    await eventually('three refusals', () =>
      ['DEPARTURE_SIGNATURE', 'ENTRY_DRIFT', 'ENTRY_OLD'].every((code) => refused(victim, code) === 1),
    );
    expect(victim.discovery.isKnown(keys.hex)).toBe(true);
    await bye({});
    await eventually('the true one', () => !victim.discovery.isKnown(keys.hex));
    // and what was said before it does not bring the peer back
    await say(attacker, entryBy(keys, { version: [now, now - 1] }));
    await eventually('another refusal', () => refused(victim, 'ENTRY_OLD') === 2);
    expect(victim.discovery.isKnown(keys.hex)).toBe(false);
    await say(attacker, entryBy(keys, { version: [now + 1, now] }));
    await eventually('a return', () => victim.discovery.isKnown(keys.hex));
  });

  it('in a flood is not even looked at beyond the rate', async () => {
    const victim = await member({ settings: { ...quick, gossipRate: { rate: 1, burst: 20 } } });
    const attacker = await attackerOf(victim);
    for (let i = 0; i < 100; i++) await say(attacker, entryBy(nodeKey()));
    await eventually('the rest', () => refused(victim, 'GOSSIP_RATE') >= 75);
    expect(victim.discovery.peers().length).toBeLessThan(25);
  });

  it('beyond what the catalogue holds is refused, and those who are in stay', async () => {
    const victim = await member({ settings: { ...silent, maxPeers: 10 } });
    const known = Array.from({ length: 10 }, () => nodeKey());
    for (const keys of known) victim.discovery.accept(entryBy(keys));
    expect(() => victim.discovery.accept(entryBy(nodeKey()))).toThrow(
      expect.objectContaining({ code: 'CATALOGUE_FULL' }),
    );
    const later = Date.now() + 10;
    expect(victim.discovery.accept(entryBy(known[0]!, { version: [later, later] }))).toBe(true);
    expect(victim.discovery.peers()).toHaveLength(10);
  });
});

describe('a relay of a stranger', () => {
  it('with a name that makes our address too long for an entry costs us that address only', async () => {
    const keys = nodeKey();
    const label = 'a'.repeat(60);
    const name = `/dns4/${label}.${label}.${label}.example/tcp/4001`;
    const listen = `/ip4/127.0.0.1/tcp/${await freePort()}`;
    await universe({ keys, listen: [listen], relay: { serve: true }, announce: [name] });
    const hidden = await member({ universe: { listen: [], relay: { seek: 1 } } });
    const tooLong = (): boolean => hidden.universe.addresses().some((address) => address.length > 256);
    // this one hears of it after discovery did
    const told = new Promise<void>((resolve) => {
      hidden.universe.watch((event) => event.kind === 'addresses' && tooLong() && resolve());
    });
    await hidden.discovery.introduce(keys.hex, [listen]);
    await hidden.universe.connect(keys.hex);
    await told;
    for (const address of hidden.discovery.own.entry().addresses)
      expect(address.length).toBeLessThanOrEqual(256);
    const other = await member();
    await introduce(hidden.universe, other.universe);
    await hidden.discovery.sync(other.discovery.self);
    expect(other.discovery.isKnown(hidden.discovery.self)).toBe(true);
  });
});

describe('whoever fills the catalogue of another', () => {
  it('keeps out nobody who comes itself', async () => {
    const victim = await member({ settings: { ...silent, maxPeers: 30 } });
    const attacker = await member({ settings: silent });
    for (let i = 0; i < 30; i++) attacker.discovery.accept(entryBy(nodeKey()));
    await introduce(attacker.universe, victim.universe);
    await attacker.discovery.sync(victim.discovery.self);
    expect(victim.discovery.peers()).toHaveLength(30);
    const honest = await member({ settings: silent });
    await introduce(honest.universe, victim.universe);
    await honest.discovery.sync(victim.discovery.self);
    expect(victim.discovery.isKnown(honest.discovery.self)).toBe(true);
    expect(victim.discovery.peers()).toHaveLength(30);
  });
});

describe('catalogue sync', () => {
  it('costs no signature check for an entry of another time, however often it comes', async () => {
    const counting = createSignatureChecker();
    let checked = 0;
    const victim = await member({
      settings: { ...silent, maxPeers: 1000 },
      check: (job) => {
        checked += 1;
        return counting(job);
      },
    });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    const ahead = Date.now() + 120_000;
    const { bytes, sig } = entryBy(nodeKey(), { version: [ahead, ahead] });
    const link = await attacker.open(victim.discovery.self, SYNC_PROTOCOL);
    link.send([NETWORK, Array.from({ length: 500 }, () => [bytes, sig]), false]);
    await link.next(5000);
    expect(refused(victim, 'ENTRY_DRIFT')).toBe(500);
    expect(checked).toBe(0);
  });

  it('ends with a peer that hands over more than it may, and says so', async () => {
    const victim = await member({ settings: { ...silent, listRate: { rate: 1, burst: 50 } } });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    const { bytes, sig } = entryBy(nodeKey());
    const link = await attacker.open(victim.discovery.self, SYNC_PROTOCOL);
    link.send([NETWORK, Array.from({ length: 200 }, () => [bytes, sig]), false]);
    expect(await closedWith(link)).toBe(CLOSE.protocolViolation);
    expect(refused(victim, 'SYNC_RATE')).toBe(1);
  });

  it('of more than fits a frame comes in pieces, as it was received', async () => {
    const [a, b] = [await member({ settings: silent }), await member({ settings: silent })];
    const sealed = Array.from({ length: 150 }, () => largeEntry(nodeKey()));
    const bytes = sealed.reduce((sum, one) => sum + one.bytes.length, 0);
    expect(bytes).toBeGreaterThan(2 * 1024 * 1024);
    for (const one of sealed) a.discovery.accept(one);
    await introduce(b.universe, a.universe);
    const begun = performance.now();
    expect(await b.discovery.sync(a.discovery.self)).toMatchObject({ received: 151, accepted: 151, sent: 1 });
    console.log(
      `sync of 150 entries, ${Math.round(bytes / 1024)} KiB: ${Math.round(performance.now() - begun)} ms`,
    );
    expect(await b.discovery.sync(a.discovery.self)).toMatchObject({ accepted: 0, sent: 152 });
  });

  it('passes on members that this version does not know', async () => {
    const [a, b, c] = [
      await member({ settings: silent }),
      await member({ settings: silent }),
      await member({ settings: silent }),
    ];
    const keys = nodeKey();
    const plain = entryBy(keys);
    const bytes = encodeCanonical({
      ...plain.entry,
      protocol: '1.9.0',
      version: [...plain.entry.version],
      tickets: [],
      novelty: 'of a later version',
    } as unknown as Value);
    const later = { bytes, sig: keys.sign(entryMessage(bytes)) };
    a.discovery.accept(later);
    await introduce(b.universe, a.universe);
    await introduce(c.universe, b.universe);
    await b.discovery.sync(a.discovery.self);
    await c.discovery.sync(b.discovery.self);
    expect(c.discovery.peer(keys.hex)).toMatchObject({ signed: true, protocol: '1.9.0' });
    // what c would pass on is what a was given
    const link = await c.universe.open(b.discovery.self, SYNC_PROTOCOL);
    link.send([NETWORK, [], false]);
    const [, entries] = (await link.next(2000)) as [unknown, [Uint8Array, Uint8Array][]];
    expect(entries.some(([one]) => Buffer.from(one).equals(Buffer.from(bytes)))).toBe(true);
  });

  it('with a forged entry among good ones is cut off there', async () => {
    const victim = await member({ settings: silent });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    const good = entryBy(nodeKey());
    const bad = entryBy(nodeKey());
    const link = await attacker.open(victim.universe.self, SYNC_PROTOCOL);
    link.send([
      NETWORK,
      [
        [good.bytes, good.sig],
        [bad.bytes, good.sig],
        [good.bytes, good.sig],
      ],
      false,
    ]);
    expect(await closedWith(link)).toBe(CLOSE.protocolViolation);
    expect(victim.discovery.peers()).toHaveLength(1);
    expect(victim.discovery.stats().offenders).toMatchObject([
      { peer: attacker.self, refused: { ENTRY_SIGNATURE: 1 } },
    ]);
  });

  it.each([
    ['no list', 'sync please'],
    ['a list of rubbish', [NETWORK, [1, 2, 3], false]],
    ['an entry of the wrong size', [NETWORK, [[new Uint8Array(20_000), new Uint8Array(64)]], false]],
    ['a signature of the wrong size', [NETWORK, [[new Uint8Array(20), new Uint8Array(6)]], false]],
    ['lists without end', [NETWORK, [], true]],
    ['nothing', []],
  ])('that begins with %s is a violation', async (_what, frame) => {
    const victim = await member({ settings: silent });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    const link = await attacker.open(victim.universe.self, SYNC_PROTOCOL);
    link.send(frame);
    expect(await closedWith(link)).toBe(CLOSE.protocolViolation);
  });

  it('with more entries than a catalogue has is a violation', async () => {
    const victim = await member({ settings: { ...silent, maxPeers: 20 } });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    const link = await attacker.open(victim.universe.self, SYNC_PROTOCOL);
    const { bytes, sig } = entryBy(nodeKey());
    for (let i = 0; i < 5; i++) link.send([NETWORK, Array.from({ length: 10 }, () => [bytes, sig]), true]);
    expect(await closedWith(link)).toBe(CLOSE.protocolViolation);
  });

  it('that stops in the middle ends in time', async () => {
    const victim = await member({ settings: { ...silent, answerTimeout: 300 } });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    const link = await attacker.open(victim.universe.self, SYNC_PROTOCOL);
    const { bytes, sig } = entryBy(nodeKey());
    link.send([NETWORK, [[bytes, sig]], true]);
    expect(await closedWith(link)).toBe(CLOSE.timeout);
  });

  /** Sends a new entry every so often, and never says that it was the last. */
  const drip = async (link: Link): Promise<void> => {
    const keys = nodeKey();
    while (link.reason() === null) {
      const { bytes, sig } = entryBy(keys);
      link.send([NETWORK, [[bytes, sig]], true]);
      await pause(100);
    }
  };

  it('that goes on and on ends in time, whoever asked for it', async () => {
    const victim = await member({ settings: { ...silent, syncTimeout: 1000 } });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    await introduce(victim.universe, attacker);
    const asked = await attacker.open(victim.universe.self, SYNC_PROTOCOL);
    void drip(asked);
    expect(await closedWith(asked)).toBe(CLOSE.timeout);
    const asking = Promise.withResolvers<Link>();
    await attacker.serve(SYNC_PROTOCOL, asking.resolve);
    const sync = victim.discovery.sync(attacker.self);
    const refusal = expect(sync).rejects.toMatchObject({ code: 'SYNC_FAILED' });
    const link = await asking.promise;
    void drip(link);
    // the list is taken, or the link would not see the end
    link.receive(() => undefined);
    expect(await closedWith(link)).toBe(CLOSE.timeout);
    await refusal;
  });

  it('is called off with its signal, and at the end of discovery', async () => {
    const victim = await member({ settings: silent });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    await introduce(victim.universe, attacker);
    // those whose list has come, so that the link is open on both sides
    const calls: Link[] = [];
    await attacker.serve(SYNC_PROTOCOL, (link) => {
      void drip(link);
      link.receive(() => void calls.push(link));
    });
    const stop = new AbortController();
    const sync = victim.discovery.sync(attacker.self, stop.signal);
    const refusal = expect(sync).rejects.toMatchObject({ code: 'SYNC_FAILED' });
    await eventually('the question', () => calls.length === 1);
    stop.abort();
    await refusal;
    expect(await closedWith(calls[0]!)).toBe(CLOSE.cancelled);
    const asked = await attacker.open(victim.universe.self, SYNC_PROTOCOL);
    void drip(asked);
    const second = victim.discovery.sync(attacker.self);
    const secondRefusal = expect(second).rejects.toMatchObject({ code: 'SYNC_FAILED' });
    await eventually('another question', () => calls.length === 2);
    await victim.discovery.close();
    await secondRefusal;
    for (const link of [asked, calls[1]!]) expect(await closedWith(link)).toBe(CLOSE.cancelled);
  });

  it('asked for all the time is answered as often as is fair', async () => {
    const victim = await member({ settings: { ...silent, askRate: { rate: 0.1, burst: 3 } } });
    const attacker = await universe();
    await introduce(attacker, victim.universe);
    const codes: (number | undefined)[] = [];
    for (let i = 0; i < 6; i++) {
      const link = await attacker.open(victim.universe.self, i % 2 === 0 ? SYNC_PROTOCOL : PING_PROTOCOL);
      link.send(i % 2 === 0 ? [NETWORK, [], false] : [NETWORK]);
      await link.next(1000).catch(() => undefined);
      codes.push(link.reason()?.code);
      await link.close(CLOSE.success);
    }
    expect(codes).toEqual([
      undefined,
      undefined,
      undefined,
      CLOSE.noCapacity,
      CLOSE.noCapacity,
      CLOSE.noCapacity,
    ]);
  });

  it('with a node that speaks libp2p and nothing else fails in a sentence', async () => {
    const victim = await member({ settings: silent });
    const other = await stranger();
    const connection = await other.dial(addressOf(victim.universe));
    const [key] = await eventually('the connection', () => {
      const peers = victim.universe.connected();
      return peers.length > 0 && peers;
    });
    expect(connection.status).toBe('open');
    await expect(victim.discovery.sync(key!)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    await expect(victim.discovery.ping(key!)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  });
});
