/** TDX tickets with the real verifier: quotes of the factory under a test root, and Intel's own (coalition.md 3.7, 13). */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadSimulator } from '../../../../src/main/attestation/index.ts';
import { createQuoteVerifier, makeTdxTicket } from '../../../../src/main/substrate/tickets/index.ts';
import type { QuoteVerifierOptions } from '../../../../src/main/substrate/tickets/index.ts';
import { readPolicy } from '../../../../src/protocol/attestation/index.ts';
import type { Collateral } from '../../../../src/protocol/attestation/index.ts';
import {
  blake3,
  fromHex,
  idFrom,
  Refusal,
  sameBytes,
  toHex,
  UNIVERSE,
  utf8,
} from '../../../../src/protocol/bytes/index.ts';
import { readTdxTicket, TDX_CLASS, writeTdxTicket } from '../../../../src/protocol/ticket/index.ts';
import type { TdxValidator, Ticket } from '../../../../src/protocol/ticket/index.ts';
import { startNet } from '../../../member/net.ts';
import type { Net } from '../../../member/net.ts';
import { describeWith } from '../../../parts.ts';
import { realCases } from '../../../protocol/attestation/vectors.ts';
import { codeFrom } from '../../../refusal.ts';
import { scratch } from '../../../scratch.ts';
import { buildQuote, DAY, FORMS, ROOT, T0, V4 } from '../../../vectors/factory/scene.ts';
import type { QuoteVariant } from '../../../vectors/factory/scene.ts';
import { bondsOf, gateOf, newBoard, pause, sit, until } from './board.ts';
import {
  collateral,
  from,
  measured,
  MR_TD,
  PEER,
  ticketOf,
  validator,
  verifier,
  wantedOf,
} from './tdx-tickets.ts';

const HEX = toHex(PEER);

interface Circumstances {
  readonly rules?: Partial<TdxValidator>;
  readonly quotes?: Partial<QuoteVerifierOptions>;
}
/** How the peer stands with these tickets once all is verified: `admitted`, or the code of the refusal. */
async function judged(tickets: readonly Ticket[], { rules = {}, quotes = {} }: Circumstances = {}) {
  const board = newBoard();
  board.put(HEX, ...tickets);
  const now = quotes.now ?? (() => T0 * 1000);
  const gate = gateOf([{ ...validator, ...rules }], board, { quotes: verifier(quotes), now });
  const judgement = await gate.judge(HEX);
  return judgement.ok ? 'admitted' : `${judgement.code}: ${judgement.why}`;
}

