/**
 * Pointers: who has something to say about a 32-byte id, found through a distributed hash table of our own. Never for
 * records: one put costs the whole network tens of CPU milliseconds (core.md 3.4).
 */
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import type { KadDHT } from '@libp2p/kad-dht';
import type { PeerId } from '@libp2p/interface';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { nodeHashes } from '../../hashes.ts';
import { withDeadline } from './deadline.ts';

export interface Pointers {
  /** Tells the table that this node can be asked about `id`. Errors: `POINTERS_OFF`, `POINTERS_FAILED`. */
  provide(id: UniqueId, signal?: AbortSignal): Promise<void>;
  /** Peers that can be asked about `id`, hex; where they are is known to the universe then. Errors: as `provide`. */
  find(id: UniqueId, signal?: AbortSignal): Promise<readonly string[]>;
}

/** Copies of a pointer and width of a query: 5 instead of 20 costs a seventh (core.md 3.4). */
const K = 5;
const QUERY = 10_000;
/** Peers that a query answers at most. */
const MAX_FOUND = 64;
const RAW = 0x55;
const SHA2_256 = 0x12;

/** The service for libp2p's configuration. `server`: this node keeps pointers for others. */
export const pointerService = (server: boolean): ReturnType<typeof kadDHT> =>
  kadDHT({
    protocol: '/muster/kad/1',
    kBucketSize: K,
    alpha: 3,
    clientMode: !server,
    // coalitions live in private networks too; which addresses are dialled is for the gate to say
    peerInfoMapper: passthroughMapper,
    // a table of pointers: values, public keys among them, are not kept
    validators: {
      pk: () => {
        throw new Error('this table keeps no values');
      },
    },
    maxInboundStreams: 16,
    maxOutboundStreams: 16,
  });

export function createPointers(
  service: KadDHT | undefined,
  hexOf: (peer: PeerId) => string,
  self: string,
): Pointers {
  const table = (): KadDHT => {
    if (service === undefined)
      throw new Refusal('POINTERS_OFF', 'This node does not take part in the table of pointers.');
    return service;
  };
  const query = async <T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>) => {
    try {
      return await withDeadline(QUERY, signal, work);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal(
        'POINTERS_FAILED',
        `The table of pointers did not answer: ${(error as Error).message}`,
      );
    }
  };
  return {
    provide: (id, signal) =>
      query(signal, async (inner) => {
        for await (const event of table().provide(cidOf(id), { signal: inner })) void event;
      }),
    find: (id, signal) =>
      query(signal, async (inner) => {
        const found = new Set<string>();
        try {
          for await (const event of table().findProviders(cidOf(id), { signal: inner })) {
            if (event.name !== 'PROVIDER') continue;
            for (const { id: peer } of event.providers) if (peer.type === 'Ed25519') found.add(hexOf(peer));
            if (found.size >= MAX_FOUND) break;
          }
        } catch (error) {
          // what was found before the query failed is worth having
          if (found.size === 0) throw error;
        }
        found.delete(self);
        return [...found];
      }),
  };
}

/** SHA-256 of the id: kad-dht 16 reads the names of things as CIDv0, and those know no other hash. */
const cidOf = (id: UniqueId): CID => CID.createV1(RAW, create(SHA2_256, nodeHashes.sha256(id)));
