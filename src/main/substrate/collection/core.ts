/**
 * One collection on one node: its machine in a Group, shared by all handles on this node. A node that opens the same
 * collection twice gets the same Group, and its author the same line of numbers.
 */
import { derive, idFrom, Refusal, settle, settleAsync, toHex } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { collectionSignature, machineTag, readCollectionLeaf } from '../../../protocol/collection/index.ts';
import type { CollectionMachine, Definition, Outcome } from '../../../protocol/collection/index.ts';
import { groupId, HEARTBEAT, membershipDigest, snapshotSync } from '../../../protocol/group/index.ts';
import type { Membership } from '../../../protocol/group/index.ts';
import { createSignatureCheckers, nodeHashes } from '../../hashes.ts';
import type { Command, Group, Groups, LeadershipPreference, StateMachine } from '../group/index.ts';
import { createPipeline } from './pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import type { Author, CollectionMember, SharedOptions, Version } from './types.ts';

/** Commands between two compactions, unless the member says otherwise. */
const COMPACT_AFTER = 10_000;
/** What is judged in one go, a few milliseconds: others have their turn between slices. */
const SLICE = { leaves: 128, bytes: 32 * 1024 };
/** So few are checked sooner here than in the thread pool. */
const FEW = 8;

export interface Core<View> {
  readonly machine: CollectionMachine<View>;
  readonly group: Group<Outcome>;
  /** Of the state as it is: the Group tells what it has applied a whole batch at a time. */
  version(): Version;
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
  const check = createSignatureCheckers();
  const pipelines = new Map<string, Pipeline>();
  const compactAfter = member.compactAfter ?? COMPACT_AFTER;
  let judged: Version = -1;
  /** Commands since the Group last took the state. */
  let behind = 0;
  /** The state is due when so many are. */
  let dueAt = compactAfter;

  const tell = (command: Command, outcome: Outcome): void => {
    judged = command.index;
    if (outcome.kind !== 'applied') return;
    pipelines
      .get(outcome.author)
      ?.seen(outcome.counter, command.leaf, { version: command.index, effect: outcome.effect });
  };
  const begin = (): void => {
    behind = 0;
    dueAt = compactAfter;
  };
  const replicated: StateMachine<Outcome> = {
    signature: machine.signature,
    sync: snapshotSync(machineTag(definition.kind)),
    applied: 0,
    accepts: (leaf) => void readCollectionLeaf(leaf, machine.scope),
    async apply(commands) {
      const slices = slicesOf(commands);
      const few = slices.length === 1 && commands.length <= FEW;
      // the Group takes the state only when nothing waits: where that is due, nothing comes in between. It may have a
      // reason not to take it yet; then again a little later, and not with every batch until then
      const due = compactAfter > 0 && behind >= dueAt;
      behind += commands.length;
      if (due) dueAt = behind + Math.ceil(compactAfter / 10);
      const outcomes: Outcome[] = [];
      for (const slice of slices) {
        const plan = machine.plan(slice.map(({ leaf }) => leaf));
        const judgements = few || due ? settle(plan, check.here) : await settleAsync(plan, check.aside);
        for (const [at, command] of slice.entries()) tell(command, judgements[at] as Outcome);
        outcomes.push(...judgements);
      }
      return outcomes;
    },
    snapshot() {
      begin();
      return machine.snapshot();
    },
    restore(state) {
      machine.restore(state);
      begin();
      for (const pipeline of pipelines.values()) pipeline.restored();
    },
  };

  const group = await member.groups.join<Outcome>({
    secret: shared.secret ?? definition.id,
    genesis: member.genesis,
    machine: replicated,
    preference,
    compactAfter,
    ...(shared.heartbeat === undefined ? {} : { heartbeat: shared.heartbeat }),
    ...(shared.validators === undefined ? {} : { validators: shared.validators }),
    ...(member.timing === undefined ? {} : { timing: member.timing }),
    ...(member.admit === undefined ? {} : { admit: member.admit }),
  });
  // what was read from the disk does not count
  begin();
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
    // a state that came as a whole is told by the Group alone
    version: () => Math.max(judged, group.status().applied - 1),
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

/** In order; a slice has at least one command. */
function slicesOf(commands: readonly Command[]): Command[][] {
  const slices: Command[][] = [];
  let bytes = 0;
  for (const command of commands) {
    bytes += command.leaf.length;
    const last = slices.at(-1);
    if (last !== undefined && bytes <= SLICE.bytes && last.length < SLICE.leaves) last.push(command);
    else {
      slices.push([command]);
      bytes = command.leaf.length;
    }
  }
  return slices;
}
