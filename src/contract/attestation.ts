/** Quotes and what can be said about them. A verdict is graded with reasons, never a bare boolean. */
import { z } from 'zod';
import { command, query } from './base.ts';
import { blob, hex, isoTime, millis, receipt } from './shapes.ts';
import { BINDING_PURPOSE, PIN_NAMES, readIsoTime, TCB_STATUSES } from '../protocol/attestation/index.ts';

/** Largest quote file that is looked at; real ones are 5 to 8 KB, so text forms fit as well. */
export const MAX_QUOTE_FILE = 1024 * 1024;
export const MAX_COLLATERAL_FILE = 4 * 1024 * 1024;

export const checkOutcome = z.enum(['passed', 'failed', 'not-checked', 'stale']);
/** A named check of start-up or of a proof. */
export const check = z.object({ id: z.string(), outcome: checkOutcome, detail: z.string() });
export type Check = z.infer<typeof check>;

const advisory = z.object({ id: z.string(), from: z.array(z.string()) });
const tcbResult = z.object({ status: z.string(), tcbDate: isoTime, advisories: z.array(advisory) });
const nullableText = z.string().nullable();
const shortfallStep = z.object({
  status: z.string(),
  tcbDate: isoTime,
  needs: z.array(
    z.object({
      /** `sgx[0]` to `sgx[15]`, `pcesvn`, `tdx[0]` to `tdx[15]`, `module` or `qe`. */
      component: z.string(),
      have: z.number(),
      need: z.number(),
      category: z.string().optional(),
    }),
  ),
  /** A relaunch of the TD is enough. */
  relaunch: z.boolean(),
  advisoriesGone: z.array(z.string()),
});

/** The verdict of protocol/attestation, as it is: hashes and fields as hex, dates as ISO 8601. */
export const verdict = z.object({
  evidence: z.enum(['genuine', 'incomplete', 'refused']),
  /** Reason code of the first failed check (tdx.md 3.1); null unless refused. */
  code: nullableText,
  /** The moment the evidence was judged for. */
  verifiedAt: isoTime,
  checks: z.array(check.extend({ code: nullableText })),
  trustAnchor: z.object({ name: z.string(), sha256: hex(32), pinned: z.boolean() }),
  status: nullableText,
  platform: nullableText,
  module: nullableText,
  qe: nullableText,
  current: nullableText,
  launchTcb: tcbResult.nullable(),
  currentTcb: tcbResult.nullable(),
  advisories: z.array(advisory),
  tcbDate: isoTime.nullable(),
  collateralExpires: isoTime.nullable(),
  evaluationNumbers: z.object({ tcbInfo: z.number().nullable(), qeIdentity: z.number().nullable() }),
  crlNumbers: z.object({ root: nullableText, pck: nullableText }),
  platformId: z
    .object({
      ppid: z.string(),
      instanceId: nullableText,
      fmspc: z.string(),
      pceId: z.string(),
      pceSvn: z.number(),
      cpuSvn: z.string(),
      components: z.array(z.number()),
      sgxType: z.number(),
      ca: z.enum(['platform', 'processor']),
      dynamicPlatform: z.boolean().nullable(),
      cachedKeys: z.boolean().nullable(),
      smtEnabled: z.boolean().nullable(),
    })
    .nullable(),
  chain: z.array(
    z.object({
      cn: z.string(),
      serial: z.string(),
      notBefore: isoTime,
      notAfter: isoTime,
      sha256: z.string(),
    }),
  ),
  /** Facts of the quote itself; null when it could not be read. */
  quote: z
    .object({
      sha256: z.string(),
      bytes: z.number(),
      trailing: z.number(),
      version: z.number(),
      bodyType: z.number(),
      qeVendorId: z.string(),
      userData: z.string(),
      attestationKey: z.string(),
      qeMrSigner: z.string(),
      qeIsvSvn: z.number(),
      tdFlags: z.array(z.string()),
    })
    .nullable(),
  /** All TD fields as hex; null when the quote could not be read that far. */
  report: z
    .object({
      teeTcbSvn: z.string(),
      mrSeam: z.string(),
      mrSignerSeam: z.string(),
      seamAttributes: z.string(),
      tdAttributes: z.string(),
      xfam: z.string(),
      mrTd: z.string(),
      mrConfigId: z.string(),
      mrOwner: z.string(),
      mrOwnerConfig: z.string(),
      rtmr: z.array(z.string()),
      reportData: z.string(),
      teeTcbSvn2: z.string().optional(),
      mrServiceTd: z.string().optional(),
    })
    .nullable(),
  /** What is missing for a better level; null when it could not be told, or when there is nothing to gain. */
  shortfall: z
    .object({
      reached: z.object({ status: z.string(), tcbDate: isoTime }).nullable(),
      next: shortfallStep.nullable(),
      best: shortfallStep.nullable(),
    })
    .nullable(),
  policy: z.object({
    outcome: z.enum(['passed', 'refused']),
    lines: z.array(
      z.object({ rule: z.string(), outcome: z.enum(['passed', 'refused']), detail: z.string() }),
    ),
    /** The mark of other rules that were applied to this machine's family; null when the policy's own were. */
    override: z.object({ fmspc: hex(6), until: isoTime, note: z.string() }).nullable(),
  }),
  simulated: z.boolean(),
});
export type VerdictJson = z.infer<typeof verdict>;

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

