/** What quotes of strangers cost: made-up ones never a look-up, and no others the time of a peer that somebody waits for. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createQuoteVerifier } from '../../../../src/main/substrate/tickets/index.ts';
import { Refusal, toHex } from '../../../../src/protocol/bytes/index.ts';
import { readTdxTicket, TDX_CLASS, writeTdxTicket } from '../../../../src/protocol/ticket/index.ts';
import type { Ticket } from '../../../../src/protocol/ticket/index.ts';
import { CERTIFICATES, FMSPC, issue, PLATFORM, recipeOf, ROOT, T0 } from '../../../vectors/factory/scene.ts';
import { sgxExtension } from '../../../../src/main/attestation/simulate/index.ts';
import { gateOf, newBoard, pause } from './board.ts';
import { collateral, PEER, ticketOf, validator, verifier, wantedOf } from './tdx-tickets.ts';

const HEX = toHex(PEER);
const now = (): number => T0 * 1000;
const stranger = (): Uint8Array => new Uint8Array(randomBytes(32));

/** The chain of a machine of another family, under the same root. */
async function chainOf(fmspc: Uint8Array): Promise<readonly Uint8Array[]> {
  const extensions = [...recipeOf('leaf').extensions.slice(0, -1), sgxExtension({ ...PLATFORM, fmspc })];
  return [await issue('leaf', { extensions }), CERTIFICATES.platformCa, CERTIFICATES.root];
}

/** A source that has one family, and never answers for another; it counts whom it was asked for. */
function kept() {
  const asked: string[] = [];
  return {
    asked,
    async collateralFor({ fmspc }: { readonly fmspc: string }) {
      asked.push(fmspc);
      if (fmspc !== FMSPC) await new Promise(() => undefined);
      return { collateral, origin: 'test' };
    },
  };
}

/** The judgement of the honest peer; the look-ups of all others never end. */
async function honest(
  entries: readonly (readonly [peer: string, tickets: readonly Ticket[]])[],
  source: ReturnType<typeof kept>,
) {
  const board = newBoard();
  const gate = gateOf([validator], board, { quotes: verifier({ collateral: source }), now });
  for (const [peer, tickets] of entries) board.put(peer, ...tickets);
  await pause(50);
  board.put(HEX, ticketOf());
  return { judgement: await gate.judge(HEX), gate };
}

describe('quotes of strangers', () => {
  it('that are made up cause no look-up, and are refused', async () => {
    const source = kept();
    const chain = await chainOf(randomBytes(6));
    const forged = (peer: Uint8Array, n: number): Ticket =>
      ticketOf({ peer, expires: T0 + 100 + n }, { chain, post: (quote) => quote.with(28, n) });
    const entries = Array.from({ length: 40 }, () => {
      const peer = stranger();
      return [toHex(peer), [0, 1, 2].map((n) => forged(peer, n))] as const;
    });
    const { judgement, gate } = await honest(entries, source);
    expect(judgement).toMatchObject({ ok: true });
    for (const [peer] of entries) expect(await gate.judge(peer)).toMatchObject({ code: 'TICKET_QUOTE' });
    expect(source.asked).toEqual([FMSPC]);
  });

  it('that were made for another ticket cause none either, and spoil nothing for that other one', async () => {
    const source = kept();
    const peer = stranger();
    const { quote } = readTdxTicket(ticketOf().data);
    const { extra } = readTdxTicket(ticketOf({ peer }).data);
    const stolen = { class: TDX_CLASS, data: writeTdxTicket({ quote, extra }) };
    const board = newBoard();
    const gate = gateOf([validator], board, { quotes: verifier({ collateral: source }), now });
    board.put(toHex(peer), stolen);
    expect(await gate.judge(toHex(peer))).toMatchObject({ code: 'TICKET_BINDING' });
    expect(source.asked).toEqual([]);
    board.put(HEX, ticketOf());
    expect(await gate.judge(HEX)).toMatchObject({ ok: true });
  });

  it('whose look-ups hang do not hold up a peer that somebody waits for', async () => {
    const source = kept();
    const entries = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const peer = stranger();
        const chain = await chainOf(randomBytes(6));
        return [
          toHex(peer),
          [0, 1, 2].map((n) => ticketOf({ peer, expires: T0 + 100 + n }, { chain })),
        ] as const;
      }),
    );
    const { judgement } = await honest(entries, source);
    expect(judgement).toMatchObject({ ok: true });
    expect(source.asked.length).toBeLessThan(10);
  });

  it('of one peer that somebody waits for take two places at most', async () => {
    const source = kept();
    const board = newBoard();
    const gate = gateOf([validator], board, { quotes: verifier({ collateral: source }), now });
    const chain = await chainOf(randomBytes(6));
    const peer = stranger();
    board.put(toHex(peer), ...[0, 1, 2].map((n) => ticketOf({ peer, expires: T0 + 100 + n }, { chain })));
    expect(gate.standing(toHex(peer))).toMatchObject({ state: 'pending' });
    await pause(200);
    expect(source.asked).toHaveLength(2);
  });
});

describe('a quote', () => {
  it('for which there is no collateral is asked for again ever more slowly, at least once an hour', async () => {
    let time = T0 * 1000;
    const quotes = createQuoteVerifier({
      now: () => time,
      simulatedRoots: [ROOT],
      collateral: {
        collateralFor: () => Promise.reject(new Refusal('COLLATERAL_NOT_FOUND', 'Not today.')),
      },
    });
    const wanted = wantedOf(ticketOf());
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const { renew } = await quotes.verify(wanted);
      waits.push((renew - time) / 60_000);
      time = renew;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('that cannot be verified because the policy cannot be read is refused, and tried again soon', async () => {
    let broken = true;
    let time = T0 * 1000;
    const policy = new Uint8Array(32).fill(5);
    const quotes = verifier({
      now: () => time,
      async policyNamed() {
        if (broken) throw new Error('the store is closed');
        return { v: 1 };
      },
    });
    const board = newBoard();
    const gate = gateOf([{ ...validator, policy }], board, { quotes, now: () => time });
    board.put(HEX, ticketOf());
    expect(await gate.judge(HEX)).toMatchObject({ ok: false, code: 'TICKET_POLICY' });
    broken = false;
    time += 60_000;
    expect(await gate.judge(HEX)).toMatchObject({ ok: true });
  });
});
