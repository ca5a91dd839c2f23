/** What a verdict on a quote means for tickets, and for how long (coalition.md 3.7). */
import { readIsoTime } from '../../../protocol/attestation/index.ts';
import type { Verdict } from '../../../protocol/attestation/index.ts';
import type { QuoteFinding } from '../../../protocol/ticket/index.ts';

/** A refusal for want of something that may be there soon. `until`: Unix milliseconds. */
export const refusedUntil = (until: number, code: string, why: string): QuoteFinding => ({
  refused: { code, why },
  simulated: false,
  report: null,
  renew: until,
  until,
});

/** `again`: a verdict is made anew after this long at the latest, milliseconds. */
export function findingOf(verdict: Verdict, now: number, again: number): QuoteFinding {
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
