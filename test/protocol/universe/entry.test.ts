/** Entries, versions and goodbyes as pure rules, checked with @noble/curves so that node:crypto does not judge itself. */
import { ed25519 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  derive,
  encodeCanonical,
  idFrom,
  Refusal,
  settle,
  UNIVERSE,
  utf8,
} from '../../../src/protocol/bytes/index.ts';
import type { CheckSignature, Value } from '../../../src/protocol/bytes/index.ts';
import {
  admitDeparture,
  admitEntry,
  compareVersions,
  decodeAnnouncement,
  decodeEntry,
  departureMessage,
  discoveryTopic,
  encodeAnnouncement,
  encodeDeparture,
  encodeEntry,
  ENTRY_LIMITS,
  entryMessage,
  firstVersion,
  MAX_DRIFT,
  isStale,
  MAX_ENTRY_BYTES,
  newer,
  nextVersion,
  openDeparture,
  openEntry,
  sealEntry,
  ticketIdOf,
} from '../../../src/protocol/universe/index.ts';
import type { Departure, PeerEntry, Ticket, Version } from '../../../src/protocol/universe/index.ts';

const secret = new Uint8Array(32).fill(7);
const peer = ed25519.getPublicKey(secret);
const sign = (message: Uint8Array): Uint8Array => ed25519.sign(message, secret);
const check: CheckSignature = ({ key, message, signature }) => {
  try {
    return ed25519.verify(signature, message, key);
  } catch {
    return false;
  }
};
const NOW = 1_800_000_000_000;
const ticket = (text: string): Ticket => ({ class: idFrom('some.class'), data: utf8(text) });
const entryOf = (part: Partial<PeerEntry> = {}): PeerEntry => ({
  protocol: '1.0.0',
  network: UNIVERSE,
  peer,
  version: [NOW - 1000, NOW],
  addresses: ['/ip4/10.0.0.1/tcp/4001'],
  tags: [idFrom('tag')],
  streams: [idFrom('stream a'), idFrom('stream b')],
  groups: [],
  tickets: [ticket('x')],
  ...part,
});
const codeOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
};

