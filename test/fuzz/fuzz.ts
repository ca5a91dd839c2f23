/** The fuzzer: mutates genuine evidence, verifies it, and insists that what is accepted means the same as before. */
import { createVerifierCache, verifyQuote } from '../../src/main/attestation/index.ts';
import { toHex } from '../../src/protocol/bytes/index.ts';
import { randomFrom } from '../random.ts';
import { type Evidence, genuineEvidence } from './evidence.ts';
import { judgementMeaning, quoteMeaning } from './meaning.ts';
import { mutated } from './mutate.ts';

export interface Tally {
  rounds: number;
  refused: number;
  /** Accepted, because nothing that means anything was changed. */
  same: number;
  /** The longest verification, ms, and its round. */
  slowest: { ms: number; round: number; by: readonly string[] };
  /** How often each reason was the first. */
  readonly codes: Map<string, number>;
}

/** Thrown for an accept that must not be, a crash, or a verdict without a reason; holds what is needed to see it again. */
export class Found extends Error {
  readonly input: { readonly round: number; readonly by: readonly string[]; readonly evidence: Evidence };
  constructor(why: string, input: Found['input'], options?: ErrorOptions) {
    super(`${why}: round ${input.round}, ${input.by.join(' + ')} on ${input.evidence.id}`, options);
    this.input = input;
  }
  /** The whole input as JSON. */
  get json(): string {
    const { evidence, ...rest } = this.input;
    const { root } = evidence;
    return JSON.stringify({
      ...rest,
      ...evidence,
      quote: toHex(evidence.quote),
      root: root === undefined ? null : toHex(root),
    });
  }
}

export function createFuzzer(seed: number) {
  const all = genuineEvidence();
  // parts of several quotes can come together to a whole genuine one, which is no forgery
  const genuine = new Set(all.flatMap(({ quote }) => quoteMeaning(quote)));
  const unchanged = (changed: Evidence, original: Evidence): boolean =>
    quoteMeaning(changed.quote).every((half) => genuine.has(half)) &&
    judgementMeaning(changed) === judgementMeaning(original);
  const cache = createVerifierCache();
  const tally: Tally = {
    rounds: 0,
    refused: 0,
    same: 0,
    slowest: { ms: 0, round: -1, by: [] },
    codes: new Map(),
  };

  /** One round; every round has chance of its own, so that it can be run alone. Throws `Found`. */
  function run(round: number): void {
    const random = randomFrom(Math.imul(seed + 1, 0x9e37_79b1) + Math.imul(round + 1, 0x85eb_ca6b));
    const original = random.pick(all);
    const { changed, by } = mutated(original, random, all);
    const input = { round, by, evidence: changed };
    const start = performance.now();
    const verdict = (() => {
      try {
        return verifyQuote({ ...changed, cache });
      } catch (error) {
        throw new Found('the verifier crashed', input, { cause: error });
      }
    })();
    const ms = performance.now() - start;
    tally.rounds += 1;
    if (ms > tally.slowest.ms) tally.slowest = { ms, round, by };
    if (verdict.evidence === 'refused') {
      if (verdict.code === null) throw new Found('refused without a reason', input);
      tally.refused += 1;
      tally.codes.set(verdict.code, (tally.codes.get(verdict.code) ?? 0) + 1);
      return;
    }
    if (!unchanged(changed, original)) throw new Found('accepted', input);
    tally.same += 1;
  }

  return { run, tally, starts: all.length };
}
