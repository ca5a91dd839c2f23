/** Signatures of validators against BLAKE3 over concatenated bytes, and nothing of ours (coalition.md 3.6 to 3.8). */
import { blake3 } from '@noble/hashes/blake3.js';
import { p256 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/protocol/bytes/index.ts';
import {
  allOf,
  anyOf,
  checkValidator,
  criteriaSignature,
  JWT_CLASS,
  jwtSignature,
  readJwtKey,
  TDX_CLASS,
  tdxBinding,
  ticketIdOf,
  UNSUPPORTED_ALGORITHMS,
  validatorSignature,
} from '../../../src/protocol/ticket/index.ts';
import type { JwtValidator, TdxValidator, Validator } from '../../../src/protocol/ticket/index.ts';
import { codeOf, refusalOf } from '../../refusal.ts';

const hash = (...parts: (Uint8Array | string)[]): Uint8Array =>
  blake3(Buffer.concat(parts.map((part) => Buffer.from(part))));
const chain = (first: Uint8Array, ...infos: (Uint8Array | string)[]): Uint8Array =>
  infos.reduce<Uint8Array>((id, info) => hash(id, info), first);
const le = (value: bigint): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigInt64LE(value);
  return out;
};
const fill = (byte: number, length = 48): Uint8Array => new Uint8Array(length).fill(byte);

const ed = fill(7, 32);
const ec = p256.Point.BASE.toBytes(true);
const EMPTY_JWT = { kind: 'jwt', keys: [{ alg: 'EdDSA', key: ed }], issuers: [], audiences: [] } as const;
const FULL_JWT: JwtValidator = {
  kind: 'jwt',
  keys: [
    { alg: 'EdDSA', key: ed, kid: 'new' },
    { alg: 'ES256', key: ec },
  ],
  issuers: ['a', 'b'],
  audiences: ['x', 'y'],
  subject: 'somebody',
  maxLifetime: 3600,
  maxAge: 60,
  notBefore: 5,
  allowNonExpiring: true,
  claims: [
    ['role', 'provider'],
    ['quota', { max: 5, exact: false }],
  ],
};
const EMPTY_TDX = { kind: 'tdx', baseline: {}, variants: [] } as const;
const FULL_TDX: TdxValidator = {
  kind: 'tdx',
  baseline: { mrtd: fill(0x11) },
  variants: [
    { rtmr1: fill(0x21), rtmr2: fill(0x22) },
    { rtmr0: fill(0x20), rtmr3: fill(0x23) },
  ],
  maxAge: 86_400,
  notBefore: 1_700_000_000,
  maxLifetime: 604_800,
};

const criteria = (...values: Uint8Array[]): Uint8Array =>
  chain(hash('mosaik.tee.tdx.measurements-criteria.v1'), ...values);
const ANY = criteria(fill(9), fill(1), fill(2), fill(3), fill(4));

describe('the signature of a JWT validator', () => {
  it('is the chain of hashes that the seeds give', () => {
    expect(JWT_CLASS).toEqual(hash('mosaik.tickets.jwt.v1'));
    expect(validatorSignature(EMPTY_JWT)).toEqual(
      chain(JWT_CLASS, 'EdDSA', chain(hash('EdDsa'), ed), Uint8Array.of(0), '', '', '', le(0n), le(0n)),
    );
    expect(validatorSignature(FULL_JWT)).toEqual(
      chain(
        hash('mosaik.tickets.jwt.v1'),
        'EdDSA',
        chain(hash('EdDsa'), ed),
        'ES256',
        chain(hash('es256'), ec),
        Uint8Array.of(1),
        'a,b',
        'x,y',
        'somebody',
        le(3600n),
        le(60n),
        'role',
        '"provider"',
        'quota',
        '{"exact":false,"max":5}',
      ),
    );
  });

  it('is that of the issuer’s tickets for the same rules', () => {
    const rules = { keys: [ed], issuers: ['a'], audiences: ['b'], maxLifetime: 9 };
    expect(jwtSignature(rules)).toEqual(
      validatorSignature({ ...EMPTY_JWT, issuers: ['a'], audiences: ['b'], maxLifetime: 9 }),
    );
  });

  it('changes with every rule but the name of a key and the time before which all are taken back', () => {
    const changed: Partial<JwtValidator>[] = [
      { keys: [FULL_JWT.keys[1]!, FULL_JWT.keys[0]!] },
      { keys: FULL_JWT.keys.slice(0, 1) },
      { issuers: ['b', 'a'] },
      { audiences: [] },
      { subject: undefined },
      { maxLifetime: 3601 },
      { maxAge: undefined },
      { allowNonExpiring: false },
      { claims: [] },
      { claims: FULL_JWT.claims!.toReversed() },
    ];
    const all = [FULL_JWT, ...changed.map((one) => ({ ...FULL_JWT, ...one }))];
    expect(new Set(all.map((one) => toHex(validatorSignature(one)))).size).toBe(all.length);
    const same = { ...FULL_JWT, notBefore: 99, keys: FULL_JWT.keys.map(({ alg, key }) => ({ alg, key })) };
    expect(validatorSignature(same)).toEqual(validatorSignature(FULL_JWT));
  });
});

