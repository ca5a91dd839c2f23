/** What a person names on the command line beside a quote: collateral, policy, root, event log. */
import { statSync } from 'node:fs';
import {
  type Collateral,
  platformHint,
  type Policy,
  readCollateral,
} from '../../../../protocol/attestation/index.ts';
import { fromUtf8, Refusal } from '../../../../protocol/bytes/index.ts';
import { createFolderCollateralSource } from '../../../attestation/index.ts';
import type { Invocation, Option } from '../command.ts';
import { readInput, text, time } from '../input.ts';

/** Readers of quotes, logs and bundles refuse by size with codes of their own, so more is let through to them. */
export const MAX_FILE = 64 * 1024 * 1024;

export const EVIDENCE_OPTIONS = {
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
  'event-log': {
    type: 'string',
    value: 'FILE',
    help: 'event log of the TD (CCEL or JSON), to be replayed against its registers',
  },
} satisfies Readonly<Record<string, Option>>;

/** The time of `--at`, or the clock; Unix seconds. */
export function momentOf(invocation: Invocation): number {
  const given = text(invocation, 'at');
  return given === undefined ? Math.floor(Date.now() / 1000) : time(given);
}

/** The collateral of `--collateral`; of a folder, the set for the platform of the quote as of that time. */
export async function collateralOf(
  invocation: Invocation,
  quote: Uint8Array,
  at: number,
): Promise<Collateral | undefined> {
  const path = text(invocation, 'collateral');
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

export function policyOf(invocation: Invocation): Policy | undefined {
  const path = text(invocation, 'policy');
  if (path === undefined) return undefined;
  const bytes = readInput(path, 1024 * 1024);
  try {
    return JSON.parse(fromUtf8(bytes)) as Policy;
  } catch {
    throw new Refusal('POLICY_FORMAT', `${path} is not JSON.`);
  }
}

export function rootOf(invocation: Invocation): Uint8Array | undefined {
  const path = text(invocation, 'root');
  return path === undefined ? undefined : readInput(path, 65_536);
}

/** The bytes of `--event-log`, unread. */
export function eventLogOf(invocation: Invocation): Uint8Array | undefined {
  const path = text(invocation, 'event-log');
  return path === undefined ? undefined : readInput(path, MAX_FILE);
}
