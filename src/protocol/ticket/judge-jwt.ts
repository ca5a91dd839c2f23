/**
 * Judges a compact JWT by a validator (coalition.md 3.6, RFC 7519). Wider than the tickets of jwt.ts, which are those
 * of our own issuer: other issuers write other ids, several audiences, or no beginning.
 *
 * ES256 signatures are r‖s, and a high s is taken: RFC 7518 does not forbid it, and half of what OpenSSL and WebCrypto
 * sign has one. The same token can therefore be spelt twice, so that revocation does not go by its bytes alone.
 */
import { z } from 'zod';
import { derive, fromBase64url, fromUtf8, Refusal, utf8 } from '../bytes/index.ts';
import type { Hashes, Plan, UniqueId } from '../bytes/index.ts';
import { claimText } from './canonical.ts';
import { admitted, refused, settled } from './judgement.ts';
import type { JudgeContext, Judgement, Refused } from './judgement.ts';
import { isSupported, jobKey, refuseAlgorithm } from './jwt-key.ts';
import type { JwtKey } from './jwt-key.ts';
import { MAX_TOKEN_CHARACTERS, ticketId } from './jwt.ts';
import { earliest, JWT_CLASS, LAST_SECOND, NEVER } from './ticket.ts';
import type { JwtValidator } from './validator.ts';

const headerShape = z.object({
  alg: z.string().max(16),
  typ: z.literal('JWT').optional(),
  kid: z.string().max(256).optional(),
  // what `crit` names must be understood (RFC 7515 4.1.11), and nothing is
  crit: z.never().optional(),
});
// an end beyond all times is refused here rather than taken for none
const second = z.number().int().min(0).max(LAST_SECOND).optional();
const text = z.string().max(1024).optional();
const claimsShape = z.looseObject({
  iss: text,
  sub: text,
  aud: z.union([z.string().max(1024), z.array(z.string().max(1024)).max(64)]).optional(),
  exp: second,
  nbf: second,
  iat: second,
  jti: z.string().min(1).max(256).optional(),
});

interface Jwt {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly claims: z.infer<typeof claimsShape>;
  /** What is signed: header and claims. */
  readonly input: string;
  readonly signature: Uint8Array;
}

const format = (why: string): Refusal => new Refusal('TICKET_FORMAT', why);

/** Errors: `TICKET_FORMAT`. */
function readJwt(data: Uint8Array): Jwt {
  if (data.length > MAX_TOKEN_CHARACTERS) throw format('The token is longer than 8,192 characters.');
  try {
    const [head, body, seal, ...more] = fromUtf8(data).split('.');
    if (head === undefined || body === undefined || seal === undefined || more.length > 0)
      throw format('A token has three parts joined by dots.');
    const json = (part: string): unknown => JSON.parse(fromUtf8(fromBase64url(part)));
    const header = headerShape.safeParse(json(head));
    if (!header.success) throw format('The header is not that of a JWT ticket.');
    const claims = claimsShape.safeParse(json(body));
    if (!claims.success)
      throw format(`The claim ${claims.error.issues[0]?.path.join('.') ?? ''} is malformed.`);
    const { alg, kid } = header.data;
    return { alg, kid, claims: claims.data, input: `${head}.${body}`, signature: fromBase64url(seal) };
  } catch (error) {
    if (error instanceof Refusal && error.code === 'TICKET_FORMAT') throw error;
    throw format('A part of the token is not base64url JSON.');
  }
}

/** What a token says of itself; nothing of it is verified, and a claim that is absent is not asked for either. */
export interface JwtSays {
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly audiences: readonly string[];
  /** Unix milliseconds; null: it does not end. */
  readonly expires: number | null;
}

/** Reads it without the issuer's key. Errors: `TICKET_FORMAT`, `TICKET_ALGORITHM`. */
export function readJwtSays(data: Uint8Array): JwtSays {
  const token = readJwt(data);
  if (!isSupported(token.alg)) throw refuseAlgorithm(token.alg);
  const { iss = null, sub = null, exp } = token.claims;
  return {
    issuer: iss,
    subject: sub,
    audiences: audiencesOf(token),
    expires: exp === undefined ? null : exp * 1000,
  };
}

const audiencesOf = ({ claims: { aud } }: Jwt): readonly string[] =>
  typeof aud === 'string' ? [aud] : (aud ?? []);

/**
 * What a token is called when it is taken back, beside the id of its bytes: the hash of its jti as the Chronicle has it,
 * and an id of what was signed, which no other spelling of the signature escapes. Empty for what is no token.
 */
export function jwtRevocationIds(hashes: Hashes, data: Uint8Array): readonly UniqueId[] {
  try {
    return idsOf(hashes, readJwt(data));
  } catch {
    return [];
  }
}

