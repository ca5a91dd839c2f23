import { describe, expect, it } from 'vitest';
import { MAX_GOSSIP } from '../../../../src/main/substrate/universe/index.ts';
import type { Universe } from '../../../../src/main/substrate/universe/index.ts';
import { eventually, introduce, pause, universe } from './support.ts';

const TOPIC = '/muster/test/gossip';
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** Universes in a ring with a few chords, all listening to the topic. */
async function ring(size: number, heard: Map<string, string[]>): Promise<Universe[]> {
  const nodes = await Promise.all(Array.from({ length: size }, () => universe()));
  for (const node of nodes) {
    heard.set(node.self, []);
    node.subscribe(TOPIC, (message) => void heard.get(node.self)?.push(Buffer.from(message).toString()));
  }
  for (let i = 0; i < size; i++)
    for (const step of [1, 3, 7]) {
      const [a, b] = [nodes[i], nodes[(i + step) % size]];
      if (a === undefined || b === undefined || a === b) continue;
      await introduce(a, b);
      await a.connect(b.self);
    }
  await eventually('everybody to know who listens', () =>
    nodes.every((node) => node.listeners(TOPIC).length >= 3),
  );
  return nodes;
}

describe('gossip', () => {
  it('among 20 universes in one process delivers every message to everybody', async () => {
    const heard = new Map<string, string[]>();
    const nodes = await ring(20, heard);
    const MESSAGES = 60;
    for (let i = 0; i < MESSAGES; i++) {
      await nodes[i % nodes.length]?.publish(TOPIC, bytes(`message ${i}`));
      await pause(10);
    }
    // whoever publishes does not hear itself
    const expected = (nodes.length - 1) * MESSAGES;
    const count = (): number => [...heard.values()].reduce((sum, list) => sum + new Set(list).size, 0);
    await eventually('all deliveries', () => count() === expected, 20_000);
    expect([...heard.values()].reduce((sum, list) => sum + list.length, 0)).toBe(expected);
  });

  it('stops what a handler rejects or ignores at the first honest node', async () => {
    const nodes = await Promise.all([universe(), universe(), universe()]);
    const [a, b, c] = nodes as [Universe, Universe, Universe];
    const heard: string[] = [];
    a.subscribe(TOPIC, () => undefined);
    b.subscribe(TOPIC, (message, from) => {
      expect(from).toBe(a.self);
      const text = Buffer.from(message).toString();
      return text === 'bad' ? 'reject' : text === 'old' ? 'ignore' : undefined;
    });
    c.subscribe(TOPIC, (message) => void heard.push(Buffer.from(message).toString()));
    // a line, so that everything for c goes through b
    await introduce(a, b);
    await introduce(b, c);
    await a.connect(b.self);
    await b.connect(c.self);
    await eventually('the line', () => b.listeners(TOPIC).length === 2);
    await pause(300);
    for (const text of ['bad', 'old', 'good']) await a.publish(TOPIC, bytes(text));
    await eventually('the good one', () => heard.length > 0);
    await pause(200);
    expect(heard).toEqual(['good']);
  });

  it('keeps topics apart, even for the same bytes', async () => {
    const [a, b] = [await universe(), await universe()];
    const heard: string[] = [];
    for (const topic of ['/one', '/two']) {
      a.subscribe(topic, () => undefined);
      b.subscribe(topic, () => void heard.push(topic));
    }
    await introduce(a, b);
    await a.connect(b.self);
    await eventually('both topics', () => a.listeners('/one').length + a.listeners('/two').length === 2);
    await a.publish('/one', bytes('same'));
    await a.publish('/two', bytes('same'));
    await a.publish('/three', bytes('same'));
    await eventually('two messages', () => heard.length >= 2);
    await pause(100);
    expect(heard.toSorted()).toEqual(['/one', '/two']);
  });

  it('is heard no more by who stopped listening, and says so to the others', async () => {
    const [a, b] = [await universe(), await universe()];
    let heard = 0;
    const events: string[] = [];
    a.watch((event) => {
      if (event.kind === 'listening' || event.kind === 'silent') events.push(`${event.kind} ${event.topic}`);
    });
    const stop = b.subscribe(TOPIC, () => void heard++);
    const stopToo = b.subscribe(TOPIC, () => void heard++);
    await introduce(a, b);
    await a.connect(b.self);
    await eventually('the listener', () => a.listeners(TOPIC).includes(b.self));
    await a.publish(TOPIC, bytes('1'));
    await eventually('both handlers', () => heard === 2);
    stop();
    await a.publish(TOPIC, bytes('2'));
    await eventually('one handler', () => heard === 3);
    stopToo();
    await eventually('silence', () => a.listeners(TOPIC).length === 0);
    expect(events).toEqual([`listening ${TOPIC}`, `silent ${TOPIC}`]);
    expect(await a.publish(TOPIC, bytes('3'))).toBe(0);
  });

  it('carries 64 KiB and not a byte more', async () => {
    const [a, b] = [await universe(), await universe()];
    let size = 0;
    b.subscribe(TOPIC, (message) => void (size = message.length));
    await introduce(a, b);
    await a.connect(b.self);
    await eventually('the listener', () => a.listeners(TOPIC).length === 1);
    await a.publish(TOPIC, new Uint8Array(MAX_GOSSIP));
    await eventually('the message', () => size === MAX_GOSSIP);
    await expect(a.publish(TOPIC, new Uint8Array(MAX_GOSSIP + 1))).rejects.toMatchObject({
      code: 'GOSSIP_SIZE',
    });
  });

  it('does not let one peer fill the memory with topics', async () => {
    const [a, b] = [await universe(), await universe()];
    await introduce(a, b);
    await a.connect(b.self);
    let listening = 0;
    b.watch((event) => {
      if (event.kind === 'listening') listening += 1;
    });
    for (let i = 0; i < 2000; i++) a.subscribe(`/topic/${i}`, () => undefined);
    await eventually('some of them', () => listening > 0);
    await pause(1000);
    expect(listening).toBeLessThan(300);
  });
});
