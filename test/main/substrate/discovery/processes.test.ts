/** Three real processes: they meet, one is killed and one says goodbye. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../universe/support.ts';
import type { FromNode, ToNode } from './process.ts';

interface Running {
  readonly child: ChildProcess;
  readonly self: string;
  readonly address: string;
  known: readonly string[];
  tagged: readonly string[];
  /** Who has gone, and why. */
  readonly departed: [peer: string, reason: string][];
  tell(message: ToNode): void;
}

async function start(network: string, bootstrap = ''): Promise<Running> {
  const child = fork(join(import.meta.dirname, 'process.ts'), [network, bootstrap], { execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    let running: Running | null = null;
    child.on('message', (message: FromNode) => {
      if (message.kind === 'up') {
        running = {
          child,
          self: message.self,
          address: message.addresses[0] ?? '',
          known: [],
          tagged: [],
          departed: [],
          tell: (order) => void child.send(order),
        };
        resolve(running);
      } else if (message.kind === 'departed') running?.departed.push([message.peer, message.reason]);
      else if (running !== null) {
        running.known = message.peers;
        running.tagged = message.tagged;
      }
    });
    child.once('exit', (code) => reject(new Error(`the node ended with ${code}`)));
  });
}

it('three processes find each other, and notice who is killed and who leaves', async () => {
  const begun = performance.now();
  const first = await start('three processes');
  const [second, third] = await Promise.all([
    start('three processes', first.address),
    start('three processes', first.address),
  ]);
  const all = [first, second, third];
  await eventually('everybody to know everybody', () => all.every(({ known }) => known.length === 2), 20_000);
  console.log(`three processes met after ${Math.round(performance.now() - begun)} ms`);
  third.tell({ tag: 'tagged' });
  await eventually('the tag', () => first.tagged.includes(third.self) && second.tagged.includes(third.self));
  first.child.kill('SIGKILL');
  await eventually(
    'the loss of the first',
    () => !second.known.includes(first.self) && !third.known.includes(first.self),
  );
  third.tell({ leave: true });
  await eventually('the goodbye', () => !second.known.includes(third.self));
  expect(second.departed.at(-1)).toEqual([third.self, 'goodbye']);
  expect(second.known).toEqual([]);
  await eventually('the end of the process', () => third.child.exitCode === 0);
});
