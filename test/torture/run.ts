/** `npm run torture [-- --rounds N --seed S]`: 1,000 rounds by default. Exit 1 at the first loss. */
import { parseArgs } from 'node:util';
import { torture } from './support.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1000' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const start = performance.now();
console.log(`seed ${seed}`);
const { rounds, acknowledged, early } = await torture({
  rounds: Number(values.rounds),
  seed,
  report: console.log,
});
console.log(
  `${rounds} rounds of kill -9 in ${((performance.now() - start) / 1000).toFixed(0)} s: ${acknowledged} entries acknowledged as ` +
    `committed, none missing; every start-up check passed; ${early} kills came before the node was ready`,
);
