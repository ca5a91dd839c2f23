/**
 * `npm run fuzz [-- --rounds N --seed N --from N]`: mutated evidence, each verified. Exit 1 when something was
 * accepted that must not be, crashed, took longer than five seconds, or when memory grew.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createFuzzer, Found } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const [rounds, seed, from] = [Number(values.rounds), Number(values.seed), Number(values.from)];
if (![rounds, seed, from].every(Number.isSafeInteger))
  throw new RangeError('rounds, seed and from are whole numbers');

/** Between two looks at the memory, and how much it may differ by then. */
const LAP = 100_000;
const GROWTH = 32 * 1024 * 1024;
const SLOW_MS = 5_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const { run, tally, starts } = createFuzzer(seed);
console.log(`seed ${seed}, ${rounds} rounds over ${starts} pieces of genuine evidence`);
const start = performance.now();
const readings: number[] = [];
try {
  for (let round = from; round < from + rounds; round++) {
    run(round);
    if ((round - from + 1) % LAP !== 0) continue;
    readings.push(heap());
    const seconds = (performance.now() - start) / 1000;
    console.log(
      `${round - from + 1} rounds, ${Math.round(tally.rounds / seconds)}/s, heap ${mib(readings.at(-1)!)}, slowest ${tally.slowest.ms.toFixed(1)} ms`,
    );
  }
} catch (error) {
  if (!(error instanceof Found)) throw error;
  console.error(error);
  console.log(error.json);
  process.exit(1);
}
const { slowest, refused, same, codes } = tally;
console.log(
  `${tally.rounds} rounds in ${Math.round((performance.now() - start) / 1000)} s: ${refused} refused, ${same} accepted because nothing that means anything had changed, no false accept, no crash`,
);
console.log(`slowest ${slowest.ms.toFixed(1)} ms (round ${slowest.round}, ${slowest.by.join(' + ')})`);
console.log(
  [...codes]
    .toSorted((a, b) => b[1] - a[1])
    .map(([code, count]) => `${code} ${count}`)
    .join(', '),
);
// the first lap fills the caches
const [first = 0] = readings;
const grown = (readings.at(-1) ?? 0) - first;
if (grown > GROWTH || slowest.ms > SLOW_MS) {
  console.error(grown > GROWTH ? `the heap grew by ${mib(grown)}` : 'a verification took too long');
  process.exit(1);
}
