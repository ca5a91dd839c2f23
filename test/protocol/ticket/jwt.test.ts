import { generateKeyPairSync, sign } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSignatureChecker, nodeHashes } from '../../../src/main/hashes.ts';
import {
  derive,
  fromBase64url,
  idFrom,
  settle,
  toBase64url,
  toHex,
  utf8,
} from '../../../src/protocol/bytes/index.ts';
import {
  assembleToken,
  JWT_CLASS,
  jtiFrom,
  judgeTicket,
  jwtSignature,
  MAX_TOKEN_CHARACTERS,
  signingInput,
  ticketId,
} from '../../../src/protocol/ticket/index.ts';
import type { JwtRules, TicketClaims, TicketVerdict } from '../../../src/protocol/ticket/index.ts';

const keyPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    key: fromBase64url(String(publicKey.export({ format: 'jwk' }).x)),
    sign: (text: string) => new Uint8Array(sign(null, utf8(text), privateKey)),
  };
};
const issuer = keyPair();
const check = createSignatureChecker();
const DAY = 86_400;
const NOW = 1_760_000_000;
const [root, peer, audience] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [string, string, string];
const claims: TicketClaims = {
  iss: root,
  sub: peer,
  aud: audience,
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + DAY,
  jti: jtiFrom(new Uint8Array(16).fill(5)),
};
const rules: JwtRules = { keys: [issuer.key], issuers: [root], audiences: [audience], maxLifetime: 90 * DAY };

/** A token whose header and claims are whatever a test wants, properly signed. */
const tokenOf = (body: object, header: object = {}, by = issuer): string => {
  const part = (value: object): string => toBase64url(utf8(JSON.stringify(value)));
  const input = `${part({ alg: 'EdDSA', typ: 'JWT', kid: toHex(by.key), ...header })}.${part(body)}`;
  return assembleToken(input, by.sign(input));
};
const judged = (
  token: string,
  change: Partial<JwtRules> = {},
  now = NOW,
  revoked?: (id: Uint8Array) => boolean,
): TicketVerdict => settle(judgeTicket(nodeHashes, token, { ...rules, ...change }, now, revoked), check);
const outcomeOf = (verdict: TicketVerdict, id: string): string | undefined =>
  verdict.checks.find((one) => one.id === id)?.outcome;

describe('a ticket', () => {
  it('that its issuer wrote passes every check that can be made', () => {
    const input = signingInput(claims, issuer.key);
    const verdict = judged(assembleToken(input, issuer.sign(input)), { subject: peer }, NOW, () => false);
    expect(verdict).toMatchObject({ ok: true, code: null, claims });
    expect(verdict.checks.map(({ id }) => id)).toEqual([
      'format',
      'key',
      'signature',
      'issuer',
      'audience',
      'subject',
      'lifetime',
      'time',
      'revocation',
    ]);
    expect(verdict.checks.every(({ outcome }) => outcome === 'passed')).toBe(true);
  });

  it('says what was not checked where nobody could know', () => {
    const verdict = judged(tokenOf(claims));
    expect(verdict.ok).toBe(true);
    expect([outcomeOf(verdict, 'subject'), outcomeOf(verdict, 'revocation')]).toEqual([
      'not-checked',
      'not-checked',
    ]);
  });

  it('may come with white space around it, and carry a role', () => {
    expect(judged(` ${tokenOf({ ...claims, role: 'provider' })}\n`)).toMatchObject({
      ok: true,
      claims: { role: 'provider' },
    });
  });

  it('is known in the log by the hash of its jti alone', () => {
    expect(toHex(ticketId(nodeHashes, claims.jti))).toBe(toHex(nodeHashes.sha256(utf8(claims.jti))));
    expect(claims.jti).toHaveLength(22);
  });
});

