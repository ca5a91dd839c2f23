/** What judging a ticket answers, and how answers about several are brought together (coalition.md 3.6). */
import type { Hashes, Plan, UniqueId } from '../bytes/index.ts';
import { earliest, latest } from './ticket.ts';
import type { Expiry } from './ticket.ts';

/** A quote that somebody has to verify before its ticket can be judged. */
export interface QuoteWanted {
  readonly quote: Uint8Array;
  /** BLAKE3 of the text of the attestation policy to apply; null: the judging node's own. */
  readonly policy: UniqueId | null;
  /** Whose ticket it is: lower-case hex of the node key. */
  readonly peer: string;
  /** What the quote must have been made for, 64 bytes. */
  readonly reportData: Uint8Array;
}

/** What the verifier found, as far as tickets care; quotes under debug are always refused. */
export interface QuoteFinding {
  /** Why the quote or its platform is not good enough; null: genuine, and within the policy. */
  readonly refused: { readonly code: string; readonly why: string } | null;
  /** The evidence stands under another root than Intel's. */
  readonly simulated: boolean;
  /** Lower-case hex; null when the quote cannot be read. */
  readonly report: {
    readonly mrTd: string;
    readonly rtmr: readonly string[];
    readonly reportData: string;
  } | null;
  /** Unix milliseconds from which on the quote should be verified anew, and from which on this counts no more. */
  readonly renew: number;
  readonly until: number;
}

/** Under which circumstances tickets are judged. */
export interface JudgeContext {
  readonly hashes: Hashes;
  /** Whose tickets they are: lower-case hex of the node key. */
  readonly peer: string;
  readonly network: UniqueId;
  /** Unix milliseconds. */
  readonly now: number;
  /** Whether a ticket was taken back, by any of its ids (`revocationIds`); absent: nobody knows of any. */
  readonly revoked?: ((id: UniqueId) => boolean) | undefined;
  /** What is known of a quote; undefined: nothing yet. */
  readonly finding?: ((wanted: QuoteWanted) => QuoteFinding | undefined) | undefined;
}

interface Common {
  /** Unix milliseconds at which the answer may be another, beside its own end; null: at no known time. */
  readonly review: number | null;
  readonly wanted: readonly QuoteWanted[];
}
export interface Admitted extends Common {
  readonly ok: true;
  readonly until: Expiry;
}
export interface Refused extends Common {
  readonly ok: false;
  readonly code: string;
  /** A sentence for a person. */
  readonly why: string;
}
export type Judgement = Admitted | Refused;

export const admitted = (until: Expiry, review: number | null = null): Admitted => ({
  ok: true,
  until,
  review,
  wanted: [],
});

export const refused = (code: string, why: string, review: number | null = null): Refused => ({
  ok: false,
  code,
  why,
  review,
  wanted: [],
});

/** The checks in their order: of several tickets that fail, the one that came furthest says why. */
const ORDER = [
  'TICKET_MISSING',
  'TICKET_DATA',
  'TICKET_FORMAT',
  'TICKET_ALGORITHM',
  'TICKET_KEY',
  'TICKET_SIGNATURE',
  'TICKET_ISSUER',
  'TICKET_AUDIENCE',
  'TICKET_SUBJECT',
  'TICKET_NETWORK',
  'TICKET_CLAIM',
  'TICKET_TIME',
  'TICKET_AGE',
  'TICKET_LIFETIME',
  'TICKET_REVOKED',
  'TICKET_POLICY',
  'TICKET_QUOTE',
  'TICKET_BINDING',
  'TICKET_SIMULATED',
  'TICKET_MEASUREMENTS',
  'TICKET_COLLATERAL',
  'TICKET_PENDING',
];

const commonOf = (all: readonly Judgement[]): Common => ({
  review: earliest(all.map(({ review }) => review)),
  wanted: all.flatMap(({ wanted }) => wanted),
});

/** One is enough, and the latest end counts. Of none: refused with `none`. */
export function best(all: readonly Judgement[], none: Refused): Judgement {
  const good = all.filter((one) => one.ok);
  if (good.length > 0) return { ok: true, until: latest(good.map(({ until }) => until)), ...commonOf(all) };
  const bad = all.filter((one) => !one.ok).toSorted((a, b) => ORDER.indexOf(b.code) - ORDER.indexOf(a.code));
  return { ...(bad[0] ?? none), ...commonOf(all) };
}

/**
 * All are needed, and the earliest end counts. Of none: admitted without end. Nobody verifies quotes of a peer that is
 * refused in any case.
 */
export function every(all: readonly Judgement[]): Judgement {
  const bad = all.filter((one) => !one.ok);
  const final = bad.find(({ code }) => code !== 'TICKET_PENDING');
  if (final !== undefined) return { ...final, ...commonOf(all), wanted: [] };
  const [pending] = bad;
  if (pending !== undefined) return { ...pending, ...commonOf(all) };
  return { ok: true, until: earliest(all.map((one) => (one.ok ? one.until : 0))), ...commonOf(all) };
}

/** Several plans as one, and what becomes of their conclusions. */
export const joined = <T, U>(plans: readonly Plan<T>[], conclude: (all: readonly T[]) => U): Plan<U> => ({
  jobs: plans.flatMap(({ jobs }) => jobs),
  conclude(answers) {
    let at = 0;
    return conclude(
      plans.map((plan) => {
        const own = answers.slice(at, at + plan.jobs.length);
        at += plan.jobs.length;
        return plan.conclude(own);
      }),
    );
  },
});

/** A plan with nothing to be checked. */
export const settled = <T>(value: T): Plan<T> => ({ jobs: [], conclude: () => value });
