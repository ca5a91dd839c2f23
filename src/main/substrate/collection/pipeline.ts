/**
 * The writes of one author on this node, on their way: numbered and signed when a leader can be reached, many at
 * once. A Group may take commands in another order than they were sent when its lead changes; what is refused for its
 * number alone goes again, in order, as soon as everything under way has landed. So an author's writes keep their
 * order and each happens once, whoever else passes them on.
 */
import { randomBytes } from 'node:crypto';
import { Refusal, sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import {
  collectionMessage,
  COMMAND_NONCE,
  encodeCollectionCommand,
  encodeCollectionLeaf,
} from '../../../protocol/collection/index.ts';
import type { CollectionMachine, Effect, Outcome } from '../../../protocol/collection/index.ts';
import type { Group, Submitted } from '../group/index.ts';
import type { Author, Version, WriteOptions } from './types.ts';

export interface Done {
  readonly version: Version;
  readonly effect: Effect;
}

export interface Pipeline {
  submit(operation: string, args: readonly Value[], options?: WriteOptions): Promise<Done>;
  /** A command of this author was applied: it is one of those under way if the leaf is, by whatever way it came. */
  seen(counter: number, leaf: Uint8Array, done: Done): void;
  /** The state was replaced; what lies behind it will not be told. */
  restored(): void;
  /** Standing or state of the Group changed. */
  pump(): void;
  /** Writes that are not committed. */
  open(): number;
  end(why: Refusal): void;
}

interface Waiting {
  readonly operation: string;
  readonly args: readonly Value[];
  readonly resolve: (done: Done) => void;
  readonly reject: (error: unknown) => void;
}

interface Flight {
  readonly write: Waiting;
  readonly counter: number;
  readonly leaf: Uint8Array;
  /** What it did, if it was seen to be applied. */
  done: Done | null;
}

/** Commands under way at once. */
const WINDOW = 2048;
/** Commands that are signed in one turn of the event loop: a few milliseconds. */
const TURN = 64;
const MAX_WAITING = 65_536;

export function createPipeline(
  group: Group<Outcome>,
  machine: CollectionMachine<unknown>,
  author: Author,
): Pipeline {
  const hex = toHex(author.key);
  // another node may write the same for this author under the same number: its leaf is not ours
  const nonce = new Uint8Array(randomBytes(COMMAND_NONCE));
  let waiting: Waiting[] = [];
  const flying = new Map<number, Flight>();
  /** Refused for their numbers, to go again. */
  let again: Flight[] = [];
  /** Why a number was refused and not even spent: what came after it waits in vain. */
  let unspent: Refusal | null = null;
  /** The next number while commands are under way; null: what the state says. */
  let next: number | null = null;
  let ended: Refusal | null = null;
  let sentThisTurn = 0;

  const pump = (): void => {
    if (again.length > 0) {
      if (flying.size > 0) return;
      if (unspent !== null) for (const { write } of again.splice(0)) write.reject(unspent);
      waiting = [...again.toSorted((a, b) => a.counter - b.counter).map(({ write }) => write), ...waiting];
      again = [];
    }
    if (waiting.length === 0 || ended !== null || !group.status().online) return;
    if (flying.size === 0) [next, unspent] = [null, null];
    while (waiting.length > 0 && flying.size < WINDOW && sentThisTurn < TURN) {
      const write = waiting.shift();
      if (write === undefined) break;
      if (sentThisTurn === 0) setImmediate(nextTurn);
      sentThisTurn += 1;
      send(write);
    }
  };
  const nextTurn = (): void => {
    sentThisTurn = 0;
    pump();
  };

  const send = (write: Waiting): void => {
    const counter = next ?? machine.next(hex);
    let leaf: Uint8Array;
    try {
      const { operation, args } = write;
      const bytes = encodeCollectionCommand({ operation, args, author: author.key, counter, nonce });
      leaf = encodeCollectionLeaf(bytes, author.sign(collectionMessage(machine.scope, bytes)));
    } catch (error) {
      write.reject(error);
      return;
    }
    next = counter + 1;
    const flight: Flight = { write, counter, leaf, done: null };
    flying.set(counter, flight);
    group.execute(leaf).then(
      (submitted) => landed(flight, submitted),
      (error: unknown) => {
        if (!take(flight)) return;
        write.reject(error);
        pump();
      },
    );
  };

  /** False: it was given up before. */
  const take = (flight: Flight): boolean =>
    flying.get(flight.counter) === flight && flying.delete(flight.counter);

  const landed = (flight: Flight, { index, answer }: Submitted<Outcome>): void => {
    if (!take(flight)) return;
    const { write, done } = flight;
    if (done !== null) write.resolve(done);
    else if (answer.kind === 'applied') write.resolve({ version: index, effect: answer.effect });
    else if (answer.code === 'COLLECTION_GAP' || answer.code === 'COLLECTION_REPLAYED') again.push(flight);
    else {
      const why = new Refusal(answer.code, answer.message);
      if (machine.next(hex) <= flight.counter) unspent = why;
      write.reject(why);
    }
    pump();
  };

  return {
    submit: (operation, args, { signal, wait = true } = {}) =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(ended);
        if (signal?.aborted === true) return reject(cancelled());
        if (!wait && !group.status().online)
          return reject(new Refusal('GROUP_OFFLINE', 'No leader of this Group can be reached now.'));
        if (waiting.length >= MAX_WAITING)
          return reject(new Refusal('GROUP_BUSY', 'Too many writes wait for this collection.'));
        const takeBack = (): void => {
          // what was sent may be committed; only what was not can be taken back
          const at = waiting.indexOf(write);
          if (at < 0) return;
          waiting.splice(at, 1);
          reject(cancelled());
        };
        const settled =
          <T>(end: (value: T) => void) =>
          (value: T): void => {
            signal?.removeEventListener('abort', takeBack);
            end(value);
          };
        const write: Waiting = { operation, args, resolve: settled(resolve), reject: settled(reject) };
        signal?.addEventListener('abort', takeBack, { once: true });
        waiting.push(write);
        pump();
      }),
    seen(counter, leaf, done) {
      const flight = flying.get(counter);
      if (flight !== undefined && sameBytes(flight.leaf, leaf)) flight.done = done;
    },
    restored() {
      const floor = machine.next(hex);
      for (const flight of flying.values()) {
        if (flight.counter >= floor || !take(flight)) continue;
        const { write, done } = flight;
        if (done !== null) write.resolve(done);
        else
          write.reject(
            new Refusal(
              'OUTCOME_UNKNOWN',
              'The state came as a whole: the write is in it, or was overtaken.',
            ),
          );
      }
    },
    pump,
    open: () => waiting.length + flying.size + again.length,
    end(why) {
      ended = why;
      for (const { reject } of waiting.splice(0)) reject(why);
      for (const { write } of again.splice(0)) write.reject(why);
    },
  };
}

const cancelled = (): Refusal => new Refusal('CANCELLED', 'The write was taken back before it was sent.');
