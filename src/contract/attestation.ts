/** Quotes and what can be said about them. A verdict is graded with reasons, never a bare boolean. */
import { z } from 'zod';
import { query } from './base.ts';
import { blob, hex, isoTime, millis } from './shapes.ts';

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
  policy: z.object({
    outcome: z.enum(['passed', 'refused']),
    lines: z.array(
      z.object({ rule: z.string(), outcome: z.enum(['passed', 'refused']), detail: z.string() }),
    ),
  }),
  simulated: z.boolean(),
});
export type VerdictJson = z.infer<typeof verdict>;

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

export const attestation = {
  /** Whether this machine is a TD, and whether it can be asked for a quote. */
  detect: query('view').output(
    z.object({
      state: z.enum(['in-td', 'td-without-quoting-path', 'not-in-td']),
      sentence: z.string(),
      path: z.string().nullable(),
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
      }),
    )
    .output(z.object({ verdict, quote: z.object({ sha256: hex(32), size: z.number() }) })),
  /** The raw bytes of a quote or collateral set that an entry refers to. */
  raw: query('view')
    .input(z.object({ sha256: hex(32) }))
    .output(z.object({ data: z.string(), size: z.number(), name: z.string() })),
};
