/** Admission tickets: EdDSA JWTs of the coalition's issuer, logged by hash (coalition.md 6). */
import { z } from 'zod';
import { command, query } from './base.ts';
import { count, hex, millis, receipt, stage } from './shapes.ts';

export const MAX_TICKET_SECONDS = 90 * 24 * 3600;
/** The most tickets in one answer. */
export const MAX_TICKETS = 5_000;
export const DEFAULT_TICKET_SECONDS = 24 * 3600;

export const ticket = z.object({
  /** SHA-256 of the token's jti: what the Chronicle shows. */
  id: hex(32),
  subject: hex(32),
  subjectId: z.string(),
  audience: hex(32),
  role: z.string().nullable(),
  issuedAt: millis,
  notBefore: millis,
  expires: millis,
  state: z.enum(['valid', 'not-yet', 'expired', 'revoked']),
  revoked: z.object({ at: millis, reason: z.string(), index: count }).nullable(),
  index: count,
  stage,
});
export type Ticket = z.infer<typeof ticket>;

export const tickets = {
  /** Newest first; `more` when older ones were left off. */
  list: query('view')
    .input(z.object({ limit: z.number().int().min(1).max(MAX_TICKETS).default(500) }).default({ limit: 500 }))
    .output(z.object({ tickets: z.array(ticket), more: z.boolean() })),
  get: query('view')
    .input(z.object({ id: hex(32) }))
    .output(ticket),
  issue: command('operate')
    .input(
      z.object({
        /** Hex or 12D3Koo…. */
        peer: z.string().min(1).max(128),
        /** Component the ticket is for; default the coalition itself. */
        audience: hex(32).optional(),
        lifetimeSeconds: z.number().int().min(60).max(MAX_TICKET_SECONDS).default(DEFAULT_TICKET_SECONDS),
        role: z.string().min(1).max(32).optional(),
      }),
    )
    .output(z.object({ ticket, token: z.string(), receipt })),
  /** The token once more, for handing over; null when this node no longer holds it. */
  token: query('operate')
    .input(z.object({ id: hex(32) }))
    .output(z.object({ token: z.string().nullable() })),
  verify: query('view')
    .input(z.object({ token: z.string().max(8192) }))
    .output(
      z.object({
        ok: z.boolean(),
        code: z.string().nullable(),
        checks: z.array(
          z.object({
            id: z.string(),
            outcome: z.enum(['passed', 'failed', 'not-checked']),
            detail: z.string(),
          }),
        ),
        claims: z.record(z.string(), z.unknown()).nullable(),
      }),
    ),
  revoke: command('operate')
    .input(z.object({ id: hex(32), reason: z.string().trim().min(1).max(200) }))
    .output(z.object({ ticket, receipt })),
};
