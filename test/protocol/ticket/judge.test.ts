/** What tickets are worth to a validator (coalition.md 3.6 to 3.8, 13). */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { fromBase64url, toBase64url, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import {
  allOf,
  anyOf,
  claimText,
  jtiFrom,
  readTdxTicket,
  revocationIds,
  signingInput,
  TDX_CLASS,
  tdxBinding,
  tdxReportData,
  ticketId,
  ticketIdOf,
  UNSUPPORTED_ALGORITHMS,
  writeTdxTicket,
} from '../../../src/protocol/ticket/index.ts';
import type {
  Judgement,
  JwtValidator,
  QuoteFinding,
  TdxExtra,
  TdxValidator,
  Ticket,
  Validator,
} from '../../../src/protocol/ticket/index.ts';
import { codeOf } from '../../refusal.ts';
import { admission, codeOfJudgement, jwt, jwtTicket, newIssuer, tokenOf } from './tickets.ts';

const NOW = 1_760_000_000;
const [peer, other] = ['bb', 'cc'].map((byte) => byte.repeat(32)) as [string, string];
const network = new Uint8Array(32).fill(3);
const ed = newIssuer();
const ec = newIssuer('ES256');
const claims = {
  iss: 'root',
  sub: peer,
  aud: 'group',
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + 3600,
  jti: 'x',
};

const judge = (
  validators: readonly Validator[],
  tickets: readonly Ticket[],
  now = NOW * 1000,
  revoked?: (id: Uint8Array) => boolean,
): Judgement => admission(validators, tickets, { peer, network, now, revoked });
const one = (rules: Partial<JwtValidator>, body: object, now?: number): Judgement =>
  judge([jwt([ed.key], rules)], [jwtTicket(tokenOf(ed, body))], now);
const code = (rules: Partial<JwtValidator>, body: object, now?: number): string =>
  codeOfJudgement(one(rules, body, now));

describe('a JWT', () => {
  it('of the right issuer, for this peer and component, admits until it ends', () => {
    const rules = { issuers: ['root'], audiences: ['group'], maxLifetime: 3600, maxAge: 7200 };
    expect(one(rules, claims)).toMatchObject({ ok: true, until: (NOW + 3600) * 1000 });
  });

  it('that our own issuer wrote is taken as well', () => {
    const long = { iss: 'aa'.repeat(32), sub: peer, aud: 'dd'.repeat(32), iat: NOW, nbf: NOW, exp: NOW + 9 };
    const input = signingInput({ ...long, jti: jtiFrom(new Uint8Array(16)) }, ed.key.key);
    const token = `${input}.${toBase64url(ed.sign(input))}`;
    expect(
      judge([jwt([ed.key], { issuers: [long.iss], audiences: [long.aud] })], [jwtTicket(token)]).ok,
    ).toBe(true);
  });

  it.each<[string, string, Partial<JwtValidator>, object]>([
    ['of another issuer', 'TICKET_ISSUER', { issuers: ['someone'] }, {}],
    ['without an issuer', 'TICKET_ISSUER', { issuers: ['root'] }, { iss: undefined }],
    ['for another audience', 'TICKET_AUDIENCE', { audiences: ['stream'] }, {}],
    ['for none', 'TICKET_AUDIENCE', { audiences: ['group'] }, { aud: [] }],
    ['of another peer', 'TICKET_SUBJECT', {}, { sub: other }],
    ['of nobody', 'TICKET_SUBJECT', {}, { sub: undefined }],
    ['of the peer, where another subject is asked for', 'TICKET_SUBJECT', { subject: 'team' }, {}],
    ['that has expired', 'TICKET_TIME', {}, { exp: NOW }],
    [
      'that has expired, where an end is not asked for',
      'TICKET_TIME',
      { allowNonExpiring: true },
      { exp: NOW },
    ],
    ['that begins later', 'TICKET_TIME', {}, { nbf: NOW + 1 }],
    ['that was issued later', 'TICKET_TIME', {}, { iat: NOW + 1 }],
    ['without an end', 'TICKET_LIFETIME', {}, { exp: undefined }],
    [
      'without an end, where a lifetime is asked for',
      'TICKET_LIFETIME',
      { allowNonExpiring: true, maxLifetime: 9 },
      { exp: undefined },
    ],
    ['that lives too long', 'TICKET_LIFETIME', { maxLifetime: 3599 }, {}],
    ['that is too old', 'TICKET_AGE', { maxAge: 59 }, {}],
    ['of unknown age', 'TICKET_AGE', { maxAge: 60 }, { iat: undefined }],
    ['from before all were taken back', 'TICKET_AGE', { notBefore: NOW - 59 }, {}],
    ['without a claim', 'TICKET_CLAIM', { claims: [['role', 'a']] }, {}],
    ['with another claim', 'TICKET_CLAIM', { claims: [['role', 'a']] }, { role: 'A' }],
    ['with a claim that only inherits', 'TICKET_CLAIM', { claims: [['toString', 'a']] }, {}],
    ['with an absurd end', 'TICKET_FORMAT', { allowNonExpiring: true }, { exp: 253_402_300_800 }],
    ['with an end beyond numbers', 'TICKET_FORMAT', { allowNonExpiring: true }, { exp: 1e300 }],
    ['with an end that is a text', 'TICKET_FORMAT', { allowNonExpiring: true }, { exp: 'never' }],
    ['with an end that is null', 'TICKET_FORMAT', { allowNonExpiring: true }, { exp: null }],
  ])('%s is refused: %s', (_why, expected, rules, change) => {
    expect(code(rules, { ...claims, ...change })).toBe(expected);
  });

  it.each<[string, Partial<JwtValidator>, object]>([
    ['for several audiences, one of them here', { audiences: ['stream', 'group'] }, { aud: ['x', 'group'] }],
    ['for any audience, where none is asked for', {}, { aud: undefined }],
    ['of the subject that is asked for', { subject: 'team' }, { sub: 'team' }],
    ['of the very age and length', { maxAge: 60, maxLifetime: 3600, notBefore: NOW - 60 }, {}],
    [
      'with the claims, however they are spelt',
      { claims: [['q', { a: [1, null], b: true }]] },
      { q: { b: true, a: [1, null] } },
    ],
  ])('%s is taken', (_why, rules, change) => {
    expect(code(rules, { ...claims, ...change })).toBe('ok');
  });

  it('without an end admits without end where that is allowed, and never by an absurd one', () => {
    expect(one({ allowNonExpiring: true }, { ...claims, exp: undefined })).toMatchObject({
      ok: true,
      until: null,
    });
    expect(one({}, { ...claims, exp: 253_402_300_799 })).toMatchObject({
      ok: true,
      until: 253_402_300_799_000,
    });
  });

  it('that grows too old ends then, and not at its own end', () => {
    const judged = one({ maxAge: 100 }, claims);
    expect(judged).toMatchObject({ ok: true, until: (NOW + 41) * 1000 });
    expect(code({ maxAge: 100 }, claims, (NOW + 41) * 1000 - 1)).toBe('ok');
    expect(code({ maxAge: 100 }, claims, (NOW + 41) * 1000)).toBe('TICKET_AGE');
  });

  it('that is not good yet says when to look again', () => {
    expect(one({}, { ...claims, nbf: NOW + 50 })).toMatchObject({ ok: false, review: (NOW + 50) * 1000 });
    expect(one({ maxLifetime: 3000 }, claims)).toMatchObject({ ok: false, review: (NOW + 600) * 1000 });
    expect(code({ maxLifetime: 3000 }, claims, (NOW + 600) * 1000)).toBe('ok');
  });

  it.each([...UNSUPPORTED_ALGORITHMS, 'none', 'eddsa'])('signed with %s is refused by that name', (alg) => {
    const judged = judge([jwt([ed.key])], [jwtTicket(tokenOf(ed, claims, { alg }))]);
    expect(codeOfJudgement(judged)).toBe('TICKET_ALGORITHM');
  });

  it.each<[string, string]>([
    ['is empty', ''],
    ['has two parts', 'a.b'],
    ['has white space around it', ` ${tokenOf(ed, claims)}`],
    ['is too long', tokenOf(ed, { ...claims, x: 'x'.repeat(8192) })],
    ['has another type', tokenOf(ed, claims, { typ: 'JWE' })],
    ['demands an extension', tokenOf(ed, claims, { crit: ['exp'] })],
    ['is no object', tokenOf(ed, [claims])],
  ])('that %s is none', (_why, token) => {
    expect(codeOfJudgement(judge([jwt([ed.key])], [jwtTicket(token)]))).toBe('TICKET_FORMAT');
  });

  it('with any character changed admits nobody', () => {
    const good = tokenOf(ed, claims);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.constantFrom(...letters), (at, letter) => {
        const token = good.slice(0, at) + letter + good.slice(at + 1);
        expect(judge([jwt([ed.key])], [jwtTicket(token)]).ok).toBe(token === good);
      }),
      { numRuns: 300 },
    );
  });
});

