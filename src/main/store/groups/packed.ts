/**
 * Entries on their way to the worker: two buffers instead of an object and a buffer for each, for what a message
 * between threads costs is counted in objects.
 */
import type { Entry } from '../../../protocol/raft/index.ts';
import type { GroupWrite } from './group-log.ts';

export type PackedWrite = Omit<GroupWrite, 'append'> & { readonly append?: PackedEntries | undefined };

export interface PackedEntries {
  /** For each entry: index, term, kind, bytes. */
  readonly heads: Float64Array<ArrayBuffer>;
  /** One after the other. */
  readonly data: Uint8Array<ArrayBuffer>;
}

const FIELDS = 4;
export const ENTRY_KINDS = ['command', 'no-op', 'members'] as const;
const NOTHING = new Uint8Array(0);

/** What an entry keeps beside its place. */
export const dataOf = (entry: Entry): Uint8Array => (entry.kind === 'no-op' ? NOTHING : entry.data);

/** The entry with this content; the lists of a change of members are read from its data by whoever feeds the core. */
export function entryOf(index: number, term: number, kind: number, data: Uint8Array): Entry {
  switch (ENTRY_KINDS[kind]) {
    case 'no-op':
      return { kind: 'no-op', index, term };
    case 'members':
      return { kind: 'members', index, term, members: { voters: [], learners: [] }, data };
    default:
      return { kind: 'command', index, term, data };
  }
}

export function packWrite({ append, ...rest }: GroupWrite): PackedWrite {
  return append === undefined ? rest : { ...rest, append: pack(append) };
}

export function unpackWrite({ append, ...rest }: PackedWrite): GroupWrite {
  return append === undefined ? rest : { ...rest, append: unpack(append) };
}

function pack(entries: readonly Entry[]): PackedEntries {
  let size = 0;
  for (const entry of entries) size += dataOf(entry).length;
  const heads = new Float64Array(entries.length * FIELDS);
  const data = new Uint8Array(size);
  let [at, head] = [0, 0];
  for (const entry of entries) {
    const bytes = dataOf(entry);
    heads[head] = entry.index;
    heads[head + 1] = entry.term;
    heads[head + 2] = ENTRY_KINDS.indexOf(entry.kind);
    heads[head + 3] = bytes.length;
    data.set(bytes, at);
    at += bytes.length;
    head += FIELDS;
  }
  return { heads, data };
}

function unpack({ heads, data }: PackedEntries): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  for (let head = 0; head < heads.length; head += FIELDS) {
    const end = at + (heads[head + 3] ?? 0);
    entries.push(
      entryOf(heads[head] ?? 0, heads[head + 1] ?? 0, heads[head + 2] ?? 0, data.subarray(at, end)),
    );
    at = end;
  }
  return entries;
}
