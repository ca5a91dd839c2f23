/** The writes of an author on their way: whatever the Group does to their order, each happens once and in turn. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCanonical, Refusal, settle } from '../../../../src/protocol/bytes/index.ts';
import {
  createVecMachine,
  encodeCollectionCommand,
  encodeCollectionLeaf,
} from '../../../../src/protocol/collection/index.ts';
import type { CollectionMachine, Outcome, VecView } from '../../../../src/protocol/collection/index.ts';
import { createPipeline } from '../../../../src/main/substrate/collection/pipeline.ts';
import type { Pipeline } from '../../../../src/main/substrate/collection/pipeline.ts';
import type { Group, Submitted } from '../../../../src/main/substrate/group/index.ts';
import { newKey } from '../../../member/net.ts';
import { codeFrom } from '../../../refusal.ts';
import { range } from './kinds.ts';

const SCOPE = new Uint8Array(32);
const vec = (): CollectionMachine<VecView> =>
  createVecMachine({ kind: 'vec', id: SCOPE, value: 'any/1', writers: 'anyone' }, SCOPE);
const key = newKey();

/** A Group whose order the test decides: what was submitted waits until it is delivered, once or by a copy first. */
function stage(machine = vec()) {
  const waiting: {
    leaf: Uint8Array;
    resolve: (done: Submitted<Outcome>) => void;
    reject: (error: Error) => void;
  }[] = [];
  const pipelines: Pipeline[] = [];
  let index = 0;
  let online = true;
  const commit = { signed: true };
  const apply = (leaf: Uint8Array): Submitted<Outcome> => {
    const [answer] = settle(machine.plan([leaf]), () => commit.signed);
    if (answer!.kind === 'applied')
      for (const pipeline of pipelines)
        pipeline.seen(answer!.counter, leaf, { version: index, effect: answer!.effect });
    return { index: index++, answer: answer! };
  };
  /** Commits the nth of what waits. */
  const deliver = async (n: number): Promise<void> => {
    const [one] = waiting.splice(n % waiting.length, 1);
    one!.resolve(apply(one!.leaf));
    await new Promise((done) => setImmediate(done));
  };
  const group = {
    status: () => ({ online }),
    execute: (leaf: Uint8Array) =>
      new Promise<Submitted<Outcome>>((resolve, reject) => waiting.push({ leaf, resolve, reject })),
  } as unknown as Group<Outcome>;
  return {
    machine,
    waiting,
    /** Whether signatures are held for good. */
    commit,
    open(author = key): Pipeline {
      const pipeline = createPipeline(group, machine, author);
      pipelines.push(pipeline);
      return pipeline;
    },
    deliver,
    /** Commits until nothing is under way, and answers how many commands that took; no more than 2000. */
    async landing(pipeline: Pipeline): Promise<number> {
      const before = index;
      while (pipeline.open() > 0 && index - before < 2000) {
        if (waiting.length > 0) await deliver(0);
        else await new Promise((done) => setImmediate(done));
      }
      return index - before;
    },
    /** Somebody else submits the same bytes, and is first. */
    copy: (n: number) => void apply(waiting[n % waiting.length]!.leaf),
    lose: (n: number, error: Error) => waiting.splice(n % waiting.length, 1)[0]!.reject(error),
    line(is: boolean): void {
      online = is;
      for (const pipeline of pipelines) pipeline.pump();
    },
    items: () => [...machine.view().items()].map((item) => decodeCanonical(item, 1000)),
  };
}