describe('a ticket is refused', () => {
  const other = keyPair();
  it.each<[string, string, string, () => TicketVerdict]>([
    ['of another key', 'TICKET_KEY', 'key', () => judged(tokenOf(claims, {}, other))],
    [
      'of another key under the right key id',
      'TICKET_SIGNATURE',
      'signature',
      () => judged(tokenOf(claims, { kid: toHex(issuer.key) }, other)),
    ],
    ['of another issuer', 'TICKET_ISSUER', 'issuer', () => judged(tokenOf({ ...claims, iss: peer }))],
    ['for another audience', 'TICKET_AUDIENCE', 'audience', () => judged(tokenOf({ ...claims, aud: peer }))],
    [
      'when no audience is allowed',
      'TICKET_AUDIENCE',
      'audience',
      () => judged(tokenOf(claims), { audiences: [] }),
    ],
    ['of another peer', 'TICKET_SUBJECT', 'subject', () => judged(tokenOf(claims), { subject: root })],
    [
      'that lives too long',
      'TICKET_LIFETIME',
      'lifetime',
      () => judged(tokenOf({ ...claims, exp: claims.iat + 90 * DAY + 1 })),
    ],
    [
      'that ends before it was issued',
      'TICKET_LIFETIME',
      'lifetime',
      () => judged(tokenOf({ ...claims, iat: NOW - 10, exp: NOW - 20 })),
    ],
    [
      'that lives for no time',
      'TICKET_LIFETIME',
      'lifetime',
      () => judged(tokenOf({ ...claims, exp: claims.iat })),
    ],
    ['at the second it expires', 'TICKET_TIME', 'time', () => judged(tokenOf(claims), {}, claims.exp)],
    ['before it begins', 'TICKET_TIME', 'time', () => judged(tokenOf({ ...claims, nbf: NOW + 1 }))],
    [
      'that was issued in the future',
      'TICKET_TIME',
      'time',
      () => judged(tokenOf({ ...claims, iat: NOW + 1 })),
    ],
    ['that was revoked', 'TICKET_REVOKED', 'revocation', () => judged(tokenOf(claims), {}, NOW, () => true)],
  ])('%s: %s', (_why, code, id, judge) => {
    const verdict = judge();
    expect(verdict.ok).toBe(false);
    expect(verdict.code).toBe(code);
    expect(outcomeOf(verdict, id)).toBe('failed');
    // what it says is shown all the same
    expect(verdict.claims).not.toBeNull();
  });

  it('with an end as far away as numbers go, however it says that it is short-lived', () => {
    const end = 253_402_300_799;
    expect(judged(tokenOf({ ...claims, exp: end })).code).toBe('TICKET_LIFETIME');
    expect(judged(tokenOf({ ...claims, exp: end }), { maxLifetime: 0 }).ok).toBe(true);
    expect(judged(tokenOf({ ...claims, iat: end - 1, exp: end })).code).toBe('TICKET_TIME');
    for (const absurd of [end + 1, 2 ** 53, 1e300, -1, 1.5, 'never', null])
      expect(judged(tokenOf({ ...claims, exp: absurd })).code, String(absurd)).toBe('TICKET_FORMAT');
  });

  it('by name of the first check that failed, and tells the others too', () => {
    const verdict = judged(tokenOf({ ...claims, iss: peer, aud: peer }), {}, claims.exp);
    expect(verdict.code).toBe('TICKET_ISSUER');
    expect(verdict.checks.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)).toEqual([
      'issuer',
      'audience',
      'time',
    ]);
  });

  it('is asked for revocation by its own id', () => {
    const asked: string[] = [];
    judged(tokenOf(claims), {}, NOW, (id) => asked.push(toHex(id)) < 0);
    expect(asked).toEqual([toHex(ticketId(nodeHashes, claims.jti))]);
  });

  it('with a signature that is not checked against any key, when its key is unknown', () => {
    const plan = judgeTicket(nodeHashes, tokenOf(claims, {}, other), rules, NOW);
    expect(plan.jobs).toEqual([]);
    expect(outcomeOf(plan.conclude([]), 'signature')).toBe('not-checked');
  });
});

describe('a text is no ticket', () => {
  const good = tokenOf(claims);
  const [head, body, seal] = good.split('.') as [string, string, string];
  it.each<[string, string]>([
    ['when it is empty', ''],
    ['with two parts', `${head}.${body}`],
    ['with four parts', `${good}.`],
    ['with padding', `${head}=.${body}.${seal}`],
    ['with a part that is no JSON', `${toBase64url(utf8('no'))}.${body}.${seal}`],
    ['with a part that is no UTF-8', `${head}.${toBase64url(new Uint8Array([0xff]))}.${seal}`],
    ['with a short signature', `${head}.${body}.${seal.slice(0, -3)}`],
    ['without a signature', `${head}.${body}.`],
    ['that is too long', `${head}.${'A'.repeat(MAX_TOKEN_CHARACTERS)}.${seal}`],
    ['of the algorithm none', tokenOf(claims, { alg: 'none' })],
    ['of another algorithm', tokenOf(claims, { alg: 'HS256' })],
    ['of another algorithm in other case', tokenOf(claims, { alg: 'eddsa' })],
    ['of another type', tokenOf(claims, { typ: 'JWS' })],
    ['without a key id', tokenOf(claims, { kid: undefined })],
    ['that demands an extension', tokenOf(claims, { crit: ['b64'], b64: false })],
    ['without an end', tokenOf({ ...claims, exp: undefined })],
    ['without a beginning', tokenOf({ ...claims, nbf: undefined })],
    ['without an id', tokenOf({ ...claims, jti: undefined })],
    ['with a short id', tokenOf({ ...claims, jti: 'abc' })],
    ['with several audiences', tokenOf({ ...claims, aud: [audience] })],
    ['with a peer in capitals', tokenOf({ ...claims, sub: peer.toUpperCase() })],
    ['with a role that is empty', tokenOf({ ...claims, role: '' })],
  ])('%s', (_why, token) => {
    const verdict = judged(token);
    expect(verdict).toMatchObject({ ok: false, code: 'TICKET_FORMAT', claims: null });
    expect(verdict.checks).toHaveLength(1);
  });

  it('nor a ticket any more after one character of it was changed', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.constantFrom(...alphabet), (at, char) => {
        const changed = good.slice(0, at) + char + good.slice(at + 1);
        expect(judged(changed).ok).toBe(changed === good);
      }),
      { numRuns: 400 },
    );
  });
});

describe("a validator's signature", () => {
  const part = { keys: [issuer.key], issuers: [root], audiences: [audience], maxLifetime: 5 };
  it('folds class, keys, expiry, issuers, audiences, subject and lifetimes in that order', () => {
    let expected = derive(derive(JWT_CLASS, 'EdDSA'), derive(idFrom('EdDsa'), issuer.key));
    for (const piece of [
      new Uint8Array([0]),
      root,
      audience,
      '',
      new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0]),
      new Uint8Array(8),
    ])
      expected = derive(expected, piece);
    expect(toHex(jwtSignature(part))).toBe(toHex(expected));
  });

  it('changes with every one of its rules', () => {
    const changes = [
      {},
      { keys: [] },
      { keys: [issuer.key, issuer.key] },
      { issuers: [] },
      { issuers: [root, peer] },
      { audiences: [] },
      { subject: peer },
      { maxLifetime: 6 },
    ];
    expect(new Set(changes.map((change) => toHex(jwtSignature({ ...part, ...change })))).size).toBe(
      changes.length,
    );
  });
});
