/** The sources of collateral that lie on disk: a file and a folder. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createFileCollateralSource,
  createFolderCollateralSource,
} from '../../../src/main/attestation/index.ts';
import { describeWith, vectorsFolder } from '../../parts.ts';
import { codeOfAsync } from '../../protocol/attestation/refusals.ts';
import { vectorCollateral } from '../../protocol/attestation/vectors.ts';
import { collateralSourceSuite, known } from './collateral-source.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-collateral-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

const sets = join(vectorsFolder, 'tdx', 'collateral');
const spr = { fmspc: '00806f050000', ca: 'platform' } as const;
const known14 = { fmspc: 'b0c06f000000', ca: 'platform' } as const;
const seconds = (iso: string): number => Date.parse(iso) / 1000;

const codeOfFile = (path: string): Promise<string> =>
  codeOfAsync(() => createFileCollateralSource(path).collateralFor(spr, 0));

describeWith('vectors', 'a collateral source', () => {
  describe('that is a file', () => {
    collateralSourceSuite(async () => createFileCollateralSource(join(vectorsFolder, 'tdx', known.set)));

    it('refuses what is no set, each by its name', async () => {
      const folder = await newFolder();
      const write = async (name: string, content: string | Uint8Array): Promise<string> => {
        await writeFile(join(folder, name), content);
        return join(folder, name);
      };
      expect(await codeOfFile(join(folder, 'missing'))).toBe('COLLATERAL_FILE_UNREADABLE');
      expect(await codeOfFile(await write('empty', ''))).toBe('COLLATERAL_EMPTY');
      expect(await codeOfFile(await write('noise', new Uint8Array(10_000_000)))).toBe('COLLATERAL_TOO_LARGE');
      expect(await codeOfFile(await write('binary', new Uint8Array(100).fill(0xff)))).toBe(
        'COLLATERAL_FORMAT',
      );
      expect(await codeOfFile(await write('list', '[]'))).toBe('COLLATERAL_FORMAT');
      expect(await codeOfFile(await write('part', '{"tcb_info":"{}"}'))).toBe('COLLATERAL_FORMAT');
      const set = JSON.stringify(vectorCollateral(known.set));
      expect(await codeOfFile(await write('twice', set.replace('{', '{"tcb_info":"{}",')))).toBe(
        'COLLATERAL_FORMAT',
      );
    });
  });

  describe('that is a folder', () => {
    collateralSourceSuite(async () => createFolderCollateralSource(sets));

    it.each([
      ['2025-02-01T00:00:00Z', 'c06-'],
      ['2025-02-20T00:00:00Z', 'c04-'],
      ['2025-07-13T00:00:00Z', 'c03-'],
      ['2025-10-01T00:00:00Z', 'c05-'],
      ['2026-03-01T00:00:00Z', 'c01-'],
      ['2026-11-20T00:00:00Z', 'c02-'],
    ])('gives the newest set of the family that existed on %s', async (at, name) => {
      const { origin } = await createFolderCollateralSource(sets).collateralFor(spr, seconds(at));
      expect(origin).toContain(name);
    });

    it('has nothing for another family, nor for a time before its first set', async () => {
      const source = createFolderCollateralSource(sets);
      const code = (fmspc: string, at: number) =>
        codeOfAsync(() => source.collateralFor({ fmspc, ca: 'platform' }, at));
      expect(await code('ffffffffffff', seconds('2026-11-20T00:00:00Z'))).toBe('COLLATERAL_NOT_FOUND');
      expect(await code(spr.fmspc, seconds('2020-01-01T00:00:00Z'))).toBe('COLLATERAL_NOT_FOUND');
    });

    it('does not know editions, and does not pretend to', async () => {
      const source = createFolderCollateralSource(sets);
      const { origin } = await source.collateralFor(known14, known.at, 'standard');
      expect(origin).toContain('c14-');
      for (const mode of ['early', 17] as const)
        expect(await codeOfAsync(() => source.collateralFor(known14, known.at, mode))).toBe(
          'COLLATERAL_NOT_FOUND',
        );
    });

    it('passes over files that are no collateral, and is refused when it is not there', async () => {
      const folder = await newFolder();
      await writeFile(join(folder, 'a.json'), 'not JSON');
      await writeFile(join(folder, 'b.json'), '{}');
      await copyFile(join(vectorsFolder, 'tdx', known.set), join(folder, 'c.json'));
      const source = createFolderCollateralSource(folder);
      expect((await source.collateralFor(known14, known.at)).origin).toContain('c.json');
      const missing = createFolderCollateralSource(join(folder, 'missing'));
      expect(await codeOfAsync(() => missing.collateralFor(known14, known.at))).toBe(
        'COLLATERAL_FILE_UNREADABLE',
      );
    });
  });
});
