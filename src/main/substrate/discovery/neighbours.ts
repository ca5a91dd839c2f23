/**
 * Keeps this node connected with some members of its network, so that the gossip does not hang by one bootstrap peer:
 * those it knows from the catalogue, those it was connected with before, those that the table of pointers names.
 */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Universe } from '../universe/index.ts';
import type { DiscoverySettings } from './settings.ts';

export interface Neighbours {
  start(): void;
  stop(): Promise<void>;
}

export interface NeighbourOptions {
  readonly universe: Universe;
  readonly network: UniqueId;
  readonly settings: Pick<
    DiscoverySettings,
    'neighbours' | 'neighbourInterval' | 'rendezvous' | 'rendezvousAlone'
  >;
  /** Members of the network that are known, hex. */
  readonly members: () => readonly string[];
}

/** A peer that could not be reached is left alone for so long, milliseconds. */
const REST = 30_000;
/** Peers of former times that are tried at a start. */
const REMEMBERED = 16;
/** A pointer is set again after this; the table forgets them after two days. */
const PROVIDE_AGAIN = 6 * 60 * 60_000;
const AT_ONCE = 4;

export function createNeighbours({ universe, network, settings, members }: NeighbourOptions): Neighbours {
  const resting = new Map<string, number>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let rendezvousTimer: NodeJS.Timeout | undefined;
  let providedAt = -Infinity;
  const running = new Set<Promise<void>>();

  const connect = async (peer: string): Promise<void> => {
    try {
      await universe.connect(peer, signal);
      resting.delete(peer);
    } catch {
      resting.set(peer, performance.now() + REST);
    }
  };
  /** Tries candidates, a few at a time. */
  const meet = async (candidates: readonly string[]): Promise<void> => {
    for (let i = 0; i < candidates.length && !signal.aborted; i += AT_ONCE)
      await Promise.all(candidates.slice(i, i + AT_ONCE).map(connect));
  };

  const look = async (): Promise<void> => {
    const at = performance.now();
    for (const [peer, until] of resting) if (until < at) resting.delete(peer);
    const connected = new Set(universe.connected());
    const known = members();
    const missing = settings.neighbours - known.filter((peer) => connected.has(peer)).length;
    if (missing <= 0) return;
    const candidates = known.filter((peer) => !connected.has(peer) && !resting.has(peer));
    await meet(shuffled(candidates).slice(0, missing));
  };

  const rendezvous = async (): Promise<boolean> => {
    try {
      if (performance.now() - providedAt > PROVIDE_AGAIN) {
        await universe.provide(network, signal);
        providedAt = performance.now();
      }
      const connected = new Set(universe.connected());
      await meet((await universe.find(network, signal)).filter((peer) => !connected.has(peer)));
    } catch (error) {
      // a node without pointers has no rendezvous, and one that fails is tried again
      if (error instanceof Refusal && error.code === 'POINTERS_OFF') return false;
    }
    return true;
  };

  /** Runs something in the background, one after the other with itself. */
  const keep = (work: Promise<void>): void => {
    const quiet = work.catch(() => undefined);
    running.add(quiet);
    void quiet.then(() => running.delete(quiet));
  };
  const lookAgain = (): void => {
    const after = settings.neighbourInterval * (0.75 + Math.random() / 2);
    timer = setTimeout(() => keep(look().finally(lookAgain)), after);
    timer.unref();
    if (signal.aborted) clearTimeout(timer);
  };
  const rendezvousAgain = (goesOn: boolean): void => {
    if (!goesOn || signal.aborted) return;
    const after = members().length === 0 ? settings.rendezvousAlone : settings.rendezvous;
    rendezvousTimer = setTimeout(() => keep(rendezvous().then(rendezvousAgain)), after);
    rendezvousTimer.unref();
  };

  return {
    start() {
      keep(
        universe
          .remembered(REMEMBERED)
          .then(meet)
          .catch(() => undefined),
      );
      lookAgain();
      keep(rendezvous().then(rendezvousAgain));
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      clearTimeout(rendezvousTimer);
      await Promise.allSettled(running);
    },
  };
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
