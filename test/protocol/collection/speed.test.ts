/** How fast rules are without signatures: far from what a Group orders in a second. */
import { describe, expect, it } from 'vitest';
import {
  createMapMachine,
  createPriorityQueueMachine,
  createVecMachine,
  encodeCollectionCommand,
  encodeCollectionLeaf,
} from '../../../src/protocol/collection/index.ts';
import type { CollectionMachine } from '../../../src/protocol/collection/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { settle } from '../../../src/protocol/bytes/index.ts';
import { randomFrom } from '../../random.ts';
import { NONCE, SCOPE, STORE } from './author.ts';

const common = { id: STORE, writers: 'anyone' } as const;
const author = new Uint8Array(32);
const sig = new Uint8Array(64);

/** Operations a second: the best of the batches, for other tests share these cores. */
function rate(
  machine: CollectionMachine<unknown>,
  operations: readonly (readonly [string, ...Value[]])[],
): number {
  const leaves = operations.map(([operation, ...args], n) =>
    encodeCollectionLeaf(
      encodeCollectionCommand({ operation, args, author, counter: n + 1, nonce: NONCE }),
      sig,
    ),
  );
  let best = 0;
  for (let at = 0; at < leaves.length; at += 1000) {
    const batch = leaves.slice(at, at + 1000);
    const start = performance.now();
    settle(machine.plan(batch), () => true);
    best = Math.max(best, (batch.length * 1000) / (performance.now() - start));
  }
  return Math.round(best);
}

describe('operations a second, signatures apart', () => {
  const random = randomFrom(1);
  const count = 100_000;
  const rates: Record<string, number> = {};

  it('on a Map of 100,000 entries, a Vec and a queue of that size', { timeout: 120_000 }, () => {
    const name = (): string => `citizen-${random.below(count)}`;
    const map = createMapMachine({ ...common, kind: 'map', key: 'text/1', value: 'card/1' }, SCOPE);
    rates['map insert'] = rate(
      map,
      Array.from(
        { length: count },
        (_, n) => ['insert', [`citizen-${(n * 7919) % count}`, { role: 'oracle', n }]] as const,
      ),
    );
    expect(map.view().size()).toBe(count);
    const start = performance.now();
    const snapshot = map.snapshot();
    rates['map snapshot ms'] = Math.round(performance.now() - start);
    const fresh = createMapMachine({ ...common, kind: 'map', key: 'text/1', value: 'card/1' }, SCOPE);
    const then = performance.now();
    fresh.restore(snapshot);
    rates['map restore ms'] = Math.round(performance.now() - then);
    rates['map snapshot bytes'] = snapshot.length;

    const vec = createVecMachine({ ...common, kind: 'vec', value: 'number/1' }, SCOPE);
    rates['vec insert anywhere'] = rate(
      vec,
      Array.from({ length: count }, (_, n) => ['insert', random.below(n + 1), n] as const),
    );
    const depq = createPriorityQueueMachine(
      { ...common, kind: 'depq', priority: 'number/1', key: 'text/1', value: 'number/1', capacity: null },
      SCOPE,
    );
    rates['queue insert'] = rate(
      depq,
      Array.from({ length: count }, (_, n) => ['insert', [random.below(1e9), name(), n]] as const),
    );
    console.log(rates);
    // a tenth of the cores may be ours
    for (const what of ['map insert', 'vec insert anywhere', 'queue insert'])
      expect(rates[what], what).toBeGreaterThan(20_000);
  });
});
