/** Where the collateral cache keeps its files: both implementations of the port, and the folder by itself. */
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createFolderCollateralStore,
  createMemoryCollateralStore,
} from '../../../src/main/attestation/index.ts';
import { scratch } from '../../scratch.ts';
import { collateralStoreSuite } from './collateral-store.ts';

describe('a collateral store', () => {
  describe('in memory', () => collateralStoreSuite(createMemoryCollateralStore));
  describe('in a folder', () => {
    collateralStoreSuite(() => createFolderCollateralStore(join(scratch(), 'collateral')));

    it('writes files of the owner only, and leaves nothing beside them', async () => {
      const folder = join(scratch(), 'collateral');
      const store = createFolderCollateralStore(folder);
      await store.put('a', new Uint8Array(3));
      await store.put('a', new Uint8Array(4));
      expect(readdirSync(folder)).toEqual(['a.json']);
      expect(statSync(join(folder, 'a.json')).mode & 0o777).toBe(0o600);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    });

    it('finds again what another run put there, and passes over strange names', async () => {
      const folder = scratch();
      await createFolderCollateralStore(folder).put('a', new Uint8Array([7]));
      for (const name of ['b.txt', 'B.json', 'c.json.part']) writeFileSync(join(folder, name), '');
      const again = createFolderCollateralStore(folder);
      expect(await again.list()).toEqual(['a']);
      expect((await again.get('a'))?.[0]).toBe(7);
    });

    it('does not read a file that is larger than any set', async () => {
      const folder = scratch();
      writeFileSync(join(folder, 'a.json'), '');
      truncateSync(join(folder, 'a.json'), 100_000_000);
      expect(await createFolderCollateralStore(folder).get('a')).toBeNull();
    });
  });
});