describe('keys', () => {
  it('of both kinds sign, and only with their own algorithm', () => {
    for (const issuer of [ed, ec])
      expect(codeOfJudgement(judge([jwt([ed.key, ec.key])], [jwtTicket(tokenOf(issuer, claims))]))).toBe(
        'ok',
      );
    expect(codeOfJudgement(judge([jwt([ed.key])], [jwtTicket(tokenOf(ec, claims))]))).toBe('TICKET_KEY');
    expect(codeOfJudgement(judge([jwt([ec.key])], [jwtTicket(tokenOf(ec, claims, { alg: 'EdDSA' }))]))).toBe(
      'TICKET_KEY',
    );
  });

  it('of ES256: an issuer’s hex constant', () => {
    const hex = toHex(ec.key.key);
    expect(hex).toMatch(/^0[23][0-9a-f]{64}$/);
    const validator = jwt([{ alg: 'ES256', key: new Uint8Array(Buffer.from(hex, 'hex')) }]);
    for (let i = 0; i < 8; i++)
      expect(codeOfJudgement(judge([validator], [jwtTicket(tokenOf(ec, { ...claims, i }))]))).toBe('ok');
    const forged = newIssuer('ES256');
    expect(codeOfJudgement(judge([validator], [jwtTicket(tokenOf(forged, claims))]))).toBe(
      'TICKET_SIGNATURE',
    );
  });

  it('are rotated: old and new are taken side by side, by name or without, and the dropped one no more', () => {
    const [old, fresh] = [newIssuer('EdDSA', '2025'), newIssuer('EdDSA', '2026')];
    const both = jwt([old.key, fresh.key]);
    for (const issuer of [old, fresh])
      for (const header of [{}, { kid: issuer.key.kid }, { kid: 'unheard of' }])
        expect(codeOfJudgement(judge([both], [jwtTicket(tokenOf(issuer, claims, header))]))).toBe('ok');
    expect(codeOfJudgement(judge([both], [jwtTicket(tokenOf(old, claims, { kid: '2026' }))]))).toBe(
      'TICKET_SIGNATURE',
    );
    expect(codeOfJudgement(judge([jwt([fresh.key])], [jwtTicket(tokenOf(old, claims))]))).toBe(
      'TICKET_SIGNATURE',
    );
  });
});

