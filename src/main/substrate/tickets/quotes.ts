/**
 * Verifies the quotes of TDX tickets with the real verifier, each once until its verdict is due again: collateral runs
 * out, and what was good an hour ago may be on a list now. A quote under another root than Intel's is verified under
 * the simulated roots, if any are given, and marked; whether a mark is good enough is for the validator to say.
 *
 * Anybody can write a quote into an entry, so a quote is checked by itself first: only what a machine signed for this
 * very ticket is worth a look-up of collateral, which may go over the network.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { DEFAULT_POLICY } from '../../../protocol/attestation/index.ts';
import type { Collateral, Policy, Verdict } from '../../../protocol/attestation/index.ts';
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { QuoteFinding, QuoteWanted } from '../../../protocol/ticket/index.ts';
import { createVerifierCache, verifyQuote } from '../../attestation/index.ts';
import type { CollateralSource } from '../../attestation/index.ts';
import { nodeHashes } from '../../hashes.ts';
import { findingOf, refusedUntil } from './finding.ts';
import { createQueue } from './queue.ts';
import type { Job } from './queue.ts';

/** Who verifies quotes for a gate. */
export interface QuoteVerifier {
  /** What is known of a quote; undefined: nothing, or nothing any more. */
  known(wanted: QuoteWanted): QuoteFinding | undefined;
  /**
   * Finds out. Bad quotes are findings, and so is that nobody can tell now; never rejects. `urgent`: somebody waits for
   * it; said of a quote that is being verified already, it goes before others from now on.
   */
  verify(wanted: QuoteWanted, urgent?: boolean): Promise<QuoteFinding>;
}

export interface QuoteVerifierOptions {
  readonly collateral: Pick<CollateralSource, 'collateralFor'>;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** For validators that name no policy; default `DEFAULT_POLICY`. A TD under debug is refused under any. */
  readonly policy?: Policy | undefined;
  /** The policy that a validator names by BLAKE3 of its text, as it was adopted; undefined: it is not known here. */
  readonly policyNamed?: ((digest: UniqueId) => Promise<Policy | undefined>) | undefined;
  /** DER of the roots of simulated evidence; none: such evidence is like any forged one. */
  readonly simulatedRoots?: readonly Uint8Array[] | undefined;
  /** A verdict is made anew after this long at the latest, milliseconds; default 6 hours. */
  readonly again?: number | undefined;
  /**
   * What could not be verified is tried again after this long, milliseconds; default one minute. Where it is collateral
   * that is missing, after twice as long each time, up to an hour.
   */
  readonly retry?: number | undefined;
}

/** Findings that are kept. */
const MOST = 4096;
/** Look-ups at a time: they wait for others, and may take half a minute. */
const LOOK_UPS = { all: 6, idle: 3, perPeer: 2 };
/** Checks are work for this thread, so one after the other. */
const CHECKS = { all: 1, idle: 1, perPeer: 1 };
const LONGEST_RETRY = 3_600_000;

