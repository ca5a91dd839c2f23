/**
 * Is there an order of operations on one register, each between its call and its answer, that explains every answer?
 * (Herlihy and Wing 1990; searched as by Wing and Gong 1993, with Lowe's memory of configurations seen before: which
 * operations are done, and what the register holds.)
 */
import type { OperationKind } from './machine.ts';

export interface Call {
  readonly kind: OperationKind;
  /** Of put and cas: what is written. */
  readonly value: number;
  /** Of cas: what must stand there. */
  readonly expect: number;
  /** What was answered: a value (get), 1 or 0 (cas, put); null: never answered, it may still take effect. */
  readonly result: number | null;
  /** Order of call and answer among all events; Infinity: never answered. */
  readonly called: number;
  readonly answered: number;
  /** Only for speed: among calls that may come next, those with less of it are tried first. */
  readonly hint?: number;
}

/** What the register holds after `call`; null when the answer does not fit. */
function after(call: Call, held: number): number | null {
  switch (call.kind) {
    case 'get':
      return call.result === null || call.result === held ? held : null;
    case 'put':
      return call.value;
    case 'cas': {
      const fits = held === call.expect;
      if (call.result !== null && (call.result === 1) !== fits) return null;
      return fits ? call.value : held;
    }
  }
}

/** A call that leaves what is held as it is. Where it fits it may come at once: nothing is lost by that. */
const silent = ({ kind, result }: Call): boolean => kind === 'get' || (kind === 'cas' && result === 0);

/** One write further than the frame below: what is held, and what may come next. */
interface Frame {
  readonly held: number;
  /** All calls before this one are done. */
  readonly start: number;
  /** The silent calls that came at once. */
  readonly absorbed: readonly number[];
  readonly candidates: readonly number[];
  /** How many candidates have been tried. */
  tried: number;
}

/**
 * True when the calls on a register that first holds 0 are linearizable. Throws a RangeError after `patience`
 * configurations: then it is not known.
 */
export function linearizable(calls: readonly Call[], patience = 200_000): boolean {
  const order = calls.toSorted((a, b) => a.called - b.called);
  const done = new Uint8Array(order.length);
  const seen = new Set<string>();
  const stack: Frame[] = [];
  let must = order.filter(({ answered }) => answered !== Infinity).length;

  const mark = (at: number, as: 0 | 1): void => {
    done[at] = as;
    if (order[at]!.answered !== Infinity) must += as === 1 ? -1 : 1;
  };
  /** Calls from `start` on that may come next: called before the first answer that is still to come. */
  const open = (start: number): { next: number[]; past: number[] } => {
    let limit = Infinity;
    const [next, past]: [number[], number[]] = [[], []];
    for (let at = start; at < order.length && order[at]!.called < limit; at++)
      if (done[at] === 1) past.push(at);
      else {
        next.push(at);
        limit = Math.min(limit, order[at]!.answered);
      }
    return { next, past };
  };
  /** Goes on from `held`, unless this configuration has been tried before. */
  const enter = (from: number, held: number): boolean => {
    let start = from;
    const absorbed: number[] = [];
    for (;;) {
      while (done[start] === 1) start += 1;
      const { next, past } = open(start);
      const fitting = next.filter((at) => silent(order[at]!) && after(order[at]!, held) !== null);
      for (const at of fitting) mark(at, 1);
      absorbed.push(...fitting);
      if (fitting.length > 0) continue;
      const key = `${start} ${held} ${past.join(' ')}`;
      if (!seen.has(key)) {
        if (seen.size >= patience) throw new RangeError('too many configurations');
        seen.add(key);
        const hint = (at: number): number => order[at]!.hint ?? at;
        const candidates = next.filter((at) => !silent(order[at]!)).toSorted((a, b) => hint(a) - hint(b));
        stack.push({ held, start, absorbed, candidates, tried: 0 });
        return true;
      }
      for (const at of absorbed) mark(at, 0);
      return false;
    }
  };

  enter(0, 0);
  while (must > 0) {
    const frame = stack.at(-1);
    if (frame === undefined) return false;
    const at = frame.candidates[frame.tried++];
    if (at === undefined) {
      for (const past of frame.absorbed) mark(past, 0);
      stack.pop();
      const below = stack.at(-1);
      if (below !== undefined) mark(below.candidates[below.tried - 1]!, 0);
      continue;
    }
    const next = after(order[at]!, frame.held);
    if (next === null) continue;
    mark(at, 1);
    if (must > 0 && !enter(frame.start, next)) mark(at, 0);
  }
  return true;
}
