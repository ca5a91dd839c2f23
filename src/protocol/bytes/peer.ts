/**
 * Peer ids: one Ed25519 key is one peer. Hex of the raw key in records and tickets, `12D3Koo…` (libp2p: the
 * identity multihash of the protobuf-wrapped key, in base58btc) wherever other libp2p tools meet it.
 */
import { base58btc } from 'multiformats/bases/base58';
import { concat, fromHex, sameBytes, toHex } from './base.ts';
import { Refusal } from './refusal.ts';

/** identity multihash, 36 bytes, of protobuf { type: Ed25519, data: 32 bytes }. */
const PREFIX = new Uint8Array([0x00, 0x24, 0x08, 0x01, 0x12, 0x20]);

/** `key`: raw 32-byte Ed25519 public key. */
export function peerIdText(key: Uint8Array): string {
  if (key.length !== 32) throw new RangeError('a peer key is 32 bytes');
  return base58btc.baseEncode(concat(PREFIX, key));
}

/** Reads a peer from 64 hex digits or from its libp2p text; answers the raw 32-byte key. Errors: `PEER_FORMAT`. */
export function readPeer(text: string): Uint8Array {
  const trimmed = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return fromHex(trimmed);
  if (/^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/.test(trimmed)) {
    const bytes = base58btc.baseDecode(trimmed);
    if (bytes.length === 38 && sameBytes(bytes.subarray(0, 6), PREFIX)) return bytes.subarray(6);
  }
  throw new Refusal('PEER_FORMAT', 'A peer id is 64 hex digits, or 52 characters beginning with 12D3Koo.');
}

export const peerHex = (key: Uint8Array): string => toHex(key);
