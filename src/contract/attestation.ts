/** Evidence: where it comes from, and what a node does with it. */
import { z } from 'zod';
import { command, query } from './base.ts';
import { attestationPolicy, pins } from './policy.ts';
import { blob, hex, millis, receipt } from './shapes.ts';
import { eventLogReport, verdict } from './verdict.ts';

/** Largest quote file that is looked at; real ones are 5 to 8 KB, so text forms fit as well. */
export const MAX_QUOTE_FILE = 1024 * 1024;
export const MAX_COLLATERAL_FILE = 4 * 1024 * 1024;

/** An event log as it was read: CCEL bytes, or the JSON form. */
export const MAX_EVENT_LOG_FILE = 4 * 1024 * 1024;
export const eventLogFile = blob(MAX_EVENT_LOG_FILE);

/** Where a quote comes from. */
export const quoteInput = z.discriminatedUnion('kind', [
  /** A file or pasted text: raw, hex, base64, or JSON around one of these. */
  z.object({ kind: z.literal('bytes'), data: blob(MAX_QUOTE_FILE) }),
  /** Read from this machine, if it is a TD guest. */
  z.object({ kind: z.literal('guest') }),
  /** No evidence: an ordinary machine. */
  z.object({ kind: z.literal('none') }),
]);
export type QuoteInput = z.infer<typeof quoteInput>;

/** Where the collateral comes from. */
export const collateralInput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('file'), data: blob(MAX_COLLATERAL_FILE) }),
  /** A folder on the node's machine. */
  z.object({ kind: z.literal('folder'), path: z.string().min(1).max(4096) }),
  /** Intel's service, or a PCCS. */
  z.object({ kind: z.literal('service'), url: z.string().max(2048) }),
]);
export type CollateralInput = z.infer<typeof collateralInput>;

const hash = hex(32);
const nullableText = z.string().nullable();
const decision = z.enum(['passed', 'refused']);

/** A change to look at before somebody is hurt by it. Worst first. */
export const alarm = z.object({
  id: z.string(),
  kind: z.enum([
    'collateral-expired',
    'collateral-expiring',
    'status-drop',
    'bar-moves',
    'policy-refused',
    'challenge-open',
    'challenge-lapsed',
    'platform-twice',
    'key-on-two-platforms',
    'rollback',
    'override-ends',
  ]),
  severity: z.enum(['failed', 'stale', 'note']),
  /** The machines that it is about. */
  machines: z.array(z.object({ id: hash, name: z.string() })),
  sentence: z.string(),
  /** What to do about it. */
  next: z.string(),
  /** When it happened or was first seen, and when it will matter. */
  since: millis.nullable(),
  due: millis.nullable(),
});
export type Alarm = z.infer<typeof alarm>;

/** One quote of a bulk verification. */
export const bulkRow = z.object({
  file: z.string(),
  evidence: z.enum(['genuine', 'incomplete', 'refused', 'unreadable']),
  code: nullableText,
  status: nullableText,
  policy: decision.nullable(),
  fmspc: nullableText,
  ppid: nullableText,
  tcbDate: nullableText,
  collateralExpires: nullableText,
  mrTd: nullableText,
  simulated: z.boolean(),
});
export type BulkRow = z.infer<typeof bulkRow>;

const policyState = z.object({
  policy: attestationPolicy,
  /** Entry that adopted it; null while the default policy is in force. */
  index: z.number().nullable(),
  /** One sentence for each rule. */
  explained: z.array(z.object({ rule: z.string(), sentence: z.string() })),
});

export const attestation = {
  /** Whether this machine is a TD, and whether it can be asked for a quote. */
  detect: query('view').output(
    z.object({
      state: z.enum(['in-td', 'td-without-quoting-path', 'not-in-td']),
      sentence: z.string(),
      path: z.string().nullable(),
      /** Whose cloud this machine says it stands in. */
      cloud: z.enum(['azure', 'google', 'aws']).nullable(),
    }),
  ),
  /** Verifies without registering anything. May read the guest, a folder or a service, so viewing is not enough. */
  verify: query('operate')
    .input(
      z.object({
        quote: quoteInput,
        collateral: collateralInput.default({ kind: 'none' }),
        /** Moment to judge for; default now. */
        at: millis.optional(),
        pins: pins.optional(),
        eventLog: eventLogFile.optional(),
        /** Instead of the policy in force. */
        policy: attestationPolicy.optional(),
      }),
    )
    .output(
      z.object({
        verdict,
        quote: z.object({ sha256: hex(32), size: z.number() }),
        /** Null without a log. */
        eventLog: eventLogReport.nullable(),
      }),
    ),
  /** The raw bytes of a quote or collateral set that an entry refers to. */
  raw: query('view')
    .input(z.object({ sha256: hex(32) }))
    .output(z.object({ data: z.string(), size: z.number(), name: z.string() })),
  /** The policy in force, and the presets to begin from. */
  policy: query('view').output(
    policyState.extend({ presets: z.object({ default: attestationPolicy, strict: attestationPolicy }) }),
  ),
  /** Adopts a policy for the coalition: an entry of the Chronicle. */
  adoptPolicy: command('operate')
    .input(z.object({ policy: attestationPolicy }))
    .output(policyState.extend({ receipt })),
  /** What a policy would say of the registered machines, beside the one in force. Nothing is recorded. */
  tryPolicy: query('view')
    .input(z.object({ policy: attestationPolicy }))
    .output(
      z.object({
        explained: policyState.shape.explained,
        machines: z.array(
          z.object({
            id: hash,
            name: z.string(),
            before: decision,
            after: decision,
            lines: verdict.shape.policy.shape.lines,
          }),
        ),
      }),
    ),
  /** What the collateral cache keeps. */
  collateral: query('view').output(
    z.object({
      service: z.string(),
      entries: z.array(
        z.object({
          fmspc: z.string(),
          ca: z.enum(['platform', 'processor']),
          mode: z.string(),
          fetchedAt: millis.nullable(),
          expires: millis.nullable(),
          evaluationNumber: z.number().nullable(),
          rolledBack: z.boolean(),
          /** `fresh`, `refreshing`, or why the latest refresh failed. */
          refresh: z.string(),
          nextRefresh: millis.nullable(),
        }),
      ),
    }),
  ),
  /** Fetches what is kept anew, now. */
  refreshCollateral: command('operate').output(z.object({})),
  alarms: query('view').output(z.object({ alarms: z.array(alarm) })),
  /** Verifies every quote in a folder of the node's machine, as an operation; its result is asked by its id. */
  verifyFolder: command('operate')
    .input(
      z.object({
        folder: z.string().min(1).max(4096),
        collateral: collateralInput.default({ kind: 'none' }),
        at: millis.optional(),
      }),
    )
    .output(z.object({ operation: z.string() })),
  /** All rows in the order of the files' names when it is done; before that the latest ones. */
  folderResult: query('view')
    .input(z.object({ operation: z.string().max(64) }))
    .output(z.object({ rows: z.array(bulkRow), done: z.boolean() })),
  /** The event log that a machine was registered or proved with; null when there was none. */
  eventLog: query('view')
    .input(z.object({ machine: hash }))
    .output(z.object({ log: eventLogReport.nullable() })),
  /** Quote, collateral, log, policy, time and verdict of a machine in one file that verifies offline. */
  bundle: query('view')
    .input(z.object({ machine: hash }))
    .output(z.object({ data: z.string(), name: z.string() })),
};
