/** One sentence about a Group: the first thing that its operator must know. Pure (coalition.md 3). */
import type { NetworkGroup } from '../../../contract/index.ts';
import type { Key, Values } from '../../language/translate.ts';
import type { MarkKind } from '../../parts/Mark.tsx';
import { shortPeer } from './peers.ts';

export interface GroupSentence {
  readonly key: Key;
  readonly values: Values;
  readonly mark: MarkKind;
}

type Said = Pick<
  NetworkGroup,
  | 'role'
  | 'leader'
  | 'commit'
  | 'applied'
  | 'online'
  | 'muted'
  | 'stopped'
  | 'equivocations'
  | 'open'
  | 'voters'
  | 'reachable'
  | 'quorum'
> & { readonly members: readonly unknown[] };

/** Worst first: what has stopped, what contradicts, what is mute, who is missing; only then how far it is. */
export function groupSentence(group: Said): GroupSentence {
  const { role, leader, open, voters, reachable } = group;
  const say = (key: Key, mark: MarkKind, values: Values = {}): GroupSentence => ({ key, values, mark });
  if (group.stopped !== null) {
    // the sentence ends by itself
    return say('groups.say.stopped', 'failed', { why: group.stopped });
  }
  if (group.equivocations > 0) return say('groups.say.equivocation', 'failed');
  if (group.muted) return say('groups.say.muted', 'stale');
  if (reachable < group.quorum) return say('groups.say.minority', 'stale', { reachable, voters });
  if (role === 'candidate' || role === 'pre-candidate') return say('groups.say.asking', 'running');
  if (!group.online) return say('groups.say.offline', 'stale');
  if (role === 'leader') {
    const others = Math.max(0, group.members.length - 1);
    return open > 0
      ? say('groups.say.leadsOpen', 'running', { others, open })
      : say('groups.say.leads', 'passed', { others });
  }
  if (leader === null) return say('groups.say.electing', 'running');
  const name = shortPeer(leader);
  const behind = lagOf(group);
  if (behind > 0) return say('groups.say.behind', 'running', { leader: name, n: behind });
  if (role === 'learner') return say('groups.say.learns', 'passed', { leader: name });
  return open > 0
    ? say('groups.say.followsOpen', 'running', { leader: name, open })
    : say('groups.say.follows', 'passed', { leader: name });
}

/** Committed commands that are not applied here. */
export const lagOf = ({ commit, applied }: Pick<NetworkGroup, 'commit' | 'applied'>): number =>
  Math.max(0, commit - applied);
