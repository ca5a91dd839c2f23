/** Records about tickets: issued and revoked, by hash of the jti only (coalition.md 6). */
import { z } from 'zod';
import { Refusal, toHex } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { bytes, defineKind, label, millis, readRow, requireMember } from '../record/index.ts';
import type { AnyKind, Record } from '../record/index.ts';

/** The row of a ticket, as the view holds it. Times in Unix milliseconds. */
export interface TicketRow {
  readonly subject: Uint8Array;
  readonly audience: Uint8Array;
  readonly role: string | null;
  readonly issuer: Uint8Array;
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly expires: number;
  readonly index: number;
  readonly revoked: { readonly at: number; readonly reason: string; readonly index: number } | null;
}

export const ticketKey = (coalition: Uint8Array, ticket: Uint8Array): string =>
  `ticket/${toHex(coalition)}/${toHex(ticket)}`;

interface Issued {
  ticket: Uint8Array;
  subject: Uint8Array;
  audience: Uint8Array;
  role?: string | undefined;
  notBefore: number;
  expires: number;
}

const issued = defineKind<Issued>({
  name: 'ticket.issued',
  schema: z.object({
    ticket: bytes(32),
    subject: bytes(32),
    audience: bytes(32),
    role: label(32).optional(),
    notBefore: millis,
    expires: millis,
  }),
  authorize: requireMember,
  fold(view, record, { index }) {
    const { ticket, subject, audience, role, notBefore, expires } = record.body;
    const key = ticketKey(record.coalition, ticket);
    if (view.get(key) !== undefined) throw new Refusal('TICKET_EXISTS', 'This ticket was recorded before.');
    if (expires <= notBefore)
      throw new Refusal('TICKET_LIFETIME', 'The ticket would expire before it begins.');
    const row: TicketRow = {
      subject,
      audience,
      role: role ?? null,
      issuer: record.author,
      issuedAt: record.at,
      notBefore,
      expires,
      index,
      revoked: null,
    };
    return [[key, row as unknown as Value]];
  },
});

const revoked = defineKind<{ ticket: Uint8Array; reason: string }>({
  name: 'ticket.revoked',
  schema: z.object({ ticket: bytes(32), reason: label(200) }),
  authorize: requireMember,
  fold(view, record, { index }) {
    const { key, row } = existing(view, record);
    if (row.revoked !== null) throw new Refusal('TICKET_REVOKED', 'This ticket was revoked before.');
    if (toHex(row.issuer) !== toHex(record.author))
      throw new Refusal('TICKET_NOT_YOURS', 'Only its issuer revokes a ticket.');
    const next: TicketRow = { ...row, revoked: { at: record.at, reason: record.body.reason, index } };
    return [[key, next as unknown as Value]];
  },
});

function existing(view: Parameters<typeof requireMember>[0], record: Record<{ ticket: Uint8Array }>) {
  const key = ticketKey(record.coalition, record.body.ticket);
  const row = readRow<TicketRow>(view, key);
  if (row === undefined) throw new Refusal('TICKET_UNKNOWN', 'No such ticket was issued here.');
  return { key, row };
}

export const ticketKinds: readonly AnyKind[] = [issued, revoked];
