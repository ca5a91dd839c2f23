/**
 * What the tickets of peers are judged by on this node (coalition.md 3.6, 6): what its Chronicle says was revoked, and
 * for quotes the collateral of its settings, its simulated root and the attestation policy in force.
 */
import type { Collateral, Policy } from '../../../protocol/attestation/index.ts';
import { decodeRecord } from '../../../protocol/record/index.ts';
import type { Store } from '../../store/index.ts';
import { createQuoteVerifier, createRevokedSet } from '../../substrate/tickets/index.ts';
import type { QuoteVerifier, QuoteVerifierOptions, Revocations } from '../../substrate/tickets/index.ts';
import type { Events } from '../events/index.ts';

/** What quotes of peers are verified with. */
export interface EvidencePorts {
  /** As `CollateralSource`, of the settings. */
  readonly collateralFor: (
    ...asked: Parameters<QuoteVerifierOptions['collateral']['collateralFor']>
  ) => Promise<{ readonly collateral: Collateral }>;
  /** DER; the first is the one that counts. */
  readonly simulatedRoots: readonly Uint8Array[];
  /** The policy in force. */
  readonly policy: () => Promise<Policy>;
}

export interface TicketPorts {
  readonly store: Pick<Store, 'find'>;
  readonly events: Pick<Events, 'watch'>;
  readonly evidence: EvidencePorts;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly note: (sentence: string) => void;
}

export interface TicketChecks {
  readonly revoked: Revocations;
  readonly quotes: QuoteVerifier;
  close(): Promise<void>;
}

/** Answers when everything that was revoked so far is known. */
export async function openTicketChecks(ports: TicketPorts): Promise<TicketChecks> {
  const { store, events, note } = ports;
  const revoked = createRevokedSet();
  let known = -1;
  /** Reads the entries that are new, newest first. */
  const look = async (): Promise<void> => {
    const before = known;
    for (let from = Number.MAX_SAFE_INTEGER; ;) {
      const entries = await store.find({ kind: 'ticket.revoked', refused: false }, from, PAGE);
      const fresh = entries.filter(({ index }) => index > before);
      revoked.add(...fresh.map(({ bytes }) => (decodeRecord(bytes).body as { ticket: Uint8Array }).ticket));
      known = Math.max(known, ...fresh.map(({ index }) => index));
      const last = fresh.at(-1);
      if (fresh.length < PAGE || last === undefined) return;
      from = last.index - 1;
    }
  };
  await look();
  const stopping = new AbortController();
  const following = (async () => {
    for await (const { event } of events.watch(undefined, stopping.signal))
      if (event.kind === 'snapshot' || (event.kind === 'changed' && TOPICS.has(event.topic)))
        await look().catch((error: unknown) => note(`Reading what was revoked: ${String(error)}`));
  })();
  return {
    revoked,
    quotes: quotesBy(ports),
    async close() {
      stopping.abort();
      await following;
    },
  };
}

const PAGE = 256;
/** An entry of another node is told as a change of the Chronicle. */
const TOPICS: ReadonlySet<string> = new Set(['tickets', 'chronicle']);

/** A verifier by the policy that is in force when a quote is verified; under another one everything is verified anew. */
function quotesBy({ evidence, now, note }: TicketPorts): QuoteVerifier {
  const make = (policy: Policy | undefined) => ({
    text: JSON.stringify(policy),
    verifier: createQuoteVerifier({
      collateral: {
        collateralFor: async (...asked) => ({
          ...(await evidence.collateralFor(...asked)),
          origin: 'the settings',
        }),
      },
      now,
      policy,
      simulatedRoot: evidence.simulatedRoots[0],
    }),
  });
  let current = make(undefined);
  return {
    known: (wanted) => current.verifier.known(wanted),
    async verify(wanted) {
      try {
        const policy = await evidence.policy();
        if (JSON.stringify(policy) !== current.text) current = make(policy);
      } catch (error) {
        note(`Reading the policy in force: ${String(error)}`);
      }
      return current.verifier.verify(wanted);
    },
  };
}
