/** Makes a TDX ticket of this machine (coalition.md 3.7): a fresh quote that speaks for one peer in one network. */
import { parseQuote, readTdReport } from '../../../protocol/attestation/index.ts';
import { Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { TDX_CLASS, tdxReportData, writeTdxTicket } from '../../../protocol/ticket/index.ts';
import type { TdxExtra, Ticket } from '../../../protocol/ticket/index.ts';
import type { QuoteSource } from '../../attestation/index.ts';

export interface TdxTicketRequest {
  readonly quoteSource: Pick<QuoteSource, 'quote'>;
  /** Raw node key, 32 bytes. */
  readonly peer: Uint8Array;
  readonly network: UniqueId;
  /** When the node started, Unix milliseconds. */
  readonly startedAt: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Seconds from the quote to the end; null: without end, which many validators refuse. */
  readonly lifetime: number | null;
}

/**
 * Errors: `TICKET_BINDING` when the source gives a quote for something else (as a file does), `TICKET_DATA`, and those
 * of the source.
 */
export async function makeTdxTicket(request: TdxTicketRequest): Promise<Ticket> {
  const { quoteSource, peer, network, lifetime } = request;
  const quotedAt = Math.floor(request.now() / 1000);
  const extra: TdxExtra = {
    peer,
    network,
    startedAt: Math.min(Math.floor(request.startedAt / 1000), quotedAt),
    quotedAt,
    expires: lifetime === null ? null : quotedAt + lifetime,
  };
  const reportData = tdxReportData(extra);
  const { quote } = await quoteSource.quote(reportData);
  const { body, bodyType } = parseQuote(quote, 'any');
  if (readTdReport(body, bodyType).reportData !== toHex(reportData))
    throw new Refusal('TICKET_BINDING', 'The source gave a quote that was made for something else.');
  return { class: TDX_CLASS, data: writeTdxTicket({ quote, extra }) };
}
