/**
 * Admission tickets: compact EdDSA JWTs of a coalition's issuer (coalition.md 3.6, 6). `iss` is the coalition's
 * TICKETS_ROOT, `sub` the peer, `aud` the component, all in hex; `exp` is mandatory. Checks are listed one by one,
 * so that a refusal says which of them failed.
 */
import { z } from 'zod';
import { fromBase64url, fromUtf8, Refusal, toBase64url, toHex, utf8 } from '../bytes/index.ts';
import type { Hashes, Plan, UniqueId } from '../bytes/index.ts';
import { validatorSignature } from './signature.ts';

export const MAX_TOKEN_CHARACTERS = 8192;

/** All times in Unix seconds, as JWT has them. */
export interface TicketClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  /** Random, 128 bits, base64url: only its hash is ever logged. */
  readonly jti: string;
  readonly role?: string | undefined;
}

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const seconds = z.number().int().min(0).max(253_402_300_799);
const headerShape = z.object({
  alg: z.literal('EdDSA'),
  typ: z.literal('JWT'),
  kid: z.string().regex(/^[0-9a-f]{64}$/),
  // what `crit` names must be understood (RFC 7515 4.1.11), and nothing is
  crit: z.never().optional(),
});
const claimsShape = z.object({
  iss: hex32,
  sub: hex32,
  aud: hex32,
  iat: seconds,
  nbf: seconds,
  exp: seconds,
  jti: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  role: z.string().min(1).max(32).optional(),
});

/** The text that the issuer signs: header and claims, base64url, joined by a dot. */
export function signingInput(claims: TicketClaims, issuerKey: Uint8Array): string {
  const part = (value: unknown): string => toBase64url(utf8(JSON.stringify(value)));
  return `${part({ alg: 'EdDSA', typ: 'JWT', kid: toHex(issuerKey) })}.${part(claimsShape.parse(claims))}`;
}

/** The token from its signing input and the issuer's Ed25519 signature over it. */
export const assembleToken = (input: string, signature: Uint8Array): string =>
  `${input}.${toBase64url(signature)}`;

/** What the Chronicle shows of a ticket: SHA-256 of its jti. */
export const ticketId = (hashes: Hashes, jti: string): Uint8Array => hashes.sha256(utf8(jti));

/** How a component decides: data, not code, so that it can be folded into ids. */
export interface JwtRules {
  /** Ed25519 public keys of the issuer; several allow rotation. */
  readonly keys: readonly Uint8Array[];
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  /** Peer hex that must be the subject; absent: any. */
  readonly subject?: string | undefined;
  /** Seconds; 0 = no limit. */
  readonly maxLifetime: number;
}

export interface TicketCheck {
  readonly id:
    | 'format'
    | 'key'
    | 'signature'
    | 'issuer'
    | 'audience'
    | 'subject'
    | 'lifetime'
    | 'time'
    | 'revocation';
  readonly outcome: 'passed' | 'failed' | 'not-checked';
  readonly detail: string;
}

export interface TicketVerdict {
  readonly ok: boolean;
  /** Code of the first failed check; null when ok. */
  readonly code: string | null;
  readonly checks: readonly TicketCheck[];
  readonly claims: TicketClaims | null;
}

const failCode: { readonly [K in TicketCheck['id']]: string } = {
  format: 'TICKET_FORMAT',
  key: 'TICKET_KEY',
  signature: 'TICKET_SIGNATURE',
  issuer: 'TICKET_ISSUER',
  audience: 'TICKET_AUDIENCE',
  subject: 'TICKET_SUBJECT',
  lifetime: 'TICKET_LIFETIME',
  time: 'TICKET_TIME',
  revocation: 'TICKET_REVOKED',
};

/**
 * Judges a token at `now` (Unix seconds). `revoked` answers whether a ticket id is known to be revoked; undefined
 * when the caller cannot know, and the verdict then says so.
 */
