/**
 * What a kind is: the body's schema, who may author it in which state, and its fold. A kind is declared once,
 * in the folder of its subject, and listed in protocol/kinds.ts.
 */
import type { z } from 'zod';
import { Refusal, toHex } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import type { Record } from './record.ts';
import type { Change, ReadView } from './view.ts';

/** Where the record stands in its log. */
export interface FoldContext {
  /** Leaf index, counted from 0. */
  readonly index: number;
  /** CID of the record. */
  readonly id: string;
}

export interface Kind<B = never> {
  /** `area.event` */
  readonly name: string;
  readonly schema: z.ZodType<B>;
  /** Throws a Refusal when this author may not say this in this state. */
  authorize(view: ReadView, record: Record<B>): void;
  /** Answers the changes; throws a Refusal when the rule says no. Pure: no clock, no I/O. */
  fold(view: ReadView, record: Record<B>, context: FoldContext): readonly Change[];
}

/** Keeps the body type while a list holds kinds of different bodies. */
export type AnyKind = { readonly [K in keyof Kind]: Kind[K] };

export function defineKind<B>(kind: Kind<B>): AnyKind {
  return kind as unknown as AnyKind;
}

export const memberKey = (coalition: Uint8Array, peer: Uint8Array): string =>
  `member/${toHex(coalition)}/${toHex(peer)}`;

/** For kinds that any member of the record's coalition may author. Errors: `NOT_A_MEMBER`. */
export function requireMember(view: ReadView, record: Record<unknown>): void {
  if (view.get(memberKey(record.coalition, record.author)) === undefined)
    throw new Refusal('NOT_A_MEMBER', 'The author is not a member of this coalition.');
}

/** A row of the view as the plain object its fold wrote; undefined when there is none. */
export function readRow<T>(view: ReadView, key: string): T | undefined {
  return view.get(key) as Value as T | undefined;
}