describe('the signature of a TDX validator', () => {
  it('is the chain of hashes that the seeds give', () => {
    expect(TDX_CLASS).toEqual(hash('mosaik.tee.tdx.ticket.v1'));
    expect(criteriaSignature({})).toEqual(ANY);
    expect(validatorSignature(EMPTY_TDX)).toEqual(chain(TDX_CLASS, ANY, le(0n), le(0n), le(0n)));
    expect(validatorSignature(FULL_TDX)).toEqual(
      chain(
        TDX_CLASS,
        criteria(fill(0x11), fill(1), fill(2), fill(3), fill(4)),
        criteria(fill(9), fill(1), fill(0x21), fill(0x22), fill(4)),
        criteria(fill(9), fill(0x20), fill(2), fill(3), fill(0x23)),
        le(86_400n),
        le(1_700_000_000n),
        le(604_800n),
      ),
    );
  });

  it('has what the seeds do not know at its end, and only when it is set', () => {
    const plain = validatorSignature(FULL_TDX);
    const policy = fill(0xab, 32);
    expect(validatorSignature({ ...FULL_TDX, policy })).toEqual(chain(plain, 'muster.policy', policy));
    expect(validatorSignature({ ...FULL_TDX, simulated: true })).toEqual(chain(plain, 'muster.simulated'));
    expect(validatorSignature({ ...FULL_TDX, simulated: false })).toEqual(plain);
  });
});

describe('the signature of a composition', () => {
  const a = validatorSignature(EMPTY_JWT);
  const b = validatorSignature(EMPTY_TDX);
  it('folds its parts in order under its own name', () => {
    expect(validatorSignature(allOf(EMPTY_JWT, EMPTY_TDX))).toEqual(chain(hash('ticket.allOf'), a, b));
    expect(validatorSignature(anyOf(EMPTY_TDX, EMPTY_JWT))).toEqual(chain(hash('ticket.anyOf'), b, a));
    expect(validatorSignature(allOf(anyOf(EMPTY_JWT)))).toEqual(
      chain(hash('ticket.allOf'), chain(hash('ticket.anyOf'), a)),
    );
  });
});

describe('golden vectors', () => {
  it.each<[string, Uint8Array, string]>([
    ['jwt', validatorSignature(FULL_JWT), '7b5b7d77f277b48b55828f33e05fd8aa8075292ac9ebf89b925fbdde662094c6'],
    ['tdx', validatorSignature(FULL_TDX), '2ae900817509b5f42c89839a180580c8fbae6d34ec80044a4e1316902572ecb1'],
    ['criteria', criteriaSignature({}), '3b000e646edb8d04184a929f13bb44c343bfbfb74fde13aa0dd1e058cca552b2'],
    [
      'anyOf',
      validatorSignature(anyOf(EMPTY_JWT, EMPTY_TDX)),
      'be82eef9860958b8051841582d45cd789bdcabc1f3fabf9dc6ef32288e08dc73',
    ],
  ])('%s', (_name, id, golden) => {
    expect(toHex(id)).toBe(golden);
  });

  it('the binding of a TDX ticket, with and without an end', () => {
    const extra = {
      peer: fill(1, 32),
      network: fill(2, 32),
      startedAt: 1_760_000_000,
      quotedAt: 1_760_000_100,
    };
    const start = chain(hash('mosaik.tdx.ticket.extra'), fill(1, 32), fill(2, 32));
    expect(tdxBinding({ ...extra, expires: 1_760_003_700 })).toEqual(
      chain(start, le(1_760_000_000n), le(1_760_000_100n), le(1_760_003_700n)),
    );
    expect(tdxBinding({ ...extra, expires: null })).toEqual(
      chain(start, le(1_760_000_000n), le(1_760_000_100n), new Uint8Array(8)),
    );
  });

  it('the id of a ticket', () => {
    expect(ticketIdOf({ class: JWT_CLASS, data: Buffer.from('abc') })).toEqual(hash(JWT_CLASS, 'abc'));
  });
});

