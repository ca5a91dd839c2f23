/**
 * The mutual proof of a bond (coalition.md 3.4): both ends show that they hold the Group's secret, for this pair,
 * this Group and these two nonces. The transport has proven the keys of both before.
 */
import { blake3, concat, derive, fromHex, utf8 } from '../bytes/index.ts';
import type { UniqueId } from '../bytes/index.ts';

export const NONCE_BYTES = 32;

export interface BondEnds {
  readonly group: UniqueId;
  /** Node keys, hex. */
  readonly initiator: string;
  readonly acceptor: string;
  readonly initiatorNonce: Uint8Array;
  readonly acceptorNonce: Uint8Array;
}

/** What `sender` (one of the two ends, hex) proves with. */
export function bondProof(secret: UniqueId, ends: BondEnds, sender: string): Uint8Array {
  return derive(derive(secret, sharedOf(ends)), fromHex(sender, 32));
}

/** Names the bond, the same on both sides. */
export const bondId = (ends: BondEnds): UniqueId => derive(sharedOf(ends), 'mosaik.group.bond.id');

const sharedOf = ({ group, initiator, acceptor, initiatorNonce, acceptorNonce }: BondEnds): UniqueId =>
  blake3(
    concat(
      utf8('mosaik-ts/bond/1|'),
      group,
      fromHex(initiator, 32),
      fromHex(acceptor, 32),
      initiatorNonce,
      acceptorNonce,
    ),
  );
