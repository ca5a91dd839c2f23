/**
 * A replicated map: one node writes, another reads its own copy, a third one keeps the two honest. What is written
 * once is the same everywhere. Run it with `node examples/map.ts`.
 */
import { defineMap, numberSchema, textSchema } from '../src/main/substrate/index.ts';
import { toHex } from '../src/protocol/bytes/index.ts';
import { acquaint, end, foundersOf, openNode } from './node.ts';

const BALANCES = defineMap({
  id: 'examples.balances',
  key: textSchema('examples.name/1'),
  value: numberSchema('examples.amount/1'),
});

const first = await openNode();
const [second, third] = [await openNode(first), await openNode(first)];
const nodes = [first, second, third];
await acquaint(nodes);

// two members vote and one reads along; all three configure the same list
const genesis = foundersOf([first, second], [third]);
const timing = { election: 500, jitter: 300, bootstrap: 100 };
const writer = await BALANCES.writer({ groups: first.groups, genesis, timing, author: first.author });
const other = await BALANCES.writer({ groups: second.groups, genesis, timing, author: second.author });
const reader = await BALANCES.reader({ groups: third.groups, genesis, timing });
console.log(`The map is Group ${toHex(BALANCES.group).slice(0, 12)}…`);

await writer.when.online();
await writer.extend([
  ['ada', 30],
  ['grace', 12],
]);
const { version } = await other.compareExchange('ada', 30, 31);
const lost = await writer.compareExchange('ada', 30, 99);
console.log(
  `A second exchange from 30 ${lost.exchanged ? 'took place' : 'found another value and changed nothing'}.`,
);

await reader.when.reaches(version);
for (const [name, amount] of reader) console.log(`${name} has ${amount}`);
await reader.barrier();
const same = toHex(reader.digest()) === toHex(writer.digest());
await end(`The copies are ${same ? 'equal' : 'different'}, at version ${reader.version()}.`, ...nodes);