export function judgeTicket(
  hashes: Hashes,
  token: string,
  rules: JwtRules,
  now: number,
  revoked?: (id: Uint8Array) => boolean,
): Plan<TicketVerdict> {
  const read = parseToken(token);
  if (read instanceof Refusal) {
    const check: TicketCheck = { id: 'format', outcome: 'failed', detail: read.message };
    return {
      jobs: [],
      conclude: () => ({ ok: false, code: 'TICKET_FORMAT', checks: [check], claims: null }),
    };
  }
  const { claims, kid, input, signature } = read;
  const key = rules.keys.find((candidate) => toHex(candidate) === kid);
  return {
    jobs: key === undefined ? [] : [{ alg: 'ed25519', key, message: utf8(input), signature }],
    conclude([signed]) {
      const checks: TicketCheck[] = [];
      const add = (id: TicketCheck['id'], ok: boolean | undefined, detail: string): void =>
        void checks.push({
          id,
          outcome: ok === undefined ? 'not-checked' : ok ? 'passed' : 'failed',
          detail,
        });
      add('format', true, 'compact JWT, EdDSA, all claims present');
      add('key', key !== undefined, `key ${kid.slice(0, 16)}…`);
      add('signature', key === undefined ? undefined : signed === true, 'Ed25519 over header and claims');
      add(
        'issuer',
        rules.issuers.length === 0 || rules.issuers.includes(claims.iss),
        `issuer ${claims.iss.slice(0, 16)}…`,
      );
      add('audience', rules.audiences.includes(claims.aud), `for ${claims.aud.slice(0, 16)}…`);
      add(
        'subject',
        rules.subject === undefined ? undefined : claims.sub === rules.subject,
        `peer ${claims.sub.slice(0, 16)}…`,
      );
      const lifetime = claims.exp - claims.iat;
      add(
        'lifetime',
        lifetime > 0 && (rules.maxLifetime === 0 || lifetime <= rules.maxLifetime),
        `${lifetime} s`,
      );
      add(
        'time',
        // issued in the future, a ticket could be valid for longer than its lifetime says
        claims.nbf <= now && claims.iat <= now && now < claims.exp,
        `issued ${claims.iat}, valid from ${claims.nbf} to ${claims.exp}, now ${now}`,
      );
      const gone = revoked?.(ticketId(hashes, claims.jti));
      add(
        'revocation',
        gone === undefined ? undefined : !gone,
        gone === true ? 'revoked' : 'looked up in this Chronicle',
      );
      const failed = checks.find((check) => check.outcome === 'failed');
      return {
        ok: failed === undefined,
        code: failed === undefined ? null : failCode[failed.id],
        checks,
        claims,
      };
    },
  };
}

/** What a token claims, before anything about it is verified; null when it is no token. */
export function claimsOf(token: string): TicketClaims | null {
  const read = parseToken(token);
  return read instanceof Refusal ? null : read.claims;
}

interface ParsedToken {
  readonly claims: TicketClaims;
  readonly kid: string;
  readonly input: string;
  readonly signature: Uint8Array;
}

function parseToken(token: string): ParsedToken | Refusal {
  const refuse = (why: string): Refusal => new Refusal('TICKET_FORMAT', why);
  const trimmed = token.trim();
  if (trimmed.length > MAX_TOKEN_CHARACTERS) return refuse('The token is longer than 8,192 characters.');
  const parts = trimmed.split('.');
  const [head, body, seal] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || seal === undefined)
    return refuse('A token has three parts joined by dots.');
  try {
    const header = headerShape.safeParse(JSON.parse(fromUtf8(fromBase64url(head))));
    if (!header.success) return refuse('The header is not that of an EdDSA ticket with a key id.');
    const claims = claimsShape.safeParse(JSON.parse(fromUtf8(fromBase64url(body))));
    if (!claims.success) {
      const issue = claims.error.issues[0];
      return refuse(`The claim ${issue?.path.join('.') ?? ''} is missing or malformed.`);
    }
    const signature = fromBase64url(seal);
    if (signature.length !== 64) return refuse('The signature is not 64 bytes.');
    return { claims: claims.data, kid: header.data.kid, input: `${head}.${body}`, signature };
  } catch {
    return refuse('A part of the token is not base64url JSON.');
  }
}

/** The validator's signature as mosaik folds it (coalition.md 3.6): what a group or an issuer's id depends on. */
export const jwtSignature = (
  rules: Pick<JwtRules, 'keys' | 'issuers' | 'audiences' | 'subject' | 'maxLifetime'>,
): UniqueId =>
  validatorSignature({
    ...rules,
    kind: 'jwt',
    keys: rules.keys.map((key) => ({ alg: 'EdDSA', key })),
  });

/** A fresh jti from 16 random bytes. */
export const jtiFrom = (random: Uint8Array): string => toBase64url(random.subarray(0, 16));
