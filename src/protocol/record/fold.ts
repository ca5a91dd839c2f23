/**
 * The fold engine: takes ordered records into a view. A record that its rule refuses stays in the log (it was
 * ordered) and changes nothing; every replica refuses it with the same code.
 */
import { Refusal, toHex } from '../bytes/index.ts';
import type { Hashes, Value } from '../bytes/index.ts';
import { decodeRecord, recordId } from './record.ts';
import type { Record } from './record.ts';
import type { AnyKind } from './kind.ts';
import type { Change, ReadView, View } from './view.ts';

export type Kinds = ReadonlyMap<string, AnyKind>;

export interface FoldResult {
  readonly id: string;
  /** Null when the bytes are no record at all. */
  readonly record: Record | null;
  /** Null when the record was taken; else why every replica refuses it. */
  readonly refused: { readonly code: string; readonly message: string } | null;
  readonly changes: readonly Change[];
}

/** The highest sequence number seen of an author lives in the view itself: reuse is a rule like any other. */
const seqKey = (record: Record): string => `seq/${toHex(record.coalition)}/${toHex(record.author)}`;

/**
 * Judges one record against a view without changing it. Signatures are checked before ordering, by whoever
 * admits a command, and again by every verifier; they are not part of the fold.
 */
export function judge(
  kinds: Kinds,
  hashes: Hashes,
  view: ReadView,
  bytes: Uint8Array,
  index: number,
): FoldResult {
  const id = recordId(hashes, bytes);
  let record: Record | null = null;
  try {
    record = decodeRecord(bytes);
    const kind = kinds.get(record.kind);
    if (kind === undefined) throw new Refusal('KIND_UNKNOWN', `No rule here knows the kind ${record.kind}.`);
    const last = view.get(seqKey(record)) as number | undefined;
    if (last !== undefined && record.seq <= last)
      throw new Refusal('SEQ_REUSED', `The author's sequence number ${record.seq} is not above ${last}.`);
    const body = kind.schema.safeParse(record.body);
    if (!body.success) {
      const issue = body.error.issues[0];
      throw new Refusal(
        'BODY_FORMAT',
        `The body's ${issue?.path.join('.') || 'form'} is wrong: ${issue?.message}.`,
      );
    }
    // the schema has just proved the body's type; the list of kinds cannot express that
    const typed = { ...record, body: body.data } as Record<never>;
    kind.authorize(view, typed);
    const changes = kind.fold(view, typed, { index, id });
    return { id, record, refused: null, changes: [...changes, [seqKey(record), record.seq as Value]] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { id, record, refused: { code: error.code, message: error.message }, changes: [] };
  }
}

/** Judges one record and applies what it changes. */
export function foldInto(
  kinds: Kinds,
  hashes: Hashes,
  view: View,
  bytes: Uint8Array,
  index: number,
): FoldResult {
  const result = judge(kinds, hashes, view, bytes, index);
  if (result.changes.length > 0) view.apply(result.changes);
  return result;
}
