/** What travels over the gossip topic of a network: somebody's entry, or somebody's goodbye, with its signature. */
import { decodeCanonical, encodeCanonical, Refusal, toHex } from '../bytes/index.ts';
import type { UniqueId, Value } from '../bytes/index.ts';
import { MAX_ENTRY_BYTES } from './entry.ts';

export interface Announcement {
  readonly kind: 'entry' | 'departure';
  /** The signed bytes as they were received or made. */
  readonly bytes: Uint8Array;
  readonly sig: Uint8Array;
}

/** Room for the signature and the names around an entry. */
const MAX_ANNOUNCEMENT = MAX_ENTRY_BYTES + 256;

/** The topic that the nodes of a network share, and nobody else. */
export const discoveryTopic = (network: UniqueId): string => `/muster/discovery/1/${toHex(network)}`;

export const encodeAnnouncement = ({ kind, bytes, sig }: Announcement): Uint8Array =>
  encodeCanonical({ kind, bytes, sig });

/** Errors: `ANNOUNCEMENT_FORMAT`. */
export function decodeAnnouncement(received: Uint8Array): Announcement {
  let value: Value;
  try {
    value = decodeCanonical(received, MAX_ANNOUNCEMENT);
  } catch {
    throw malformed();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw malformed();
  const { kind, bytes, sig } = value as { readonly [key: string]: Value };
  if (
    (kind !== 'entry' && kind !== 'departure') ||
    !(bytes instanceof Uint8Array) ||
    !(sig instanceof Uint8Array)
  )
    throw malformed();
  return { kind, bytes, sig };
}

const malformed = (): Refusal => new Refusal('ANNOUNCEMENT_FORMAT', 'This is no announcement of a peer.');
