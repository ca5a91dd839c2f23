/**
 * One collection on one node: its machine in a Group, shared by all handles on this node. A node that opens the same
 * collection twice gets the same Group, and its author the same line of numbers.
 */
import { derive, idFrom, Refusal, settle, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { collectionSignature, machineTag, readCollectionLeaf } from '../../../protocol/collection/index.ts';
import type { CollectionMachine, Definition, Outcome } from '../../../protocol/collection/index.ts';
import { groupId, HEARTBEAT, membershipDigest, snapshotSync } from '../../../protocol/group/index.ts';
import type { Membership } from '../../../protocol/group/index.ts';
import { createSignatureChecker, nodeHashes } from '../../hashes.ts';
import type { Command, Group, Groups, LeadershipPreference, StateMachine } from '../group/index.ts';
import { createPipeline } from './pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import type { Author, CollectionMember, SharedOptions } from './types.ts';

/** Commands between two compactions, unless the member says otherwise. */
const COMPACT_AFTER = 10_000;
/** Leaves that are judged in one go: what they were read into stays small. */
const SLICE = 512;

export interface Core<View> {
  readonly machine: CollectionMachine<View>;
  readonly group: Group<Outcome>;
  /** The line of this author's writes. */
  pipeline(author: Author): Pipeline;
  /** The Group is left when everybody who opened it has released it. */
  release(): Promise<void>;
}

export interface CoreOptions<View> {
  readonly shared: SharedOptions;
  readonly definition: Definition;
  readonly create: (scope: UniqueId) => CollectionMachine<View>;
  readonly member: CollectionMember;
  readonly preference: LeadershipPreference;
}

interface Shared {
  readonly opened: Promise<Core<unknown>>;
  uses: number;
  /** Resolves when the Group is left; null while it is used. */
  leaving: Promise<void> | null;
}
const cores = new WeakMap<Groups, Map<string, Shared>>();

export const storeId = (id: UniqueId | string): UniqueId => (typeof id === 'string' ? idFrom(id) : id);

/** Id of the Group in which a collection lives. Errors: `COLLECTION_DEFINITION`. */
export const collectionGroup = (shared: SharedOptions, definition: Definition): UniqueId =>
  groupId({
    secret: shared.secret ?? definition.id,
    heartbeat: shared.heartbeat ?? HEARTBEAT,
    machine: collectionSignature(definition),
    sync: snapshotSync(machineTag(definition.kind)),
    validators: shared.validators ?? [],
  });

/**
 * What signatures are for: this Group with these founders. A Group of the same id that others found anew counts its
 * authors from 1 again, and must not take what was signed for the first.
 */
export const commandScope = (group: UniqueId, genesis: Membership): UniqueId =>
  derive(group, membershipDigest(nodeHashes, genesis));

/** Errors: `COLLECTION_DEFINITION`, and as `Groups.join`. */
export async function openCore<View>(options: CoreOptions<View>): Promise<Core<View>> {
  const { groups } = options.member;
  const key = toHex(collectionGroup(options.shared, options.definition));
  const here = cores.get(groups) ?? new Map<string, Shared>();
  cores.set(groups, here);
  for (let known = here.get(key); known !== undefined; known = here.get(key)) {
    if (known.leaving === null) {
      known.uses += 1;
      // the id folds the kind and what its elements are
      return known.opened as Promise<Core<View>>;
    }
    await known.leaving;
  }
  const forget = (): void => {
    if (here.get(key) === shared) here.delete(key);
  };
  const shared: Shared = {
    uses: 1,
    leaving: null,
    opened: joinCore(
      options,
      async (group) => {
        shared.uses -= 1;
        if (shared.uses === 0) shared.leaving = group.close().finally(forget);
        await shared.leaving;
      },
      () => {
        // one that is left on purpose is forgotten when that is done
        if (shared.leaving === null) forget();
      },
    ) as Promise<Core<unknown>>,
  };
  here.set(key, shared);
  shared.opened.catch(forget);
  return shared.opened as Promise<Core<View>>;
}

async function joinCore<View>(
  { shared, definition, create, member, preference }: CoreOptions<View>,
  release: (group: Group<Outcome>) => Promise<void>,
  closed: () => void,
): Promise<Core<View>> {
  const id = collectionGroup(shared, definition);
  const machine = create(commandScope(id, member.genesis));
  const check = createSignatureChecker();
  const pipelines = new Map<string, Pipeline>();

  const tell = (command: Command, outcome: Outcome): void => {
    if (outcome.kind !== 'applied') return;
    pipelines
      .get(outcome.author)
      ?.seen(outcome.counter, command.leaf, { version: command.index, effect: outcome.effect });
  };
  const replicated: StateMachine<Outcome> = {
    signature: machine.signature,
    sync: snapshotSync(machineTag(definition.kind)),
    applied: 0,
    accepts: (leaf) => void readCollectionLeaf(leaf, machine.scope),
    apply(commands) {
      const outcomes: Outcome[] = [];
      for (let at = 0; at < commands.length; at += SLICE) {
        const slice = commands.slice(at, at + SLICE);
        const plan = machine.plan(slice.map(({ leaf }) => leaf));
        outcomes.push(...settle(plan, check));
      }
      if (pipelines.size > 0)
        for (const [at, command] of commands.entries()) tell(command, outcomes[at] as Outcome);
      return outcomes;
    },
    snapshot: machine.snapshot,
    restore(state) {
      machine.restore(state);
      for (const pipeline of pipelines.values()) pipeline.restored();
    },
  };

  const group = await member.groups.join<Outcome>({
    secret: shared.secret ?? definition.id,
    genesis: member.genesis,
    machine: replicated,
    preference,
    compactAfter: member.compactAfter ?? COMPACT_AFTER,
    ...(shared.heartbeat === undefined ? {} : { heartbeat: shared.heartbeat }),
    ...(shared.validators === undefined ? {} : { validators: shared.validators }),
    ...(member.timing === undefined ? {} : { timing: member.timing }),
    ...(member.admit === undefined ? {} : { admit: member.admit }),
  });
  group.changes(() => {
    for (const pipeline of pipelines.values()) pipeline.pump();
  });
  // resolves never; rejects when the Group is closed here, by whomever
  group.when
    .holds(() => false)
    .catch((error: unknown) => {
      const why = error instanceof Refusal ? error : new Refusal('GROUP_CLOSED', String(error));
      for (const pipeline of pipelines.values()) pipeline.end(why);
      closed();
    });
  return {
    machine,
    group,
    pipeline(author) {
      const key = toHex(author.key);
      const known = pipelines.get(key);
      if (known !== undefined) return known;
      const pipeline = createPipeline(group, machine, author);
      pipelines.set(key, pipeline);
      return pipeline;
    },
    release: () => release(group),
  };
}
