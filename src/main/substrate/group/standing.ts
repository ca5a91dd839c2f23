/**
 * Where this member stands towards the one that leads: whether it has caught up, and applied, what that one had
 * committed when it was first heard (coalition.md 3.4: online is a leader, or a follower that is synced).
 */
import type { RaftStatus } from '../../../protocol/raft/index.ts';

export interface Standing {
  /** A member that leads in `term` says how far it has committed; true when it is the first word from it. */
  heard(from: string, term: number, commit: number): boolean;
  /** True when role, term or leader are others than when it was last asked. */
  moved(): boolean;
  unbonded(peer: string): void;
  /** It leads and may commit, or has caught up with who does. */
  online(): boolean;
}

/** `appliedTo`: the log index up to which everything is applied here. */
export function createStanding(status: () => RaftStatus, appliedTo: () => number): Standing {
  let seen: Pick<RaftStatus, 'role' | 'leader' | 'term'> = { role: 'follower', leader: null, term: -1 };
  /** The commit that a leader named when it was first heard. */
  let target: { readonly leader: string; readonly commit: number } | null = null;
  return {
    heard(from, term, commit) {
      if (target?.leader === from) return false;
      if (term >= status().term) target = { leader: from, commit };
      return true;
    },
    moved() {
      const { role, leader, term } = status();
      if (role === seen.role && leader === seen.leader && term === seen.term) return false;
      seen = { role, leader, term };
      if (target?.leader !== leader) target = null;
      return true;
    },
    unbonded(peer) {
      if (target?.leader === peer) target = null;
    },
    online() {
      const { role, leader, ready } = status();
      if (role === 'leader') return ready;
      return leader !== null && target?.leader === leader && appliedTo() >= target.commit;
    },
  };
}
