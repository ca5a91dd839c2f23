/** What the network page says of Groups and where it draws peers: pure, so every case is read here. */
import { describe, expect, it } from 'vitest';
import { createTranslate } from '../../src/renderer/language/translate.ts';
import { groupSentence, lagOf } from '../../src/renderer/pages/network/group-sentence.ts';
import { bandBox, bandOf, labelBox, layOut } from '../../src/renderer/pages/network/map-layout.ts';
import type { MapLayout, MapPeer } from '../../src/renderer/pages/network/map-layout.ts';
import { streamSentence } from '../../src/renderer/pages/network/stream-sentence.ts';
import { looksDialable, matches, soonest, stateOf } from '../../src/renderer/pages/network/peers.ts';
import { groupsOf, peer, peersOf, streamsOf } from '../fakes/node/network.ts';

const NOW = 1_795_000_000_000;
const t = createTranslate('en');

describe('the sentence about a Group', () => {
  const [leading] = groupsOf(1, 'ab'.repeat(32), NOW);
  const say = (change: Partial<NonNullable<typeof leading>>) => {
    const { key, values, mark } = groupSentence({ ...leading!, ...change });
    return `${mark}: ${t(key, values)}`;
  };
  const other = `${'c'.repeat(60)}d00d`;

  it('says how far it is when nothing is wrong', () => {
    expect(say({})).toBe('passed: Leads 4 others; everything is committed.');
    expect(say({ members: leading!.members.slice(0, 2) })).toBe(
      'passed: Leads one other; everything is committed.',
    );
    expect(say({ members: leading!.members.slice(0, 1), voters: 1, reachable: 1, quorum: 1 })).toBe(
      'passed: The only member; everything is committed.',
    );
    expect(say({ open: 1 })).toBe('running: Leads 4 others; one own command is not committed yet.');
    expect(say({ role: 'follower', leader: other })).toBe(
      'passed: Follows cccccccc…d00d; everything that is committed is applied here.',
    );
    expect(say({ role: 'follower', leader: other, open: 3 })).toBe(
      'running: Follows cccccccc…d00d; 3 own commands are not committed yet.',
    );
    expect(say({ role: 'learner', leader: other })).toBe(
      'passed: Reads along behind cccccccc…d00d and does not vote; everything that is committed is applied here.',
    );
    expect(say({ role: 'follower', leader: other, commit: 9, applied: 2 })).toBe(
      'running: Catches up with cccccccc…d00d: 7 committed commands are not applied here yet.',
    );
  });

  it('says what waits while there is no majority or no leader', () => {
    expect(say({ role: 'follower', leader: null, online: false, reachable: 2 })).toBe(
      'stale: 2 of 5 members reachable: reads may be stale, writes wait.',
    );
    expect(say({ role: 'follower', leader: null, online: false })).toBe(
      'stale: No leader can be reached: reads may be stale, writes wait.',
    );
    expect(say({ role: 'follower', leader: null })).toBe(
      'running: The members are choosing a leader: writes wait until they have one.',
    );
    for (const role of ['candidate', 'pre-candidate'] as const)
      expect(say({ role, leader: null, online: false })).toBe(
        'running: This node asks the others to be their leader: writes wait until that is decided.',
      );
  });

  it('puts the worst first', () => {
    const worst = { stopped: 'the log was cut', equivocations: 2, muted: true, reachable: 1 };
    expect(say(worst)).toBe('failed: Stopped: the log was cut');
    expect(say({ ...worst, stopped: null })).toBe(
      'failed: Two signed heads contradict each other: compare the logs before relying on it.',
    );
    expect(say({ ...worst, stopped: null, equivocations: 0 })).toBe(
      'stale: Restored from a backup: it follows, and neither votes nor signs.',
    );
  });

  it('never counts a lag below nothing', () => {
    expect(lagOf({ commit: 3, applied: 5 })).toBe(0);
  });
});