const idsOf = (hashes: Hashes, { input, claims }: Jwt): readonly UniqueId[] => [
  derive(JWT_CLASS, input),
  ...(claims.jti === undefined ? [] : [ticketId(hashes, claims.jti)]),
];

/** The keys to try: those that the token names, else all of its algorithm. */
function candidates(keys: readonly JwtKey[], { alg, kid }: Jwt): readonly JwtKey[] {
  const able = keys.filter((key) => key.alg === alg);
  const named = kid === undefined ? [] : able.filter((key) => key.kid === kid);
  return named.length > 0 ? named : able;
}

/** Plans the judgement of a ticket's data. Errors become a refusal in the answer; nothing throws. */
export function planJwt(validator: JwtValidator, data: Uint8Array, context: JudgeContext): Plan<Judgement> {
  let token: Jwt;
  try {
    token = readJwt(data);
    if (!isSupported(token.alg)) throw refuseAlgorithm(token.alg);
  } catch (error) {
    if (error instanceof Refusal) return settled(refused(error.code, error.message));
    throw error;
  }
  const keys = candidates(validator.keys, token);
  if (keys.length === 0)
    return settled(refused('TICKET_KEY', `No ${token.alg} key of the issuer is known here.`));
  const { signature } = token;
  const message = utf8(token.input);
  return {
    jobs: keys.map((key) => ({
      alg: key.alg === 'EdDSA' ? 'ed25519' : 'p256',
      key: jobKey(key),
      message,
      signature,
    })),
    conclude: (answers) =>
      answers.includes(true)
        ? judgeClaims(validator, token, context)
        : refused('TICKET_SIGNATURE', 'No key of the issuer signed the ticket.'),
  };
}

function judgeClaims(validator: JwtValidator, token: Jwt, context: JudgeContext): Judgement {
  const { issuers, audiences, subject = context.peer } = validator;
  const { claims } = token;
  if (issuers.length > 0 && (claims.iss === undefined || !issuers.includes(claims.iss)))
    return refused('TICKET_ISSUER', 'The ticket names another issuer.');
  if (audiences.length > 0 && !audiencesOf(token).some((one) => audiences.includes(one)))
    return refused('TICKET_AUDIENCE', 'The ticket is for somebody else.');
  if (claims.sub !== subject) return refused('TICKET_SUBJECT', 'The ticket names another peer.');
  for (const [name, value] of validator.claims ?? [])
    if (!Object.hasOwn(claims, name) || !sameClaim(claims[name], value))
      return refused('TICKET_CLAIM', `The claim ${name} of the ticket is not what is asked for.`);
  const bad = badTime(validator, token, context.now);
  if (bad !== null) return bad;
  if (idsOf(context.hashes, token).some((id) => context.revoked?.(id) === true))
    return refused('TICKET_REVOKED', 'The ticket was taken back.');
  const { exp, iat = 0 } = claims;
  const { maxAge = 0 } = validator;
  return admitted(
    earliest([exp === undefined ? NEVER : exp * 1000, maxAge === 0 ? NEVER : (iat + maxAge + 1) * 1000]),
  );
}

/** All times in seconds but `now`; a refusal that passes by itself says when. */
function badTime(validator: JwtValidator, { claims }: Jwt, now: number): Refused | null {
  const { exp, nbf = 0, iat } = claims;
  const { maxLifetime = 0, maxAge = 0, notBefore = 0 } = validator;
  if (exp === undefined && validator.allowNonExpiring !== true)
    return refused('TICKET_LIFETIME', 'The ticket has no end, and here it needs one.');
  if (exp !== undefined && exp * 1000 <= now) return refused('TICKET_TIME', 'The ticket has expired.');
  // issued in the future, a ticket would be younger than it is
  const begins = Math.max(nbf, iat ?? 0) * 1000;
  if (begins > now) return refused('TICKET_TIME', 'The ticket is not valid yet.', begins);
  if ((maxAge > 0 || notBefore > 0) && iat === undefined)
    return refused('TICKET_AGE', 'The ticket does not say when it was issued.');
  if (maxAge > 0 && Math.floor(now / 1000) - (iat ?? 0) > maxAge)
    return refused('TICKET_AGE', 'The ticket was issued too long ago.');
  if ((iat ?? 0) < notBefore)
    return refused('TICKET_AGE', 'The ticket was issued before all of that time were taken back.');
  if (maxLifetime > 0) {
    if (exp === undefined) return refused('TICKET_LIFETIME', 'The ticket has no end, and here it needs one.');
    const from = (exp - maxLifetime) * 1000;
    if (from > Math.floor(now / 1000) * 1000)
      return refused('TICKET_LIFETIME', 'The ticket would be valid for too long.', from);
  }
  return null;
}

function sameClaim(has: unknown, wanted: unknown): boolean {
  try {
    return claimText(has) === claimText(wanted);
  } catch {
    return false; // nothing that JSON of whole numbers can say
  }
}
