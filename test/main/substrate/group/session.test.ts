/** The commands of one member on their way: in order, once, and none without an outcome. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fromUtf8, Refusal, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { createSessions, leafOf, tagOf } from '../../../../src/protocol/group/index.ts';
import type { Entry, Position } from '../../../../src/protocol/raft/index.ts';
import { createSession } from '../../../../src/main/substrate/group/session.ts';

const gone = new Refusal('GROUP_CLOSED', 'The Group is closed on this node.');
const at = (index: number, term = 1): Position => ({ term, index });
const SELF = 'ab'.repeat(32);
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

/** A leader that keeps what it is sent, or nothing. */
function leader() {
  const log: Uint8Array[] = [];
  const state = { reachable: true, deaf: false };
  const session = createSession<string>(SELF, (commands) => {
    if (!state.reachable) return false;
    if (!state.deaf) log.push(...commands);
    return true;
  });
  const texts = (): string[] => log.map((data) => fromUtf8(leafOf(data)));
  return { log, state, session, texts };
}

describe('a session', () => {
  it('sends nothing before somebody leads, then everything in order', async () => {
    const { session, texts } = leader();
    const done = ['a', 'b', 'c'].map((text) => session.submit(utf8(text)));
    await soon();
    expect(texts()).toEqual([]);
    session.resend();
    expect(texts()).toEqual(['a', 'b', 'c']);
    for (const n of [1, 2, 3]) session.done(n, { index: n - 1, answer: `answer ${n}` }, at(n + 1));
    expect((await Promise.all(done)).map(({ answer }) => answer)).toEqual([
      'answer 1',
      'answer 2',
      'answer 3',
    ]);
    expect(session.open()).toBe(0);
  });

  it('sends what is open again, and what is new only behind it, when the lead moves', async () => {
    const { session, state, texts } = leader();
    session.resend();
    state.deaf = true;
    for (const text of ['a', 'b']) session.submit(utf8(text)).catch(() => undefined);
    await soon();
    state.deaf = false;
    session.hold();
    session.submit(utf8('c')).catch(() => undefined);
    await soon();
    expect(texts()).toEqual([]);
    session.resend();
    expect(texts()).toEqual(['a', 'b', 'c']);
    session.close(gone);
  });

  it('is told by replicas once and in order, however often and mixed it arrives', async () => {
    const { session, log } = leader();
    session.resend();
    for (let n = 0; n < 50; n++) session.submit(utf8(`${n}`)).catch(() => undefined);
    await soon();
    const sent = [...log];
    session.close(gone);
    // whatever a network and three leaders make of it, as long as all of it comes again at last
    const arriving = [...sent.slice(10, 20), ...sent.slice(0, 15), ...sent.toReversed(), ...sent, ...sent];
    const sessions = createSessions();
    const taken = arriving
      .filter((data) => sessions.take(tagOf(data)!))
      .map((data) => fromUtf8(leafOf(data)));
    expect(taken).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`));
    expect(sessions.last(session.id())).toBe(50);
    // another replica that begins with what this one saved takes none of it again
    const other = createSessions(sessions.save());
    expect(sent.some((data) => other.take(tagOf(data)!))).toBe(false);
  });

  it('takes a command back as long as it was not sent, and not afterwards', async () => {
    const { session } = leader();
    const early = new AbortController();
    const first = session.submit(utf8('a'), early.signal);
    early.abort();
    expect(await codeOf(first)).toBe('CANCELLED');
    expect(await codeOf(session.submit(utf8('b'), AbortSignal.abort()))).toBe('CANCELLED');
    session.resend();
    const late = new AbortController();
    const second = session.submit(utf8('c'), late.signal);
    await soon();
    late.abort();
    session.done(1, { index: 0, answer: 'done' }, at(2));
    expect((await second).answer).toBe('done');
  });

  it('says that an outcome is unknown when the commit came with a state, or the Group closed', async () => {
    const { session } = leader();
    session.resend();
    const both = ['a', 'b'].map((text) => session.submit(utf8(text)));
    await soon();
    session.restored(1, false);
    expect(await codeOf(both[0]!)).toBe('OUTCOME_UNKNOWN');
    session.close(gone);
    expect(await codeOf(both[1]!)).toBe('OUTCOME_UNKNOWN');
    expect(await codeOf(session.submit(utf8('c')))).toBe('GROUP_CLOSED');
  });

  it('refuses a command that no entry can hold', async () => {
    const { session } = leader();
    expect(await codeOf(session.submit(new Uint8Array(20_000)))).toBe('COMMAND_TOO_LONG');
    expect(await codeOf(session.feed(new Uint8Array(20_000)))).toBe('COMMAND_TOO_LONG');
  });

  it('sends again after a while what nothing is heard of, and nothing as long as some of it lands', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { session, log } = leader();
    session.resend();
    for (let n = 0; n < 6; n++) session.submit(utf8(`${n}`)).catch(() => undefined);
    await soon();
    for (const n of [1, 2, 3]) {
      session.taken(tagOf(log[n - 1]!)!, log[n - 1]!);
      session.done(n, { index: n, answer: '' }, at(n));
      vi.advanceTimersByTime(2000);
    }
    expect(log).toHaveLength(6);
    vi.advanceTimersByTime(2000);
    expect(log.slice(6)).toEqual(log.slice(3, 6));
    session.close(gone);
  });
});

describe('what is under way at once', () => {
  const large = (count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, n) => new Uint8Array(16 * 1024).fill(n % 251));
  const sizeOf = (log: readonly Uint8Array[]): number => log.reduce((sum, { length }) => sum + length, 0);

  it('is at most 4 MiB, whoever submits how much; the rest follows as that is done', async () => {
    const { session, log } = leader();
    session.resend();
    const leaves = large(1000);
    const done = Promise.all(leaves.map((leaf) => session.submit(leaf)));
    await soon();
    expect(sizeOf(log)).toBeGreaterThan(3 * 1024 * 1024);
    expect(sizeOf(log)).toBeLessThan(4 * 1024 * 1024 + 32 * 1024);
    for (let n = 0; n < 1000; n++) {
      if (log.length === n) await soon();
      const number = session.taken(tagOf(log[n]!)!, log[n]!);
      session.done(number!, { index: n, answer: '' }, at(n + 2));
      expect(sizeOf(log.slice(n + 1))).toBeLessThan(4 * 1024 * 1024 + 32 * 1024);
    }
    await done;
    expect(log.map(leafOf)).toEqual(leaves);
  });

  it('waits for a link that is full, and is not sent into it again; a new link begins with what is not committed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const sent: Uint8Array[][] = [];
    let drained = Promise.withResolvers<void>();
    const session = createSession<string>(SELF, (commands) => {
      sent.push([...commands]);
      return drained.promise;
    });
    session.resend();
    const leaves = large(100);
    for (const leaf of leaves) session.submit(leaf).catch(() => undefined);
    await soon();
    vi.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(1);
    const old = drained;
    drained = Promise.withResolvers<void>();
    old.resolve();
    await soon();
    expect(sent).toHaveLength(2);
    const take = (commands: readonly Uint8Array[]): void => {
      for (const data of commands) session.taken(tagOf(data)!, data);
    };
    take(sent[0]!.slice(0, 10));
    session.resend();
    expect(sent[2]!.slice(0, 5)).toEqual(sent[0]!.slice(10, 15));
    // what went before the new link came is committed after all, and does not go again
    take([...sent[0]!.slice(10), ...sent[1]!]);
    drained.resolve();
    await soon();
    expect([...sent[0]!, ...sent[1]!, ...sent.slice(3).flat()].map(leafOf)).toEqual(leaves);
    session.close(gone);
  });
});

describe('a session that the Group has forgotten', () => {
  /** Some are committed, others under way, and one waits for an answer. */
  async function some() {
    const one = leader();
    one.session.resend();
    const done = ['a', 'b', 'c', 'd', 'e'].map((text) => one.session.submit(utf8(text)));
    await soon();
    for (const data of one.log.slice(0, 2)) one.session.taken(tagOf(data)!, data);
    one.session.done(1, { index: 0, answer: 'answer a' }, at(2));
    return { ...one, done, before: one.log.splice(0) };
  }

  it('begins anew with what is not committed, in order; replicas take each command once, old copies or not', async () => {
    const { session, log, done, before, texts } = await some();
    const id = session.id();
    session.remembered(2);
    expect(session.id()).toBe(id);
    session.remembered(0);
    expect(session.id()).not.toBe(id);
    await soon();
    expect(texts()).toEqual(['c', 'd', 'e']);
    expect(log.map((data) => tagOf(data))).toEqual(
      [1, 2, 3].map((counter) => ({ session: session.id(), counter })),
    );
    // what was under way under the old name comes late, and is nobody's next
    const sessions = createSessions();
    const late = [...before.slice(2), ...log];
    const numbers = late
      .filter((data) => sessions.take(tagOf(data)!))
      .map((data) => session.taken(tagOf(data)!, data));
    expect(numbers).toEqual([3, 4, 5]);
    session.remembered(sessions.last(session.id()));
    for (const n of [2, 3, 4, 5]) session.done(n, { index: n, answer: `answer ${n}` }, at(n + 5));
    expect((await Promise.all(done)).map(({ answer }) => answer)).toEqual([
      'answer a',
      ...[2, 3, 4, 5].map((n) => `answer ${n}`),
    ]);
    expect(log).toHaveLength(3);
    session.close(gone);
  });

  it('says that the outcome is unknown of what may have been committed before, and sends only what never left', async () => {
    const { session, state, log, done, texts } = await some();
    state.reachable = false;
    session.hold();
    const waits = session.submit(utf8('f'));
    await soon();
    session.restored(0, true);
    expect(await Promise.all(done.slice(1).map(codeOf))).toEqual(Array(4).fill('OUTCOME_UNKNOWN'));
    state.reachable = true;
    session.resend();
    await soon();
    expect(texts()).toEqual(['f']);
    expect(tagOf(log[0]!)).toEqual({ session: session.id(), counter: 1 });
    session.done(session.taken(tagOf(log[0]!)!, log[0]!)!, { index: 9, answer: 'answer f' }, at(20));
    expect((await waits).answer).toBe('answer f');
    session.close(gone);
  });

  it('is not taken for forgotten by a state in which nothing ever was', async () => {
    const { session, log, texts } = leader();
    session.resend();
    const done = session.submit(utf8('a'));
    await soon();
    session.restored(0, false);
    session.hold();
    session.resend();
    expect(texts()).toEqual(['a', 'a']);
    expect(log[0]).toEqual(log[1]);
    session.close(gone);
    expect(await codeOf(done)).toBe('OUTCOME_UNKNOWN');
  });
});

describe('a command in whose place another one is committed', () => {
  it('does not hear what that one was answered, and those behind it go on', async () => {
    const { session, log } = leader();
    session.resend();
    const done = ['a', 'b'].map((text) => session.submit(utf8(text)));
    await soon();
    const forged = Uint8Array.from(log[0]!);
    forged[forged.length - 1] = 120;
    expect(session.taken(tagOf(forged)!, forged)).toBeNull();
    expect(await codeOf(done[0]!)).toBe('OUTCOME_UNKNOWN');
    session.done(session.taken(tagOf(log[1]!)!, log[1]!)!, { index: 1, answer: 'answer b' }, at(3));
    expect((await done[1]!).answer).toBe('answer b');
    session.close(gone);
  });
});

describe('a command that is fed', () => {
  const entriesOf = (log: readonly Uint8Array[], first: number, term = 1): Entry[] =>
    log.map((data, i) => ({ kind: 'command', index: first + i, term, data }));

  it('is told its place as soon as it is in the log, keeps the order, and counts as open until it is committed', async () => {
    const { session, log, texts } = leader();
    session.resend();
    const placed = [session.feed(utf8('a')), session.feed(utf8('c'))];
    const done = session.submit(utf8('b'));
    await soon();
    expect(texts()).toEqual(['a', 'c', 'b']);
    const others = createSession<string>(SELF, () => true);
    session.appended([{ kind: 'no-op', index: 4, term: 1 }, ...entriesOf(log, 5)]);
    others.appended(entriesOf(log, 5));
    expect(await Promise.all(placed)).toEqual([at(5), at(6)]);
    expect(session.open()).toBe(3);
    for (const n of [1, 2, 3]) session.done(n, { index: n, answer: `answer ${n}` }, at(n + 4));
    expect((await done).answer).toBe('answer 3');
    expect(session.open()).toBe(0);
  });

  it('is sent again when the leader that placed it is gone, and its first place stays what was told', async () => {
    const { session, log } = leader();
    session.resend();
    const place = session.feed(utf8('a'));
    await soon();
    session.appended(entriesOf(log, 5));
    expect(await place).toEqual(at(5));
    session.hold();
    session.resend();
    expect(log).toHaveLength(2);
    expect(log[1]).toEqual(log[0]);
    session.appended(entriesOf(log.slice(1), 6, 2));
    session.done(1, { index: 0, answer: '' }, at(6, 2));
    expect(session.open()).toBe(0);
  });

  it('is told where it was committed, when that is heard first; or that nobody knows', async () => {
    const { session } = leader();
    session.resend();
    const [first, second, third] = ['a', 'b', 'c'].map((text) => session.feed(utf8(text)));
    await soon();
    session.done(1, { index: 0, answer: '' }, at(9, 3));
    expect(await first).toEqual(at(9, 3));
    session.restored(2, false);
    expect(await codeOf(second!)).toBe('OUTCOME_UNKNOWN');
    session.close(gone);
    expect(await codeOf(third!)).toBe('OUTCOME_UNKNOWN');
    expect(await codeOf(session.feed(utf8('d')))).toBe('GROUP_CLOSED');
  });

  it('can be taken back as long as it was not sent', async () => {
    const { session, texts } = leader();
    const taken = new AbortController();
    const place = session.feed(utf8('a'), taken.signal);
    taken.abort();
    expect(await codeOf(place)).toBe('CANCELLED');
    session.resend();
    await soon();
    expect(texts()).toEqual([]);
  });
});
