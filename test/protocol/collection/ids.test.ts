/** Ids of collections against BLAKE3 over concatenated bytes, and nothing of ours (coalition.md 2.2). */
import { blake3 } from '@noble/hashes/blake3.js';
import { describe, expect, it } from 'vitest';
import { idFrom, toHex } from '../../../src/protocol/bytes/index.ts';
import { collectionSignature, machineTag } from '../../../src/protocol/collection/index.ts';
import type { Definition, Writers } from '../../../src/protocol/collection/index.ts';
import { groupId, HEARTBEAT, snapshotSync } from '../../../src/protocol/group/index.ts';
import { codeOf } from '../../refusal.ts';
import { STORE } from './author.ts';

const hash = (...parts: (Uint8Array | string)[]): Uint8Array =>
  blake3(Buffer.concat(parts.map((part) => Buffer.from(part))));
/** derive, by hand: each step hashes what there is with what comes. */
const chain = (first: Uint8Array, ...infos: (Uint8Array | string)[]): Uint8Array =>
  infos.reduce<Uint8Array>((id, info) => hash(id, info), first);
const le = (value: bigint, width: number): Buffer =>
  Buffer.from(Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)));

const anyone: Writers = 'anyone';
const map: Definition = { kind: 'map', id: STORE, key: 'text/1', value: 'demo.Card/2', writers: anyone };
const single = (kind: 'vec' | 'set' | 'cell' | 'once', writers: Writers = anyone): Definition => ({
  kind,
  id: STORE,
  value: 'demo.Card/2',
  writers,
});
const queue = (capacity: number | null): Definition => ({
  kind: 'depq',
  id: STORE,
  priority: 'number/1',
  key: 'text/1',
  value: 'demo.Card/2',
  capacity,
  writers: anyone,
});

describe('the signature of a collection', () => {
  it('is the chain of hashes that the seeds give', () => {
    expect(collectionSignature(map)).toEqual(
      chain(hash('mosaik_collections_map'), STORE, 'text/1', 'demo.Card/2'),
    );
    for (const kind of ['vec', 'set', 'cell', 'once'] as const)
      expect(collectionSignature(single(kind))).toEqual(
        chain(hash(`mosaik_collections_${kind}`), STORE, 'demo.Card/2'),
      );
    const depq = chain(hash('mosaik_collections_depq'), STORE, 'number/1', 'text/1', 'demo.Card/2');
    expect(collectionSignature(queue(100))).toEqual(chain(depq, le(100n, 8)));
    expect(collectionSignature(queue(null))).toEqual(chain(depq, le(2n ** 64n - 1n, 8)));
  });

  it('stays what it was: golden vectors', () => {
    expect(toHex(collectionSignature(map))).toBe(
      'cfa315e93e645ad05979fcbb7a6e556634c401ecd9e77cd5ffb4d619759d6108',
    );
    expect(toHex(collectionSignature(single('vec')))).toBe(
      '5ee96128df26a2d1717f1b850860c36ade50b391d6e219befff2f6877c513506',
    );
    expect(toHex(collectionSignature(queue(100)))).toBe(
      '9182da5cef6ac7aaf93b82d042de86d1ea6bc7acf4fb9a79995fdfce0c04c1b8',
    );
    const writers = [new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)];
    expect(toHex(collectionSignature(single('set', writers)))).toBe(
      '2c4c17303af9a00c98ce0aab7be130539c60bca975af37ce5eca64c032d16b8a',
    );
  });

  it('folds the writers last, in the order of their keys, and only when it is not everybody', () => {
    const [low, high] = [new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)];
    const open = collectionSignature(single('set'));
    const closed = chain(open, Buffer.concat([Buffer.from('muster/writers/1|'), low, high]));
    expect(collectionSignature(single('set', [low, high]))).toEqual(closed);
    expect(collectionSignature(single('set', [high, low]))).toEqual(closed);
    expect(collectionSignature(single('set', [low]))).not.toEqual(closed);
  });

  it('with the parts of the Group gives the id under which members meet', () => {
    const heartbeat = Buffer.concat([le(500n, 16), le(150n, 16), le(10n, 16)]);
    const sync = chain(
      hash('mosaik_collections_snapshot_sync'),
      'muster.collection.map/2',
      le(2000n, 8),
      le(10_000n, 16),
      le(15_000n, 16),
      le(5000n, 16),
    );
    const id = groupId({
      secret: STORE,
      heartbeat: HEARTBEAT,
      machine: collectionSignature(map),
      sync: snapshotSync(machineTag('map')),
      validators: [],
    });
    expect(id).toEqual(chain(hash(STORE), hash(heartbeat), collectionSignature(map), sync));
    expect(toHex(id)).toBe('866573986b2e76e2d8b270198860c291814432ca85a0ecd054f8ce5283ec67e4');
  });

  it('different stores, tags, capacities and writers give different ids', () => {
    const all: Definition[] = [
      map,
      { ...map, id: idFrom('another') },
      { ...map, key: 'text/2' },
      { ...map, value: 'demo.Card/1' },
      { ...map, writers: [STORE] },
      ...(['vec', 'set', 'cell', 'once'] as const).map((kind) => single(kind)),
      queue(1),
      queue(2),
      queue(null),
    ];
    expect(new Set(all.map((one) => toHex(collectionSignature(one)))).size).toBe(all.length);
  });

  it.each([
    ['no version in a tag', { ...map, key: 'text' }],
    ['version 0', { ...map, key: 'text/0' }],
    ['a space in a tag', { ...map, value: 'my card/1' }],
    ['an empty name', { ...map, value: '/1' }],
    ['a long tag', { ...map, value: `${'x'.repeat(127)}/1` }],
    ['a short id', { ...map, id: new Uint8Array(31) }],
    ['no writers', { ...map, writers: [] }],
    ['a writer twice', { ...map, writers: [STORE, new Uint8Array(STORE)] }],
    ['a short key', { ...map, writers: [new Uint8Array(31)] }],
    ['no capacity', queue(0)],
    ['half a place', queue(1.5)],
  ])('%s is refused', (_name, definition) => {
    expect(codeOf(() => collectionSignature(definition as Definition))).toBe('COLLECTION_DEFINITION');
  });
});
