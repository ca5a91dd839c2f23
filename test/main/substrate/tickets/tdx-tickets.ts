/** TDX tickets with quotes of the factory, who asks for them, and who verifies them: evidence is made up, the verifier real. */
import { createQuoteVerifier } from '../../../../src/main/substrate/tickets/index.ts';
import type { QuoteVerifierOptions } from '../../../../src/main/substrate/tickets/index.ts';
import type { Collateral } from '../../../../src/protocol/attestation/index.ts';
import { toHex, UNIVERSE } from '../../../../src/protocol/bytes/index.ts';
import {
  readTdxTicket,
  TDX_CLASS,
  tdxReportData,
  writeTdxTicket,
} from '../../../../src/protocol/ticket/index.ts';
import type { QuoteWanted, TdxExtra, TdxValidator, Ticket } from '../../../../src/protocol/ticket/index.ts';
import { buildCollateral, buildQuote, DAY, ROOT, T0, V4 } from '../../../vectors/factory/scene.ts';
import type { QuoteVariant } from '../../../vectors/factory/scene.ts';

export const measured = (byte: number): Uint8Array => new Uint8Array(48).fill(byte);
export const MR_TD = measured(0x11); // what the factory's TDs have
export const RTMR1 = measured(0xa1);
export const RTMR2 = measured(0xa2);
export const PEER = new Uint8Array(32).fill(0xbb);

export const validator: TdxValidator = {
  kind: 'tdx',
  baseline: { mrtd: MR_TD, rtmr1: RTMR1, rtmr2: RTMR2 },
  variants: [],
  simulated: true,
};
export const collateral = buildCollateral();
export const from = (set: Collateral) => ({
  collateralFor: async () => ({ collateral: set, origin: 'test' }),
});
/** What a gate asks its verifier for, of a TDX ticket. */
export const wantedOf = ({ data }: Ticket): QuoteWanted => {
  const { quote, extra } = readTdxTicket(data);
  return { quote, policy: null, peer: toHex(extra.peer), reportData: tdxReportData(extra) };
};
export const verifier = (more: Partial<QuoteVerifierOptions> = {}) =>
  createQuoteVerifier({
    collateral: from(collateral),
    now: () => T0 * 1000,
    simulatedRoots: [ROOT],
    ...more,
  });

/** A ticket with a quote that is made for it, or for `bound`. */
export function ticketOf(
  change: Partial<TdxExtra> = {},
  { td = {}, bound, ...variant }: QuoteVariant & { readonly bound?: Partial<TdxExtra> } = {},
  form = V4,
): Ticket {
  const extra: TdxExtra = {
    peer: PEER,
    network: UNIVERSE,
    startedAt: T0 - 100,
    quotedAt: T0 - 50,
    expires: T0 + DAY,
    ...change,
  };
  const quote = buildQuote(form, {
    ...variant,
    td: { rtmr1: RTMR1, rtmr2: RTMR2, reportData: tdxReportData({ ...extra, ...bound }), ...td },
  });
  return { class: TDX_CLASS, data: writeTdxTicket({ quote, extra }) };
}
