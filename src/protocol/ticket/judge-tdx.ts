/**
 * Judges a TDX ticket (coalition.md 3.7): what it says of itself, then what the verifier found about its quote, then
 * whether the quote speaks for this very ticket, then what was measured. The verifier itself is elsewhere; until it has
 * answered, the ticket is pending and the answer names the quote.
 */
import { Refusal, sameBytes, toHex } from '../bytes/index.ts';
import type { UniqueId } from '../bytes/index.ts';
import { admitted, refused } from './judgement.ts';
import type { JudgeContext, Judgement, QuoteFinding, QuoteWanted, Refused } from './judgement.ts';
import { readTdxTicket, tdxBinding, tdxReportData } from './tdx-ticket.ts';
import type { TdxExtra, TdxTicket } from './tdx-ticket.ts';
import { earliest, NEVER } from './ticket.ts';
import { MEASURED } from './validator.ts';
import type { TdxCriteria, TdxValidator } from './validator.ts';

/**
 * What a TDX ticket is called when it is taken back, beside the id of its bytes: the binding in its quote, because the
 * rest of a quote can be spelt in several ways. Empty for what is no ticket.
 */
export function tdxRevocationIds(data: Uint8Array): readonly UniqueId[] {
  try {
    return [tdxBinding(readTdxTicket(data).extra)];
  } catch {
    return [];
  }
}

/** Errors become a refusal in the answer. */
export function judgeTdx(validator: TdxValidator, data: Uint8Array, context: JudgeContext): Judgement {
  let ticket: TdxTicket;
  try {
    ticket = readTdxTicket(data);
  } catch (error) {
    if (error instanceof Refusal) return refused(error.code, error.message);
    throw error;
  }
  const { extra, quote } = ticket;
  const bad = badExtra(validator, extra, context);
  if (bad !== null) return bad;
  const wanted: QuoteWanted = {
    quote,
    policy: validator.policy ?? null,
    peer: context.peer,
    reportData: tdxReportData(extra),
  };
  const finding = context.finding?.(wanted);
  if (finding === undefined || finding.until <= context.now)
    return { ...refused('TICKET_PENDING', 'The quote of the ticket is being verified.'), wanted: [wanted] };
  // what is due is verified again while the old finding still counts
  const due = finding.renew <= context.now;
  const common = { review: due ? finding.until : finding.renew, wanted: due ? [wanted] : [] };
  const why = badQuote(validator, wanted, finding);
  if (why !== null) return { ...why, ...common };
  const { maxAge = 0 } = validator;
  const until = earliest([
    extra.expires === null ? NEVER : extra.expires * 1000,
    maxAge === 0 ? NEVER : (extra.quotedAt + maxAge + 1) * 1000,
  ]);
  return { ...admitted(until), ...common };
}

/** What can be said without the verifier; all times in seconds but `now`. */
function badExtra(validator: TdxValidator, extra: TdxExtra, context: JudgeContext): Refused | null {
  const { now } = context;
  const { quotedAt, startedAt, expires } = extra;
  const { maxAge = 0, notBefore = 0, maxLifetime = 0 } = validator;
  if (toHex(extra.peer) !== context.peer) return refused('TICKET_SUBJECT', 'The ticket names another peer.');
  if (!sameBytes(extra.network, context.network))
    return refused('TICKET_NETWORK', 'The ticket is for another network.');
  if (expires !== null && expires * 1000 <= now) return refused('TICKET_TIME', 'The ticket has expired.');
  // made in the future, a quote would be younger than it is
  const begins = Math.max(quotedAt, startedAt) * 1000;
  if (begins > now) return refused('TICKET_TIME', 'The ticket is not valid yet.', begins);
  if (maxAge > 0 && Math.floor(now / 1000) - quotedAt > maxAge)
    return refused('TICKET_AGE', 'The quote was made too long ago.');
  if (quotedAt < notBefore)
    return refused('TICKET_AGE', 'The quote was made before all of that time were refused.');
  if (maxLifetime > 0 && (expires === null || expires - quotedAt > maxLifetime))
    return refused('TICKET_LIFETIME', 'The ticket would be valid for too long after its quote.');
  if (context.revoked?.(tdxBinding(extra)) === true)
    return refused('TICKET_REVOKED', 'The ticket was taken back.');
  return null;
}

function badQuote(validator: TdxValidator, wanted: QuoteWanted, finding: QuoteFinding): Refused | null {
  const { report } = finding;
  if (finding.refused !== null) return refused(finding.refused.code, finding.refused.why);
  if (report === null) return refused('TICKET_QUOTE', 'The quote cannot be read.');
  if (report.reportData !== toHex(wanted.reportData))
    return refused('TICKET_BINDING', 'The quote was made for another ticket than the one it comes with.');
  if (finding.simulated && validator.simulated !== true)
    return refused('TICKET_SIMULATED', 'The evidence is simulated: it stands under a test root.');
  const matches = (criteria: TdxCriteria): boolean =>
    MEASURED.every((name) => {
      const asked = criteria[name];
      const has = name === 'mrtd' ? report.mrTd : report.rtmr[Number(name.slice(4))];
      return asked === undefined || toHex(asked) === has;
    });
  if (!matches(validator.baseline))
    return refused('TICKET_MEASUREMENTS', 'The TD runs something else than what is asked of all.');
  if (validator.variants.length > 0 && !validator.variants.some(matches))
    return refused('TICKET_MEASUREMENTS', 'The TD runs none of the variants that are allowed.');
  return null;
}
