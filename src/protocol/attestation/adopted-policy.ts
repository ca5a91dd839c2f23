/** The attestation policy of a coalition: the record by which its members adopt one, and the row that it leaves. */
import { z } from 'zod';
import { fromUtf8, Refusal, toHex } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { bytes, defineKind, requireMember } from '../record/index.ts';
import type { AnyKind } from '../record/index.ts';
import { readJson } from './json.ts';
import { checkPolicy, type Policy } from './policy.ts';

/** The policy as it was adopted last. */
export interface PolicyRow {
  /** JSON text, UTF-8; `readPolicy` reads it. */
  readonly policy: Uint8Array;
  readonly at: number;
  readonly index: number;
}

export const policyKey = (coalition: Uint8Array): string => `policy/${toHex(coalition)}`;

/** Bytes of a policy's JSON text; they leave room in a record. */
export const LONGEST_POLICY = 12 * 1024;

/** Reads a policy's JSON text. Errors: `POLICY_FORMAT`. */
export function readPolicy(file: Uint8Array): Policy {
  if (file.length > LONGEST_POLICY)
    throw new Refusal('POLICY_FORMAT', `The policy has ${file.length} bytes; it may have ${LONGEST_POLICY}.`);
  let text: string;
  try {
    text = fromUtf8(file);
  } catch {
    throw new Refusal('POLICY_FORMAT', 'The policy is not UTF-8 text.');
  }
  const policy: unknown = readJson(text, 'POLICY_FORMAT');
  checkPolicy(policy);
  return policy;
}

const adopted = defineKind<{ policy: Uint8Array }>({
  name: 'policy.adopted',
  schema: z.object({ policy: bytes(2, LONGEST_POLICY) }),
  authorize: requireMember,
  fold(_view, record, { index }) {
    const { policy } = record.body;
    readPolicy(policy);
    const row: PolicyRow = { policy, at: record.at, index };
    return [[policyKey(record.coalition), row as unknown as Value]];
  },
});

export const policyKinds: readonly AnyKind[] = [adopted];
