/** How soon `muster run` answers over logs of two sizes, and what an idle node holds in memory. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { median, milliseconds } from './measure.ts';
import type { Bench } from './run.ts';
import { seedFolder } from './seed.ts';

const root = join(import.meta.dirname, '../..');

export interface StartedNode {
  readonly child: ChildProcess;
  /** Pairing link of the console. */
  readonly link: string;
  /** From spawning the process to the console answering, milliseconds. */
  readonly readyAfter: number;
  stop(): Promise<void>;
}

/** Starts the built CLI as a person does and waits until the console answers a request. */
export async function startNode(folder: string): Promise<StartedNode> {
  const start = performance.now();
  const child = spawn(process.execPath, [join(root, 'out/main/cli.js'), 'run', '--json', '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', () => reject(new Error('the node ended before it was ready')));
  });
  const { pair } = JSON.parse(line) as { pair: string };
  await fetch(new URL('/', pair));
  return {
    child,
    link: pair,
    readyAfter: performance.now() - start,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

export async function readiness({ seeded, large, print, note }: Bench): Promise<void> {
  const small = join(seeded, 'small');
  if (!existsSync(small)) await seedFolder(small, 10_000);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const node = await startNode(small);
    times.push(node.readyAfter);
    await node.stop();
  }
  let beside = 'target < 1 500 ms';
  if (large > 0) {
    const start = performance.now();
    if (!existsSync(largeFolder(seeded))) {
      await seedFolder(largeFolder(seeded), large);
      note(`(seeded ${large} signed entries in ${((performance.now() - start) / 1000).toFixed(0)} s)`);
    }
    const node = await startNode(largeFolder(seeded));
    beside += `; with ${large} entries: ${milliseconds(node.readyAfter)}`;
    await node.stop();
  }
  print({
    name: 'console ready after `muster run`, 10,000 entries (median of 5)',
    value: milliseconds(median(times)),
    beside,
  });

  const idle = await startNode(small);
  await delay(8000);
  const status = readFileSync(`/proc/${idle.child.pid ?? 0}/status`, 'utf8');
  const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  await idle.stop();
  print({
    name: 'resident memory of an idle node, 10,000 entries',
    value: `${rss.toFixed(0)} MiB`,
    beside: 'target < 160 MB (153 MiB)',
  });
}

/** The large log, shared with the browser's figures. */
export const largeFolder = (seeded: string): string => join(seeded, 'large');