describe('a TDX ticket under the test root', () => {
  it.each(FORMS.map((form) => [form.name, form] as const))('admits its own peer: %s', async (_name, form) => {
    expect(await judged([ticketOf({}, {}, form)])).toBe('admitted');
    expect(ticketOf({}, {}, form).data.length).toBeLessThan(8 * 1024);
  });

  it.each<[string, RegExp, () => Ticket, Circumstances?]>([
    ['of another peer, handed on', /^TICKET_SUBJECT/, () => ticketOf({ peer: measured(1).subarray(16) })],
    [
      'with the quote of another peer',
      /^TICKET_BINDING/,
      () => ticketOf({}, { bound: { peer: measured(1).subarray(16) } }),
    ],
    ['for another network', /^TICKET_NETWORK/, () => ticketOf({ network: idFrom('another') })],
    [
      'with the quote of another network',
      /^TICKET_BINDING/,
      () => ticketOf({}, { bound: { network: idFrom('another') } }),
    ],
    [
      'with a later end than its quote',
      /^TICKET_BINDING/,
      () => ticketOf({}, { bound: { expires: T0 + 60 } }),
    ],
    [
      'with a younger age than its quote',
      /^TICKET_BINDING/,
      () => ticketOf({}, { bound: { quotedAt: T0 - 99 } }),
    ],
    ['that has expired', /^TICKET_TIME/, () => ticketOf({ expires: T0 })],
    [
      'without an end where one is asked for',
      /^TICKET_LIFETIME/,
      () => ticketOf({ expires: null }),
      { rules: { maxLifetime: DAY } },
    ],
    ['that is too old', /^TICKET_AGE/, () => ticketOf(), { rules: { maxAge: 49 } }],
    ['of another TD', /^TICKET_MEASUREMENTS/, () => ticketOf({}, { td: { mrTd: measured(0x12) } })],
    ['of another kernel', /^TICKET_MEASUREMENTS/, () => ticketOf({}, { td: { rtmr1: measured(0x12) } })],
    [
      'of another command line',
      /^TICKET_MEASUREMENTS/,
      () => ticketOf({}, { td: { rtmr2: measured(0x12) } }),
    ],
    [
      'of a TD under debug',
      /^TICKET_QUOTE.*TD_DEBUG/,
      () => ticketOf({}, { td: { tdAttributes: fromHex('0100001000000000') } }),
    ],
    [
      'of a TD under debug, whatever the policy',
      /^TICKET_QUOTE.*TD_DEBUG/,
      () => ticketOf({}, { td: { tdAttributes: fromHex('0100001000000000') } }),
      { quotes: { policy: { allowDebug: true } } },
    ],
    [
      'where simulated evidence is not asked for',
      /^TICKET_SIMULATED/,
      () => ticketOf(),
      { rules: { simulated: false } },
    ],
    ['under a root that is not known', /^TICKET_QUOTE/, () => ticketOf(), { quotes: { simulatedRoots: [] } }],
    [
      'with collateral that has expired',
      /^TICKET_QUOTE.*EXPIRED/,
      () => ticketOf({ expires: null }),
      { quotes: { now: () => (T0 + 40 * DAY) * 1000 } },
    ],
    ['whose quote was changed', /^TICKET_QUOTE/, () => ticketOf({}, { post: (quote) => quote.with(200, 1) })],
    ['whose quote is none', /^TICKET_QUOTE/, () => ticketOf({}, { post: () => Uint8Array.of(1, 2, 3) })],
    [
      'that the policy refuses',
      /^TICKET_QUOTE.*minQeSvn/,
      () => ticketOf(),
      { quotes: { policy: { minQeSvn: 5 } } },
    ],
  ])('%s is refused: %s', async (_why, expected, make, circumstances) => {
    expect(await judged([make()], circumstances)).toMatch(expected);
  });

  it('without an end is taken where that is allowed', async () => {
    expect(await judged([ticketOf({ expires: null })])).toBe('admitted');
  });

  it('satisfies the policy that the validator names, if this node knows it', async () => {
    const [strict, lax] = ['{"v":1,"minQeSvn":5}', '{"v":1,"minQeSvn":4}'].map(utf8) as [
      Uint8Array,
      Uint8Array,
    ];
    const quotes = {
      policyNamed: async (digest: Uint8Array) =>
        [strict, lax].filter((text) => sameBytes(blake3(text), digest)).map(readPolicy)[0],
    };
    expect(await judged([ticketOf()], { quotes, rules: { policy: blake3(lax) } })).toBe('admitted');
    expect(await judged([ticketOf()], { quotes, rules: { policy: blake3(strict) } })).toMatch(
      /^TICKET_QUOTE/,
    );
    expect(await judged([ticketOf()], { rules: { policy: blake3(lax) } })).toMatch(/^TICKET_POLICY/);
  });

  it('of several the good one counts', async () => {
    expect(await judged([ticketOf({}, { td: { mrTd: measured(9) } }), ticketOf({ expires: T0 + 5 })])).toBe(
      'admitted',
    );
  });

  it('is verified once, and again when collateral can be had', async () => {
    let asked = 0;
    let there = false;
    let now = T0 * 1000;
    const quotes = createQuoteVerifier({
      now: () => now,
      simulatedRoots: [ROOT],
      collateral: {
        async collateralFor() {
          asked += 1;
          if (!there) throw new Refusal('COLLATERAL_NOT_FOUND', 'Not today.');
          return { collateral, origin: 'test' };
        },
      },
    });
    const ticket = ticketOf();
    const wanted = wantedOf(ticket);
    const board = newBoard();
    board.put(HEX, ticket);
    const gate = gateOf([validator], board, { quotes, now: () => now });
    expect(await gate.judge(HEX)).toMatchObject({ ok: false, code: 'TICKET_COLLATERAL' });
    expect(asked).toBe(1);
    there = true;
    now += 60_000;
    expect(await gate.judge(HEX)).toMatchObject({ ok: true });
    await gate.judge(HEX);
    expect(asked).toBe(2);
    // due again, and no collateral: the good finding stays until its end, and not longer
    there = false;
    const { renew, until: end } = quotes.known(wanted)!;
    now = renew;
    expect((await quotes.verify(wanted)).refused).toBeNull();
    expect(asked).toBe(3);
    now = end;
    expect(await quotes.verify(wanted)).toMatchObject({ refused: { code: 'TICKET_COLLATERAL' } });
  });

  it('of one quote, asked for at once, is verified once', async () => {
    let asked = 0;
    const quotes = verifier({
      collateral: { collateralFor: async () => ((asked += 1), { collateral, origin: 'test' }) },
    });
    const wanted = wantedOf(ticketOf());
    await Promise.all([quotes.verify(wanted), quotes.verify(wanted), quotes.verify(wanted)]);
    expect(asked).toBe(1);
  });
});