export function createQuoteVerifier(options: QuoteVerifierOptions): QuoteVerifier {
  const { collateral, now, simulatedRoots = [], again = 6 * 3_600_000, retry = 60_000 } = options;
  const cache = createVerifierCache();
  /** `misses`: how often in a row there was no collateral. */
  const found = new Map<string, { readonly finding: QuoteFinding; readonly misses: number }>();
  const running = new Map<string, { readonly job: Job; readonly finding: Promise<QuoteFinding> }>();
  const checks = createQueue(CHECKS);
  const lookUps = createQueue(LOOK_UPS);

  // of a quote that is bound to another ticket, nothing that was found holds for this one
  const nameOf = ({ quote, policy, reportData }: QuoteWanted): string =>
    [nodeHashes.sha256(quote), reportData, policy ?? new Uint8Array(0)].map(toHex).join(' ');
  const policyOf = async (digest: UniqueId | null): Promise<Policy | undefined> =>
    digest === null ? (options.policy ?? DEFAULT_POLICY) : options.policyNamed?.(digest);
  const seconds = (): number => Math.floor(now() / 1000);
  const soon = (code: string, why: string): QuoteFinding => refusedUntil(now() + retry, code, why);

  const verify = (
    quote: Uint8Array,
    root: Uint8Array | undefined,
    policy: Policy,
    set?: Collateral,
  ): Verdict =>
    verifyQuote({
      quote,
      collateral: set,
      at: seconds(),
      root,
      // of simulated evidence the validator decides, of debug nobody
      policy: { ...policy, allowDebug: false, allowSimulated: root !== undefined },
      cache,
    });

  /** What the quote says without collateral, and the root that it stands under. */
  const alone = (quote: Uint8Array): { readonly verdict: Verdict; readonly root: Uint8Array | undefined } => {
    const real = verify(quote, undefined, {});
    if (anchored(real)) return { verdict: real, root: undefined };
    for (const root of simulatedRoots) {
      const verdict = verify(quote, root, {});
      if (anchored(verdict)) return { verdict, root };
    }
    // what no root knows is refused as Intel's would refuse it
    return { verdict: real, root: undefined };
  };

  const check = <T>(job: Job, work: () => T): Promise<T> =>
    checks.run(job, async () => {
      // many in a row must not hold up everything else
      await turn();
      return work();
    });

  const find = async (
    { quote, policy: digest, reportData }: QuoteWanted,
    job: Job,
  ): Promise<QuoteFinding> => {
    const policy = await policyOf(digest);
    if (policy === undefined)
      return soon('TICKET_POLICY', 'The attestation policy that is asked for is not known here.');
    const { verdict, root } = await check(job, () => alone(quote));
    const { evidence, platformId, report } = verdict;
    if (evidence === 'refused' || platformId === null) return findingOf(verdict, now(), again);
    if (report?.reportData !== toHex(reportData))
      return refusedUntil(
        now() + again,
        'TICKET_BINDING',
        'The quote was made for another ticket than the one it comes with.',
      );
    let set: Collateral;
    try {
      const { fmspc, ca } = platformId;
      const answer = await lookUps.run(job, () => collateral.collateralFor({ fmspc, ca }, seconds()));
      set = answer.collateral;
    } catch (error) {
      const why = error instanceof Refusal ? error.message : 'Its source failed.';
      return soon('TICKET_COLLATERAL', `There is no collateral for the quote: ${why}`);
    }
    return check(job, () => findingOf(verify(quote, root, policy, set), now(), again));
  };

  const keep = (name: string, fresh: QuoteFinding): QuoteFinding => {
    const before = found.get(name);
    const missing = fresh.refused?.code === 'TICKET_COLLATERAL';
    const misses = missing ? (before?.misses ?? 0) + 1 : 0;
    const finding = missing ? delayed(fresh, before?.finding, misses) : fresh;
    found.delete(name);
    found.set(name, { finding, misses });
    const [oldest] = found.keys();
    if (found.size > MOST && oldest !== undefined) found.delete(oldest);
    return finding;
  };

  /** For want of collateral a good finding stays, as long as it counts. */
  const delayed = (fresh: QuoteFinding, before: QuoteFinding | undefined, misses: number): QuoteFinding => {
    const next = now() + Math.min(LONGEST_RETRY, retry * 2 ** (misses - 1));
    return before?.refused === null && before.until > now()
      ? { ...before, renew: Math.min(next, before.until) }
      : { ...fresh, renew: next, until: next };
  };

  return {
    known(wanted) {
      const finding = found.get(nameOf(wanted))?.finding;
      return finding !== undefined && finding.until > now() ? finding : undefined;
    },
    verify(wanted, urgent = false) {
      const name = nameOf(wanted);
      const already = running.get(name);
      if (already !== undefined) {
        already.job.urgent ||= urgent;
        checks.review();
        lookUps.review();
        return already.finding;
      }
      const job: Job = { peer: wanted.peer, urgent };
      const finding = find(wanted, job)
        // a policy that cannot be read or applied is no reason for the node to end
        .catch((error: unknown) =>
          soon('TICKET_POLICY', `The attestation policy could not be applied: ${String(error)}`),
        )
        .then((fresh) => keep(name, fresh))
        .finally(() => running.delete(name));
      running.set(name, { job, finding });
      return finding;
    },
  };
}

/** True when the certificate of the machine stands under the root that was tried. */
const anchored = ({ checks }: Verdict): boolean =>
  checks.some(({ id, outcome }) => id === 'pck-chain' && outcome === 'passed');
