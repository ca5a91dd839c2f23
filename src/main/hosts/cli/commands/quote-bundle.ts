/** `muster quote bundle`, and what `muster quote verify` does with a bundle: judge it at its own time and now. */
import { existsSync } from 'node:fs';
import {
  type Bundle,
  planBundle,
  readBundle,
  readQuoteFile,
  reverifyBundle,
} from '../../../../protocol/attestation/index.ts';
import { Refusal, sameBytes, settle, toHex } from '../../../../protocol/bytes/index.ts';
import { createSignatureChecker, nodeHashes } from '../../../hashes.ts';
import { writeFileAtomic } from '../../../store/index.ts';
import type { Command, Invocation } from '../command.ts';
import { argument, readInput, required, text, writing } from '../input.ts';
import { type Answer, no, UsageError, yes } from '../output.ts';
import {
  collateralOf,
  EVIDENCE_OPTIONS,
  eventLogOf,
  MAX_FILE,
  momentOf,
  policyOf,
  rootOf,
} from './quote-input.ts';
import { bundleText } from './quote-text.ts';

export const bundleCommand: Command = {
  name: 'quote bundle',
  usage: 'FILE',
  summary: 'Put a quote, its collateral and its verdict into one file that anybody can judge again.',
  options: {
    ...EVIDENCE_OPTIONS,
    out: { type: 'string', value: 'FILE', help: 'the bundle; never written over another file' },
  },
  examples: [
    'muster quote bundle quote.bin --collateral sets/ --out rack-07.evidence',
    'muster quote verify rack-07.evidence --json',
  ],
  async run(invocation) {
    const out = required(invocation, 'out');
    const at = momentOf(invocation);
    const { quote } = readQuoteFile(readInput(argument(invocation, 0, 'FILE'), MAX_FILE));
    required(invocation, 'collateral');
    const collateral = await collateralOf(invocation, quote, at);
    if (collateral === undefined)
      throw new Refusal('QUOTE_FORMAT', 'The quote does not say which platform it is from.');
    const [policy, root, log] = [policyOf(invocation), rootOf(invocation), eventLogOf(invocation)];
    const plan = planBundle({ at, quote, collateral, policy, root, log }, { hashes: nodeHashes });
    const { bytes, verdict } = settle(plan, createSignatureChecker());
    if (existsSync(out)) throw new Refusal('FILE_EXISTS', `${out} exists already.`);
    writing(out, () => writeFileAtomic(out, bytes));
    const made = {
      file: out,
      bytes: bytes.length,
      sha256: toHex(nodeHashes.sha256(bytes)),
      evidence: verdict.evidence,
      status: verdict.status,
      policy: verdict.policy.outcome,
      simulated: verdict.simulated,
    };
    return yes(
      made,
      `${verdict.simulated ? 'SIMULATED evidence' : 'Evidence'} (${verdict.evidence}) written to ${out}.\n${made.sha256}`,
    );
  },
};

/** What must not be given beside a bundle, because the bundle brings it. */
const BROUGHT = ['collateral', 'event-log'] as const;

/**
 * Judges a bundle again. Yes only when it was genuine at its own time, every policy passed, and the verdict that
 * came with it is the one its evidence gives. Maker's choices do not count as the reader's: a bundle under
 * another root than Intel's is a no unless the reader names the same root, and `--policy` is the reader's own.
 */
export function verifyBundle(invocation: Invocation, bytes: Uint8Array): Answer {
  const brought = BROUGHT.find((name) => text(invocation, name) !== undefined);
  if (brought !== undefined) throw new UsageError(`A bundle brings its own; leave out --${brought}.`);
  const bundle: Bundle = readBundle(bytes);
  const [root, policy] = [rootOf(invocation), policyOf(invocation)];
  const judged = settle(
    reverifyBundle(bundle, momentOf(invocation), { hashes: nodeHashes, policy }),
    createSignatureChecker(),
  );
  const { then, own, sameAsRecorded } = judged;
  const anchored = bundle.root === undefined || (root !== undefined && sameBytes(root, bundle.root));
  const good =
    anchored &&
    then.evidence === 'genuine' &&
    then.policy.outcome === 'passed' &&
    (own === null || (own.evidence === 'genuine' && own.policy.outcome === 'passed')) &&
    sameAsRecorded;
  return (good ? yes : no)(
    { bundle: { at: bundle.at, sha256: toHex(nodeHashes.sha256(bytes)) }, ...judged },
    anchored
      ? bundleText(judged)
      : `${bundleText(judged)}\nThe bundle brings its own root; name it with --root when you know it.`,
  );
}
