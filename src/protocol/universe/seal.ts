/**
 * The signature of an entry: Ed25519 over "muster/peer-entry/1" ‖ 0x00 ‖ BLAKE3(entry bytes). An entry whose
 * signature does not hold does not come out of here at all. And the rule by which a signed entry is let in.
 */
import { blake3, concat, Refusal, sameBytes, utf8 } from '../bytes/index.ts';
import type { Plan, UniqueId } from '../bytes/index.ts';
import { decodeEntry, encodeEntry } from './entry.ts';
import type { PeerEntry } from './entry.ts';
import { isStale, MAX_DRIFT, newer, PURGE_AFTER, withinDrift } from './version.ts';
import type { Version } from './version.ts';

const DOMAIN = concat(utf8('muster/peer-entry/1'), new Uint8Array(1));

/** An entry as it travels. */
export interface SealedEntry {
  readonly bytes: Uint8Array;
  /** 64 bytes. */
  readonly sig: Uint8Array;
}

/** An entry whose signature holds, with the bytes it came in. */
export interface SignedPeerEntry extends SealedEntry {
  readonly entry: PeerEntry;
}

/** The bytes that a node signs. */
export const entryMessage = (entryBytes: Uint8Array): Uint8Array => concat(DOMAIN, blake3(entryBytes));

/** Signs an entry. Errors: as `encodeEntry`. */
export function sealEntry(entry: PeerEntry, sign: (message: Uint8Array) => Uint8Array): SignedPeerEntry {
  const bytes = encodeEntry(entry);
  return { entry: decodeEntry(bytes), bytes, sig: sign(entryMessage(bytes)) };
}

/**
 * Reads a received entry. Errors: `ENTRY_SIZE`, `ENTRY_FORMAT`, `ENTRY_PROTOCOL` at once; `ENTRY_SIGNATURE` when the
 * plan is concluded with a signature that does not hold.
 */
export function openEntry({
  bytes,
  sig,
}: SealedEntry): Plan<SignedPeerEntry> & { readonly entry: PeerEntry } {
  const entry = decodeEntry(bytes);
  if (sig.length !== 64) throw new Refusal('ENTRY_SIGNATURE', 'The entry is not signed.');
  return {
    entry,
    jobs: [{ alg: 'ed25519', key: entry.peer, message: entryMessage(bytes), signature: sig }],
    conclude([holds]) {
      if (holds !== true)
        throw new Refusal(
          'ENTRY_SIGNATURE',
          'The entry was not signed by the peer that it names, or was changed.',
        );
      return { entry, bytes, sig };
    },
  };
}

export interface Admission {
  readonly network: UniqueId;
  /** Unix milliseconds. */
  readonly now: number;
  /** The version that is known of this peer, or with which it departed; null: none. */
  readonly known: Version | null;
  /** Gossip is believed when it is fresh; a catalogue brings what may have waited there until it was purged. */
  readonly via: 'gossip' | 'catalogue';
  readonly maxDrift?: number | undefined;
  readonly purgeAfter?: number | undefined;
}

/**
 * Whether an entry may enter the catalogue; throws why not. Errors: `ENTRY_NETWORK` (of another network),
 * `ENTRY_OLD` (known already, or replayed), `ENTRY_DRIFT` (its clock and ours are too far apart), `ENTRY_STALE`.
 */
export function admitEntry(entry: PeerEntry, rules: Admission): void {
  const { network, now, known, via, maxDrift = MAX_DRIFT, purgeAfter = PURGE_AFTER } = rules;
  if (!sameBytes(entry.network, network))
    throw new Refusal('ENTRY_NETWORK', 'The entry belongs to another network.');
  if (!newer(entry.version, known))
    throw new Refusal('ENTRY_OLD', 'The entry is known, or was replaced since.');
  const [, updatedAt] = entry.version;
  if (updatedAt - now > maxDrift || (via === 'gossip' && !withinDrift(updatedAt, now, maxDrift)))
    throw new Refusal(
      'ENTRY_DRIFT',
      `The peer's clock differs from ours by ${Math.round(Math.abs(now - updatedAt) / 1000)} seconds.`,
      { milliseconds: updatedAt - now },
    );
  if (isStale(entry.version, now, purgeAfter))
    throw new Refusal('ENTRY_STALE', 'The entry has not been renewed for too long.');
}
