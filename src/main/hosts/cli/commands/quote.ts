/** Quotes, offline: show what is in one, verify it. */
import { statSync } from 'node:fs';
import {
  describeQuote,
  platformHint,
  readCollateral,
  readQuoteFile,
} from '../../../../protocol/attestation/index.ts';
import type { Collateral, Policy, Verdict } from '../../../../protocol/attestation/index.ts';
import { fromUtf8, Refusal } from '../../../../protocol/bytes/index.ts';
import { createFolderCollateralSource, verifyQuote } from '../../../attestation/index.ts';
import { nodeHashes } from '../../../hashes.ts';
import type { Command } from '../command.ts';
import { argument, readInput, text, time } from '../input.ts';
import { no, yes } from '../output.ts';

/** A quote file is at most 1 MiB; the reader itself says so with its own code, so a little more is let through. */
const MAX_FILE = 64 * 1024 * 1024;

const show: Command = {
  name: 'quote show',
  usage: 'FILE',
  summary: 'Show everything in a quote. Nothing is verified.',
  examples: ['muster quote show quote.bin --json'],
  async run(invocation) {
    const { quote, form } = readQuoteFile(readInput(argument(invocation, 0, 'FILE'), MAX_FILE));
    const described = { form, ...describeQuote(quote, nodeHashes) };
    return yes(described, JSON.stringify(described, null, 2));
  },
};

const verify: Command = {
  name: 'quote verify',
  usage: 'FILE',
  summary: 'Verify a quote. 0 only when the evidence is genuine and the policy passed.',
  options: {
    collateral: {
      type: 'string',
      value: 'FILE|DIR',
      help: 'collateral of the platform, a file or a folder of sets',
    },
    at: { type: 'string', value: 'TIME', help: 'moment to judge for (default: now)' },
    root: {
      type: 'string',
      value: 'FILE',
      help: "another root than Intel's, DER: the verdict is then SIMULATED",
    },
    policy: { type: 'string', value: 'FILE', help: 'policy as JSON' },
  },
  examples: [
    'muster quote verify quote.bin --collateral collateral.json',
    'muster quote verify quote.hex --collateral sets/ --at 2026-07-04T09:41:17Z --json',
  ],
  async run(invocation) {
    const given = text(invocation, 'at');
    const at = given === undefined ? Math.floor(Date.now() / 1000) : time(given);
    const { quote } = readQuoteFile(readInput(argument(invocation, 0, 'FILE'), MAX_FILE));
    const collateral = await collateralFrom(text(invocation, 'collateral'), quote, at);
    const root = text(invocation, 'root');
    const policy = text(invocation, 'policy');
    const verdict = verifyQuote({
      quote,
      at,
      ...(collateral === undefined ? {} : { collateral }),
      ...(root === undefined ? {} : { root: readInput(root, 65_536) }),
      ...(policy === undefined ? {} : { policy: readPolicy(policy) }),
    });
    const good = verdict.evidence === 'genuine' && verdict.policy.outcome === 'passed';
    return (good ? yes : no)(verdict, verdictText(verdict));
  },
};

async function collateralFrom(
  path: string | undefined,
  quote: Uint8Array,
  at: number,
): Promise<Collateral | undefined> {
  if (path === undefined) return undefined;
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
  } catch {
    throw new Refusal('FILE_UNREADABLE', `${path} cannot be read.`);
  }
  if (!folder) return readCollateral(readInput(path, 16 * 1024 * 1024));
  const hint = platformHint(quote);
  // a quote that does not name its platform is refused by the verifier, with the right code
  if (hint === null) return undefined;
  return (await createFolderCollateralSource(path).collateralFor(hint, at)).collateral;
}

function readPolicy(path: string): Policy {
  const bytes = readInput(path, 1024 * 1024);
  try {
    return JSON.parse(fromUtf8(bytes)) as Policy;
  } catch {
    throw new Refusal('POLICY_FORMAT', `${path} is not JSON.`);
  }
}

const marks = { passed: '✓', failed: '✕', 'not-checked': '○', stale: '◔' } as const;

function verdictText(verdict: Verdict): string {
  return [
    `${verdict.simulated ? 'SIMULATED  ' : ''}evidence ${verdict.evidence}${verdict.code === null ? '' : ` (${verdict.code})`}, status ${verdict.status ?? 'unknown'}, judged for ${verdict.verifiedAt}`,
    ...verdict.checks.map((check) => `  ${marks[check.outcome]} ${check.id}: ${check.detail}`),
    ...verdict.policy.lines.map((line) => `  policy ${line.rule}: ${line.outcome}, ${line.detail}`),
    `  trust anchor ${verdict.trustAnchor.name}, ${verdict.trustAnchor.sha256}`,
  ].join('\n');
}

export const quoteCommands: readonly Command[] = [show, verify];
