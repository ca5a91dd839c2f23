/** What a node judges the quotes of peers by: its own collateral, its simulated root, the policy in force. */
import { expect, it, onTestFinished } from 'vitest';
import { openTicketChecks } from '../../../../src/main/services/network/tickets.ts';
import type { Policy } from '../../../../src/protocol/attestation/index.ts';
import { readTdxTicket } from '../../../../src/protocol/ticket/index.ts';
import { ROOT, T0 } from '../../../vectors/factory/scene.ts';
import { collateral, from, ticketOf } from '../../substrate/tickets/tdx-tickets.ts';

it('verifies anew under another policy, and by the last one that could be read', async () => {
  let policy: Policy | null = { v: 1, minQeSvn: 5 };
  const notes: string[] = [];
  const checks = await openTicketChecks({
    store: { find: async () => [] },
    // nothing changes here
    events: { watch: async function* () {} },
    evidence: {
      collateralFor: from(collateral).collateralFor,
      simulatedRoots: [ROOT],
      async policy() {
        if (policy === null) throw new Error('no disk');
        return policy;
      },
    },
    now: () => T0 * 1000,
    note: (sentence) => notes.push(sentence),
  });
  onTestFinished(() => checks.close());
  const wanted = { quote: readTdxTicket(ticketOf().data).quote, policy: null };
  expect(await checks.quotes.verify(wanted)).toMatchObject({ refused: { code: 'TICKET_QUOTE' } });
  policy = { v: 1, minQeSvn: 4 };
  expect(await checks.quotes.verify(wanted)).toMatchObject({ refused: null, simulated: true });
  expect(checks.quotes.known(wanted)).toMatchObject({ refused: null });
  policy = null;
  expect(await checks.quotes.verify(wanted)).toMatchObject({ refused: null });
  expect(notes).toEqual(['Reading the policy in force: Error: no disk']);
});