describe('the sentence about a stream', () => {
  const [first] = streamsOf(1, NOW);
  const source = (
    state: 'connecting' | 'connected' | 'terminated',
    ended: 'refused' | 'lost' | null = null,
  ) => ({
    state,
    ended,
  });
  const say = (change: Partial<Parameters<typeof streamSentence>[0]>) => {
    const { key, values, mark } = streamSentence({ ...first!, ...change });
    return `${mark}: ${t(key, values)}`;
  };

  it('says of a producer whether what is sent reaches anybody', () => {
    const here = { side: 'producer', online: true, connected: 2, peers: [] } as const;
    expect(say(here)).toBe('passed: Sends to 2 nodes.');
    expect(say({ ...here, connected: 1 })).toBe('passed: Sends to one node.');
    expect(say({ ...here, missed: 1204 })).toBe(
      'stale: Sends to 2 nodes; 1\u2009204 datums were missed by consumers that lagged.',
    );
    expect(say({ ...here, online: false })).toBe(
      'running: 2 nodes listen, fewer than it waits for: sending waits.',
    );
    expect(say({ ...here, connected: 0, online: false })).toBe('not-checked: Nobody listens: sending waits.');
    expect(say({ ...here, connected: 0 })).toBe('not-checked: Nobody listens: what is sent is lost.');
  });

  it('says of a consumer whom it hears, or why nobody', () => {
    const here = { side: 'consumer', online: true, connected: 0, peers: [], more: 0 } as const;
    expect(say({ ...here, connected: 3, peers: [] })).toBe('passed: Hears 3 producers.');
    expect(say({ ...here, connected: 1, online: false })).toBe(
      'running: Hears one producer, fewer than it waits for.',
    );
    expect(say(here)).toBe('not-checked: Nobody that is known produces it.');
    expect(say({ ...here, peers: [source('connecting'), source('terminated', 'refused')] })).toBe(
      'running: Connects with 2 producers.',
    );
    expect(say({ ...here, peers: [source('terminated', 'refused'), source('terminated', 'lost')] })).toBe(
      'stale: No producer admits this node: it asks for a tag or ticket that this node does not show.',
    );
    expect(say({ ...here, peers: [source('terminated', 'lost')] })).toBe('stale: No producer is connected.');
  });
});

const mapPeers = (n: number): MapPeer[] =>
  peersOf(n, NOW).map((one) => ({
    peer: one.peer,
    connected: one.state === 'connected',
    rtt: one.rtt?.smoothed ?? null,
  }));
/** The smallest distance between two nodes. */
const closest = ({ nodes }: MapLayout): number => {
  let least = Number.POSITIVE_INFINITY;
  nodes.forEach((a, i) => {
    for (const b of nodes.slice(i + 1)) least = Math.min(least, Math.hypot(a.x - b.x, a.y - b.y));
  });
  return least;
};

