/**
 * What the six kinds have in common: a definition that all members share, and two ways in (coalition.md 3.5). A kind
 * brings its machine, what a reader can ask of it, and what a writer can do besides; a reader has no way to write.
 */
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { CollectionMachine, Definition, Outcome, Writers } from '../../../protocol/collection/index.ts';
import type { Group, LeadershipPreference } from '../group/index.ts';
import { collectionGroup, openCore, storeId } from './core.ts';
import { createReader, createWriter } from './handle.ts';
import type { Writer } from './handle.ts';
import type { CollectionMember, CollectionReader, SharedOptions, WritingMember } from './types.ts';

export interface Replicated<Defined extends Definition, Reads, Writes> {
  readonly definition: Defined;
  /** Id of its Group. */
  readonly group: UniqueId;
  /** Errors: as `Groups.join`. */
  writer(member: WritingMember): Promise<CollectionReader & Reads & Writes>;
  /** Errors: as `Groups.join`. */
  reader(member: CollectionMember): Promise<CollectionReader & Reads>;
}

export interface Kind<Defined extends Definition, View, Reads, Writes> {
  readonly shared: SharedOptions;
  readonly definition: Defined;
  readonly machine: (definition: Defined, scope: UniqueId) => CollectionMachine<View>;
  /** `view`: the state as it is at each call. */
  readonly reads: (view: () => View, group: Group<Outcome>) => Reads;
  readonly writes: (writer: Writer) => Writes;
}

/** Errors: `COLLECTION_DEFINITION`. */
export function defineCollection<
  Defined extends Definition,
  View,
  Reads extends object,
  Writes extends object,
>(kind: Kind<Defined, View, Reads, Writes>): Replicated<Defined, Reads, Writes> {
  const { shared, definition, machine, reads, writes } = kind;
  const create = (scope: UniqueId): CollectionMachine<View> => machine(definition, scope);
  const open = async (member: CollectionMember, preference: LeadershipPreference) => {
    const core = await openCore({ shared, definition, create, member, preference });
    // onto the reads, some of which are getters: those would be asked once where they are copied from
    return { core, reader: Object.assign(reads(core.machine.view, core.group), createReader(core)) };
  };
  return {
    definition,
    group: collectionGroup(shared, definition),
    async writer(member) {
      const { core, reader } = await open(member, member.preference ?? 'normal');
      return Object.assign(reader, writes(createWriter(core.pipeline(member.author), core.version)));
    },
    reader: async (member) => (await open(member, 'observer')).reader,
  };
}

/** What every definition has. */
export const commonOf = ({ id, writers = 'anyone' }: SharedOptions): { id: UniqueId; writers: Writers } => ({
  id: storeId(id),
  writers,
});