describe('a validator', () => {
  it.each<[string, Validator]>([
    ['of JWT', FULL_JWT],
    ['of TDX', FULL_TDX],
    ['of nothing', allOf()],
    ['of several', anyOf(allOf(FULL_JWT, FULL_TDX), EMPTY_JWT)],
  ])('%s is taken', (_name, validator) => {
    expect(() => checkValidator(validator)).not.toThrow();
  });

  let nested: Validator = EMPTY_JWT;
  for (let i = 0; i < 9; i++) nested = allOf(nested);
  it.each<[string, unknown]>([
    ['nothing', null],
    ['another kind', { kind: 'password' }],
    ['no keys', { ...EMPTY_JWT, keys: [] }],
    ['a key twice', { ...EMPTY_JWT, keys: [EMPTY_JWT.keys[0], EMPTY_JWT.keys[0]] }],
    ['an issuer with a comma', { ...EMPTY_JWT, issuers: ['a,b'] }],
    ['an empty issuer', { ...EMPTY_JWT, issuers: [''] }],
    ['a lifetime that is no span', { ...EMPTY_JWT, maxLifetime: -1 }],
    ['an unknown member', { ...EMPTY_JWT, allowAll: true }],
    [
      'a claim twice',
      {
        ...EMPTY_JWT,
        claims: [
          ['a', 1],
          ['a', 2],
        ],
      },
    ],
    ['a claim with a fraction', { ...EMPTY_JWT, claims: [['a', 1.5]] }],
    ['a measurement of another length', { ...EMPTY_TDX, baseline: { mrtd: fill(1, 32) } }],
    ['a register that does not exist', { ...EMPTY_TDX, baseline: { rtmr4: fill(1) } }],
    ['any of nothing', anyOf()],
    ['no list', { kind: 'allOf', of: {} }],
    ['too deep a nest', nested],
    ['too many parts', allOf(...Array.from({ length: 64 }, () => EMPTY_JWT))],
  ])('is refused with %s', (_name, validator) => {
    expect(codeOf(() => checkValidator(validator))).toBe('VALIDATOR_FORMAT');
  });

  it.each([...UNSUPPORTED_ALGORITHMS])('is refused by name when its keys are for %s', (alg) => {
    const refusal = refusalOf(() => checkValidator({ ...EMPTY_JWT, keys: [{ alg, key: fill(1, 32) }] }));
    expect(refusal.code).toBe('TICKET_ALGORITHM');
    expect(refusal.message).toContain(alg);
  });
});

describe('a key', () => {
  it('of P-256 may come compressed or not, as bytes or hex, and is kept compressed', () => {
    const whole = p256.Point.BASE.toBytes(false);
    for (const spelling of [ec, whole, whole.subarray(1), toHex(ec), toHex(whole)])
      expect(readJwtKey('ES256', spelling)).toEqual({ alg: 'ES256', key: ec });
  });

  it('that is none is refused', () => {
    for (const key of [fill(5, 33), fill(4, 64), new Uint8Array(33), fill(1, 32)])
      expect(codeOf(() => readJwtKey('ES256', key))).toBe('TICKET_KEY_FORMAT');
    expect(codeOf(() => readJwtKey('EdDSA', fill(1, 33)))).toBe('TICKET_KEY_FORMAT');
    expect(codeOf(() => readJwtKey('none', ed))).toBe('TICKET_ALGORITHM');
  });
});
