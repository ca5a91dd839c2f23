/**
 * The data of a TDX ticket, and what its quote's report data binds (coalition.md 3.7). The runtime packs it with zstd;
 * here it is plain canonical CBOR `{extra, quote}`, like every other signed or hashed thing of ours: a quote is mostly
 * certificates and signatures, 5 KiB fit an entry, and nothing from a stranger is unpacked.
 */
import { z } from 'zod';
import { concat, decodeCanonical, derive, encodeCanonical, idFrom, Refusal } from '../bytes/index.ts';
import type { UniqueId, Value } from '../bytes/index.ts';
import { bytes, count } from '../record/index.ts';
import { le64 } from './signature.ts';
import { LAST_SECOND } from './ticket.ts';

/** Larger than any entry can carry; the runtime's own limit. */
export const MAX_TDX_TICKET_BYTES = 64 * 1024;

/** What the quote speaks for. Times in Unix seconds. */
export interface TdxExtra {
  /** Raw node key, 32 bytes. */
  readonly peer: Uint8Array;
  readonly network: UniqueId;
  /** When the node started, and when the quote was made. */
  readonly startedAt: number;
  readonly quotedAt: number;
  /** The first second at which the ticket is good no more; null: never. */
  readonly expires: number | null;
}

export interface TdxTicket {
  readonly quote: Uint8Array;
  readonly extra: TdxExtra;
}

const second = count.max(LAST_SECOND);
const shape = z.strictObject({
  quote: bytes(1, MAX_TDX_TICKET_BYTES),
  extra: z.strictObject({
    peer: bytes(32),
    network: bytes(32),
    startedAt: second,
    quotedAt: second,
    // 0 would be bound like `never`
    expires: second.min(1).nullable(),
  }),
});

/**
 * The id that the report data must begin with: `id("mosaik.tdx.ticket.extra")` derived by peer, network, the three
 * times as 64-bit little-endian seconds; eight zero bytes for `never`.
 */
export function tdxBinding({ peer, network, startedAt, quotedAt, expires }: TdxExtra): UniqueId {
  const parts = [peer, network, le64(startedAt), le64(quotedAt), le64(expires ?? 0)];
  return parts.reduce<UniqueId>(derive, idFrom('mosaik.tdx.ticket.extra'));
}

/** The whole report data, 64 bytes: the binding, then zeros. */
export const tdxReportData = (extra: TdxExtra): Uint8Array => concat(tdxBinding(extra), new Uint8Array(32));

/** Errors: `TICKET_DATA` for what cannot be a ticket. */
export function writeTdxTicket(ticket: TdxTicket): Uint8Array {
  return encodeCanonical(checked(ticket) as unknown as Value);
}

/** Errors: `TICKET_DATA`. */
export function readTdxTicket(data: Uint8Array): TdxTicket {
  let value: Value;
  try {
    value = decodeCanonical(data, MAX_TDX_TICKET_BYTES);
  } catch (error) {
    if (error instanceof Refusal) throw malformed(error.message);
    throw error;
  }
  return checked(value);
}

function checked(value: unknown): TdxTicket {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw malformed(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`);
}

const malformed = (why: string): Refusal =>
  new Refusal('TICKET_DATA', `The data of the TDX ticket cannot be read: ${why}`);