describe('an entry', () => {
  it('that is valid comes back as it was', () => {
    const sealed = sealEntry(entryOf(), sign);
    const opened = settle(openEntry(sealed), check);
    expect(opened.entry).toEqual(sealed.entry);
    expect(opened.bytes).toBe(sealed.bytes);
    expect(opened.entry.streams).toHaveLength(2);
  });

  it('is the same bytes in whatever order and however often its members were named', () => {
    const ids = ['a', 'b', 'c', 'd'].map(idFrom);
    const tickets = ['1', '2', '3'].map(ticket);
    const bytes = encodeEntry(entryOf({ tags: ids, streams: ids, tickets, addresses: ['/a', '/b'] }));
    fc.assert(
      fc.property(fc.shuffledSubarray([...ids, ...ids], { minLength: 8 }), (tags) => {
        const other = encodeEntry(
          entryOf({
            tags,
            streams: tags.toReversed(),
            tickets: [...tickets.toReversed(), ...tickets],
            addresses: ['/b', '/a', '/b'],
          }),
        );
        expect(other).toEqual(bytes);
      }),
    );
  });

  it('changed in any place, or with another signature, does not open', () => {
    const { bytes, sig } = sealEntry(entryOf(), sign);
    for (let place = 0; place < bytes.length; place += 3) {
      const changed = bytes.slice();
      changed[place]! ^= 1;
      expect(
        codeOf(() => settle(openEntry({ bytes: changed, sig }), check)),
        `byte ${place}`,
      ).not.toBeNull();
    }
    for (let place = 0; place < sig.length; place += 7) {
      const changed = sig.slice();
      changed[place]! ^= 1;
      expect(codeOf(() => settle(openEntry({ bytes, sig: changed }), check))).toBe('ENTRY_SIGNATURE');
    }
    expect(codeOf(() => openEntry({ bytes, sig: sig.subarray(1) }))).toBe('ENTRY_SIGNATURE');
  });

  it('signed by another key, or as something else, does not open', () => {
    const { bytes } = sealEntry(entryOf(), sign);
    const other = ed25519.sign(entryMessage(bytes), new Uint8Array(32).fill(8));
    expect(codeOf(() => settle(openEntry({ bytes, sig: other }), check))).toBe('ENTRY_SIGNATURE');
    // without its domain the same key may have signed anything
    expect(codeOf(() => settle(openEntry({ bytes, sig: sign(bytes) }), check))).toBe('ENTRY_SIGNATURE');
  });

  it('keeps members that this version does not know', () => {
    const { bytes } = sealEntry(entryOf(), sign);
    const value = { ...(JSON.parse('{}') as object), ...entryOf(), version: [NOW - 1000, NOW] };
    const later = encodeCanonical({
      ...value,
      protocol: '1.7.0',
      tickets: [[idFrom('some.class'), utf8('x')]],
      streams: entryOf().streams.toSorted((a, b) => Buffer.compare(a, b)),
      novelty: { deep: [1, 'two'] },
    } as unknown as Value);
    expect(later.length).toBeGreaterThan(bytes.length);
    const sealed = { bytes: later, sig: sign(entryMessage(later)) };
    const opened = settle(openEntry(sealed), check);
    expect(opened.entry.protocol).toBe('1.7.0');
    expect(opened.bytes).toEqual(later);
  });

  it('of another major version is told apart from one that is malformed', () => {
    expect(codeOf(() => encodeEntry(entryOf({ protocol: '2.0.0' })))).toBe('ENTRY_PROTOCOL');
    expect(codeOf(() => encodeEntry(entryOf({ protocol: 'one' })))).toBe('ENTRY_FORMAT');
  });

  it('too large, or with too many of anything, is refused on both sides', () => {
    const many = (n: number, name: string): Uint8Array[] =>
      Array.from({ length: n }, (_, i) => idFrom(`${name}${i}`));
    expect(codeOf(() => encodeEntry(entryOf({ tags: many(ENTRY_LIMITS.tags + 1, 't') })))).toBe(
      'ENTRY_FORMAT',
    );
    expect(
      codeOf(() =>
        encodeEntry(
          entryOf({ addresses: Array.from({ length: ENTRY_LIMITS.addresses + 1 }, (_, i) => `/x/${i}`) }),
        ),
      ),
    ).toBe('ENTRY_FORMAT');
    const large = Array.from({ length: 3 }, (_, i) => ticket(`${i}`.padEnd(7000, 'x')));
    expect(codeOf(() => encodeEntry(entryOf({ tickets: large })))).toBe('ENTRY_SIZE');
    expect(codeOf(() => encodeEntry(entryOf({ tickets: [ticket('x'.repeat(9000))] })))).toBe('ENTRY_FORMAT');
    expect(codeOf(() => decodeEntry(new Uint8Array(MAX_ENTRY_BYTES + 1)))).toBe('ENTRY_SIZE');
  });

  it('with lists out of order, twice the same, or of the wrong kind is refused', () => {
    const raw = (part: Record<string, unknown>): Uint8Array =>
      encodeCanonical({
        ...entryOf(),
        version: [NOW, NOW],
        streams: [],
        tickets: [],
        ...part,
      } as unknown as Value);
    const [a, b] = [idFrom('a'), idFrom('b')].toSorted((x, y) => Buffer.compare(x, y)) as [
      Uint8Array,
      Uint8Array,
    ];
    expect(codeOf(() => decodeEntry(raw({ tags: [a, b] })))).toBeNull();
    for (const part of [
      { tags: [b, a] },
      { tags: [a, a] },
      { tags: ['x'] },
      { tags: [a.subarray(1)] },
      { tags: 'none' },
      { tags: undefined },
      { addresses: ['/b', '/a'] },
      { addresses: ['no slash'] },
      { addresses: ['/with space /x'] },
      { addresses: [1] },
      { version: [NOW] },
      { version: [NOW, -1] },
      { version: [NOW, 2 ** 52] },
      { version: ['now', NOW] },
      { network: a.subarray(1) },
      { peer: 'me' },
      { tickets: [[a]] },
      { tickets: [[a, 'text']] },
      { tickets: [a] },
      { tickets: [1] },
      { tickets: null },
    ]) {
      const copy = { ...part } as Record<string, unknown>;
      const bytes = copy['tags'] === undefined && 'tags' in copy ? withoutTags(raw({})) : raw(copy);
      expect(
        codeOf(() => decodeEntry(bytes)),
        JSON.stringify(part),
      ).toBe('ENTRY_FORMAT');
    }
  });

  it('of random bytes, or of a random value, is refused and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(() => decodeEntry(bytes))).toBe('ENTRY_FORMAT');
        expect(codeOf(() => decodeAnnouncement(bytes))).toBe('ANNOUNCEMENT_FORMAT');
        expect(codeOf(() => openDeparture(bytes, new Uint8Array(64)))).toBe('DEPARTURE_FORMAT');
      }),
    );
    for (const value of [null, 1, 'text', [], [1], new Uint8Array(3), {}])
      expect(codeOf(() => decodeEntry(encodeCanonical(value as Value)))).toBe('ENTRY_FORMAT');
  });

  it('names a ticket by its class and its data', () => {
    const one = ticket('x');
    expect(ticketIdOf(one)).toEqual(derive(one.class, one.data));
  });
});

