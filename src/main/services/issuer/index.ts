/** The ticket issuer: issues, lists, verifies and revokes admission tickets (coalition.md 6). */
import { randomBytes } from 'node:crypto';
import type { Receipt, Ticket } from '../../../contract/index.ts';
import { peerIdText, readId, readPeer, Refusal, settle, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import type { CheckSignature } from '../../../protocol/bytes/index.ts';
import { coalitionId, ticketsRoot } from '../../../protocol/coalition/index.ts';
import {
  assembleToken,
  claimsOf,
  jtiFrom,
  judgeTicket,
  signingInput,
  ticketId,
  ticketKey,
} from '../../../protocol/ticket/index.ts';
import type { TicketRow, TicketVerdict } from '../../../protocol/ticket/index.ts';
import { decodeRecord } from '../../../protocol/record/index.ts';
import { nodeHashes } from '../../hashes.ts';
import type { KeyVault, Store } from '../../store/index.ts';
import { MAX_TICKET_LIFETIME } from '../coalition/index.ts';
import type { Coalitions } from '../coalition/index.ts';
import type { Ledger } from '../ledger/index.ts';

export interface IssuerPorts {
  readonly store: Store;
  readonly vault: KeyVault;
  readonly ledger: Ledger;
  readonly coalitions: Coalitions;
  readonly check: CheckSignature;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface TicketRequest {
  readonly peer: string;
  readonly audience?: string | undefined;
  readonly lifetimeSeconds: number;
  readonly role?: string | undefined;
}

export interface Issuer {
  /** The newest tickets of the coalition, at most `limit`; `more` when there are older ones. */
  list(limit: number): Promise<{ tickets: Ticket[]; more: boolean }>;
  /** Errors: `TICKET_UNKNOWN`. */
  get(id: string): Promise<Ticket>;
  /** Errors: `PEER_FORMAT`, `NOT_THE_ISSUER`, `COALITION_ABSENT`, `VAULT_LOCKED`. */
  issue(request: TicketRequest): Promise<{ ticket: Ticket; token: string; receipt: Receipt }>;
  /** The token, if this node still holds it. */
  token(id: string): Promise<string | null>;
  verify(token: string): Promise<TicketVerdict>;
  revoke(id: string, reason: string): Promise<{ ticket: Ticket; receipt: Receipt }>;
}

/** Tokens stay on this node, under their id; the log only has the hash. */
const tokenKey = (id: string): string => `token/${id}`;

export function createIssuer({ store, vault, ledger, coalitions, check, now }: IssuerPorts): Issuer {
  const toTicket = (id: string, row: TicketRow): Ticket => {
    const at = now();
    const state =
      row.revoked !== null
        ? 'revoked'
        : at >= row.expires
          ? 'expired'
          : at < row.notBefore
            ? 'not-yet'
            : 'valid';
    return {
      id,
      subject: toHex(row.subject),
      subjectId: peerIdText(row.subject),
      audience: toHex(row.audience),
      role: row.role,
      issuedAt: row.issuedAt,
      notBefore: row.notBefore,
      expires: row.expires,
      state,
      revoked: row.revoked,
      index: row.index,
      stage: ledger.stageOf(row.index),
    };
  };
  const find = async (id: string): Promise<Ticket> => {
    const row = await ledger.row<TicketRow>(ticketKey(await coalitions.id(), readId(id)));
    if (row === undefined) throw new Refusal('TICKET_UNKNOWN', 'No such ticket was issued here.');
    return toTicket(id, row);
  };

  return {
    async list(limit) {
      const current = await coalitions.current();
      if (current === null) return { tickets: [], more: false };
      // the log knows the newest; a list of all of them would grow with it
      const entries = await store.find(
        { kind: 'ticket.issued', refused: false },
        Number.MAX_SAFE_INTEGER,
        limit + 1,
      );
      const coalition = readId(current.id);
      const rows = await Promise.all(
        entries.slice(0, limit).map(async ({ bytes }) => {
          const { body } = decodeRecord(bytes) as { body: { ticket: Uint8Array } };
          const row = await ledger.row<TicketRow>(ticketKey(coalition, body.ticket));
          return row === undefined ? [] : [toTicket(toHex(body.ticket), row)];
        }),
      );
      return { tickets: rows.flat(), more: entries.length > limit };
    },
    get: find,
    async issue({ peer, audience, lifetimeSeconds, role }) {
      const config = await coalitions.config();
      const issuer = vault.publicKeys()?.issuer;
      if (
        issuer === undefined ||
        config.ticketIssuer?.keys.some((key) => toHex(key) === toHex(issuer)) !== true
      )
        throw new Refusal('NOT_THE_ISSUER', 'The tickets of this coalition are issued by another key.');
      const coalition = coalitionId(config);
      const subject = readPeer(peer);
      const seconds = Math.floor(now() / 1000);
      const claims = {
        iss: toHex(ticketsRoot(coalition)),
        sub: toHex(subject),
        aud: audience ?? toHex(coalition),
        iat: seconds,
        nbf: seconds,
        exp: seconds + lifetimeSeconds,
        jti: jtiFrom(randomBytes(16)),
        ...(role === undefined ? {} : { role }),
      };
      const input = signingInput(claims, issuer);
      const token = assembleToken(input, vault.sign('issuer', utf8(input)));
      const ticket = ticketId(nodeHashes, claims.jti);
      const receipt = await ledger.submit(
        'ticket.issued',
        {
          ticket,
          subject,
          audience: readId(claims.aud),
          ...(role === undefined ? {} : { role }),
          notBefore: claims.nbf * 1000,
          expires: claims.exp * 1000,
        },
        { coalition },
      );
      const id = toHex(ticket);
      await store.putLocal(tokenKey(id), token);
      return { ticket: await find(id), token, receipt };
    },
    async token(id) {
      const held = await store.getLocal(tokenKey(id));
      return typeof held === 'string' ? held : null;
    },
    async verify(token) {
      const config = await coalitions.config();
      const coalition = coalitionId(config);
      const claims = claimsOf(token);
      const row =
        claims === null
          ? undefined
          : await ledger.row<TicketRow>(ticketKey(coalition, ticketId(nodeHashes, claims.jti)));
      const rules = {
        keys: config.ticketIssuer?.keys ?? [],
        issuers: [toHex(ticketsRoot(coalition))],
        // the coalition itself, and the component that the Chronicle names for this ticket
        audiences: [toHex(coalition), ...(row === undefined ? [] : [toHex(row.audience)])],
        maxLifetime: MAX_TICKET_LIFETIME,
      };
      const seconds = Math.floor(now() / 1000);
      return settle(
        judgeTicket(nodeHashes, token, rules, seconds, () => row !== undefined && row.revoked !== null),
        check,
      );
    },
    async revoke(id, reason) {
      const coalition = await coalitions.id();
      await find(id);
      const receipt = await ledger.submit('ticket.revoked', { ticket: readId(id), reason }, { coalition });
      await store.putLocal(tokenKey(id), undefined);
      return { ticket: await find(id), receipt };
    },
  };
}
