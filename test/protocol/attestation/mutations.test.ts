/**
 * Seeded random mutations of genuine evidence: bytes, lengths, splices, truncations of the quote, edits of the
 * collateral. Whatever comes out is a verdict, and it is genuine only where nothing that is signed was changed.
 */
import { expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { COLLATERAL_MEMBERS, type Collateral } from '../../../src/protocol/attestation/index.ts';
import { compareBytes, concat } from '../../../src/protocol/bytes/index.ts';
import { describeWith } from '../../parts.ts';
import { realCases } from './vectors.ts';

/** xorshift32: the same mutations in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function mutateBytes(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const out = new Uint8Array(bytes);
  const at = random(out.length);
  const other = random(out.length);
  const length = random(64) + 1;
  switch (random(6)) {
    case 0:
      out[at] = random(256);
      return out;
    case 1:
      return out.slice(0, at);
    case 2:
      return concat(out.slice(0, at), out.slice(other, other + length), out.slice(at));
    case 3:
      return concat(out.slice(0, at), out.slice(at + length));
    case 4:
      out.copyWithin(at, other, other + length);
      return out;
    default:
      // a little-endian length somewhere becomes an extreme
      for (let i = 0; i < 4 && at + i < out.length; i++) out[at + i] = [0, 0xff, 0x7f][random(3)]!;
      return out;
  }
}

function mutateText(text: string, random: (below: number) => number): string {
  const at = random(text.length);
  const piece = text.slice(random(text.length)).slice(0, random(20));
  const cut = random(3);
  return (
    text.slice(0, at) + ['', ' ', '"', '0', 'f', '{', '\0', '\n', piece][random(9)] + text.slice(at + cut)
  );
}

/** What a member says, apart from spellings that mean the same: the case of hex, one last line end or NUL. */
function meaning(member: keyof Collateral, text: string): string {
  if (member === 'pck_crl_issuer_chain') return '';
  if (member.endsWith('_chain')) return text.replace(/\0$/, '').replace(/\n$/, '');
  return member === 'tcb_info' || member === 'qe_identity' ? text : text.toLowerCase();
}

const ROUNDS = 2_000;

describeWith('vectors', 'mutated evidence', () => {
  const cache = createVerifierCache();
  const genuine = realCases().filter(({ expect: wanted }) => wanted.result === 'accept');

  it(`is never taken for genuine: ${ROUNDS} quotes`, () => {
    const random = createRandom(0x5eed);
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const item = genuine[random(genuine.length)]!;
      const bytes = item.quote;
      const quote = mutateBytes(bytes, random);
      const verdict = verifyQuote({ ...item, quote, cache });
      if (verdict.evidence === 'refused') {
        refused += 1;
        continue;
      }
      // only the amount of zero padding can differ
      const signed = bytes.length - verifyQuote({ ...item, cache }).quote!.trailing;
      expect(compareBytes(quote.slice(0, signed), bytes.slice(0, signed)), `round ${round}`).toBe(0);
      expect(quote.slice(signed).every((byte) => byte === 0)).toBe(true);
    }
    expect(refused).toBeGreaterThan(ROUNDS / 2);
  }, 60_000);

  it(`is never taken for genuine: ${ROUNDS} sets of collateral`, () => {
    const random = createRandom(0xc011);
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const item = genuine[random(genuine.length)]!;
      const member = COLLATERAL_MEMBERS[random(COLLATERAL_MEMBERS.length)]!;
      const collateral = { ...item.collateral, [member]: mutateText(item.collateral[member], random) };
      const verdict = verifyQuote({ ...item, collateral, cache });
      if (verdict.evidence === 'refused') refused += 1;
      else
        expect(meaning(member, collateral[member]), `round ${round} ${member}`).toBe(
          meaning(member, item.collateral[member]),
        );
    }
    expect(refused).toBeGreaterThan(ROUNDS / 2);
  }, 60_000);
});
