/** Collections while members go and come: order, at most once, and waiting for a leader. */
import { describe, expect, it, vi } from 'vitest';
import { Refusal } from '../../../../src/protocol/bytes/index.ts';
import { defineVec, numberSchema, Unwritten } from '../../../../src/main/substrate/collection/index.ts';
import { startNode, acquaint } from '../../../member/net.ts';
import { range } from './kinds.ts';
import { newStore, openSpace } from './space.ts';

const space = openSpace(3);
const number = numberSchema('test.number/1');

describe('a committee of three', () => {
  it('loses its leader under writes: none is lost or doubled, and each writer’s keep their order', async () => {
    const vec = defineVec({ id: newStore(), value: number });
    const { member } = space.committee(3);
    const handles = await Promise.all(range(3).map((n) => vec.writer(member(n))));
    await Promise.all(handles.map((handle) => handle.when.online()));
    const leader = handles.findIndex((handle) => handle.group.status().role === 'leader');
    const others = range(3).filter((n) => n !== leader);
    const count = 600;
    const asked: number[] = [];
    const written = range(count).map(async (n) => {
      // a few at a time, so that the leader falls in the middle
      await new Promise((done) => setTimeout(done, n));
      asked.push(n);
      return handles[others[n % 2]!]!.pushBack(n);
    });
    await new Promise((done) => setTimeout(done, 200));
    const { folder, keys, stop } = space.nodes[leader]!;
    await stop();
    await Promise.all(written);
    space.nodes[leader] = await startNode(folder, keys);
    await acquaint(space.nodes);
    const back = await vec.reader(member(leader));
    await back.when.online();
    const [one, other] = others.map((n) => handles[n]!);
    await one!.barrier();
    await Promise.all([other!, back].map((handle) => handle.when.reaches(one!.version())));
    const all = [...one!];
    expect(all.toSorted((a, b) => a - b)).toEqual(range(count));
    for (const rest of [0, 1]) {
      const ofOne = (n: number): boolean => n % 2 === rest;
      expect(all.filter(ofOne)).toEqual(asked.filter(ofOne));
    }
    expect(other!.digest()).toEqual(one!.digest());
    expect(back.digest()).toEqual(one!.digest());
    await Promise.all([one!, other!, back].map((handle) => handle.close()));
  });

  it('a write whose commit comes with a state has an unknown outcome, and the next one is written', async () => {
    const vec = defineVec({ id: newStore(), value: number });
    const { member } = space.committee(3, 0, { compactAfter: 5 });
    let alone: string | null = null;
    const open = (n: number) =>
      vec.writer({
        ...member(n),
        admit: (peer) => {
          if (peer !== alone && space.nodes[n]!.self !== alone) return null;
          throw new Refusal('TICKET_ABSENT', 'No ticket.');
        },
      });
    const handles = await Promise.all(range(3).map(open));
    await Promise.all(handles.map((handle) => handle.when.online()));
    const leader = handles.findIndex((handle) => handle.group.status().role === 'leader');
    const [lone, third] = range(3).filter((n) => n !== leader);
    const logOf = (n: number): number => handles[n]!.group.status().last.index;
    const before = logOf(leader);
    const written = handles[lone!]!.pushBack(-1).catch((error: unknown) => error);
    // as soon as the leader has its command, this member is to hear of nothing more
    await vi.waitFor(() => expect(logOf(leader)).toBeGreaterThan(before), { interval: 1, timeout: 10_000 });
    alone = space.nodes[lone!]!.self;
    for (const node of space.nodes) for (const { self } of space.nodes) node.groups.review(self);
    await handles[leader]!.when.reaches(0);
    for (const n of range(20)) await handles[leader]!.pushBack(n);
    await Promise.all(
      [leader, third!].map((n) => handles[n]!.group.when.holds(({ snapshot }) => snapshot.index > 2)),
    );
    await Promise.all([leader, third!].map((n) => handles[n]!.close()));
    const again = await Promise.all([leader, third!].map(open));
    await Promise.all(again.map((handle) => handle.when.online()));
    alone = null;
    const { version } = await again[0]!.pushBack(20);
    const outcome = await written;
    if (outcome instanceof Unwritten) expect(outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN', given: -1 });
    else expect(outcome).toMatchObject({ version: 0 });
    await handles[lone!]!.when.reaches(version);
    await handles[lone!]!.pushBack(21);
    expect([...handles[lone!]!]).toEqual(range(-1, 22));
    await Promise.all([handles[lone!]!, ...again].map((handle) => handle.close()));
  });

  it('without a majority: reads go on, writes wait or are given back, and happen when it returns', async () => {
    const vec = defineVec({ id: newStore(), value: number });
    const { member } = space.committee(3);
    const handles = await Promise.all(range(3).map((n) => vec.writer(member(n))));
    const [here] = handles;
    await here!.pushBack(1);
    const gone = space.nodes.slice(1);
    await Promise.all(gone.map((node) => node.stop()));
    await here!.when.offline();
    expect([...here!]).toEqual([1]);
    const refused = await here!.pushBack(2, { wait: false }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Unwritten);
    expect(refused).toMatchObject({ code: 'GROUP_OFFLINE', given: 2 });
    const stop = new AbortController();
    const takenBack = here!.extend([3, 4], { signal: stop.signal }).catch((error: unknown) => error);
    const waits = here!.pushBack(5);
    stop.abort();
    expect(await takenBack).toMatchObject({ code: 'CANCELLED', given: [3, 4] });
    expect(here!.version()).toBe(0);
    for (const [n, { folder, keys }] of gone.entries()) space.nodes[n + 1] = await startNode(folder, keys);
    await acquaint(space.nodes);
    const again = await Promise.all([1, 2].map((n) => vec.writer(member(n))));
    const { version } = await waits;
    await Promise.all(again.map((handle) => handle.when.reaches(version)));
    for (const handle of [here!, ...again]) expect([...handle]).toEqual([1, 5]);
    await Promise.all([here!, ...again].map((handle) => handle.close()));
  });
});
