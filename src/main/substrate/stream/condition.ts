/** Conditions over the peers at the other end of a stream (coalition.md 3.3: minimum_of, with_tags, with_predicate, unmet). */
import { sameBytes } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { PeerInfo, Rtt } from '../discovery/index.ts';

/** A peer as conditions and requirements see it. */
export interface StreamPeer extends PeerInfo {
  /** Null before the first measurement. */
  readonly rtt: Rtt | null;
}

/** Must not throw, and looks at nothing that changes without the catalogue. */
export type Requirement = (peer: StreamPeer) => boolean;

export interface Condition {
  holds(peers: readonly StreamPeer[]): boolean;
  /** Only peers with all of these tags count. */
  withTags(...tags: readonly UniqueId[]): Condition;
  /** Only peers of which this is true count. */
  withPredicate(requirement: Requirement): Condition;
  /** True when this one is not. */
  unmet(): Condition;
}

/**
 * So many peers that count, at least.
 *
 * @example
 * const quorum = minimumOf(2).withTags(idFrom('eu')).withPredicate(({ rtt }) => (rtt?.smoothed ?? 0) < 80);
 */
export const minimumOf = (count: number): Condition => counting(count, [], false);

export const hasTag =
  (tag: UniqueId): Requirement =>
  ({ tags }) =>
    tags.some((other) => sameBytes(other, tag));

const counting = (count: number, requirements: readonly Requirement[], inverted: boolean): Condition => ({
  holds(peers) {
    const counted = peers.filter((peer) => requirements.every((requirement) => requirement(peer)));
    return counted.length >= count !== inverted;
  },
  withTags: (...tags) => counting(count, [...requirements, ...tags.map(hasTag)], inverted),
  withPredicate: (requirement) => counting(count, [...requirements, requirement], inverted),
  unmet: () => counting(count, requirements, !inverted),
});
