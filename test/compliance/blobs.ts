/** What every Blobs must do: run by each implementation's own test. */
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../src/main/hashes.ts';
import type { Blobs } from '../../src/main/store/index.ts';
import { toHex, utf8 } from '../../src/protocol/bytes/index.ts';

export function blobsCompliance(open: () => Blobs): void {
  describe('bytes by their hash', () => {
    it('are answered as they were put, named by their SHA-256', () => {
      const blobs = open();
      for (const bytes of [utf8('a quote'), new Uint8Array(0), new Uint8Array(100_000).fill(3)]) {
        const name = blobs.put(bytes);
        expect(toHex(name)).toBe(toHex(nodeHashes.sha256(bytes)));
        expect(toHex(blobs.get(name)!)).toBe(toHex(bytes));
      }
    });

    it('may be put again, and nothing changes', () => {
      const blobs = open();
      const names = [1, 2, 3].map(() => toHex(blobs.put(utf8('the same'))));
      expect(new Set(names).size).toBe(1);
      expect(toHex(blobs.get(nodeHashes.sha256(utf8('the same')))!)).toBe(toHex(utf8('the same')));
    });

    it('that nobody put are null', () => {
      expect(open().get(nodeHashes.sha256(utf8('unknown')))).toBeNull();
    });

    it('do not change when the caller changes what was given', () => {
      const blobs = open();
      const bytes = utf8('before');
      const name = blobs.put(bytes);
      bytes[0] = 0;
      expect(toHex(blobs.get(name)!)).toBe(toHex(utf8('before')));
    });
  });
}
