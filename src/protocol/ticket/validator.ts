/**
 * Validators of tickets as data (coalition.md 3.6 to 3.8), so that they can be published, compared and folded into ids.
 * What one is worth is judged in judge.ts; what id it has in signature.ts.
 */
import { z } from 'zod';
import { Refusal, toHex } from '../bytes/index.ts';
import type { UniqueId, Value } from '../bytes/index.ts';
import { bytes, count } from '../record/index.ts';
import { claimText } from './canonical.ts';
import { readJwtKey } from './jwt-key.ts';
import type { JwtKey } from './jwt-key.ts';
import { LAST_SECOND } from './ticket.ts';

/** A JWT in the entry that one of these keys signed. Empty lists ask for nothing. */
export interface JwtValidator {
  readonly kind: 'jwt';
  /** Several allow rotation; 1 to 16. */
  readonly keys: readonly JwtKey[];
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  /** Who must be the subject; absent: the peer itself, as lower-case hex of its key. */
  readonly subject?: string | undefined;
  /** Seconds from now to the end, at most; absent or 0: any. */
  readonly maxLifetime?: number | undefined;
  /** Seconds since it was issued, at most, which asks for `iat`; absent or 0: any. */
  readonly maxAge?: number | undefined;
  /**
   * Unix seconds: tickets issued before are refused, which asks for `iat`. How an issuer takes back all that it gave
   * out; not part of the signature, so that nobody's id changes by it (coalition.md 6).
   */
  readonly notBefore?: number | undefined;
  /** Take tickets without an end. */
  readonly allowNonExpiring?: boolean | undefined;
  /** Claims that must be there with exactly these values, in the order in which they are folded. */
  readonly claims?: readonly (readonly [name: string, value: Value])[] | undefined;
}

/** Measurements that a TD must have, 48 bytes each; those left out may be anything. */
export interface TdxCriteria {
  readonly mrtd?: Uint8Array | undefined;
  readonly rtmr0?: Uint8Array | undefined;
  readonly rtmr1?: Uint8Array | undefined;
  readonly rtmr2?: Uint8Array | undefined;
  readonly rtmr3?: Uint8Array | undefined;
}

/** A TDX ticket in the entry: a quote of the peer's own TD, for this network. */
export interface TdxValidator {
  readonly kind: 'tdx';
  /** All of it must match, */
  readonly baseline: TdxCriteria;
  /** and one of these, if there are any. */
  readonly variants: readonly TdxCriteria[];
  /** Seconds since the quote was made, at most; absent or 0: any. */
  readonly maxAge?: number | undefined;
  /** Unix seconds: quotes made before are refused; absent or 0: any. */
  readonly notBefore?: number | undefined;
  /** Seconds between quote and end, at most; refuses tickets without an end. Absent or 0: any. */
  readonly maxLifetime?: number | undefined;
  /** BLAKE3 of the attestation policy's text that the quote must satisfy; absent: the judging node's own. */
  readonly policy?: UniqueId | undefined;
  /** Take simulated evidence as well: for demonstrations and tests only. */
  readonly simulated?: boolean | undefined;
}

/** All of them; an empty list asks for nothing. */
export interface AllOf {
  readonly kind: 'allOf';
  readonly of: readonly Validator[];
}
/** At least one of them. */
export interface AnyOf {
  readonly kind: 'anyOf';
  readonly of: readonly Validator[];
}

export type Validator = JwtValidator | TdxValidator | AllOf | AnyOf;

export const allOf = (...of: readonly Validator[]): AllOf => ({ kind: 'allOf', of });
export const anyOf = (...of: readonly Validator[]): AnyOf => ({ kind: 'anyOf', of });

export const MEASURED = ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'] as const;

export const VALIDATOR_LIMITS = { keys: 16, texts: 32, claims: 16, variants: 64, depth: 8, all: 64 } as const;

// issuers and audiences are folded joined by commas, so that one with a comma would be two
const text = z
  .string()
  .min(1)
  .max(256)
  .refine((value) => value.isWellFormed() && !value.includes(','), {
    error: 'expected text without a comma',
  });
const texts = z.array(text).max(VALIDATOR_LIMITS.texts);
const span = count.max(LAST_SECOND).optional();
const jwtShape = z.strictObject({
  kind: z.literal('jwt'),
  keys: z
    .array(
      z.strictObject({ alg: z.string(), key: bytes(32, 33), kid: z.string().min(1).max(256).optional() }),
    )
    .min(1)
    .max(VALIDATOR_LIMITS.keys),
  issuers: texts,
  audiences: texts,
  subject: z.string().min(1).max(256).optional(),
  maxLifetime: span,
  maxAge: span,
  notBefore: span,
  allowNonExpiring: z.boolean().optional(),
  claims: z
    .array(z.tuple([z.string().min(1).max(128), z.unknown()]))
    .max(VALIDATOR_LIMITS.claims)
    .optional(),
});
const measured = bytes(48).optional();
const criteriaShape = z.strictObject({
  mrtd: measured,
  rtmr0: measured,
  rtmr1: measured,
  rtmr2: measured,
  rtmr3: measured,
});
const tdxShape = z.strictObject({
  kind: z.literal('tdx'),
  baseline: criteriaShape,
  variants: z.array(criteriaShape).max(VALIDATOR_LIMITS.variants),
  maxAge: span,
  notBefore: span,
  maxLifetime: span,
  policy: bytes(32).optional(),
  simulated: z.boolean().optional(),
});

/** Refuses what is no validator. Errors: `VALIDATOR_FORMAT`, `TICKET_ALGORITHM`, `TICKET_KEY_FORMAT`. */
export function checkValidator(validator: unknown): asserts validator is Validator {
  let seen = 0;
  const walk = (value: unknown, depth: number): void => {
    seen += 1;
    if (seen > VALIDATOR_LIMITS.all || depth > VALIDATOR_LIMITS.depth)
      throw malformed('it has more than 64 parts, or nests deeper than 8');
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
    if (kind === 'jwt') {
      const { keys, claims = [] } = parsed(jwtShape, value);
      const names = claims.map(([name]) => name);
      if (new Set(names).size < names.length) throw malformed('a claim is asked for twice');
      for (const [, wanted] of claims) claimText(wanted);
      for (const { alg, key } of keys) readJwtKey(alg, key);
      if (new Set(keys.map(({ alg, key }) => `${alg} ${toHex(key)}`)).size < keys.length)
        throw malformed('a key stands in it twice');
    } else if (kind === 'tdx') parsed(tdxShape, value);
    else if (kind === 'allOf' || kind === 'anyOf') {
      const { of } = value as { of?: unknown };
      if (!Array.isArray(of)) throw malformed('what it is composed of is no list');
      if (kind === 'anyOf' && of.length === 0) throw malformed('any of nothing would admit nobody');
      for (const part of of) walk(part, depth + 1);
    } else throw malformed('its kind is not known');
  };
  walk(validator, 0);
}

function parsed<T>(shape: z.ZodType<T>, value: unknown): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw malformed(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`);
}

const malformed = (why: string): Refusal =>
  new Refusal('VALIDATOR_FORMAT', `This is no validator of tickets: ${why}.`);
