/**
 * Whom this node denies. The list is bounded, because what a node denies by itself follows what strangers do; what a
 * person denied stays until it ends, and makes room for nothing.
 */
export interface Denial {
  /** Node key, hex. */
  readonly peer: string;
  /** Milliseconds from now. */
  readonly remaining: number;
  readonly reason: string;
  readonly by: DeniedBy;
}

/** `node`: for what it saw the peer do. */
export type DeniedBy = 'person' | 'node';

export interface DenialList {
  has(peer: string): boolean;
  /** `remaining` 0 lifts it. One of the node's own changes none that a person made. */
  put(denial: Denial): void;
  list(): readonly Denial[];
}

/** Denials of the node's own that are remembered; beyond, the one that ends soonest is forgotten. */
const MOST = 10_000;

interface Held extends Omit<Denial, 'peer' | 'remaining'> {
  readonly until: number;
}

/**
 * `now`: milliseconds, monotonic. `changed` hears every denial that begins, and with `remaining` 0 every one that has
 * ended, was lifted, or was forgotten for another.
 */
export function createDenialList(now: () => number, changed: (denial: Denial) => void): DenialList {
  const byPerson = new Map<string, Held>();
  const byNode = new Map<string, Held>();
  const find = (peer: string): Held | undefined => byPerson.get(peer) ?? byNode.get(peer);

  const drop = (peer: string): void => {
    const held = find(peer);
    if (held === undefined) return;
    byPerson.delete(peer);
    byNode.delete(peer);
    changed({ peer, remaining: 0, reason: held.reason, by: held.by });
  };
  const makeRoom = (): void => {
    let soonest: readonly [string, Held] | null = null;
    for (const one of byNode) if (soonest === null || one[1].until < soonest[1].until) soonest = one;
    if (soonest !== null) drop(soonest[0]);
  };

  return {
    has(peer) {
      const held = find(peer);
      if (held === undefined) return false;
      if (held.until > now()) return true;
      drop(peer);
      return false;
    },
    put({ peer, remaining, reason, by }) {
      if (by === 'node' && (byPerson.get(peer)?.until ?? 0) > now()) return;
      drop(peer);
      if (remaining <= 0) return;
      (by === 'person' ? byPerson : byNode).set(peer, { until: now() + remaining, reason, by });
      changed({ peer, remaining, reason, by });
      if (byNode.size > MOST) makeRoom();
    },
    list() {
      const at = now();
      return [...byPerson, ...byNode]
        .filter(([, { until }]) => until > at)
        .map(([peer, { until, ...rest }]) => ({ peer, remaining: until - at, ...rest }));
    },
  };
}
