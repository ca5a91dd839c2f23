/**
 * The universe: this node's one endpoint on the peer-to-peer network. One Ed25519 key is one PeerId; links by
 * protocol id over TCP, noise and yamux (house.md 3, core.md 3). Everything above names peers by their key in hex.
 */
import { noise } from '@libp2p/noise';
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import type { Ed25519PrivateKey, Ed25519PublicKey, PeerId, Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { fromHex, Refusal, toHex } from '../../../protocol/bytes/index.ts';
import { createLink } from './link.ts';
import type { Link } from './link.ts';

export interface UniverseOptions {
  /** Raw 32-byte Ed25519 public key of the node. */
  readonly key: Uint8Array;
  /** Signs with the node key; the key itself stays in the vault. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** Multiaddrs to listen on; empty: dial only. */
  readonly listen: readonly string[];
}

export interface Universe {
  /** This node's key, hex. */
  readonly self: string;
  /** Multiaddrs under which this node can be dialled, each with its peer id. */
  addresses(): readonly string[];
  /** Lets this node know where a peer may be reached. */
  learn(peer: string, addresses: readonly string[]): Promise<void>;
  /** Opens a link; dials when there is no connection yet. Errors: `PEER_UNREACHABLE`. */
  open(peer: string, protocol: string, signal?: AbortSignal): Promise<Link>;
  /** Answers links of this protocol; answers how to stop. At most `perPeer` at once from one peer, default 4. */
  serve(protocol: string, handler: (link: Link) => void, perPeer?: number): Promise<() => Promise<void>>;
  /** Connected peers, hex. */
  connected(): readonly string[];
  /** Closes every connection to a peer. */
  disconnect(peer: string): Promise<void>;
  close(): Promise<void>;
}

/** How long a dial and the negotiation of a protocol may take, milliseconds. */
const DIAL = 10_000;

/** Errors: `LISTEN_FAILED`. */
export async function openUniverse({ key, sign, listen }: UniverseOptions): Promise<Universe> {
  const publicKey = publicKeyFromRaw(key) as Ed25519PublicKey;
  const privateKey: Ed25519PrivateKey = {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw new Error('the node key stays in the vault');
    },
    equals: (other: unknown) => other === privateKey,
    sign: (message) => sign(message instanceof Uint8Array ? message : message.subarray()),
  };
  const node = await createLibp2p({
    privateKey,
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  }).catch((error: unknown) => {
    throw new Refusal('LISTEN_FAILED', `The network cannot be opened: ${(error as Error).message}`);
  });

  return {
    self: toHex(key),
    addresses: () => node.getMultiaddrs().map(String),
    async learn(peer, addresses) {
      await node.peerStore.merge(peerIdOf(peer), { multiaddrs: addresses.map((text) => multiaddr(text)) });
    },
    async open(peer, protocol, signal) {
      const limit = AbortSignal.timeout(DIAL);
      let stream: Stream;
      try {
        stream = await node.dialProtocol(peerIdOf(peer), protocol, {
          signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        });
      } catch (error) {
        throw new Refusal(
          'PEER_UNREACHABLE',
          `The peer ${peer.slice(0, 12)}… cannot be reached: ${(error as Error).message}`,
        );
      }
      return createLink(stream, peer, protocol);
    },
    async serve(protocol, handler, perPeer = 4) {
      await node.handle(
        protocol,
        (stream, connection) => handler(createLink(stream, hexOf(connection.remotePeer), protocol)),
        { maxInboundStreams: perPeer, maxOutboundStreams: 64 },
      );
      return () => node.unhandle(protocol);
    },
    connected: () => node.getPeers().map(hexOf),
    async disconnect(peer) {
      await node.hangUp(peerIdOf(peer));
    },
    async close() {
      await node.stop();
    },
  };
}

/** The libp2p id of a node key in hex. Errors: `PEER_FORMAT`. */
export function peerIdOf(peer: string): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(fromHex(peer, 32)));
}

/** The node key of a libp2p id, hex; ids without an inlined key do not occur: only Ed25519 keys pass here. */
export function hexOf(peer: PeerId): string {
  if (peer.publicKey === undefined) throw new Refusal('PEER_FORMAT', 'The peer id does not carry its key.');
  return toHex(peer.publicKey.raw);
}
