/** The compliance suite of the CollateralStore port. */
import { expect, it } from 'vitest';
import type { CollateralStore } from '../../../src/main/attestation/index.ts';

export function collateralStoreSuite(make: () => CollateralStore): void {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('gives back what was put, the latest of it, and nothing for another key', async () => {
    const store = make();
    expect(await store.get('set-1')).toBeNull();
    await store.put('set-1', bytes('one'));
    await store.put('set-1', bytes('two'));
    expect(new Uint8Array((await store.get('set-1'))!)).toEqual(bytes('two'));
    expect(await store.get('set-2')).toBeNull();
  });

  it('lists its keys, and no longer those that were removed', async () => {
    const store = make();
    expect(await store.list()).toEqual([]);
    for (const key of ['b', 'a', 'c']) await store.put(key, bytes(key));
    await store.remove('b');
    await store.remove('never-there');
    expect((await store.list()).toSorted()).toEqual(['a', 'c']);
    expect(await store.get('b')).toBeNull();
  });

  it('keeps its own copy', async () => {
    const store = make();
    const mine = bytes('mine');
    await store.put('a', mine);
    mine.fill(0);
    (await store.get('a'))!.fill(0);
    expect(new Uint8Array((await store.get('a'))!)).toEqual(bytes('mine'));
  });

  it.each(['', '../up', 'a/b', 'A', 'a.json', 'x'.repeat(81)])('has no key "%s"', async (key) => {
    const store = make();
    await expect(store.put(key, bytes(''))).rejects.toThrow('is not a key');
    await expect(store.get(key)).rejects.toThrow('is not a key');
    await expect(store.remove(key)).rejects.toThrow('is not a key');
  });
}