export const pins = z.object({
  mrtd: z.array(hex(48)).max(64).optional(),
  rtmr0: z.array(hex(48)).max(64).optional(),
  rtmr1: z.array(hex(48)).max(64).optional(),
  rtmr2: z.array(hex(48)).max(64).optional(),
  rtmr3: z.array(hex(48)).max(64).optional(),
});
export type Pins = z.infer<typeof pins>;
export const register = z.enum(['mrtd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3']);
export type Register = z.infer<typeof register>;

/** Hex of either case, as people paste it. */
const pastedHex = (bytes: number): z.ZodString =>
  z
    .string()
    .regex(/^[0-9a-fA-F]*$/, 'expected hex')
    .length(bytes * 2);
const words = (longest: number, besides = ''): z.ZodString =>
  z.string().regex(new RegExp(`^(?:[^\\u0000-\\u001f\\u007f]${besides}){1,${longest}}$`));
const number = (max: number): z.ZodNumber => z.number().int().min(0).max(max);
const values = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).max(4096);
type PinName = (typeof PIN_NAMES)[number];
const forEachPin = <T extends z.ZodType>(shape: T): Record<PinName, z.ZodOptional<T>> =>
  Object.fromEntries(PIN_NAMES.map((pin) => [pin, shape.optional()])) as Record<PinName, z.ZodOptional<T>>;
const permission = z.enum(['allowed', 'refused']);
const bit = (text: string, i: number): number => Number.parseInt(text[i] ?? '0', 16);
/** Hex of 8 bytes each, in the order of the bytes of the TD report. */
const bitMask = z
  .strictObject({ mask: pastedHex(8), value: pastedHex(8) })
  .refine(({ mask, value }) => [...value].every((_, i) => (bit(value, i) & ~bit(mask, i)) === 0), {
    error: 'the value sets a bit that the mask leaves out',
  });

