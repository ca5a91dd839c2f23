/**
 * Judges evidence: reads the quote, gets the collateral, applies the policy in force. Bad evidence becomes a
 * verdict, bad input a refusal.
 */
import type { CollateralInput, Pins, QuoteInput } from '../../../contract/index.ts';
import {
  asksForEventLog,
  platformHint,
  collateralHint,
  factsOf,
  parseQuote,
  quoteChain,
  readCollateral,
  readEventLog,
  readIsoTime,
  readQuoteFile,
  registerLogs,
  reportEventLog,
} from '../../../protocol/attestation/index.ts';
import type {
  Collateral,
  EventLogReport,
  KnownNumbers,
  Policy,
  Verdict,
} from '../../../protocol/attestation/index.ts';
import { fromBase64url, Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import {
  createCollateralService,
  createFolderCollateralSource,
  verifyQuote,
} from '../../attestation/index.ts';
import type { QuoteSource, VerifierCache } from '../../attestation/index.ts';
import { nodeHashes } from '../../hashes.ts';
import type { CollateralKeeper } from './collateral.ts';

export interface JudgePorts {
  readonly guest: QuoteSource;
  readonly collateral: CollateralKeeper;
  readonly cache: VerifierCache;
  /** DER of the roots whose evidence is SIMULATED; a store of their own, apart from Intel's root. */
  readonly simulatedRoots: readonly Uint8Array[];
}

export interface Judging {
  readonly quote: Uint8Array;
  readonly collateral: Collateral | null;
  /** Unix seconds. */
  readonly at: number;
  readonly policy: Policy;
  /** The event log replayed; called only when the policy asks about it, because a replay takes its time. */
  readonly replay?: ReplayedLog | null | undefined;
  readonly highest?: KnownNumbers | undefined;
}

/** Answers the report of an event log; null when the quote or the log cannot be read. */
export type ReplayedLog = () => EventLogReport | null;

export interface FetchedCollateral {
  readonly collateral: Collateral;
  /** What the cache remembers; undefined for files and folders, which speak of the past. */
  readonly highest?: KnownNumbers | undefined;
}

export interface Judge {
  /** The quote of an input; a guest is asked with `reportData`. Errors: `QUOTE_*`, `GUEST_*`. */
  readQuote(input: QuoteInput, reportData: () => Uint8Array): Promise<Uint8Array>;
  /** Errors: `COLLATERAL_*`, `QUOTE_FORMAT` when the quote does not name its platform. */
  fetchCollateral(input: CollateralInput, quote: Uint8Array, at: number): Promise<FetchedCollateral | null>;
  /** What is held, as long as it is in its time, else what the service of the settings gives; null: neither. */
  currentCollateral(
    quote: Uint8Array,
    at: number,
    held: FetchedCollateral | null,
  ): Promise<FetchedCollateral | null>;
  verdict(judging: Judging): Verdict;
  /** The simulated root that a quote ends in; undefined for Intel's and for unknown ones. */
  rootOf(quote: Uint8Array): Uint8Array | undefined;
}

/** Reads an event log at once, and replays it against the quote when first asked. Errors: `EVENT_LOG_*`. */
export function openEventLog(bytes: Uint8Array, quote: Uint8Array): ReplayedLog {
  const log = readEventLog(bytes);
  let report: EventLogReport | null | undefined;
  return () => (report === undefined ? (report = reportEventLog(log, quote, nodeHashes)) : report);
}

export function createJudge({ guest, collateral: keeper, cache, simulatedRoots }: JudgePorts): Judge {
  const simulatedRoot = (quote: Uint8Array): Uint8Array | undefined => {
    if (simulatedRoots.length === 0) return undefined;
    try {
      const last = quoteChain(parseQuote(quote, 'any')).at(-1);
      return last === undefined ? undefined : simulatedRoots.find((root) => sameBytes(root, last));
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };
  return {
    async readQuote(input, reportData) {
      if (input.kind === 'bytes') return readQuoteFile(fromBase64url(input.data)).quote;
      if (input.kind === 'none') throw new Refusal('QUOTE_EMPTY', 'No quote was given.');
      return (await guest.quote(reportData())).quote;
    },
    async fetchCollateral(input, quote, at) {
      if (input.kind === 'none') return null;
      if (input.kind === 'file') return { collateral: readCollateral(fromBase64url(input.data)) };
      const hint = platformHint(quote);
      if (hint === null)
        throw new Refusal('QUOTE_FORMAT', 'The quote does not say which platform it is from.');
      if (input.kind === 'folder') return createFolderCollateralSource(input.path).collateralFor(hint, at);
      return keeper.isCurrent(input.url, at)
        ? keeper.collateralFor(hint, at)
        : createCollateralService({ base: input.url, ...keeper.connection() }).collateralFor(hint, at);
    },
    async currentCollateral(quote, at, held) {
      const ends = held === null ? null : readIsoTime(collateralHint(held.collateral)?.nextUpdate ?? '');
      if (held !== null && ends !== null && at <= ends) return held;
      const hint = platformHint(quote);
      // no service knows a simulated platform
      if (hint === null || simulatedRoot(quote) !== undefined) return null;
      try {
        return await keeper.collateralFor(hint, at);
      } catch (error) {
        if (error instanceof Refusal) return null;
        throw error;
      }
    },
    rootOf: simulatedRoot,
    verdict({ quote, collateral, at, policy, replay, highest }) {
      const log = replay != null && asksForEventLog(policy) ? replay() : null;
      const root = simulatedRoot(quote);
      return verifyQuote({
        quote,
        at,
        cache,
        policy,
        ...(collateral === null ? {} : { collateral }),
        ...(root === undefined ? {} : { root }),
        facts: { ...factsOf(highest), ...(log === null ? {} : { eventLog: registerLogs(log) }) },
      });
    },
  };
}

/** The policy in force with the machine's own pins on top: a register that is pinned there counts as pinned. */
export const withPins = (policy: Policy, pins: Pins | undefined): Policy =>
  pins === undefined || Object.keys(pins).length === 0
    ? policy
    : { ...policy, pins: { ...policy.pins, ...(pins as NonNullable<Policy['pins']>) } };
