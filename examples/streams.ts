/**
 * A producer and a consumer. Neither is told about the other: the consumer finds in the catalogue who produces the
 * stream. Run it with `node examples/streams.ts`.
 */
import { defineStream, jsonCodec } from '../src/main/substrate/index.ts';
import { end, openNode } from './node.ts';

interface Price {
  readonly symbol: string;
  readonly cents: number;
}

/** Whatever comes from others is looked at before it is believed. */
function readPrice(value: unknown): Price {
  const { symbol, cents } = value as Partial<Record<keyof Price, unknown>>;
  if (typeof symbol !== 'string' || typeof cents !== 'number') throw new TypeError('that is no price');
  return { symbol, cents };
}

const PRICES = defineStream({ tag: 'examples.Price/1', codec: jsonCodec(readPrice) });

const here = await openNode();
const there = await openNode(here);
console.log(`${here.name} produces, ${there.name} consumes.`);

const producer = here.streams.produce(PRICES);
const consumer = there.streams.consume(PRICES);
console.log(`Nobody listens yet: ${JSON.stringify(producer.trySend({ symbol: 'ETH', cents: 0 }))}`);

// waits until somebody does
for (let cents = 381_200; cents < 381_205; cents++) await producer.send({ symbol: 'ETH', cents });

let heard = 0;
for await (const { symbol, cents } of consumer) {
  console.log(`${symbol} ${(cents / 100).toFixed(2)}`);
  heard += 1;
  if (heard === 5) break;
}

const [channel] = producer.stats().channels;
console.log(`To ${channel?.peer.slice(0, 8)}: ${channel?.datums} datums, ${channel?.bytes} bytes.`);
await end(`Heard ${heard} prices.`, there, here);
