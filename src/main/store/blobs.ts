/**
 * The Blobs port: bytes named by their SHA-256, beside the log. Quotes and collateral live here; records carry
 * only the hash. A blob that does not hash to its name is never answered.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal, sameBytes, toHex } from '../../protocol/bytes/index.ts';
import { nodeHashes } from '../hashes.ts';
import { writeFileAtomic } from './files.ts';

export interface Blobs {
  /** Stores bytes; answers their SHA-256. Storing the same bytes again changes nothing. */
  put(bytes: Uint8Array): Uint8Array;
  /** The bytes, or null. Errors: `BLOB_DAMAGED`. */
  get(sha256: Uint8Array): Uint8Array | null;
}

export function openFolderBlobs(folder: string): Blobs {
  const pathOf = (sha256: Uint8Array): string => {
    const name = toHex(sha256);
    return join(folder, name.slice(0, 2), name);
  };
  return {
    put(bytes) {
      const sha256 = nodeHashes.sha256(bytes);
      const path = pathOf(sha256);
      // a damaged file is written anew: whoever stores these bytes holds the right ones
      if (!existsSync(path) || !sameBytes(readFileSync(path), bytes)) writeFileAtomic(path, bytes);
      return sha256;
    },
    get(sha256) {
      const path = pathOf(sha256);
      if (!existsSync(path)) return null;
      return checked(sha256, readFileSync(path));
    },
  };
}

export function memoryBlobs(): Blobs {
  const held = new Map<string, Uint8Array>();
  return {
    put(bytes) {
      const sha256 = nodeHashes.sha256(bytes);
      held.set(toHex(sha256), bytes.slice());
      return sha256;
    },
    get(sha256) {
      const bytes = held.get(toHex(sha256));
      return bytes === undefined ? null : checked(sha256, bytes);
    },
  };
}

function checked(sha256: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (!sameBytes(nodeHashes.sha256(bytes), sha256))
    throw new Refusal('BLOB_DAMAGED', `The stored file ${toHex(sha256).slice(0, 16)}… is not what it was.`);
  return bytes;
}
