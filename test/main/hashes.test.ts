/** Hashes beside node:crypto's own, and two ways to check a signature: whatever is asked, they answer alike. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SignatureJob } from '../../src/protocol/bytes/index.ts';
import { createSignatureCheckers, nodeHashes } from '../../src/main/hashes.ts';

const message = randomBytes(200);
const rawOf = (jwk: { x?: string; y?: string }): Uint8Array =>
  Buffer.concat([jwk.x, jwk.y].map((part) => Buffer.from(part ?? '', 'base64url')));

function good(alg: SignatureJob['alg']): SignatureJob {
  if (alg === 'ed25519') {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = rawOf(publicKey.export({ format: 'jwk' }));
    return { alg, key, message, signature: sign(null, message, privateKey) };
  }
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = rawOf(publicKey.export({ format: 'jwk' }));
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { alg, key, message, signature };
}

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte));

describe('a hash', () => {
  const expected = (algorithm: string, bytes: Uint8Array): string =>
    createHash(algorithm).update(bytes).digest('hex');
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  it('of parts is that of their bytes in one piece, also where the parts are many, none or long', () => {
    for (const lengths of [[], [0], [1, 32, 32], [1, 17_000], [20_000, 20_000], Array(300).fill(7)]) {
      const parts = (lengths as number[]).map((length) => randomBytes(length));
      expect(hex(nodeHashes.sha256(...parts))).toBe(expected('sha256', Buffer.concat(parts)));
    }
    expect(hex(nodeHashes.sha384(message))).toBe(expected('sha384', message));
    expect(hex(nodeHashes.sha512(message))).toBe(expected('sha512', message));
  });

  it('stays what it was when others are made', () => {
    const first = nodeHashes.sha256(message, message);
    const before = hex(first);
    nodeHashes.sha256(randomBytes(100), randomBytes(100));
    expect(hex(first)).toBe(before);
  });
});

describe.each(['ed25519', 'p256'] as const)('%s', (alg) => {
  const job = good(alg);
  it.each<[string, boolean, SignatureJob]>([
    ['a good signature', true, job],
    ['one of another key', false, { ...job, signature: good(alg).signature }],
    ['one over another message', false, { ...job, message: flipped(message) }],
    ['one with a bit turned', false, { ...job, signature: flipped(job.signature) }],
    ['one that is too short', false, { ...job, signature: job.signature.subarray(1) }],
    ['one of zeros', false, { ...job, signature: new Uint8Array(64) }],
    ['one of ones', false, { ...job, signature: new Uint8Array(64).fill(255) }],
    ['a key of the wrong length', false, { ...job, key: job.key.subarray(1) }],
    ['a key that is no point', false, { ...job, key: new Uint8Array(job.key.length).fill(255) }],
  ])('%s: %s, here and aside', async (_what, answer, asked) => {
    const { here, aside } = createSignatureCheckers();
    expect(here(asked)).toBe(answer);
    expect(await aside(asked)).toBe(answer);
  });

  it('keeps its answers when keys are forgotten meanwhile', async () => {
    const { aside } = createSignatureCheckers(2);
    const jobs = Array.from({ length: 20 }, () => good(alg));
    expect(await Promise.all(jobs.map(aside))).toEqual(jobs.map(() => true));
  });
});