describe('one author', () => {
  it('keeps its order and writes once, in whatever order the Group takes it and whoever copies it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 60 }), async (turns) => {
        const { open, waiting, deliver, copy, items } = stage();
        const pipeline = open();
        const written = range(12).map((n) => pipeline.submit('push-back', [n]));
        for (const [at, copied] of turns) {
          if (waiting.length === 0) break;
          if (copied) copy(at);
          await deliver(at);
        }
        while (waiting.length > 0) await deliver(0);
        const done = await Promise.all(written);
        expect(items()).toEqual(range(12));
        for (const [n, { effect }] of done.entries()) expect([n, effect.changed]).toEqual([n, 1]);
        const versions = done.map(({ version }) => version);
        expect(versions).toEqual(versions.toSorted((a, b) => a - b));
        expect(pipeline.open()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('on two nodes at once: all that both write is written once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 40 }), async (turns) => {
        const { open, waiting, deliver, items } = stage();
        const [one, other] = [open(), open()];
        const written = range(8).map((n) => (n % 2 === 0 ? one! : other!).submit('push-back', [n]));
        for (const at of turns) if (waiting.length > 0) await deliver(at);
        while (waiting.length > 0) await deliver(0);
        await Promise.all(written);
        // their numbers collide, so their order is whatever comes of it
        expect((items() as number[]).toSorted((a, b) => a - b)).toEqual(range(8));
      }),
      { numRuns: 60 },
    );
  });

  it('on two nodes at once: the same write of both is two writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 40 }), async (turns) => {
        const { open, waiting, deliver, items } = stage();
        const [one, other] = [open(), open()];
        const written = range(8).map((n) => (n % 2 === 0 ? one! : other!).submit('push-back', ['same']));
        for (const at of turns) if (waiting.length > 0) await deliver(at);
        while (waiting.length > 0) await deliver(0);
        const versions = (await Promise.all(written)).map(({ version }) => version);
        expect(items()).toHaveLength(8);
        expect(new Set(versions).size).toBe(8);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on after one of its commands was lost for good', async () => {
    const { open, waiting, deliver, lose, items } = stage();
    const pipeline = open();
    const written = range(4).map((n) => pipeline.submit('push-back', [n]));
    const lost = codeFrom(written[1]!);
    lose(1, new Refusal('GROUP_BUSY', 'Too many.'));
    while (waiting.length > 0) await deliver(0);
    expect(await lost).toBe('GROUP_BUSY');
    await Promise.all([written[0], written[2], written[3]]);
    expect(items()).toEqual([0, 2, 3]);
  });
});

describe('what is not sent', () => {
  it('waits for a leader, unless told not to', async () => {
    const { open, waiting, deliver, line, items } = stage();
    const pipeline = open();
    line(false);
    const patient = pipeline.submit('push-back', ['later']);
    expect(await codeFrom(pipeline.submit('push-back', ['now'], { wait: false }))).toBe('GROUP_OFFLINE');
    expect(waiting).toHaveLength(0);
    line(true);
    await deliver(0);
    await patient;
    expect(items()).toEqual(['later']);
  });

  it('can be taken back; what was sent cannot', async () => {
    const { open, waiting, deliver, line, items } = stage();
    const pipeline = open();
    const [sent, unsent, before] = [new AbortController(), new AbortController(), AbortSignal.abort()];
    const first = pipeline.submit('push-back', ['sent'], { signal: sent.signal });
    sent.abort();
    line(false);
    const second = pipeline.submit('push-back', ['unsent'], { signal: unsent.signal });
    const third = pipeline.submit('push-back', ['third']);
    unsent.abort();
    expect(await codeFrom(second)).toBe('CANCELLED');
    expect(await codeFrom(pipeline.submit('push-back', ['never'], { signal: before }))).toBe('CANCELLED');
    line(true);
    while (waiting.length > 0) await deliver(0);
    await Promise.all([first, third]);
    expect(items()).toEqual(['sent', 'third']);
  });

  it('takes no number when it cannot be encoded or signed', async () => {
    const { open, waiting, deliver, items } = stage();
    let locked = true;
    const pipeline = open({
      key: key.key,
      sign: (message) => {
        if (locked) throw new Refusal('VAULT_LOCKED', 'The vault is locked.');
        return key.sign(message);
      },
    });
    expect(await codeFrom(pipeline.submit('push-back', ['x']))).toBe('VAULT_LOCKED');
    locked = false;
    expect(await codeFrom(pipeline.submit('push-back', [0.5]))).toBe('CBOR_PROFILE');
    expect(await codeFrom(pipeline.submit('push-back', ['x'.repeat(20_000)]))).toBe('COMMAND_TOO_LONG');
    const good = pipeline.submit('push-back', ['good']);
    await deliver(0);
    expect(waiting).toHaveLength(0);
    await good;
    expect(items()).toEqual(['good']);
  });

  it('is given back when the Group is closed', async () => {
    const { open, line } = stage();
    const pipeline = open();
    line(false);
    const waits = codeFrom(pipeline.submit('push-back', ['x']));
    pipeline.end(new Refusal('GROUP_CLOSED', 'The Group is closed on this node.'));
    expect(await waits).toBe('GROUP_CLOSED');
    expect(await codeFrom(pipeline.submit('push-back', ['x']))).toBe('GROUP_CLOSED');
  });
});

