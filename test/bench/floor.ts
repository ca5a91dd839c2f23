/**
 * The replication floor (core.md 2.1): a leader and two followers over libp2p, SQLite with an fsync on each, a
 * majority commits; no Raft rules, no tree, no checkpoints. What a Group does is measured against it. Run as
 * three processes: this file forks itself.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openUniverse } from '../../src/main/substrate/universe/index.ts';
import type { Link } from '../../src/main/substrate/universe/index.ts';
import { newKey } from '../member/net.ts';
import { latencies, middleOf } from './measure.ts';
import type { Measured } from './measure.ts';

const PROTOCOL = '/muster/floor/1';

/** Commits `size`-byte commands for `ms`, `inFlight` at once, `rounds` times; `warm` milliseconds before do not count. */
export async function floor(folder: string, { inFlight, warm, ms, rounds, size }: Load): Promise<Measured> {
  const children = ['leader', 'follower', 'follower'].map((role, n) =>
    fork(import.meta.filename, [role, join(folder, `floor-${inFlight}-${n}.db`)], {
      serialization: 'advanced',
    }),
  );
  const [leader, ...followers] = children;
  if (leader === undefined) throw new Error('no leader');
  try {
    const peers = (await Promise.all(followers.map((one) => heard(one)))) as LeaderTask['peers'];
    leader.send({ peers, inFlight, warm, ms, rounds, size } satisfies LeaderTask);
    return (await heard(leader)) as Measured;
  } finally {
    for (const one of children) one.kill('SIGKILL');
  }
}

const heard = (child: ReturnType<typeof fork>): Promise<unknown> =>
  new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('a process of the floor ended')));
  });

interface Rows {
  append(rows: readonly Uint8Array[]): void;
}

function openRows(path: string): Rows {
  const db = new DatabaseSync(path);
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (i INTEGER PRIMARY KEY, b BLOB) STRICT',
  );
  const insert = db.prepare('INSERT INTO t (b) VALUES (?)');
  return {
    append(rows) {
      db.exec('BEGIN');
      for (const row of rows) insert.run(row);
      db.exec('COMMIT');
    },
  };
}

async function open(listen: readonly string[]) {
  const { key, sign } = newKey();
  return openUniverse({ key, sign, listen });
}

async function follow(path: string): Promise<void> {
  const rows = openRows(path);
  const universe = await open(['/ip4/127.0.0.1/tcp/0']);
  await universe.serve(PROTOCOL, (link) => {
    let gathered: Uint8Array[] = [];
    let upTo = 0;
    link.receive((frame) => {
      const [index, batch] = frame as [number, Uint8Array[]];
      if (gathered.length === 0) setImmediate(flush);
      gathered.push(...batch);
      upTo = index;
    });
    const flush = (): void => {
      rows.append(gathered.splice(0));
      link.send(upTo);
    };
  });
  process.send?.({ self: universe.self, addresses: universe.addresses() });
}

async function lead(path: string): Promise<void> {
  const rows = openRows(path);
  const universe = await open([]);
  process.once('message', async ({ peers, inFlight, warm, ms, rounds, size }: LeaderTask) => {
    const links: Link[] = [];
    for (const { self, addresses } of peers) {
      await universe.learn(self, addresses);
      links.push(await universe.open(self, PROTOCOL));
    }
    const bytes = new Uint8Array(size);
    const acked = [0, 0, 0];
    let next = 0;
    let committed = 0;
    let waiting: { index: number; resolve: () => void }[] = [];
    const settle = (): void => {
      committed = acked.toSorted((a, b) => b - a)[1] ?? 0;
      const done = waiting.filter(({ index }) => index <= committed);
      waiting = waiting.filter(({ index }) => index > committed);
      for (const { resolve } of done) resolve();
    };
    for (const [n, link] of links.entries())
      link.receive((frame) => {
        acked[n + 1] = frame as number;
        settle();
      });
    let gathered = 0;
    const flush = (): void => {
      const batch = Array.from({ length: gathered }, () => bytes);
      gathered = 0;
      const index = next;
      for (const link of links) link.send([index, batch]);
      rows.append(batch);
      acked[0] = index;
      settle();
    };
    const execute = (): Promise<void> =>
      new Promise((resolve) => {
        next += 1;
        waiting.push({ index: next, resolve });
        gathered += 1;
        if (gathered === 1) setImmediate(flush);
      });
    await latencies(warm, inFlight, execute);
    process.send?.(await middleOf(rounds, () => latencies(ms, inFlight, execute)));
  });
}

export interface Load {
  readonly inFlight: number;
  readonly warm: number;
  readonly ms: number;
  readonly rounds: number;
  readonly size: number;
}

interface LeaderTask extends Load {
  readonly peers: readonly { self: string; addresses: readonly string[] }[];
}

if (process.argv[1] === import.meta.filename) {
  const [, , role, path = ''] = process.argv;
  await (role === 'leader' ? lead(path) : follow(path));
}
