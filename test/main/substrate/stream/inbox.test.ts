import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createInbox } from '../../../../src/main/substrate/stream/inbox.ts';
import { eventually } from '../universe/support.ts';

describe('the inbox of a consumer', () => {
  it('is full by count or by bytes, and has room again at half of both', async () => {
    const inbox = createInbox<string>({ buffer: 4, bufferBytes: 100 });
    for (const item of ['a', 'b', 'c']) inbox.put(item, 1);
    expect(inbox.room()).toBeNull();
    inbox.put('d', 97);
    let roomy = false;
    void inbox.room()?.then(() => (roomy = true));
    const taken: (string | null)[] = [];
    const takeOne = async (): Promise<boolean> => {
      taken.push(inbox.tryTake());
      await Promise.resolve();
      return roomy;
    };
    // by count there is room at two of them, by bytes not before the large one is gone
    expect([await takeOne(), await takeOne(), await takeOne(), await takeOne()]).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(taken).toEqual(['a', 'b', 'c', 'd']);
    for (let i = 0; i < 4; i++) inbox.put('small', 1);
    expect(inbox.room()).not.toBeNull();
    inbox.end();
    expect(inbox.room()).toBeNull();
  });

  it('does not count what somebody waits for', async () => {
    const inbox = createInbox<string>({ buffer: 1, bufferBytes: 10 });
    const taken = inbox.take();
    inbox.put('awaited', 10);
    expect(await taken).toBe('awaited');
    expect(inbox.room()).toBeNull();
  });

  it('lets go of what was taken, whatever waits behind it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const inbox = createInbox<object>({ buffer: 4, bufferBytes: 100 });
    const first = new WeakRef({});
    inbox.put(first.deref()!, 1);
    inbox.put({}, 1);
    inbox.tryTake();
    await eventually(
      'its end',
      () => {
        collect();
        return first.deref() === undefined;
      },
      5000,
    );
    expect(inbox.size()).toBe(1);
  });
});