describe('making a TDX ticket', () => {
  let simulator: Awaited<ReturnType<typeof loadSimulator>>;
  beforeAll(async () => {
    simulator = await loadSimulator();
  });
  const request = {
    peer: PEER,
    network: UNIVERSE,
    startedAt: T0 * 1000 - 1,
    now: () => T0 * 1000,
    lifetime: 3600,
  };

  it('asks for a quote that is bound to peer, network and times; the gate takes it', async () => {
    const authority = await simulator.makeAuthority();
    let set: Collateral | undefined;
    const quoteSource = {
      async quote(reportData: Uint8Array) {
        const made = await simulator.simulate(authority, {
          at: T0,
          version: 4,
          td: '1.0',
          reportData,
          mrTd: MR_TD,
          fmspc: fromHex('00c0ffee0000'),
          status: 'UpToDate',
          debug: false,
          revoked: false,
        });
        set = made.collateral;
        return { quote: made.quote, origin: 'simulated', bound: true };
      },
    };
    const ticket = await makeTdxTicket({ ...request, quoteSource });
    expect(readTdxTicket(ticket.data).extra).toEqual({
      peer: PEER,
      network: UNIVERSE,
      startedAt: T0 - 1,
      quotedAt: T0,
      expires: T0 + 3600,
    });
    const circumstances = {
      quotes: { collateral: from(set!), simulatedRoots: [ROOT, authority.root.certificate] },
    };
    expect(await judged([ticket], { ...circumstances, rules: { baseline: { mrtd: MR_TD } } })).toBe(
      'admitted',
    );
    const endless = await makeTdxTicket({ ...request, quoteSource, lifetime: null });
    expect(readTdxTicket(endless.data).extra.expires).toBeNull();
  });

  it('refuses a quote that was made for something else', async () => {
    const quoteSource = { quote: async () => ({ quote: buildQuote(V4), origin: 'a file', bound: false }) };
    expect(await codeFrom(makeTdxTicket({ ...request, quoteSource }))).toBe('TICKET_BINDING');
  });
});

describe('four nodes', () => {
  let net: Net | undefined;
  afterEach(async () => {
    await net?.stop();
    net = undefined;
  });

  it('of which only the one with the right TD and a ticket of its own is bonded with', async () => {
    net = await startNet(scratch, 5);
    const [host, good, wrong, bare, thief] = net.nodes;
    const of = net;
    const ticket = (node: typeof host, variant: QuoteVariant = {}): Ticket =>
      ticketOf({ peer: node!.keys.node.key, expires: null }, variant);
    const board = newBoard();
    const quotes = verifier();
    const seats = await Promise.all(
      of.nodes.map((node) => sit(of, node, gateOf([validator], board, { quotes, now: () => T0 * 1000 }))),
    );
    board.put(host!.self, ticket(host));
    board.put(good!.self, ticket(good));
    board.put(wrong!.self, ticket(wrong, { td: { rtmr1: measured(0x12) } }));
    board.put(bare!.self);
    board.put(thief!.self, ticket(good));
    await until(() => bondsOf(seats[0]!).length > 0);
    await pause(2500);
    expect(seats.map(bondsOf)).toEqual([[good!.self], [host!.self], [], [], []]);
    const codes = [wrong, bare, thief].map((node) => seats[0]!.gate.standing(node!.self));
    expect(codes).toMatchObject([
      { code: 'TICKET_MEASUREMENTS' },
      { code: 'TICKET_MISSING' },
      { code: 'TICKET_SUBJECT' },
    ]);
  });
});

describeWith('vectors', 'quotes of real machines', () => {
  const real = realCases().find(
    ({ expect: { result, status } }) => result === 'accept' && status === 'UpToDate',
  )!;
  const run = (quote: Uint8Array, more: Partial<QuoteVerifierOptions> = {}) => {
    const extra = { peer: PEER, network: UNIVERSE, startedAt: 1, quotedAt: 1, expires: null };
    const now = (): number => real.at * 1000;
    return judged([{ class: TDX_CLASS, data: writeTdxTicket({ quote, extra }) }], {
      rules: { baseline: {}, simulated: false },
      quotes: { now, collateral: from(real.collateral), policy: {}, simulatedRoots: [], ...more },
    });
  };

  it('are genuine to the verifier, and speak for none of our peers', async () => {
    expect(await run(real.quote)).toMatch(/^TICKET_BINDING/);
  });

  it('are refused before that with one byte changed', async () => {
    for (const at of [50, 200, 570, 700, 1200])
      expect(await run(real.quote.with(at, real.quote[at]! ^ 1))).toMatch(/^TICKET_QUOTE/);
  });
});
