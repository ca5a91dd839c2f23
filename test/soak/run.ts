/**
 * `npm run soak`: twenty members as processes for half an hour (`--minutes N`): five vote, fifteen learn, all of
 * them write; one is restarted every two minutes. Heaps are read after a collection. It fails when a heap grows, a
 * rejection goes unhandled, or the logs differ at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startFleet } from '../member/fleet.ts';
import type { Member } from '../member/fleet.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, nodes: { type: 'string', default: '20' } },
});
const minutes = Number(values.minutes);
const nodes = Number(values.nodes);
const voters = Math.min(5, nodes);
/** Between two commands of one member, milliseconds. */
const PACE = 1000;

const folder = mkdtempSync(join(tmpdir(), 'muster-soak-'));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const mib = (bytes: number): number => Math.round((bytes / 2 ** 20) * 10) / 10;

const fleet = await startFleet({
  folder,
  voters,
  others: nodes - voters,
  machine: 'chain',
  timing: { heartbeat: 500, election: 2000, jitter: 500, bootstrap: 300 },
  flags: ['--expose-gc'],
});
const members = (): readonly Member[] => fleet.members;
const dead: Member[] = [];
let failed = false;
const complain = (why: string): void => {
  failed = true;
  console.log(`FAILED: ${why}`);
};
try {
  await Promise.all(
    members()
      .slice(0, voters)
      .map((member) => member.online()),
  );
  const seeds = members().map(({ seed }) => seed);
  // learners come one entry at a time, and an operator signs each
  for (let n = voters + 1; n <= nodes; n++)
    await (members()[0] as Member).members(seeds.slice(0, voters), seeds.slice(voters, n));
  await Promise.all(members().map((member, n) => member.trickle(`soak-${n}`, PACE)));

  const heaps: number[][] = [];
  const start = Date.now();
  let restarts = 0;
  for (let minute = 1; minute <= minutes; minute++) {
    const until = start + minute * 60_000;
    if (minute % 2 === 0 && minute < minutes - 1) {
      const at = restarts++ % nodes;
      const old = members()[at] as Member;
      dead.push(old);
      await old.kill();
      const back = await fleet.restart(at);
      await back.trickle(`soak-${at}-${minute}`, PACE);
    }
    await pause(Math.max(0, until - Date.now()));
    const statuses = await Promise.all(members().map((member) => member.status()));
    heaps.push(statuses.map(({ heap }) => heap));
    const all = statuses.map(({ heap }) => heap).toSorted((a, b) => a - b);
    const applied = statuses.map((status) => status.applied);
    console.log(
      `${String(minute).padStart(3)} min  heap ${mib(all[0] ?? 0)} to ${mib(all.at(-1) ?? 0)} MiB  rss up to ` +
        `${mib(Math.max(...statuses.map(({ rss }) => rss)))} MiB  ${Math.min(...applied)} to ${Math.max(...applied)} applied  ` +
        `term ${Math.max(...statuses.map(({ term }) => term))}  online ${statuses.filter(({ online }) => online).length}`,
    );
  }
  await Promise.all(members().map((member) => member.end()));
  const most = Math.max(
    ...(await Promise.all(members().map((member) => member.status()))).map(({ applied }) => applied),
  );
  await Promise.all(members().map((member) => member.applied(most)));
  const digests = await Promise.all(members().map((member) => member.digest()));
  if (new Set(digests.map((digest) => JSON.stringify(digest))).size !== 1) complain('the logs differ');
  const acknowledged = [...dead, ...members()].flatMap((member) => member.acknowledged);
  const list = await (members()[0] as Member).list();
  if (acknowledged.some(([text, index]) => list[index] !== text)) complain('an acknowledged command is lost');
  const trouble = [...dead, ...members()].flatMap((member) => member.trouble);
  for (const one of trouble) complain(one);
  growth(heaps);
  console.log(
    `${most} commands, ${acknowledged.length} acknowledged, ${restarts} kills, ${trouble.length} unhandled`,
  );
} finally {
  await fleet.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

/** Compares the second third with the last, per member: the first third is warming up. */
function growth(samples: readonly number[][]): void {
  const third = Math.floor(samples.length / 3);
  if (third < 2) return;
  const mean = (rows: readonly number[][], n: number): number =>
    rows.reduce((sum, row) => sum + (row[n] ?? 0), 0) / rows.length;
  const changes = Array.from({ length: nodes }, (_, n) => {
    const [before, after] = [mean(samples.slice(third, 2 * third), n), mean(samples.slice(-third), n)];
    return after - before;
  }).toSorted((a, b) => a - b);
  console.log(
    `heap, last third against the one before: ${mib(changes[0] ?? 0)} to ${mib(changes.at(-1) ?? 0)} MiB`,
  );
  if ((changes[Math.floor(nodes / 2)] ?? 0) > 4 * 2 ** 20) complain('heaps grow');
}