function withoutTags(bytes: Uint8Array): Uint8Array {
  const { tags: _tags, ...rest } = decodeEntry(bytes);
  return encodeCanonical({ ...rest, version: [...rest.version], tickets: [] } as unknown as Value);
}

describe('a version', () => {
  const anyVersion = fc.tuple(fc.nat(1000), fc.nat(1000)) as fc.Arbitrary<Version>;

  it('is compared by start first, then by time, and never equal to a next one', () => {
    expect(newer([2, 0], [1, 99])).toBe(true);
    expect(newer([1, 2], [1, 1])).toBe(true);
    expect(newer([1, 1], [1, 1])).toBe(false);
    expect(newer([1, 0], [1, 1])).toBe(false);
    expect(newer([0, 0], null)).toBe(true);
    fc.assert(
      fc.property(anyVersion, anyVersion, (a, b) => {
        expect([newer(a, b), newer(b, a), compareVersions(a, b) === 0].filter(Boolean)).toHaveLength(1);
      }),
    );
  });

  it('grows with every change, also while the clock stands still or goes back', () => {
    fc.assert(
      fc.property(
        anyVersion,
        fc.array(fc.integer({ min: 0, max: 4 * MAX_DRIFT }), { maxLength: 30 }),
        (start, clock) => {
          let version = start;
          for (const now of clock) {
            const next = nextVersion(version, now);
            expect(newer(next, version)).toBe(true);
            expect(next[0]).toBe(version[1] - now > MAX_DRIFT ? version[0] + 1 : version[0]);
            version = next;
          }
        },
      ),
    );
    expect(nextVersion([5, 100], 90)).toEqual([5, 101]);
    expect(nextVersion([5, 100], 200)).toEqual([5, 201]);
    // a clock that was an hour ahead and is right again: the peers would not believe the old time for that hour
    expect(nextVersion([5, 3_700_000], 100_000)).toEqual([6, 100_000]);
  });

  it('of a restart is newer than all before, also when the clock was put back', () => {
    expect(firstVersion(1000, null)).toEqual([1000, 1000]);
    expect(firstVersion(1000, 500)).toEqual([1000, 1000]);
    expect(firstVersion(1000, 5000)).toEqual([5001, 1000]);
    expect(newer(firstVersion(1000, 5000), [5000, 99_999])).toBe(true);
  });

  it('that is not renewed goes stale after 300 seconds', () => {
    expect(isStale([0, NOW - 300_000], NOW)).toBe(false);
    expect(isStale([0, NOW - 300_001], NOW)).toBe(true);
  });
});

