/** A state that travels in pieces between two members, the store of its holder real. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodeSnapshot, openGroupStore } from '../../../../src/main/store/index.ts';
import type { GroupLog, Head, Snapshot } from '../../../../src/main/store/index.ts';
import { Refusal, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { encodeCommands } from '../../../../src/protocol/group/index.ts';
import type { Entry } from '../../../../src/protocol/raft/index.ts';
import type { GroupFrame } from '../../../../src/main/substrate/group/frames.ts';
import { createSnapshots } from '../../../../src/main/substrate/group/snapshots.ts';
import type { Snapshots, SnapshotsOptions } from '../../../../src/main/substrate/group/snapshots.ts';
import { scratch } from '../../../scratch.ts';

const SESSION = new Uint8Array(8).fill(2);
/** Three pieces. */
const SIZE = 600 * 1024;

/** A member that has compacted, and may again; each state is filled with one byte. */
async function holder() {
  const folder = scratch();
  const store = await openGroupStore({ path: join(folder, 'g.db'), heads: join(folder, 'heads') });
  onTestFinished(() => store.close());
  const log = await store.open(new Uint8Array(32).fill(1));
  const sent: GroupFrame[] = [];
  let at = 0;
  const grow = async (upTo: number): Promise<void> => {
    const append = Array.from({ length: upTo - at }, (_, n): Entry => {
      const index = at + 1 + n;
      return { kind: 'command', index, term: 1, data: encodeCommands(SESSION, index, [utf8('x')])[0]! };
    });
    await log.write({ append });
    await log.write({ commit: { upTo, gaps: [], sessions: [['0202020202020202', upTo]] } });
    at = upTo;
  };
  let base = 0;
  const snapshots = createSnapshots({
    ...options(log, sent),
    status: () => statusAt(base),
    compacted: (upTo) => {
      base = upTo.index;
    },
    machine: { snapshot: () => new Uint8Array(SIZE).fill(at % 251) },
    after: 200,
    applied: () => at,
    settledAt: () => ({ term: 1, index: at }),
  });
  /** Compacts if the holder does so by itself. */
  const applied = async (upTo: number): Promise<void> => {
    await grow(upTo);
    snapshots.applied();
    await log.write({});
  };
  const compact = (): Promise<unknown> =>
    log.write({ compact: { last: { term: 1, index: at }, state: new Uint8Array(SIZE).fill(at % 251) } });
  return { log, sent, snapshots, grow, applied, compact };
}

/** Nothing is committed here, and the log begins after this entry. */
const statusAt = (index: number) =>
  ({ commit: 0, snapshot: { term: 1, index } }) as ReturnType<SnapshotsOptions['status']>;

const options = (log: GroupLog, sent: GroupFrame[]): SnapshotsOptions => ({
  log,
  machine: {},
  after: 0,
  applied: () => 0,
  settledAt: () => null,
  status: () => statusAt(0),
  send: (_to, frame) => void sent.push(frame),
  compacted: () => undefined,
  restore: async (work) => void (await work(0))?.(),
  restored: () => ({ voters: [], learners: [] }),
  grown: () => undefined,
  failed: (error) => {
    throw error;
  },
  note: () => undefined,
});

/** A member that is new; `restore` of its machine and its log may fail. */
function newcomer(machine: (state: Uint8Array) => void = () => undefined, full = false) {
  const sent: GroupFrame[] = [];
  const got: { snapshot: Snapshot | null; state: Uint8Array | null; failed: unknown[] } = {
    snapshot: null,
    state: null,
    failed: [],
  };
  const log = {
    async restore(bytes: Uint8Array): Promise<Head> {
      if (full) throw new Refusal('STORE_FULL', 'No room.');
      got.snapshot = decodeSnapshot(bytes);
      return { size: 0, root: new Uint8Array(32) };
    },
  } as GroupLog;
  const snapshots = createSnapshots({
    ...options(log, sent),
    machine: {
      restore(state) {
        machine(state);
        got.state = state;
      },
    },
    failed: (error) => void got.failed.push(error),
  });
  return { sent, snapshots, got };
}

