/**
 * What a collection is, as data that all its members share, and the signature that folds it into the Group's id
 * (coalition.md 2.2, 3.5). Where the runtime of the seeds folds names of types, here stand schema tags; who may
 * write is ours, folded last and only when it is not everybody, so that the seeds' ids hold for open collections.
 */
import { compareBytes, concat, derive, idFrom, Refusal, toHex, utf8 } from '../bytes/index.ts';
import type { UniqueId } from '../bytes/index.ts';

/** Whose signature a command may carry: everybody's, or that of one of these Ed25519 keys (raw, 32 bytes). */
export type Writers = 'anyone' | readonly Uint8Array[];

export const MAX_WRITERS = 256;

interface Common {
  /** The StoreId: 32 bytes. */
  readonly id: UniqueId;
  readonly writers: Writers;
}

/** A tag names the meaning of the elements with its version, as `coalition.atlas.CitizenCard/1`. */
export interface MapDefinition extends Common {
  readonly kind: 'map';
  readonly key: string;
  readonly value: string;
}

export interface SingleDefinition extends Common {
  readonly kind: 'vec' | 'set' | 'cell' | 'once';
  readonly value: string;
}

export interface PriorityQueueDefinition extends Common {
  readonly kind: 'depq';
  readonly priority: string;
  readonly key: string;
  readonly value: string;
  /** Entries that it holds at most; null: as many as there are. */
  readonly capacity: number | null;
}

export type Definition = MapDefinition | SingleDefinition | PriorityQueueDefinition;

const WRITERS_DOMAIN = utf8('muster/writers/1|');
/** The runtime's bound of an unbounded queue. */
const UNBOUNDED = 2n ** 64n - 1n;

/** Signature of the state machine: part of the Group's id. Errors: `COLLECTION_DEFINITION`. */
export function collectionSignature(definition: Definition): UniqueId {
  let signature = derive(idFrom(`mosaik_collections_${definition.kind}`), checkId(definition.id));
  for (const tag of tagsOf(definition)) signature = derive(signature, checkTag(tag));
  if (definition.kind === 'depq') signature = derive(signature, capacityBytes(definition.capacity));
  const { writers } = definition;
  if (writers === 'anyone') return signature;
  return derive(signature, concat(WRITERS_DOMAIN, ...checkWriters(writers)));
}

/**
 * Names the state machine where the runtime of the seeds has the name of its type: in the way to catch up. The version
 * stands for what commands do and what they look like: members that would judge one differently never meet.
 */
export const machineTag = (kind: Definition['kind']): string => `muster.collection.${kind}/2`;

const tagsOf = (definition: Definition): readonly string[] => {
  switch (definition.kind) {
    case 'map':
      return [definition.key, definition.value];
    case 'depq':
      return [definition.priority, definition.key, definition.value];
    default:
      return [definition.value];
  }
};

const refuse = (why: string): never => {
  throw new Refusal('COLLECTION_DEFINITION', why);
};

function checkId(id: Uint8Array): UniqueId {
  return id.length === 32 ? id : refuse('The id of a collection has 32 bytes.');
}

function checkTag(tag: string): string {
  if (tag.length <= 128 && /^[\x21-\x7e]+\/[1-9][0-9]{0,8}$/.test(tag)) return tag;
  return refuse(`“${tag.slice(0, 40)}” is no schema tag: a name without spaces, a slash and its version.`);
}

function capacityBytes(capacity: number | null): Uint8Array {
  if (capacity !== null && (!Number.isSafeInteger(capacity) || capacity < 1))
    refuse('A bounded queue holds at least one entry.');
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, capacity === null ? UNBOUNDED : BigInt(capacity), true);
  return out;
}

/** In the order of their bytes: the same writers give the same id, however they are listed. */
function checkWriters(writers: readonly Uint8Array[]): readonly Uint8Array[] {
  if (writers.length < 1 || writers.length > MAX_WRITERS)
    refuse(`A collection has 1 to ${MAX_WRITERS} writers, or lets anyone write; not ${writers.length}.`);
  if (writers.some((key) => key.length !== 32)) refuse('The key of a writer has 32 bytes.');
  if (new Set(writers.map(toHex)).size !== writers.length) refuse('A writer is listed twice.');
  return writers.toSorted(compareBytes);
}
