/** A second and a third opinion: WebCrypto and @noble/curves settle the same plans with the same verdicts. */
import { webcrypto } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { planVerdict } from '../../../src/protocol/attestation/index.ts';
import {
  type CheckSignature,
  type CheckSignatureAsync,
  concat,
  type Hashes,
  settle,
  settleAsync,
  type SignatureJob,
  toHex,
} from '../../../src/protocol/bytes/index.ts';
import { describeWith } from '../../parts.ts';
import type { MatrixCase } from '../../vectors/factory/line.ts';
import { matrix } from '../../vectors/factory/matrix.ts';
import { realCases, syntheticCases } from './vectors.ts';

const POINT = Uint8Array.of(4);
const nobleHashes: Hashes = {
  sha256: (...parts) => sha256(concat(...parts)),
  sha384: (bytes) => sha384(bytes),
  sha512: (bytes) => sha512(bytes),
};

// Intel does not normalise: half of all genuine signatures have a high S
const nobleCheck: CheckSignature = ({ key, message, signature }) => {
  try {
    return p256.verify(signature, message, concat(POINT, key), { lowS: false });
  } catch {
    return false;
  }
};

const webCheck: CheckSignatureAsync = async ({ key, message, signature }) => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  try {
    const imported = await webcrypto.subtle.importKey('raw', concat(POINT, key), algorithm, false, [
      'verify',
    ]);
    return await webcrypto.subtle.verify(
      algorithm,
      imported,
      new Uint8Array(signature),
      new Uint8Array(message),
    );
  } catch {
    return false;
  }
};

describeWith('vectors', 'the back ends', () => {
  const cases = [...realCases(), ...syntheticCases()];
  const cache = createVerifierCache();
  const policyOf = (item: (typeof cases)[number]) =>
    item.minEvaluationNumber === undefined ? {} : { minEvaluationNumber: item.minEvaluationNumber };

  it('node:crypto and WebCrypto give the same verdict on every case', async () => {
    expect(cases).toHaveLength(180);
    for (const item of cases) {
      const input = { ...item, policy: policyOf(item) };
      const plan = planVerdict({ ...input, hashes: nobleHashes });
      expect(await settleAsync(plan, webCheck), item.id).toStrictEqual(verifyQuote({ ...input, cache }));
    }
  }, 60_000);

  // a pure JavaScript check takes milliseconds: one case of each kind of signature
  const kinds = [
    'phala-tdx_quote@c14-b0c06f000000-2025-06-19',
    'automata-quotev5@c07-90c06f000000-2026-02-18',
    'teekit-azure@c04-00806f050000-2025-02-13',
    'ok-v5-td15',
    'ok-low-s-quote',
    'sig-r',
    'sig-other-key',
    'sig-attkey-zero',
    'qe-sig-flip',
    'chain-rogue-ca-real-root',
    'crl-pck-forged-empty',
    'crl-root-forged-empty',
    'tcb-sig-flip',
    'qeid-sig-flip',
  ];
  it.each(kinds)(
    'node:crypto and @noble/curves give the same verdict on %s',
    (id) => {
      const item = cases.find((candidate) => candidate.id === id)!;
      expect(settle(planVerdict({ ...item, hashes: nobleHashes }), nobleCheck)).toStrictEqual(
        verifyQuote({ ...item, cache }),
      );
    },
    60_000,
  );
});

/** Asks a back end once for each different signature. */
function once<T>(check: (job: SignatureJob) => T): (job: SignatureJob) => T {
  const answers = new Map<string, T>();
  return (job) => {
    const name = toHex(sha256(concat(job.key, job.signature, job.message)));
    const known = answers.get(name);
    if (known !== undefined) return known;
    const answer = check(job);
    answers.set(name, answer);
    return answer;
  };
}

describe('the back ends, over the matrix', () => {
  let cases: MatrixCase[];
  const cache = createVerifierCache();
  const native = (item: MatrixCase) => verifyQuote({ ...item, cache });
  beforeAll(async () => {
    cases = await matrix();
  });

  it('node:crypto and WebCrypto give the same verdict on every case', async () => {
    const check = once(webCheck);
    let compared = 0;
    for (const item of cases) {
      const plan = planVerdict({ ...item, hashes: nobleHashes, memo: cache.memo });
      expect(await settleAsync(plan, check), item.id).toStrictEqual(native(item));
      compared += 1;
    }
    expect(compared).toBeGreaterThanOrEqual(600);
  }, 120_000);

  // milliseconds each: every case that turns on a signature or a key, and every fortieth of the others
  it('node:crypto and @noble/curves give the same verdict on a sample', () => {
    const check = once(nobleCheck);
    const sample = cases.filter(
      ({ id }, i) => id.endsWith(' v4') && (/signature|key/.test(id) || i % 40 === 0),
    );
    expect(sample.length).toBeGreaterThan(100);
    for (const item of sample) {
      const plan = planVerdict({ ...item, hashes: nobleHashes, memo: cache.memo });
      expect(settle(plan, check), item.id).toStrictEqual(native(item));
    }
  }, 120_000);
});
