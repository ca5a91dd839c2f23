/** The records about tickets, folded as every replica folds them. */
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { encodeRecord, foldInto, memberKey, memoryView } from '../../../src/protocol/record/index.ts';
import { ticketKey, ticketKinds } from '../../../src/protocol/ticket/index.ts';
import type { TicketRow } from '../../../src/protocol/ticket/index.ts';

const kinds = new Map(ticketKinds.map((kind) => [kind.name, kind]));
const id = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const [alice, bob, stranger, coalition, ticket] = [1, 2, 3, 4, 5].map(id) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const body = { ticket, subject: bob, audience: coalition, notBefore: 1000, expires: 2000 };

function world() {
  const view = memoryView();
  for (const member of [alice, bob]) view.apply([[memberKey(coalition, member), { since: 0 }]]);
  let seq = 0;
  return {
    row: (): TicketRow => view.get(ticketKey(coalition, ticket)) as unknown as TicketRow,
    say(kind: string, said: Value, author = alice): string {
      const bytes = encodeRecord({
        v: 1,
        kind,
        coalition,
        author,
        seq: seq++,
        at: 900 + seq,
        body: said,
        evidence: [],
      });
      return foldInto(kinds, nodeHashes, view, bytes, seq - 1).refused?.code ?? 'taken';
    },
  };
}

describe('a ticket in the log', () => {
  it('is issued by a member, once', () => {
    const { say, row } = world();
    expect(say('ticket.issued', { ...body, role: 'provider' })).toBe('taken');
    expect(row()).toEqual({
      subject: bob,
      audience: coalition,
      role: 'provider',
      issuer: alice,
      issuedAt: 901,
      notBefore: 1000,
      expires: 2000,
      index: 0,
      revoked: null,
    });
    expect(say('ticket.issued', body)).toBe('TICKET_EXISTS');
    expect(say('ticket.issued', { ...body, ticket: id(6) }, stranger)).toBe('NOT_A_MEMBER');
  });

  it('must be valid for some time', () => {
    const { say } = world();
    expect(say('ticket.issued', { ...body, expires: 1000 })).toBe('TICKET_LIFETIME');
    expect(say('ticket.issued', { ...body, expires: 1001 })).toBe('taken');
  });

  it('is revoked by its issuer, once, with a reason', () => {
    const { say, row } = world();
    expect(say('ticket.revoked', { ticket, reason: 'sold' })).toBe('TICKET_UNKNOWN');
    expect(say('ticket.issued', body)).toBe('taken');
    expect(say('ticket.revoked', { ticket, reason: 'sold' }, bob)).toBe('TICKET_NOT_YOURS');
    expect(say('ticket.revoked', { ticket, reason: 'sold' }, stranger)).toBe('NOT_A_MEMBER');
    expect(say('ticket.revoked', { ticket, reason: 'sold' })).toBe('taken');
    expect(row().revoked).toMatchObject({ reason: 'sold', index: 4 });
    expect(say('ticket.revoked', { ticket, reason: 'sold' })).toBe('TICKET_REVOKED');
  });

  it.each<[string, Value]>([
    ['ticket.issued', { ...body, ticket: id(5).subarray(1) }],
    ['ticket.issued', { ...body, notBefore: -1 }],
    ['ticket.issued', { ...body, expires: 'tomorrow' }],
    ['ticket.issued', { ...body, role: '' }],
    ['ticket.issued', { ...body, role: 'x'.repeat(33) }],
    ['ticket.revoked', { ticket }],
    ['ticket.revoked', { ticket, reason: '' }],
    ['ticket.revoked', { ticket, reason: 'two\nlines' }],
    ['ticket.revoked', { ticket, reason: 'x'.repeat(201) }],
  ])('is not taken from a body that does not fit (%s)', (kind, said) => {
    const { say } = world();
    expect(say(kind, said)).toBe('BODY_FORMAT');
  });
});
