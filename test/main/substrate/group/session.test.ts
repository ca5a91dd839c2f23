/** The commands of one member on their way: in order, once, and none without an outcome. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fromUtf8, Refusal, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { createSessions, leafOf, tagOf } from '../../../../src/protocol/group/index.ts';
import type { Entry, Position } from '../../../../src/protocol/raft/index.ts';
import { createSession } from '../../../../src/main/substrate/group/session.ts';

const gone = new Refusal('GROUP_CLOSED', 'The Group is closed on this node.');
const at = (index: number, term = 1): Position => ({ term, index });
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
  const session = createSession<string>((commands) => {
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
    expect(sessions.last(session.id)).toBe(50);
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
    session.passed(1);
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
      session.done(n, { index: n, answer: '' }, at(n));
      vi.advanceTimersByTime(2000);
    }
    expect(log).toHaveLength(6);
    vi.advanceTimersByTime(2000);
    expect(log.slice(6)).toEqual(log.slice(3, 6));
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
    const others = createSession<string>(() => true);
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
    session.passed(2);
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
