/** Durable appends: the whole way (order, leaf, tree, head file, checkpoint) beside bare node:sqlite. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { utf8 } from '../../src/protocol/bytes/index.ts';
import { coalitionId } from '../../src/protocol/coalition/index.ts';
import { nodeHashes } from '../../src/main/hashes.ts';
import { coalitionFileText, composeCoalition } from '../../src/main/services/coalition/index.ts';
import { createEvents } from '../../src/main/services/events/index.ts';
import { createLedger } from '../../src/main/services/ledger/index.ts';
import { openThreadedStore } from '../../src/main/store/index.ts';
import type { Rules } from '../../src/main/store/index.ts';
import { nodeOrigin, openCommitteeOfOne } from '../../src/main/substrate/log/index.ts';
import { memoryVault } from '../keys.ts';
import { flow, perSecond, rate } from './measure.ts';
import type { Bench } from './run.ts';

const TIME = 3000;
const SIZE = 300;

export async function appends({ folder, print }: Bench): Promise<void> {
  const raw = rawSqlite(folder);
  for (const [kind, rules] of [
    ['opaque commands, 300 B', 'none'],
    ['signed records, ~300 B', 'kinds'],
  ] as const) {
    const one = await through(folder, rules, 1);
    const many = await through(folder, rules, 256);
    print({
      name: `durable appends, ${kind}, 1 in flight`,
      value: perSecond(one),
      beside: `bare node:sqlite, one row a commit: ${perSecond(raw.one)}`,
    });
    print({
      name: `durable appends, ${kind}, 256 in flight`,
      value: perSecond(many),
      beside: `bare node:sqlite, 256 rows a commit: ${perSecond(raw.many)}`,
    });
  }
}

function rawSqlite(folder: string): { one: number; many: number } {
  const db = new DatabaseSync(join(folder, 'raw.db'));
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (i INTEGER PRIMARY KEY, b BLOB) STRICT',
  );
  const insert = db.prepare('INSERT INTO t (b) VALUES (?)');
  const bytes = new Uint8Array(SIZE);
  const one = rate(TIME, () => void insert.run(bytes));
  const many = rate(TIME, () => {
    db.exec('BEGIN');
    for (let i = 0; i < 256; i++) insert.run(bytes);
    db.exec('COMMIT');
  });
  db.close();
  return { one, many: many * 256 };
}

/** Appends per second until committed; signed records go the one way of every action: encode, judge, sign, order, fold. */
async function through(folder: string, rules: Rules, inFlight: number): Promise<number> {
  const place = join(folder, `appends-${rules}-${inFlight}`);
  mkdirSync(place);
  const vault = memoryVault();
  const keys = await vault.create();
  const store = await openThreadedStore({
    path: join(place, 'store.db'),
    headPath: join(place, 'head'),
    rules,
  });
  const log = openCommitteeOfOne({ origin: nodeOrigin('bench'), store, vault, now: Date.now });
  const ledger = createLedger({ store, vault, events: quietEvents(), now: Date.now });
  ledger.attach(log);
  const opaque = { bytes: utf8('x'.repeat(SIZE)), sig: new Uint8Array(64) };
  let work: (n: number) => Promise<unknown> = () => log.append(opaque).committed;
  if (rules === 'kinds') {
    const config = composeCoalition({ name: 'bench.coalition', lattices: [], organisms: [] }, keys.issuer);
    const coalition = coalitionId(config);
    await ledger.submit('coalition.published', { config: utf8(coalitionFileText(config)) }, { coalition });
    work = (n) => {
      const ticket = nodeHashes.sha256(utf8(`ticket ${n}`));
      const body = { ticket, subject: ticket, audience: coalition, notBefore: 0, expires: 1 };
      return ledger.submit('ticket.issued', body, { coalition });
    };
  }
  const result = await flow(TIME, inFlight, work);
  await log.close();
  await store.close();
  return result;
}

const quietEvents = () =>
  createEvents(() => ({
    log: { size: 0, committed: 0, committedAt: null, witnesses: 0 },
    runningOperations: 0,
    problems: 0,
    simulated: false,
    now: 0,
  }));
