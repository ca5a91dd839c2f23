/** Who has a place in a catalogue that is full. */
import { describe, expect, it } from 'vitest';
import { createCatalogue } from '../../../../src/main/substrate/discovery/catalogue.ts';
import { nodeKey } from '../universe/support.ts';
import { entryBy } from './support.ts';

function full(maxPeers: number, connected: readonly string[] = []) {
  const events: string[] = [];
  const catalogue = createCatalogue({
    now: Date.now,
    purgeAfter: 60_000,
    maxPeers,
    connected: () => connected,
    emit: (event) => void (event.kind === 'departed' && events.push(event.reason)),
  });
  const bring = (from: string, keys = nodeKey()): boolean => catalogue.put(entryBy(keys), from);
  return { catalogue, bring, events };
}

describe('a full catalogue', () => {
  it('has a place for a peer that comes itself: who brought most others gives it', () => {
    const { catalogue, bring, events } = full(20);
    for (let i = 0; i < 20; i++) expect(bring('hog')).toBe(true);
    expect(bring('hog')).toBe(false);
    const honest = nodeKey();
    expect(bring(honest.hex, honest)).toBe(true);
    expect(catalogue.get(honest.hex)).not.toBeNull();
    expect(catalogue.size()).toBe(20);
    expect(events).toEqual(['displaced']);
    // and whoever brought that many does not get the place back
    expect(bring('hog')).toBe(false);
  });

  it('is shared evenly by those who bring peers', () => {
    const { catalogue, bring } = full(20);
    for (let i = 0; i < 20; i++) bring('hog');
    const brought = Array.from({ length: 15 }, () => bring('neighbour'));
    expect(brought.filter(Boolean)).toHaveLength(10);
    expect(catalogue.size()).toBe(20);
  });

  it('keeps the peers that this node is connected with, and those that a person named', () => {
    const friends = Array.from({ length: 10 }, () => nodeKey());
    const { catalogue, bring } = full(
      20,
      friends.map(({ hex }) => hex),
    );
    for (const keys of friends) bring('hog', keys);
    const named = Array.from({ length: 9 }, () => nodeKey());
    for (const { key } of named) catalogue.putUnsigned({ ...entryBy(nodeKey()).entry, peer: key });
    bring('hog');
    for (let i = 0; i < 5; i++) {
      const stranger = nodeKey();
      bring(stranger.hex, stranger);
    }
    for (const { hex } of [...friends, ...named]) expect(catalogue.get(hex)).not.toBeNull();
  });
});
