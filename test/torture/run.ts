/** `npm run torture [-- --rounds N --seed N]`: kill -9 at random moments of a writing node, 1,000 times. */
import { parseArgs } from 'node:util';
import { torture } from './torture.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1000' }, seed: { type: 'string' } },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
  console.error('--rounds and --seed are whole numbers.');
  process.exit(2);
}
console.log(`${rounds} rounds of kill -9, seed ${seed}`);
try {
  const done = await torture({ rounds, seed, say: (line) => console.log(line) });
  console.log(
    `${done.rounds} rounds over ${done.folders} folders in ${done.seconds} s: ` +
      `${done.acknowledged} entries acknowledged as committed, 0 missing; ` +
      `${done.killedEarly} kills before the first acknowledgement, ` +
      `${done.foundUnsigned} starts that found entries without a checkpoint and signed it`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