const policyRules = z.strictObject({
  acceptedStatuses: values(z.enum(TCB_STATUSES)).optional(),
  grace: z
    .strictObject({ collateralDays: number(3650).optional(), platformDays: number(3650).optional() })
    .optional(),
  refusedAdvisories: values(z.string().regex(/^[\x21-\x7e]{1,64}$/)).optional(),
  tdAttributes: bitMask.optional(),
  xfam: bitMask.optional(),
  requireSeptVeDisable: z.boolean().optional(),
  allowMigratable: z.boolean().optional(),
  allowServiceTd: z.boolean().optional(),
  allowPerfmon: z.boolean().optional(),
  dynamicPlatform: permission.optional(),
  cachedKeys: permission.optional(),
  smt: permission.optional(),
  pins: z.strictObject(forEachPin(values(pastedHex(48)))).optional(),
  jointPins: z
    .array(
      z
        .strictObject({ name: words(64), ...forEachPin(pastedHex(48)) })
        .refine((set) => PIN_NAMES.some((pin) => set[pin] !== undefined), {
          error: 'the set pins no measurement',
        }),
    )
    .max(64)
    .optional(),
  reportData: z
    .strictObject({
      exact: pastedHex(64).optional(),
      prefix: z
        .string()
        .regex(/^(?:[0-9a-fA-F]{2})*$/)
        .max(128)
        .optional(),
      hashOf: z
        .strictObject({
          purpose: z.string().regex(BINDING_PURPOSE),
          nonce: pastedHex(32),
          key: pastedHex(32),
          coalition: pastedHex(32),
          expires: number(Number.MAX_SAFE_INTEGER),
        })
        .optional(),
    })
    .optional(),
  minTeeTcbSvn: pastedHex(16).optional(),
  minModuleSvn: z.strictObject({ major: number(255), minor: number(255) }).optional(),
  minPceSvn: number(65_535).optional(),
  minQeSvn: number(65_535).optional(),
  refuseRollback: z.boolean().optional(),
  eventLog: z
    .union([z.enum(['ignore', 'full']), z.strictObject({ registers: z.array(number(3)).max(4) })])
    .optional(),
  allow: z
    .strictObject({
      ppid: values(pastedHex(16)).optional(),
      instanceId: values(pastedHex(16)).optional(),
      fmspc: values(pastedHex(6)).optional(),
    })
    .optional(),
});

/** The policy of protocol/attestation; `checkPolicy` there accepts the same. docs/policy.md explains each rule. */
export const attestationPolicy = policyRules
  .extend({
    v: z.literal(1).optional(),
    name: words(64).optional(),
    description: words(1024, '|\\n').optional(),
    allowDebug: z.boolean().optional(),
    minEvaluationNumber: number(Number.MAX_SAFE_INTEGER).optional(),
    allowSimulated: z.boolean().optional(),
    names: z
      .strictObject(
        forEachPin(
          z
            .record(pastedHex(48), words(64))
            .refine((table) => Object.keys(table).length <= 4096, { error: 'more than 4096 names' }),
        ),
      )
      .optional(),
    overrides: z
      .array(
        z.strictObject({
          fmspc: pastedHex(6),
          until: z.string().refine((text) => readIsoTime(text) !== null, { error: 'no such time' }),
          note: words(256),
          set: policyRules,
        }),
      )
      .max(64)
      .optional(),
  })
  .refine(
    ({ minEvaluationNumber, grace, overrides = [] }) =>
      minEvaluationNumber === undefined ||
      (grace === undefined && overrides.every(({ set }) => set.grace === undefined)),
    { error: 'grace and minEvaluationNumber exclude each other' },
  )
  .refine(
    ({ overrides = [] }) =>
      new Set(overrides.map(({ fmspc }) => fmspc.toLowerCase())).size === overrides.length,
    { error: 'a platform family has two overrides' },
  );
export type AttestationPolicy = z.infer<typeof attestationPolicy>;

const hash = hex(32);
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

/** Most events of a log in one answer; the registers are always judged over all of them. */
export const MAX_EVENTS = 5_000;

/** An event log replayed against the registers of a quote. */
export const eventLogReport = z.object({
  form: z.enum(['ccel', 'json']),
  registers: z.array(
    z.object({
      register: z.number(),
      outcome: z.enum(['full', 'partial', 'mismatch', 'absent']),
      detail: z.string(),
      replayed: hex(48),
      quoted: hex(48),
      events: z.number(),
      contentDiffers: z.number(),
    }),
  ),
  events: z.array(
    z.object({
      index: z.number(),
      register: z.number().nullable(),
      type: z.number(),
      typeName: z.string(),
      digest: z.string().nullable(),
      bytes: z.number(),
      description: z.string(),
      content: z.enum(['matches', 'differs', 'not-recomputable']),
      covers: z.string(),
    }),
  ),
  /** Events in the log; more than `events` holds when it is long. */
  total: z.number(),
  notes: z.array(z.string()),
});
export type EventLogReportJson = z.infer<typeof eventLogReport>;

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
