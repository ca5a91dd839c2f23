/**
 * What a validator is folded into ids as (coalition.md 3.6, 3.7, 3.8): whoever validates otherwise computes another
 * GroupId and never meets the others. The steps are those of the runtime; what it has no step for (attestation policy,
 * simulated evidence) is folded only when it is set, so that everything else keeps the runtime's ids.
 */
import { derive, idFrom } from '../bytes/index.ts';
import type { UniqueId } from '../bytes/index.ts';
import { claimText } from './canonical.ts';
import { JWT_CLASS, TDX_CLASS } from './ticket.ts';
import { MEASURED } from './validator.ts';
import type { JwtValidator, TdxCriteria, TdxValidator, Validator } from './validator.ts';

/** The signature of a validator; also what a Group's secret is when its key is derived from one. */
export function validatorSignature(validator: Validator): UniqueId {
  switch (validator.kind) {
    case 'jwt':
      return jwt(validator);
    case 'tdx':
      return tdx(validator);
    case 'allOf':
    case 'anyOf':
      return fold(idFrom(`ticket.${validator.kind}`), validator.of.map(validatorSignature));
  }
}

/** Tags under which keys are fingerprinted, spelt as the runtime has them. */
const KEY_TAGS = { EdDSA: 'EdDsa', ES256: 'es256' } as const;

const jwt = (validator: JwtValidator): UniqueId =>
  fold(JWT_CLASS, [
    ...validator.keys.flatMap(({ alg, key }) => [alg, derive(idFrom(KEY_TAGS[alg]), key)]),
    Uint8Array.of(validator.allowNonExpiring === true ? 1 : 0),
    validator.issuers.join(','),
    validator.audiences.join(','),
    validator.subject ?? '',
    le64(validator.maxLifetime),
    le64(validator.maxAge),
    ...(validator.claims ?? []).flatMap(([name, value]) => [name, claimText(value)]),
  ]);

const tdx = (validator: TdxValidator): UniqueId =>
  fold(TDX_CLASS, [
    criteriaSignature(validator.baseline),
    ...validator.variants.map(criteriaSignature),
    le64(validator.maxAge),
    le64(validator.notBefore),
    le64(validator.maxLifetime),
    ...(validator.policy === undefined ? [] : ['muster.policy', validator.policy]),
    ...(validator.simulated === true ? ['muster.simulated'] : []),
  ]);

/** Measurements as one id; what is left out stands as bytes that say which it is. */
export function criteriaSignature(criteria: TdxCriteria): UniqueId {
  const absent = { mrtd: 9, rtmr0: 1, rtmr1: 2, rtmr2: 3, rtmr3: 4 } as const;
  return fold(
    idFrom('mosaik.tee.tdx.measurements-criteria.v1'),
    MEASURED.map((name) => criteria[name] ?? new Uint8Array(48).fill(absent[name])),
  );
}

const fold = (start: UniqueId, parts: readonly (Uint8Array | string)[]): UniqueId =>
  parts.reduce<UniqueId>((id, part) => derive(id, part), start);

/** Eight bytes, least significant first; 0 when nothing is said. */
export function le64(value = 0): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigInt64(0, BigInt(value), true);
  return out;
}
