/**
 * `npm run simulate [-- --schedules N --seed S --trace --broken RULE]`: the consensus core under simulated disks,
 * networks and clocks, one schedule a seed from S on, on two cores. Exit 1 when a schedule breaks a rule; it is
 * named by its seed. With --trace one schedule runs and tells everything.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { breakages } from './broken.ts';
import { runSchedule } from './schedule.ts';
import type { Outcome, Share } from './worker.ts';
import { addTally, emptyTally } from './world.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    broken: { type: 'string' },
  },
});
const [schedules, first] = [Number(values.schedules), Number(values.seed)];
const broken = values.broken ?? null;
if (![schedules, first].every(Number.isSafeInteger) || schedules < 1) {
  console.error('--schedules and --seed are whole numbers.');
  process.exit(2);
}
if (broken !== null && !breakages.includes(broken)) {
  console.error(`--broken is one of ${breakages.join(', ')}.`);
  process.exit(2);
}

const CORES = 2;
const SHARE = 100;
const LAP = 5_000;
const total = emptyTally();
const start = performance.now();
const seconds = (): string => ((performance.now() - start) / 1000).toFixed(0);
let next = first;
let broke: Extract<Outcome, { kind: 'broken' }> | null = null;

function work(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const worker = new Worker(new URL('./worker.ts', import.meta.url));
  const give = (): void => {
    const count = Math.min(SHARE, first + schedules - next);
    if (count <= 0 || broke !== null) {
      void worker.terminate();
      return resolve();
    }
    worker.postMessage({ from: next, count, broken } satisfies Share);
    next += count;
  };
  worker.on('error', reject);
  worker.on('message', (outcome: Outcome) => {
    // the lowest seed is named, whichever core was first
    if (outcome.kind === 'broken') broke = broke === null || outcome.seed < broke.seed ? outcome : broke;
    else {
      addTally(total, outcome.tally);
      if (total.schedules % LAP < SHARE)
        console.log(`${total.schedules} schedules, ${total.events} events, ${seconds()} s`);
    }
    give();
  });
  give();
  return promise;
}

/** One schedule, telling everything. */
function trace(): boolean {
  try {
    console.log(runSchedule(first, { broken, trace: (line) => console.log(line) }));
    return true;
  } catch (error) {
    console.error(error);
    return false;
  }
}

async function simulate(): Promise<boolean> {
  console.log(
    `${schedules} schedules from seed ${first}` + (broken === null ? '' : ` with a broken rule: ${broken}`),
  );
  await Promise.all(Array.from({ length: CORES }, work));

  // assigned in a callback: the narrowing above does not see it
  const found = broke as Extract<Outcome, { kind: 'broken' }> | null;
  if (found !== null) {
    const rule = broken === null ? '' : ` --broken ${broken}`;
    console.error(`Schedule ${found.seed} broke a rule.\n${found.why}`);
    console.error(
      `Again, with everything that happens: npm run simulate -- --seed ${found.seed} --trace${rule}`,
    );
    return false;
  }
  console.log(
    `${total.schedules} schedules in ${seconds()} s, no rule broken: ${total.events} events, ` +
      `${total.elections} elections, ${total.commits} entries committed, ${total.writes} writes ` +
      `(${total.unknown} of unknown outcome), ${total.reads} reads, ${total.crashes} crashes, ` +
      `${total.partitions} partitions, ${total.changes} membership changes, ${total.transfers} transfers, ` +
      `${total.snapshots} snapshots installed`,
  );
  return true;
}

// not process.exit: what is printed into a pipe must get there
process.exitCode = (values.trace ? trace() : await simulate()) ? 0 : 1;
