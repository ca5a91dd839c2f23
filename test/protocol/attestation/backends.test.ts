/** A second and a third opinion: WebCrypto and @noble/curves settle the same plans with the same verdicts. */
import { webcrypto } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { sha256, sha384 } from '@noble/hashes/sha2.js';
import { expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { planVerdict } from '../../../src/protocol/attestation/index.ts';
import {
  type CheckSignature,
  type CheckSignatureAsync,
  concat,
  type Hashes,
  settle,
  settleAsync,
} from '../../../src/protocol/bytes/index.ts';
import { describeWith } from '../../parts.ts';
import { realCases, syntheticCases } from './vectors.ts';

const POINT = Uint8Array.of(4);
const nobleHashes: Hashes = { sha256: (bytes) => sha256(bytes), sha384: (bytes) => sha384(bytes) };

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