/** Carries frames to and fro until there are none; `between` runs after each piece. */
async function travel(
  from: { sent: GroupFrame[]; snapshots: Snapshots },
  to: { sent: GroupFrame[]; snapshots: Snapshots },
  between: (pieces: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<number> {
  to.snapshots.offered('leader', { term: 1, index: 100 });
  let pieces = 0;
  while (to.sent.length > 0) {
    const request = to.sent.shift();
    if (request?.kind !== 'snapshot-request') throw new Error('something else was asked for');
    await from.snapshots.requested('newcomer', request);
    for (const part of from.sent.splice(0)) {
      if (part.kind !== 'snapshot-part') throw new Error('something else was sent');
      pieces += 1;
      await to.snapshots.received('leader', part);
      await between(pieces);
    }
  }
  return pieces;
}

describe('a state that somebody fetches', () => {
  it('is one state, also when its holder has another one before the last piece', async () => {
    const [from, to] = [await holder(), newcomer()];
    await from.grow(258);
    await from.compact();
    await travel(from, to, async (pieces) => {
      if (pieces !== 1) return;
      await from.grow(513);
      await from.compact();
    });
    expect(to.got.snapshot?.last.index).toBe(258);
    expect(new Set(to.got.state)).toEqual(new Set([258 % 251]));
  });

  it('keeps what comes after it in the log of its holder meanwhile', async () => {
    const [from, to] = [await holder(), newcomer()];
    await from.applied(258);
    expect(decodeSnapshot((await from.log.snapshot())!).last.index).toBe(258);
    await travel(from, to, (pieces) => from.applied(258 + pieces * 300));
    expect(decodeSnapshot((await from.log.snapshot())!).last.index).toBe(258);
    expect((await from.log.read(259, 1000))?.entries[0]?.index).toBe(259);
  });

  it('is not given out any more when the log begins elsewhere: what is newer is', async () => {
    const [from, to] = [await holder(), newcomer()];
    await from.applied(258);
    await from.grow(513);
    // asked for while the next compaction is being written, it overtakes that
    from.snapshots.applied();
    for (let round = 0; round < 3; round++) {
      await travel(from, to);
      await from.log.write({});
    }
    expect(decodeSnapshot((await from.log.snapshot())!).last.index).toBe(513);
    expect(to.got.snapshot?.last.index).toBe(513);
  });

  it('begins anew where its holder does not give it out any more', async () => {
    const [from, to] = [await holder(), newcomer()];
    await from.grow(258);
    await from.compact();
    // another holder, or the same after a restart: it knows nothing of the first piece
    const later = createSnapshots(options(from.log, from.sent));
    const pieces = await travel(
      {
        sent: from.sent,
        snapshots: {
          ...from.snapshots,
          requested: (who, request) => (request.from === 0 ? from.snapshots : later).requested(who, request),
        },
      },
      to,
    );
    expect(pieces).toBe(1 + 3);
    expect(to.got.snapshot?.last.index).toBe(258);
  });

  it('that the machine refuses is not put in place of the log', async () => {
    const from = await holder();
    await from.grow(258);
    await from.compact();
    const to = newcomer(() => {
      throw new Refusal('STATE_FORMAT', 'This is no state.');
    });
    await expect(travel(from, to)).rejects.toMatchObject({ code: 'STATE_FORMAT' });
    expect(to.got).toEqual({ snapshot: null, state: null, failed: [] });
    // and it may be offered again at once
    to.snapshots.offered('leader', { term: 1, index: 100 });
    expect(to.sent).toHaveLength(1);
  });

  it('that the machine has and the log cannot take stops the member', async () => {
    const from = await holder();
    await from.grow(258);
    await from.compact();
    const to = newcomer(undefined, true);
    await expect(travel(from, to)).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect(to.got.failed).toMatchObject([{ code: 'STORE_FULL' }]);
  });
});