describe('revocation', () => {
  const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  /** The same ES256 token with the other s. */
  const flipped = (token: string): string => {
    const [head, body, seal] = token.split('.') as [string, string, string];
    const raw = fromBase64url(seal);
    const s = N - BigInt(`0x${toHex(raw.subarray(32))}`);
    const other32 = Buffer.from(s.toString(16).padStart(64, '0'), 'hex');
    return `${head}.${body}.${toBase64url(new Uint8Array([...raw.subarray(0, 32), ...other32]))}`;
  };
  const whenRevoked = (ticket: Ticket, ids: readonly Uint8Array[]): string => {
    const gone = new Set(ids.map(toHex));
    return codeOfJudgement(judge([jwt([ed.key, ec.key])], [ticket], NOW * 1000, (id) => gone.has(toHex(id))));
  };

  it('goes by the id of the ticket, by the hash of its jti as the Chronicle has it, or by what was signed', () => {
    const ticket = jwtTicket(tokenOf(ed, claims));
    expect(whenRevoked(ticket, [])).toBe('ok');
    const ids = revocationIds(nodeHashes, ticket);
    expect(ids).toHaveLength(3);
    expect(ids[0]).toEqual(ticketIdOf(ticket));
    expect(ids[2]).toEqual(ticketId(nodeHashes, 'x'));
    for (const id of ids) expect(whenRevoked(ticket, [id])).toBe('TICKET_REVOKED');
  });

  it('is not escaped by spelling the signature in another way', () => {
    const bare = { ...claims, jti: undefined };
    const ticket = jwtTicket(tokenOf(ec, bare));
    const twin = jwtTicket(flipped(tokenOf(ec, bare)));
    const same = jwtTicket(flipped(new TextDecoder().decode(ticket.data)));
    // a high s is a good signature
    expect([whenRevoked(ticket, []), whenRevoked(twin, []), whenRevoked(same, [])]).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    expect(ticketIdOf(same)).not.toEqual(ticketIdOf(ticket));
    expect(whenRevoked(same, revocationIds(nodeHashes, ticket))).toBe('TICKET_REVOKED');
  });
});

