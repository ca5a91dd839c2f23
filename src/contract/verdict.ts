/**
 * What can be said about evidence: the verdict of protocol/attestation, and the replay of an event log. A verdict is
 * graded with reasons, never a bare boolean.
 */
import { z } from 'zod';
import { hex, isoTime } from './shapes.ts';

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
