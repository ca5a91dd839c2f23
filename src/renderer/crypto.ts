/** The browser's back end of the Crypto port: hashes by @noble, signatures by WebCrypto where it has them. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { concat } from '../protocol/bytes/index.ts';
import type { Hashes, SignatureJob } from '../protocol/bytes/index.ts';

export interface BrowserCrypto extends Hashes {
  check(job: SignatureJob): Promise<boolean>;
  /** Which implementation answers Ed25519 jobs, for the card that says how it was checked. */
  ed25519By(): 'WebCrypto' | '@noble/curves';
}

const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** `subtle` is null where the page is no secure context; the pure implementation answers then. */
export function createCrypto(subtle: SubtleCrypto | null = globalThis.crypto?.subtle ?? null): BrowserCrypto {
  let native = subtle !== null;

  async function webEd25519(job: SignatureJob, web: SubtleCrypto): Promise<boolean> {
    const key = await web.importKey('raw', copy(job.key), 'Ed25519', false, ['verify']);
    return web.verify('Ed25519', key, copy(job.signature), copy(job.message));
  }

  async function webP256(job: SignatureJob, web: SubtleCrypto): Promise<boolean> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const point = concat(Uint8Array.of(4), job.key);
    const key = await web.importKey('raw', point, algorithm, false, ['verify']);
    return web.verify(algorithm, key, copy(job.signature), copy(job.message));
  }

  function pure(job: SignatureJob): boolean {
    try {
      if (job.alg === 'ed25519')
        return ed25519.verify(job.signature, job.message, job.key, { zip215: false });
      return p256.verify(job.signature, job.message, concat(Uint8Array.of(4), job.key), { lowS: false });
    } catch {
      return false;
    }
  }

  return {
    sha256: (...parts) => sha256(parts.length === 1 ? (parts[0] as Uint8Array) : concat(...parts)),
    sha384: (bytes) => sha384(bytes),
    sha512: (bytes) => sha512(bytes),
    ed25519By: () => (native ? 'WebCrypto' : '@noble/curves'),
    async check(job) {
      if (subtle !== null && native) {
        try {
          return await (job.alg === 'ed25519' ? webEd25519(job, subtle) : webP256(job, subtle));
        } catch (error) {
          // a browser without Ed25519 says so once; a malformed key is simply a signature that does not hold
          if (error instanceof DOMException && error.name === 'NotSupportedError') native = false;
        }
      }
      return pure(job);
    },
  };
}