describe('the layout of the map', () => {
  const sizes = [
    [1180, 400],
    [1180, 470],
    [1820, 700],
    [500, 560],
    [300, 240],
  ] as const;

  it.each([0, 1, 3, 40, 200])('keeps %i peers inside and apart', (n) => {
    for (const [width, height] of sizes) {
      const layout = layOut(mapPeers(n), width, height);
      expect(layout.nodes).toHaveLength(n);
      for (const { x, y } of layout.nodes) {
        expect(x).toBeGreaterThanOrEqual(layout.size);
        expect(x).toBeLessThanOrEqual(width - layout.size);
        expect(y).toBeGreaterThanOrEqual(layout.size);
        expect(y).toBeLessThanOrEqual(height - layout.size);
        // this node stands alone in the middle
        expect(Math.hypot(x - layout.x, y - layout.y)).toBeGreaterThan(24);
      }
      expect(closest(layout)).toBeGreaterThan(layout.size * 2);
    }
  });

  it('leaves room for a pointer where there is room for it', () => {
    expect(closest(layOut(mapPeers(40), 1180, 400))).toBeGreaterThan(24);
    expect(closest(layOut(mapPeers(200), 1820, 700))).toBeGreaterThan(24);
  });

  it('is the same for the same peers in any order, and does not move with small changes of the round trip', () => {
    const peers = mapPeers(40);
    const once = layOut(peers, 1180, 400);
    expect(layOut(peers.toReversed(), 1180, 400)).toEqual(once);
    const breathing = peers.map((one) => (one.rtt === null ? one : { ...one, rtt: one.rtt * 1.0001 }));
    expect(layOut(breathing, 1180, 400)).toEqual(once);
  });

  it('puts shorter round trips nearer and known peers outermost', () => {
    const layout = layOut(mapPeers(200), 1180, 400);
    const order = layout.rings.map(({ band }) => band);
    expect([...new Set(order)]).toEqual([10, 50, 150, 'far', 'unmeasured', 'known']);
    const radii = layout.rings.map(({ ry }) => ry);
    expect(radii).toEqual(radii.toSorted((a, b) => a - b));
    expect(bandOf({ peer: '', connected: true, rtt: 10 })).toBe(50);
    expect(bandOf({ peer: '', connected: false, rtt: 10 })).toBe('known');
  });

  it('writes no name over another name, a node or the name of a band', () => {
    for (const [n, width, height] of [
      [3, 1180, 400],
      [40, 1180, 400],
      [200, 1820, 700],
    ] as const) {
      const layout = layOut(mapPeers(n), width, height);
      const named = layout.nodes.filter(({ label }) => label);
      expect(named.length).toBeGreaterThan(2);
      const bands = layout.rings
        .filter(({ first }) => first)
        .map(({ ry }) => bandBox(layout.x, layout.y - ry));
      for (const one of named) {
        const box = labelBox(one.x, one.y, layout.size);
        const others = named
          .filter(({ peer: key }) => key !== one.peer)
          .map(({ x, y }) => labelBox(x, y, layout.size));
        for (const next of [...others, ...bands])
          expect(
            box.left < next.right && next.left < box.right && box.top < next.bottom && next.top < box.bottom,
          ).toBe(false);
        for (const { x, y } of layout.nodes)
          expect(x > box.left && x < box.right && y > box.top && y < box.bottom).toBe(false);
      }
      // peers do not stand where the bands are named
      for (const { x, y } of layout.nodes)
        for (const band of bands)
          expect(x > band.left + 8 && x < band.right - 8 && y > band.top && y < band.bottom).toBe(false);
    }
  });

  it('names nobody where there is room for a few of many names only', () => {
    const named = (n: number): number =>
      layOut(mapPeers(n), 1180, 400).nodes.filter(({ label }) => label).length;
    expect(named(200)).toBe(0);
    expect(named(40)).toBeGreaterThan(20);
  });
});

describe('what is said of a peer', () => {
  it('names the ticket that ends first', () => {
    const id = '00'.repeat(32);
    expect(soonest([])).toBeNull();
    expect(
      soonest([
        { id, kind: 'other', expires: null },
        { id, kind: 'jwt', expires: 9 },
        { id, kind: 'tdx', expires: 4 },
      ]),
    ).toMatchObject({ kind: 'tdx' });
    expect(soonest([{ id, kind: 'other', expires: null }])).toMatchObject({ kind: 'other' });
  });

  it('finds a peer by its key, peer id, tag, address or state, all words at once', () => {
    const one = peer(0, NOW);
    expect(stateOf(one)).toBe('connected');
    for (const query of ['', one.peer, one.peer.slice(0, 6), one.peerId, one.tags[0]!, '198.51', 'connected'])
      expect(matches(one, query), query).toBe(true);
    expect(matches(one, `${one.tags[0]} connected`)).toBe(true);
    for (const query of ['known', `${one.tags[0]} relayed`, '12d3koo', 'ffff'])
      expect(matches(one, query), query).toBe(false);
  });

  it('takes an address only with a peer at its end', () => {
    const { peerId } = peer(0, NOW);
    expect(looksDialable(`/ip4/203.0.113.20/tcp/4001/p2p/${peerId}`)).toBe(true);
    for (const text of [
      '',
      peerId,
      '/ip4/203.0.113.20/tcp/4001',
      `203.0.113.20/p2p/${peerId}`,
      `/ip4/a b/p2p/${peerId}`,
    ])
      expect(looksDialable(text), text).toBe(false);
  });
});
