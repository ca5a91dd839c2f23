/** Nodes of a test that produce and consume, in one process, over libp2p on 127.0.0.1. */
import { onTestFinished } from 'vitest';
import { createStreams, defineStream, textCodec } from '../../../../src/main/substrate/stream/index.ts';
import type { Consumer, Streams, StreamsOptions } from '../../../../src/main/substrate/stream/index.ts';
import { member } from '../discovery/support.ts';
import type { Member } from '../discovery/support.ts';

export interface StreamNode extends Member {
  readonly streams: Streams;
  readonly self: string;
}

export async function streamNode(
  options: Parameters<typeof member>[0] & { readonly streams?: Partial<StreamsOptions> } = {},
): Promise<StreamNode> {
  const one = await member(options);
  const { universe, discovery } = one;
  const streams = await createStreams({ universe, discovery, ...options.streams });
  onTestFinished(() => streams.close());
  return { ...one, streams, self: discovery.self };
}

/** So many nodes that know each other, the first one's neighbours. */
export async function nodes(
  count: number,
  options: Parameters<typeof streamNode>[0] = {},
): Promise<StreamNode[]> {
  const all = await Promise.all(Array.from({ length: count }, () => streamNode(options)));
  await Promise.all(all.map((one, i) => (i === 0 ? undefined : meet(one, all[0]!))));
  return all;
}

/** `one` learns where `other` is, and both compare their catalogues. */
export async function meet(one: StreamNode, other: StreamNode): Promise<void> {
  await one.universe.learn(other.self, other.universe.addresses());
  await one.discovery.sync(other.self);
}

export const LINES = defineStream({ tag: 'test.Line/1', codec: textCodec });

/** The next so many datums. */
export async function take<T>(consumer: Consumer<T>, count: number): Promise<T[]> {
  const out: T[] = [];
  for await (const datum of consumer) {
    out.push(datum);
    if (out.length === count) break;
  }
  return out;
}

export const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `line ${from + i}`);