describe('admission of an entry', () => {
  const rules = { network: UNIVERSE, now: NOW, known: null, via: 'gossip' } as const;
  const at = (updatedAt: number): PeerEntry => entryOf({ version: [NOW - 1_000_000, updatedAt] });

  it('is by network, version and clock', () => {
    expect(codeOf(() => admitEntry(at(NOW), rules))).toBeNull();
    expect(codeOf(() => admitEntry(at(NOW), { ...rules, network: idFrom('other') }))).toBe('ENTRY_NETWORK');
    expect(codeOf(() => admitEntry(at(NOW), { ...rules, known: [NOW - 1_000_000, NOW] }))).toBe('ENTRY_OLD');
    expect(codeOf(() => admitEntry(at(NOW), { ...rules, known: [NOW, 0] }))).toBe('ENTRY_OLD');
    expect(codeOf(() => admitEntry(at(NOW), { ...rules, known: [NOW - 1_000_000, NOW - 1] }))).toBeNull();
  });

  it('from gossip wants the clocks within 50 seconds, from a catalogue only not in the future', () => {
    for (const offset of [-50_000, 50_000])
      expect(codeOf(() => admitEntry(at(NOW + offset), rules))).toBeNull();
    for (const offset of [-50_001, 50_001, 600_000, -600_000])
      expect(
        codeOf(() => admitEntry(at(NOW + offset), rules)),
        String(offset),
      ).toBe('ENTRY_DRIFT');
    const synced = { ...rules, via: 'catalogue' } as const;
    expect(codeOf(() => admitEntry(at(NOW - 300_000), synced))).toBeNull();
    expect(codeOf(() => admitEntry(at(NOW - 300_001), synced))).toBe('ENTRY_STALE');
    expect(codeOf(() => admitEntry(at(NOW + 50_001), synced))).toBe('ENTRY_DRIFT');
  });
});

describe('a goodbye', () => {
  const departure: Departure = { network: UNIVERSE, peer, lastVersion: [NOW - 5000, NOW - 10], at: NOW };
  const sealed = { bytes: encodeDeparture(departure), sig: sign(departureMessage(departure)) };

  it('opens with its signature, and with no other', () => {
    expect(settle(openDeparture(sealed.bytes, sealed.sig), check)).toEqual(departure);
    const changed = encodeDeparture({ ...departure, at: NOW + 1 });
    expect(codeOf(() => settle(openDeparture(changed, sealed.sig), check))).toBe('DEPARTURE_SIGNATURE');
    expect(codeOf(() => openDeparture(sealed.bytes, new Uint8Array(3)))).toBe('DEPARTURE_SIGNATURE');
    expect(codeOf(() => openDeparture(encodeCanonical([1, 2]), sealed.sig))).toBe('DEPARTURE_FORMAT');
  });

  it('counts when it is fresh, for this network, and the peer has not come back since', () => {
    const rules = { network: UNIVERSE, now: NOW, known: departure.lastVersion };
    expect(codeOf(() => admitDeparture(departure, rules))).toBeNull();
    expect(codeOf(() => admitDeparture(departure, { ...rules, known: null }))).toBeNull();
    expect(codeOf(() => admitDeparture(departure, { ...rules, network: idFrom('other') }))).toBe(
      'ENTRY_NETWORK',
    );
    expect(codeOf(() => admitDeparture(departure, { ...rules, now: NOW + 50_001 }))).toBe('ENTRY_DRIFT');
    expect(codeOf(() => admitDeparture(departure, { ...rules, known: [NOW, NOW] }))).toBe('ENTRY_OLD');
  });
});

describe('an announcement', () => {
  it('comes back as it was sent, over a topic of its own network', () => {
    const { bytes, sig } = sealEntry(entryOf(), sign);
    const sent = { kind: 'entry', bytes, sig } as const;
    expect(decodeAnnouncement(encodeAnnouncement(sent))).toEqual(sent);
    expect(discoveryTopic(UNIVERSE)).not.toBe(discoveryTopic(idFrom('other')));
    expect(codeOf(() => decodeAnnouncement(encodeCanonical({ kind: 'other', bytes, sig })))).toBe(
      'ANNOUNCEMENT_FORMAT',
    );
  });
});