describe('several tickets and validators', () => {
  const until = (seconds: number): Ticket =>
    jwtTicket(tokenOf(ed, { ...claims, exp: NOW + seconds, n: seconds }));
  const from = (issuer: typeof ed, seconds: number): Ticket =>
    jwtTicket(tokenOf(issuer, { ...claims, exp: NOW + seconds }));
  const end = (judgement: Judgement): number | null | string =>
    judgement.ok ? (judgement.until === null ? null : judgement.until / 1000 - NOW) : judgement.code;
  const [a, b] = [jwt([ed.key]), jwt([ec.key])];
  const never = jwt([ed.key], { allowNonExpiring: true });

  it('of one class: the latest end of the good ones counts', () => {
    expect(end(judge([a], [until(-5), until(10), until(30), until(20)]))).toBe(30);
    const endless = jwtTicket(tokenOf(ed, { ...claims, exp: undefined }));
    expect(end(judge([never], [until(10), endless]))).toBe(null);
    expect(end(judge([a], [until(10), endless]))).toBe(10);
  });

  it('across validators all are required, and the earliest end counts', () => {
    expect(end(judge([a, b], [from(ed, 10), from(ec, 30)]))).toBe(10);
    expect(end(judge([a, b], [from(ed, 30), from(ec, 10)]))).toBe(10);
    expect(
      end(judge([never, b], [jwtTicket(tokenOf(ed, { ...claims, exp: undefined })), from(ec, 10)])),
    ).toBe(10);
    expect(end(judge([a, b], [from(ed, 10)]))).toBe('TICKET_KEY');
    expect(end(judge([a, b], []))).toBe('TICKET_MISSING');
    expect(end(judge([allOf(a, b)], [from(ed, 10), from(ec, 30)]))).toBe(10);
    expect(end(judge([allOf(a, b)], [from(ec, 30)]))).toBe('TICKET_KEY');
  });

  it('no validator asks for nothing', () => {
    expect(judge([], [])).toMatchObject({ ok: true, until: null });
    expect(judge([allOf()], [])).toMatchObject({ ok: true, until: null });
  });

  it('any of several: one is enough, and the latest end counts', () => {
    expect(end(judge([anyOf(a, b)], [from(ed, 10)]))).toBe(10);
    expect(end(judge([anyOf(a, b)], [from(ec, 20)]))).toBe(20);
    expect(end(judge([anyOf(a, b)], [from(ed, 10), from(ec, 20)]))).toBe(20);
    expect(end(judge([anyOf(a, b), a], [from(ec, 20)]))).toBe('TICKET_KEY');
    expect(end(judge([anyOf(allOf(a, b), a)], [from(ed, 5)]))).toBe(5);
    expect(end(judge([anyOf(a, b)], []))).toBe('TICKET_MISSING');
  });

  it('tickets of other classes are no tickets', () => {
    const stray = { class: new Uint8Array(32), data: utf8(tokenOf(ed, claims)) };
    expect(end(judge([a], [stray]))).toBe('TICKET_MISSING');
  });

  it('of several bad ones the one that came furthest says why', () => {
    expect(end(judge([a], [jwtTicket('rubbish'), until(-5), from(newIssuer(), 5)]))).toBe('TICKET_TIME');
  });
});

