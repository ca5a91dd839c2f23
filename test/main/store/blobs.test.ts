import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryBlobs, openFolderBlobs } from '../../../src/main/store/index.ts';
import { toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { blobsCompliance } from '../../compliance/blobs.ts';
import { codeOf } from '../../refusal.ts';
import { scratch } from '../../scratch.ts';

describe('blobs in memory', () => blobsCompliance(memoryBlobs));

describe('blobs in a folder', () => {
  blobsCompliance(() => openFolderBlobs(scratch()));

  it('belong to their owner only, and leave no half-written file', () => {
    const folder = scratch();
    const blobs = openFolderBlobs(join(folder, 'blobs'));
    blobs.put(utf8('a quote'));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    expect(files.filter((file) => file.isFile())).toHaveLength(1);
    for (const file of files)
      expect(statSync(join(file.parentPath, file.name)).mode & 0o077, file.name).toBe(0);
  });

  it('that changed on the disk are refused, and whole again once they are put again', () => {
    const folder = scratch();
    const blobs = openFolderBlobs(folder);
    const name = blobs.put(utf8('a quote'));
    const path = join(folder, toHex(name).slice(0, 2), toHex(name));
    for (const damaged of ['a quotf', '', 'a quote and more']) {
      writeFileSync(path, damaged);
      expect(codeOf(() => blobs.get(name))).toBe('BLOB_DAMAGED');
      blobs.put(utf8('a quote'));
      expect(toHex(blobs.get(name)!)).toBe(toHex(utf8('a quote')));
    }
  });

  it('are found by another reader of the same folder', () => {
    const folder = scratch();
    const name = openFolderBlobs(folder).put(utf8('a quote'));
    expect(toHex(openFolderBlobs(folder).get(name)!)).toBe(toHex(utf8('a quote')));
  });
});
