/**
 * What the tickets of peers are judged by on this node (coalition.md 3.6, 6): what its Chronicle says was revoked, and
 * for quotes the collateral of its settings, its simulated roots, the attestation policy in force, and those that were
 * adopted before.
 */
import { readPolicy } from '../../../protocol/attestation/index.ts';
import type { Collateral, Policy } from '../../../protocol/attestation/index.ts';
import { blake3, sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { decodeRecord } from '../../../protocol/record/index.ts';
import type { EntryRow, Store } from '../../store/index.ts';
import { createQuoteVerifier, createRevokedSet } from '../../substrate/tickets/index.ts';
import type { QuoteVerifier, QuoteVerifierOptions, Revocations } from '../../substrate/tickets/index.ts';
import type { Events } from '../events/index.ts';

/** What quotes of peers are verified with. */
export interface EvidencePorts {
  /** As `CollateralSource`, of the settings. */
  readonly collateralFor: (
    ...asked: Parameters<QuoteVerifierOptions['collateral']['collateralFor']>
  ) => Promise<{ readonly collateral: Collateral }>;
  /** DER. */
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
  const look = async (): Promise<void> => {
    const fresh: { readonly index: number; readonly ticket: Uint8Array }[] = [];
    for await (const { index, bytes } of newestFirst(store, 'ticket.revoked')) {
      if (index <= known) break;
      fresh.push({ index, ticket: (decodeRecord(bytes).body as { ticket: Uint8Array }).ticket });
    }
    revoked.add(...fresh.map(({ ticket }) => ticket));
    known = fresh[0]?.index ?? known;
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

/** Entries of a kind that were not refused. */
async function* newestFirst(store: TicketPorts['store'], kind: string): AsyncGenerator<EntryRow> {
  for (let from = Number.MAX_SAFE_INTEGER; ;) {
    const entries = await store.find({ kind, refused: false }, from, PAGE);
    yield* entries;
    const last = entries.at(-1);
    if (entries.length < PAGE || last === undefined) return;
    from = last.index - 1;
  }
}

/** An entry of another node is told as a change of the Chronicle. */
const TOPICS: ReadonlySet<string> = new Set(['tickets', 'chronicle']);

/** A verifier by the policy that is in force when a quote is verified; under another one everything is verified anew. */
function quotesBy({ store, evidence, now, note }: TicketPorts): QuoteVerifier {
  const policyNamed = namedIn(store);
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
      policyNamed,
      simulatedRoots: evidence.simulatedRoots,
    }),
  });
  let current = make(undefined);
  return {
    known: (wanted) => current.verifier.known(wanted),
    async verify(wanted, urgent) {
      try {
        const policy = await evidence.policy();
        if (JSON.stringify(policy) !== current.text) current = make(policy);
      } catch (error) {
        note(`Reading the policy in force: ${String(error)}`);
      }
      return current.verifier.verify(wanted, urgent);
    },
  };
}

/** Finds policies that the Chronicle has seen adopted, by BLAKE3 of their text; those that were asked for are kept. */
function namedIn(store: TicketPorts['store']): (digest: UniqueId) => Promise<Policy | undefined> {
  const known = new Map<string, Policy>();
  return async (digest) => {
    const name = toHex(digest);
    const before = known.get(name);
    if (before !== undefined) return before;
    for await (const { bytes } of newestFirst(store, 'policy.adopted')) {
      const { policy } = decodeRecord(bytes).body as { policy: Uint8Array };
      if (!sameBytes(blake3(policy), digest)) continue;
      const found = readPolicy(policy);
      known.set(name, found);
      return found;
    }
    return undefined;
  };
}