describe('a full collection', () => {
  /** One that has no room for an entry any more, and then none for an author. */
  const full = (): CollectionMachine<VecView> => {
    const machine = vec();
    const nonce = new Uint8Array(8);
    const writes = (author: Uint8Array, counter: number, length: number): boolean => {
      const command = { operation: 'push-back', args: ['x'.repeat(length)], author, counter, nonce };
      const leaf = encodeCollectionLeaf(encodeCollectionCommand(command), new Uint8Array(64));
      return settle(machine.plan([leaf]), () => true)[0]!.kind === 'applied';
    };
    const [filler, last] = [newKey().key, newKey().key];
    let counter = 1;
    for (const length of [15_000, 1000, 100, 1]) while (writes(filler, counter++, length));
    writes(last, 1, 1);
    return machine;
  };

  it('gives back what a new author writes, each after one command', { timeout: 120_000 }, async () => {
    const { open, landing } = stage(full());
    const pipeline = open();
    const written = range(400).map((n) => codeFrom(pipeline.submit('push-back', [n])));
    expect(await landing(pipeline)).toBeLessThanOrEqual(400);
    expect(new Set(await Promise.all(written))).toEqual(new Set(['COLLECTION_FULL']));
  });

  it('takes a new author as soon as there is room, and keeps its order', async () => {
    const machine = full();
    const { open, waiting, deliver, items } = stage(machine);
    const pipeline = open();
    const early = range(3).map((n) => codeFrom(pipeline.submit('push-back', [n])));
    while (waiting.length > 0) await deliver(0);
    expect(await Promise.all(early)).toEqual(range(3).map(() => 'COLLECTION_FULL'));
    machine.restore(vec().snapshot());
    pipeline.restored();
    const late = range(3).map((n) => pipeline.submit('push-back', [n]));
    while (waiting.length > 0) await deliver(0);
    await Promise.all(late);
    expect(items()).toEqual(range(3));
  });
});

describe('an author whose signatures are not its own', () => {
  it('hears so of all that it writes, after one command each', async () => {
    const { open, landing, commit } = stage();
    const pipeline = open();
    commit.signed = false;
    const written = range(100).map((n) => codeFrom(pipeline.submit('push-back', [n])));
    expect(await landing(pipeline)).toBeLessThanOrEqual(100);
    expect(new Set(await Promise.all(written))).toEqual(new Set(['COLLECTION_SIGNATURE']));
  });
});

describe('a state that came as a whole', () => {
  it('leaves the outcome of what it may hold unknown, and the rest under way', async () => {
    const far = stage();
    const here = stage();
    const pipeline = here.open();
    const written = range(3).map((n) => pipeline.submit('push-back', [n]));
    const unknown = [codeFrom(written[0]!), codeFrom(written[1]!)];
    // elsewhere the first two were committed; this node hears of it by a snapshot only
    for (const { leaf } of here.waiting.slice(0, 2)) settle(far.machine.plan([leaf]), () => true);
    here.machine.restore(far.machine.snapshot());
    pipeline.restored();
    expect(await Promise.all(unknown)).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
    while (here.waiting.length > 0) await here.deliver(0);
    await written[2];
    expect(here.items()).toEqual([0, 1, 2]);
  });
});
