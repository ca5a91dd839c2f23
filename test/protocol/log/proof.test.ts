/** .tlog-proof files and the evidence pointers that carry them. */
import { describe, expect, it } from 'vitest';
import { settle } from '../../../src/protocol/bytes/index.ts';
import {
  checkEvidencePointer,
  committeePolicy,
  completeNodes,
  formatProof,
  leafHash,
  parseProof,
  proveInclusion,
  rootOf,
  verifyEvidence,
  verifyProof,
} from '../../../src/protocol/log/index.ts';
import { check, committee, hashes, refusal, text, toText } from './support.ts';

const origin = 'log.example/chronicle';
const leaves = Array.from({ length: 11 }, (_, i) => leafHash(hashes, Uint8Array.of(i)));
const root = rootOf(hashes, leaves);
const house = committee(origin, ['one', 'two', 'three']);
const policy = committeePolicy([house.logKey], house.cosignerKeys, 2);
const checkpoint = house.checkpoint({ origin, size: leaves.length, root });
const read = completeNodes(hashes, leaves);
const proofOf = (index: number) => ({
  index,
  hashes: proveInclusion(hashes, index, leaves.length, read),
  checkpoint,
});
const file = formatProof(proofOf(6));

describe('a tlog-proof', () => {
  it('has the layout of the text, to the byte', () => {
    const [zero, one] = [leaves[0]!, leaves[1]!].map((hash) => Buffer.from(hash).toString('base64'));
    const two = house.checkpoint({ origin, size: 2, root: rootOf(hashes, leaves.slice(0, 2)) });
    const written = formatProof({
      extra: text('hello'),
      index: 1,
      hashes: [leaves[0]!],
      checkpoint: two,
    });
    expect(toText(written)).toBe(
      `c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nindex 1\n${zero}\n\n${toText(two)}`,
    );
    expect(one).not.toBe(zero);
  });

  it('proves every leaf to whoever holds the policy', () => {
    for (const [index, leaf] of leaves.entries()) {
      const written = formatProof(proofOf(index));
      const verified = settle(verifyProof(hashes, parseProof(written), leaf, policy), check);
      expect(verified.index).toBe(index);
      expect(verified.checkpoint).toMatchObject({ origin, size: 11, root });
      expect(verified.checkpoint.cosigners).toHaveLength(3);
      expect(formatProof(parseProof(written))).toEqual(written);
    }
  });

  it('proves nothing about another leaf, under another policy, or without the quorum', () => {
    const proof = parseProof(file);
    refusal('PROOF_FALSE', () => verifyProof(hashes, proof, leaves[5]!, policy));
    refusal('PROOF_SHAPE', () => verifyProof(hashes, { ...proof, hashes: [] }, leaves[6]!, policy));
    const strangers = committee(origin, ['x', 'y']);
    const other = committeePolicy([strangers.logKey], strangers.cosignerKeys, 1);
    refusal('CHECKPOINT_QUORUM', () => settle(verifyProof(hashes, proof, leaves[6]!, other), check));
    const elsewhere = committee('elsewhere.example', []);
    refusal('NOTE_UNSIGNED', () =>
      settle(verifyProof(hashes, proof, leaves[6]!, committeePolicy([elsewhere.logKey], [], 0)), check),
    );
  });

  it('of the only leaf of a log has no hashes', () => {
    const head = { origin, size: 1, root: leaves[0]! };
    const alone = formatProof({ index: 0, hashes: [], checkpoint: house.checkpoint(head) });
    expect(settle(verifyProof(hashes, parseProof(alone), leaves[0]!, policy), check).index).toBe(0);
  });

  it('is refused after any change of one byte, where all three have to sign', () => {
    // with a smaller quorum, a line that no longer names its signer is ignored, as the text demands
    const everybody = committeePolicy([house.logKey], house.cosignerKeys, 3);
    settle(verifyProof(hashes, parseProof(file), leaves[6]!, everybody), check);
    for (const mask of [0x01, 0x80])
      for (let at = 0; at < file.length; at++) {
        const spoilt = Uint8Array.from(file);
        spoilt[at]! ^= mask;
        expect(
          () => settle(verifyProof(hashes, parseProof(spoilt), leaves[6]!, everybody), check),
          `byte ${at} ^ ${mask}`,
        ).toThrow();
      }
  });

  it.each([
    ['another header', (t: string) => t.replace('@v1', '@v2')],
    ['no index line', (t: string) => t.replace('index 6\n', '')],
    ['a leading zero', (t: string) => t.replace('index 6', 'index 06')],
    ['an empty extra line', (t: string) => t.replace('index', 'extra \nindex')],
    ['an extra line that is not base64', (t: string) => t.replace('index', 'extra =\nindex')],
    ['an extra line after the index', (t: string) => t.replace('index 6', 'index 6\nextra AAAA')],
    ['two extra lines', (t: string) => t.replace('index', 'extra AAAA\nextra AAAA\nindex')],
    ['a hash of 31 bytes', (t: string) => t.replace('index 6', `index 6\n${'A'.repeat(42)}==`)],
    ['a carriage return', (t: string) => t.replace('index 6', 'index 6\r')],
    ['54 hashes', (t: string) => t.replace('index 6', `index 6${`\n${'A'.repeat(43)}=`.repeat(54)}`)],
  ])('is refused with %s', (_, change) => {
    const changed = change(toText(file));
    expect(changed).not.toBe(toText(file));
    refusal('PROOF_FORMAT', () => parseProof(text(changed)));
  });

  it('is refused without its checkpoint', () => {
    refusal('PROOF_FORMAT', () => parseProof(text('c2sp.org/tlog-proof@v1\nindex 0\n')));
    refusal('NOTE_FORMAT', () => parseProof(text('c2sp.org/tlog-proof@v1\nindex 0\n\n')));
  });
});

describe('an evidence pointer', () => {
  const pointer = { origin, size: 11, index: 6, leaf: leaves[6]! };

  it('is sound by itself, and with a proof that says the same', () => {
    expect(checkEvidencePointer(hashes, pointer)).toBe(pointer);
    const whole = { ...pointer, proof: file };
    expect(checkEvidencePointer(hashes, whole)).toBe(whole);
    expect(settle(verifyEvidence(hashes, whole, policy), check).checkpoint.size).toBe(11);
    expect(settle(verifyEvidence(hashes, pointer, policy, file), check).index).toBe(6);
  });

  it('is refused when it or its proof cannot be', () => {
    refusal('LOG_INDEX', () => checkEvidencePointer(hashes, { ...pointer, index: 11 }));
    refusal('LOG_SIZE', () => checkEvidencePointer(hashes, { ...pointer, size: -1 }));
    refusal('LOG_HASH', () => checkEvidencePointer(hashes, { ...pointer, leaf: new Uint8Array(31) }));
    refusal('CHECKPOINT_FORMAT', () => checkEvidencePointer(hashes, { ...pointer, origin: '' }));
    const whole = { ...pointer, proof: file };
    refusal('EVIDENCE_PROOF', () => checkEvidencePointer(hashes, { ...whole, origin: 'other.example' }));
    refusal('EVIDENCE_PROOF', () => checkEvidencePointer(hashes, { ...whole, index: 5 }));
    refusal('EVIDENCE_PROOF', () => checkEvidencePointer(hashes, { ...whole, size: 12 }));
    refusal('PROOF_FALSE', () => checkEvidencePointer(hashes, { ...whole, leaf: leaves[5]! }));
    refusal('EVIDENCE_PROOF', () => verifyEvidence(hashes, pointer, policy));
  });
});
