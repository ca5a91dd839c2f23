/** The queue: who goes first, and how much of whom at a time. */
import { describe, expect, it } from 'vitest';
import { createQueue } from '../../../../src/main/substrate/tickets/queue.ts';
import type { Job, Queue } from '../../../../src/main/substrate/tickets/queue.ts';
import { pause } from './board.ts';

/** Puts pieces of work into a queue that end when they are told to. */
function bench(queue: Queue) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const put = (name: string, peer: string, urgent = false): Job => {
    const job = { peer, urgent };
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.set(name, resolve);
    void queue.run(job, () => {
      started.push(name);
      return promise;
    });
    return job;
  };
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await pause(0);
  };
  return { started, put, end };
}

describe('a queue', () => {
  it('lets those go first that somebody waits for, also who comes to be so later', async () => {
    const queue = createQueue({ all: 1, idle: 1, perPeer: 1 });
    const { started, put, end } = bench(queue);
    put('first', 'a');
    put('second', 'b');
    const later = put('third', 'c');
    put('fourth', 'd', true);
    later.urgent = true;
    queue.review();
    for (const name of ['first', 'third', 'fourth', 'second']) await end(name);
    expect(started).toEqual(['first', 'third', 'fourth', 'second']);
  });

  it('keeps places free of those that nobody waits for, and gives no peer more than its share', async () => {
    const queue = createQueue({ all: 4, idle: 2, perPeer: 2 });
    const { started, put, end } = bench(queue);
    for (const peer of ['a', 'b', 'c']) put(`idle ${peer}`, peer);
    for (const n of [1, 2, 3]) put(`urgent ${n}`, 'd', true);
    await pause(0);
    expect(started).toEqual(['idle a', 'idle b', 'urgent 1', 'urgent 2']);
    await end('urgent 1');
    expect(started.at(-1)).toBe('urgent 3');
    await end('urgent 2');
    expect(started).toHaveLength(5);
    await end('idle a');
    expect(started.at(-1)).toBe('idle c');
  });

  it('goes on after work that failed', async () => {
    const queue = createQueue({ all: 1, idle: 1, perPeer: 1 });
    const failing = queue.run({ peer: 'a', urgent: false }, () => Promise.reject(new Error('no')));
    const next = queue.run({ peer: 'a', urgent: false }, async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
