/**
 * The OrderedLog of several members: a Group whose state machine is each member's own store. A command is sequenced
 * when the Group has committed it and it is folded here, committed when the Group's checkpoint covers it.
 */
import { derive, idFrom, Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { logReplaySync } from '../../../protocol/group/index.ts';
import { leafBytes, parseLeaf } from '../../../protocol/log/index.ts';
import type { CheckpointRow, Store } from '../../store/index.ts';
import type { Groups } from './groups.ts';
import type { StateMachine } from './machine.ts';
import type { Group, GroupConfig } from './types.ts';
import type { LogStep, OrderedLog, Sequenced } from '../log/index.ts';

/** Schema tag of the machine: entries of a log, folded by the kinds' rules or not at all. */
const TAG = 'muster.ordered-log/1';

export interface CommitteeOptions extends Omit<GroupConfig<Sequenced>, 'machine'> {
  readonly groups: Groups;
  /** The member's own store; the log is folded into it. */
  readonly store: Store;
  /** Folded into the Group's id: one coalition's Chronicle is not another's. */
  readonly subject: UniqueId;
}

export interface Committee extends OrderedLog {
  readonly group: Group<Sequenced>;
}

/** Joins the committee of a log. Errors: as `Groups.join`. */
export async function openCommittee(options: CommitteeOptions): Promise<Committee> {
  const { groups, store, subject, ...config } = options;
  const listeners = new Set<(step: LogStep) => void>();
  const tell = (step: LogStep): void => {
    for (const listener of listeners) listener(step);
  };
  let { size, checkpoint } = store.health;
  /** Checkpoints of the Group that cover more than is folded here, ascending: they count once it is. */
  let ahead: CheckpointRow[] = [];
  const settle = (): void => {
    const reached = ahead.findLast((row) => row.size <= size);
    if (reached === undefined) return;
    ahead = ahead.filter((row) => row.size > size);
    checkpoint = reached;
    void store.putCheckpoint(reached).catch(() => undefined);
    tell({ kind: 'committed', checkpoint: reached });
  };
  const machine: StateMachine<Sequenced> = {
    signature: derive(idFrom(TAG), subject),
    sync: logReplaySync(TAG),
    applied: size,
    accepts(leaf) {
      parseLeaf(leaf);
    },
    async recognise(commands) {
      const rows = await store.range(commands[0]?.index ?? 0, commands.at(-1)?.index ?? -1);
      for (const [i, { index, leaf }] of commands.entries()) {
        const row = rows[i];
        if (row === undefined || !sameBytes(leafBytes(row.bytes, row.sig), leaf))
          throw new Refusal('LOG_FORKED', `Entry ${index} of this store is not the one that the Group has.`);
      }
    },
    async apply(commands) {
      const { appended, size: grown } = await store.append(commands.map(({ leaf }) => parseLeaf(leaf)));
      size = grown;
      tell({ kind: 'sequenced', entries: appended, size });
      settle();
      return appended;
    },
  };
  const group = await groups.join({ ...config, machine });
  const reach = (row: CheckpointRow): void => {
    ahead.push(row);
    settle();
  };
  const newest = group.status().checkpoint;
  if (newest !== null && newest.size > (checkpoint?.size ?? 0)) reach(newest);
  const stop = group.subscribe((event) => {
    if (event.kind === 'checkpoint') reach(event.checkpoint);
  });
  const underWay = new Set<Promise<unknown>>();

  return {
    group,
    origin: group.origin,
    get policy() {
      return group.policy();
    },
    append({ bytes, sig }) {
      const sequenced = group.execute(leafBytes(bytes, sig)).then(({ answer }) => answer);
      const committed = sequenced.then(async (entry) => {
        await group.when.holds(() => (checkpoint?.size ?? 0) > entry.index);
        return { ...entry, size: checkpoint?.size ?? 0 };
      });
      underWay.add(committed);
      const settled = (): void => void underWay.delete(committed);
      committed.then(settled, settled);
      // whoever waits for one of the two must not make the other an unhandled rejection
      sequenced.catch(() => undefined);
      return { sequenced, committed };
    },
    head: () => ({ size, checkpoint }),
    resume: group.resume,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.race([Promise.allSettled(underWay), group.when.offline().catch(() => undefined)]);
      stop();
      await group.close();
    },
  };
}