describe('a TDX ticket', () => {
  const measured = (byte: number): Uint8Array => new Uint8Array(48).fill(byte);
  const validator: TdxValidator = { kind: 'tdx', baseline: {}, variants: [] };
  const extra: TdxExtra = {
    peer: new Uint8Array(32).fill(0xbb),
    network,
    startedAt: NOW - 1000,
    quotedAt: NOW - 100,
    expires: NOW + 3600,
  };
  const found = (for_: TdxExtra, change: Partial<QuoteFinding> = {}): QuoteFinding => ({
    refused: null,
    simulated: false,
    report: {
      mrTd: toHex(measured(1)),
      rtmr: [2, 3, 4, 5].map((byte) => toHex(measured(byte))),
      reportData: toHex(tdxReportData(for_)),
    },
    renew: (NOW + 500) * 1000,
    until: (NOW + 1000) * 1000,
    ...change,
  });
  const run = (
    rules: Partial<TdxValidator> = {},
    change: Partial<TdxExtra> = {},
    finding: QuoteFinding | null | undefined = undefined,
    now = NOW * 1000,
  ): Judgement => {
    const said = { ...extra, ...change };
    const data = writeTdxTicket({ quote: Uint8Array.of(1), extra: said });
    return admission([{ ...validator, ...rules }], [{ class: TDX_CLASS, data }], {
      peer,
      network,
      now,
      finding: () => (finding === null ? undefined : (finding ?? found(said))),
    });
  };

  it('whose quote is good, and bound to it, admits until its end', () => {
    expect(run()).toMatchObject({
      ok: true,
      until: (NOW + 3600) * 1000,
      review: (NOW + 500) * 1000,
      wanted: [],
    });
    expect(run({}, { expires: null })).toMatchObject({ ok: true, until: null });
  });

  it('is pending until its quote is verified, and names the quote', () => {
    const policy = new Uint8Array(32).fill(9);
    expect(run({ policy }, {}, null)).toMatchObject({
      ok: false,
      code: 'TICKET_PENDING',
      wanted: [{ quote: Uint8Array.of(1), policy }],
    });
    expect(codeOfJudgement(run({}, {}, undefined, (NOW + 1000) * 1000))).toBe('TICKET_PENDING');
  });

  it('is verified again when that is due, and admits meanwhile', () => {
    expect(run({}, {}, undefined, (NOW + 500) * 1000)).toMatchObject({
      ok: true,
      wanted: [{ policy: null }],
    });
  });

  it('is not verified for a peer that lacks something else', () => {
    const data = writeTdxTicket({ quote: Uint8Array.of(1), extra });
    for (const validators of [
      [validator, jwt([ed.key])],
      [jwt([ed.key]), validator],
    ])
      expect(
        admission(validators, [{ class: TDX_CLASS, data }], { peer, network, now: NOW * 1000 }),
      ).toMatchObject({ code: 'TICKET_MISSING', wanted: [] });
  });

  it.each<[string, string, () => Judgement]>([
    ['of another peer', 'TICKET_SUBJECT', () => run({}, { peer: new Uint8Array(32) })],
    ['for another network', 'TICKET_NETWORK', () => run({}, { network: new Uint8Array(32) })],
    ['that has expired', 'TICKET_TIME', () => run({}, { expires: NOW })],
    ['quoted in the future', 'TICKET_TIME', () => run({}, { quotedAt: NOW + 1 })],
    ['that is too old', 'TICKET_AGE', () => run({ maxAge: 99 })],
    ['quoted before the time from which on quotes count', 'TICKET_AGE', () => run({ notBefore: NOW - 99 })],
    ['that lives too long', 'TICKET_LIFETIME', () => run({ maxLifetime: 3699 })],
    [
      'without an end where one is asked for',
      'TICKET_LIFETIME',
      () => run({ maxLifetime: 9999 }, { expires: null }),
    ],
    [
      'with the quote of another ticket',
      'TICKET_BINDING',
      () => run({}, {}, found({ ...extra, expires: null })),
    ],
    [
      'with a quote of another network',
      'TICKET_BINDING',
      () => run({}, {}, found({ ...extra, network: measured(1).subarray(16) })),
    ],
    [
      'with a quote of another peer',
      'TICKET_BINDING',
      () => run({}, {}, found({ ...extra, peer: measured(1).subarray(16) })),
    ],
    [
      'that the verifier refuses',
      'TICKET_QUOTE',
      () => run({}, {}, found(extra, { refused: { code: 'TICKET_QUOTE', why: 'No.' } })),
    ],
    ['with simulated evidence', 'TICKET_SIMULATED', () => run({}, {}, found(extra, { simulated: true }))],
    ['of another TD', 'TICKET_MEASUREMENTS', () => run({ baseline: { mrtd: measured(9) } })],
    [
      'of another kernel',
      'TICKET_MEASUREMENTS',
      () => run({ baseline: { mrtd: measured(1), rtmr1: measured(9) } }),
    ],
    [
      'of no variant',
      'TICKET_MEASUREMENTS',
      () => run({ variants: [{ rtmr2: measured(9) }, { rtmr3: measured(9) }] }),
    ],
    [
      'of a variant, but not of the baseline',
      'TICKET_MEASUREMENTS',
      () => run({ baseline: { rtmr0: measured(9) }, variants: [{ rtmr1: measured(3) }] }),
    ],
  ])('%s is refused: %s', (_why, expected, judged) => {
    expect(codeOfJudgement(judged())).toBe(expected);
  });

  it('is bound in all of its report data: the second half is zero', () => {
    const report = found(extra).report!;
    const dirty = `${report.reportData.slice(0, -2)}01`;
    expect(codeOfJudgement(run({}, {}, found(extra, { report: { ...report, reportData: dirty } })))).toBe(
      'TICKET_BINDING',
    );
  });

  it.each<[string, Partial<TdxValidator>]>([
    ['of its very measurements', { baseline: { mrtd: measured(1), rtmr0: measured(2), rtmr3: measured(5) } }],
    ['of one variant', { variants: [{ rtmr2: measured(9) }, { rtmr1: measured(3), rtmr2: measured(4) }] }],
    ['of the very age', { maxAge: 100, notBefore: NOW - 100, maxLifetime: 3700 }],
  ])('%s is taken', (_why, rules) => {
    expect(codeOfJudgement(run(rules))).toBe('ok');
  });

  it('with simulated evidence is taken where the validator says so', () => {
    expect(run({ simulated: true }, {}, found(extra, { simulated: true })).ok).toBe(true);
  });

  it('that grows too old ends then', () => {
    expect(run({ maxAge: 200 })).toMatchObject({ ok: true, until: (NOW + 101) * 1000 });
  });

  it('is named for revocation by its binding too', () => {
    const ticket = { class: TDX_CLASS, data: writeTdxTicket({ quote: Uint8Array.of(1), extra }) };
    expect(revocationIds(nodeHashes, ticket)).toEqual([ticketIdOf(ticket), tdxBinding(extra)]);
    for (const id of revocationIds(nodeHashes, ticket))
      expect(
        codeOfJudgement(
          admission([validator], [ticket], {
            peer,
            network,
            now: NOW * 1000,
            finding: () => found(extra),
            revoked: (asked) => toHex(asked) === toHex(id),
          }),
        ),
      ).toBe('TICKET_REVOKED');
  });

  it('is read back as it was written, and nothing else is read', () => {
    const data = writeTdxTicket({ quote: Uint8Array.of(1, 2), extra });
    expect(readTdxTicket(data)).toEqual({ quote: Uint8Array.of(1, 2), extra });
    for (const bad of [
      new Uint8Array(0),
      data.subarray(1),
      new Uint8Array([...data, 0]),
      new Uint8Array(70_000),
    ])
      expect(codeOf(() => readTdxTicket(bad))).toBe('TICKET_DATA');
    for (const change of [
      { expires: 0 },
      { expires: 253_402_300_800 },
      { quotedAt: -1 },
      { peer: measured(1) },
    ])
      expect(codeOf(() => writeTdxTicket({ quote: Uint8Array.of(1), extra: { ...extra, ...change } }))).toBe(
        'TICKET_DATA',
      );
    const rubbish = { class: TDX_CLASS, data: utf8('no') };
    expect(codeOfJudgement(admission([validator], [rubbish], { peer, network, now: 0 }))).toBe('TICKET_DATA');
    expect(revocationIds(nodeHashes, rubbish)).toHaveLength(1);
  });
});

describe('the text of a claim', () => {
  it('is one for equal values', () => {
    expect(claimText({ b: [1, 'x', null], a: { d: true, c: -3 } })).toBe(
      '{"a":{"c":-3,"d":true},"b":[1,"x",null]}',
    );
    for (const bad of [1.5, undefined, new Uint8Array(1), Number.NaN, () => 0] as unknown as Value[])
      expect(codeOf(() => claimText(bad))).toBe('VALIDATOR_FORMAT');
  });
});
