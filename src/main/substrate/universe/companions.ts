/**
 * Companions: peers that this node was told to stay connected with (bootstrap peers, its relays), and those that turn
 * up on the local network. They are dialled until they answer, and again when they are lost, ever more slowly.
 */
import type { Multiaddr } from '@multiformats/multiaddr';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { readPeer, toHex } from '../../../protocol/bytes/index.ts';
import { endOf, readAddress } from './addresses.ts';

export interface CompanionOptions {
  /** Multiaddrs that end in a peer id. */
  readonly addresses: readonly string[];
  readonly connected: (peer: string) => boolean;
  /** Makes a connection; rejects when it cannot. */
  readonly dial: (peer: string) => Promise<void>;
  /** First and longest wait between attempts, milliseconds. */
  readonly wait?: { readonly first: number; readonly longest: number } | undefined;
}

export interface Companions {
  /** Their addresses, by peer in hex. */
  readonly peers: ReadonlyMap<string, readonly Multiaddr[]>;
  start(): void;
  /** A connection ended: seek the peer again, if it is a companion. */
  lost(peer: string): void;
  stop(): void;
}

/** Errors: `ADDRESS_FORMAT` for an address that does not say whose it is. */
export function createCompanions({ addresses, connected, dial, wait }: CompanionOptions): Companions {
  const { first, longest } = wait ?? { first: 1000, longest: 60_000 };
  const peers = new Map<string, Multiaddr[]>();
  for (const text of addresses) {
    const peer = peerOf(text);
    peers.set(peer, [...(peers.get(peer) ?? []), readAddress(text)]);
  }
  const timers = new Map<string, NodeJS.Timeout>();
  let running = false;

  const attempt = async (peer: string, pause: number): Promise<void> => {
    timers.delete(peer);
    if (!running || connected(peer)) return;
    try {
      await dial(peer);
    } catch {
      schedule(peer, pause, Math.min(longest, pause * 2));
    }
  };
  const schedule = (peer: string, after: number, next: number): void => {
    if (!running || timers.has(peer)) return;
    const timer = setTimeout(() => void attempt(peer, next), after * (0.75 + Math.random() / 2));
    timer.unref();
    timers.set(peer, timer);
  };
  return {
    peers,
    start() {
      running = true;
      for (const peer of peers.keys()) void attempt(peer, first);
    },
    lost(peer) {
      if (peers.has(peer)) schedule(peer, first, first);
    },
    stop() {
      running = false;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** The peer at the end of a multiaddr, hex. Errors: `ADDRESS_FORMAT`, `PEER_FORMAT`. */
export function peerOf(text: string): string {
  const end = endOf(readAddress(text));
  if (end === null)
    throw new Refusal('ADDRESS_FORMAT', `“${text.slice(0, 64)}” does not end in the peer's id (/p2p/…).`);
  return toHex(readPeer(end));
}
