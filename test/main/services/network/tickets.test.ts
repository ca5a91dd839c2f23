/** What a node judges the quotes of peers by: its own collateral, its simulated roots, the policies of its coalition. */
import { expect, it, onTestFinished } from 'vitest';
import type { EntryRow } from '../../../../src/main/store/index.ts';
import { openTicketChecks } from '../../../../src/main/services/network/tickets.ts';
import type { Policy } from '../../../../src/protocol/attestation/index.ts';
import { blake3, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { encodeRecord } from '../../../../src/protocol/record/index.ts';
import { ROOT, T0 } from '../../../vectors/factory/scene.ts';
import { collateral, from, ticketOf, wantedOf } from '../../substrate/tickets/tdx-tickets.ts';

const WANTED = wantedOf(ticketOf());
const STRANGER = new Uint8Array(64);

it('verifies anew under another policy, and by the last one that could be read', async () => {
  let policy: Policy | null = { v: 1, minQeSvn: 5 };
  const notes: string[] = [];
  const checks = await openTicketChecks({
    store: { find: async () => [] },
    // nothing changes here
    events: { watch: async function* () {} },
    evidence: {
      collateralFor: from(collateral).collateralFor,
      simulatedRoots: [STRANGER, ROOT],
      async policy() {
        if (policy === null) throw new Error('no disk');
        return policy;
      },
    },
    now: () => T0 * 1000,
    note: (sentence) => notes.push(sentence),
  });
  onTestFinished(() => checks.close());
  const wanted = WANTED;
  expect(await checks.quotes.verify(wanted)).toMatchObject({ refused: { code: 'TICKET_QUOTE' } });
  policy = { v: 1, minQeSvn: 4 };
  expect(await checks.quotes.verify(wanted)).toMatchObject({ refused: null, simulated: true });
  expect(checks.quotes.known(wanted)).toMatchObject({ refused: null });
  policy = null;
  expect(await checks.quotes.verify(wanted)).toMatchObject({ refused: null });
  expect(notes).toEqual(['Reading the policy in force: Error: no disk']);
});

it('knows a policy by its hash that its Chronicle has seen adopted, and no other', async () => {
  const text = (minQeSvn: number): Uint8Array => utf8(JSON.stringify({ v: 1, minQeSvn }));
  // newest first, more than one page of them
  const adopted = Array.from({ length: 300 }, (_, n): EntryRow => {
    const index = 299 - n;
    const bytes = encodeRecord({
      v: 1,
      kind: 'policy.adopted',
      coalition: new Uint8Array(32),
      author: new Uint8Array(32),
      seq: index,
      at: T0,
      body: { policy: text(index) },
      evidence: [],
    });
    return { index, bytes } as EntryRow;
  });
  const checks = await openTicketChecks({
    store: {
      find: async ({ kind }, start, limit) =>
        kind === 'policy.adopted' ? adopted.filter(({ index }) => index <= start).slice(0, limit) : [],
    },
    events: { watch: async function* () {} },
    evidence: {
      collateralFor: from(collateral).collateralFor,
      simulatedRoots: [ROOT],
      policy: async () => ({ v: 1 }),
    },
    now: () => T0 * 1000,
    note: () => undefined,
  });
  onTestFinished(() => checks.close());
  const verify = (minQeSvn: number) => checks.quotes.verify({ ...WANTED, policy: blake3(text(minQeSvn)) });
  expect(await verify(4)).toMatchObject({ refused: null });
  expect(await verify(5)).toMatchObject({ refused: { code: 'TICKET_QUOTE' } });
  expect(await verify(300)).toMatchObject({ refused: { code: 'TICKET_POLICY' } });
});
