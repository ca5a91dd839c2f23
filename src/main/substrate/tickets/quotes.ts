/**
 * Verifies the quotes of TDX tickets with the real verifier, each once until its verdict is due again: collateral runs
 * out, and what was good an hour ago may be on a list now. A quote under another root than Intel's is verified under
 * the simulated roots, if any are given, and marked; whether a mark is good enough is for the validator to say.
 */
import { DEFAULT_POLICY, platformHint, readIsoTime } from '../../../protocol/attestation/index.ts';
import type { Collateral, Policy, Verdict } from '../../../protocol/attestation/index.ts';
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { QuoteFinding, QuoteWanted } from '../../../protocol/ticket/index.ts';
import { createVerifierCache, verifyQuote } from '../../attestation/index.ts';
import type { CollateralSource } from '../../attestation/index.ts';
import { nodeHashes } from '../../hashes.ts';

/** Who verifies quotes for a gate. */
export interface QuoteVerifier {
  /** What is known of a quote; undefined: nothing, or nothing any more. */
  known(wanted: QuoteWanted): QuoteFinding | undefined;
  /** Finds out. Bad quotes are findings; never rejects. */
  verify(wanted: QuoteWanted): Promise<QuoteFinding>;
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
  /** A refusal for want of collateral is tried again after this long, milliseconds; default one minute. */
  readonly retry?: number | undefined;
}

/** Findings that are kept, and quotes that are verified at a time. */
const MOST = 4096;
const AT_ONCE = 4;

export function createQuoteVerifier(options: QuoteVerifierOptions): QuoteVerifier {
  const { collateral, now, simulatedRoots = [], again = 6 * 3_600_000, retry = 60_000 } = options;
  const cache = createVerifierCache();
  const found = new Map<string, QuoteFinding>();
  const running = new Map<string, Promise<QuoteFinding>>();
  const lane = createLanes(AT_ONCE);

  const nameOf = ({ quote, policy }: QuoteWanted): string =>
    `${toHex(nodeHashes.sha256(quote))} ${policy === null ? '' : toHex(policy)}`;
  const policyOf = async (digest: UniqueId | null): Promise<Policy | undefined> =>
    digest === null ? (options.policy ?? DEFAULT_POLICY) : options.policyNamed?.(digest);

  const find = async ({ quote, policy: digest }: QuoteWanted): Promise<QuoteFinding> => {
    const policy = await policyOf(digest);
    const soon = (code: string, why: string): QuoteFinding => ({
      refused: { code, why },
      simulated: false,
      report: null,
      renew: now() + retry,
      until: now() + retry,
    });
    if (policy === undefined)
      return soon('TICKET_POLICY', 'The attestation policy that is asked for is not known here.');
    const platform = platformHint(quote);
    const at = Math.floor(now() / 1000);
    let set: Collateral | undefined;
    if (platform !== null)
      try {
        ({ collateral: set } = await collateral.collateralFor(platform, at));
      } catch (error) {
        const why = error instanceof Refusal ? error.message : 'Its source failed.';
        return soon('TICKET_COLLATERAL', `There is no collateral for the quote: ${why}`);
      }
    const verify = (root: Uint8Array | undefined): Verdict =>
      verifyQuote({
        quote,
        collateral: set,
        at,
        root,
        // of simulated evidence the validator decides, of debug nobody
        policy: { ...policy, allowDebug: false, allowSimulated: root !== undefined },
        cache,
      });
    const real = verify(undefined);
    let verdict = real;
    for (const root of simulatedRoots) if (!anchored(verdict)) verdict = verify(root);
    // what no root knows is refused as Intel's would refuse it
    return findingOf(anchored(verdict) ? verdict : real, now(), again);
  };

  return {
    known(wanted) {
      const finding = found.get(nameOf(wanted));
      return finding !== undefined && finding.until > now() ? finding : undefined;
    },
    verify(wanted) {
      const name = nameOf(wanted);
      const already = running.get(name);
      if (already !== undefined) return already;
      const work = lane(() => find(wanted)).then((fresh) => {
        const before = found.get(name);
        // for want of collateral a good finding stays, as long as it counts
        const keeps =
          fresh.refused?.code === 'TICKET_COLLATERAL' && before?.refused === null && before.until > now();
        const finding = keeps ? { ...before, renew: now() + retry } : fresh;
        found.delete(name);
        found.set(name, finding);
        const [oldest] = found.keys();
        if (found.size > MOST && oldest !== undefined) found.delete(oldest);
        return finding;
      });
      const ended = work.finally(() => running.delete(name));
      running.set(name, ended);
      return ended;
    },
  };
}

/** True when the certificate of the machine stands under the root that was tried. */
const anchored = ({ checks }: Verdict): boolean =>
  checks.some(({ id, outcome }) => id === 'pck-chain' && outcome === 'passed');

function findingOf(verdict: Verdict, now: number, again: number): QuoteFinding {
  const { evidence, code, report, simulated } = verdict;
  const line = verdict.policy.lines.find(({ outcome }) => outcome === 'refused');
  const refused =
    evidence !== 'genuine'
      ? `The quote was not found to be genuine (${code ?? 'not all was checked'}).`
      : line !== undefined
        ? `The attestation policy refuses the quote (${line.rule}): ${line.detail}`
        : null;
  const expires = verdict.collateralExpires === null ? null : readIsoTime(verdict.collateralExpires);
  const good = refused === null;
  // half way to its end a good one is verified again; a set that has run out is not asked for again and again
  const until = Math.max(
    Math.min(now + (good ? 2 * again : again), good && expires !== null ? expires * 1000 : Infinity),
    now + 10_000,
  );
  return {
    refused: good ? null : { code: 'TICKET_QUOTE', why: refused },
    simulated,
    report: report === null ? null : { mrTd: report.mrTd, rtmr: report.rtmr, reportData: report.reportData },
    renew: good ? now + (until - now) / 2 : until,
    until,
  };
}

/** Lets so many pieces of work run at a time. */
function createLanes(count: number) {
  let free = count;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
