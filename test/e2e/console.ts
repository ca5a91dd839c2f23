/** The built node as a person starts it, and a browser paired with it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../chromium.ts';

const root = join(import.meta.dirname, '../..');

export interface RunningNode {
  readonly child: ChildProcess;
  /** One-time pairing link. */
  readonly link: string;
  stop(): Promise<void>;
}

/** `muster run` from the bundle, on `folder`. */
export async function runNode(folder: string): Promise<RunningNode> {
  const child = spawn(process.execPath, [join(root, 'bin/muster.mjs'), 'run', '--json', '--data', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the node ended with ${code}: ${words}`)));
  });
  return {
    child,
    link: (JSON.parse(line) as { pair: string }).pair,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

/** One command of the built CLI; answers its exit code and output. */
export function muster(
  folder: string,
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'bin/muster.mjs'), ...args, '--data', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('close', (code) => resolve({ code: code ?? -1, out, err }));
  });
}

export interface Paired {
  readonly browser: Browser;
  readonly page: Page;
  /** What the browser's console complained about: nothing may be there at the end. */
  readonly complaints: string[];
  /** Hosts that the page asked anything of. */
  readonly hosts: Set<string>;
}

export async function openPaired(link: string): Promise<Paired> {
  const browser = await launchChromium();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.goto(link);
  return { browser, page, complaints, hosts };
}
