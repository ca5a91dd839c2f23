/** The command line, in this process and as a child process, and a node for it to talk to. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { runCli } from '../../../../src/main/hosts/cli/cli.ts';
import { runConsole } from '../../../../src/main/hosts/console/index.ts';
import type { Running } from '../../../../src/main/hosts/console/index.ts';
import { openVault } from '../../../../src/main/store/index.ts';
import { cheapSeal, NO_ENGINE, PASSPHRASE } from '../../../node.ts';
import { keptScratch } from '../../../scratch.ts';

export interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** The one document on stdout; throws when there is none, or more than one. */
  readonly json: any; // oxlint-disable-line typescript/no-explicit-any -- documents of many commands
}

const said = (exit: number, out: string, err: string): Said => ({
  exit,
  out,
  err,
  get json() {
    expect(out.trimEnd().split('\n'), out).toHaveLength(1);
    return JSON.parse(out);
  },
});

/** Runs a command line in this process. */
export async function cli(...argv: string[]): Promise<Said> {
  let [out, err] = ['', ''];
  const exit = await runCli(argv, {
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    signal: new AbortController().signal,
  });
  return said(exit, out, err);
}

export const ENTRY = join(import.meta.dirname, '../../../../src/main/hosts/cli/main.ts');

/** Runs a command line as a process of its own. */
export function childCli(...argv: string[]): Said {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENTRY, ...argv], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  return said(status ?? -1, stdout, stderr);
}

/** File descriptor of a file that holds `text`, for --passphrase-fd; each is read once. */
export function descriptorOf(text: string): string {
  const path = join(keptScratch(), 'line');
  writeFileSync(path, text);
  const fd = openSync(path, 'r');
  open.push(fd);
  return String(fd);
}

const open: number[] = [];
afterAll(() => open.splice(0).forEach((fd) => closeSync(fd)));

export interface NodeUnderTest {
  readonly folder: string;
  readonly running: Running;
  /** Runs a command against this node, with --json. */
  ask(...argv: string[]): Promise<Said>;
  close(): Promise<void>;
}

/** A running headless node; with `ready`, one with an identity and a coalition. */
export async function openNodeForCli({ ready = false } = {}): Promise<NodeUnderTest> {
  const base = keptScratch();
  const folder = join(base, 'data');
  const renderer = join(base, 'renderer');
  mkdirSync(renderer);
  writeFileSync(join(renderer, 'index.html'), '<!doctype html>');
  mkdirSync(folder);
  // keys under a cheap seal: the node would make them with one that takes its time
  await openVault(join(folder, 'vault.json'), cheapSeal()).create(PASSPHRASE);
  const running = await runConsole({ folder, port: 0, renderer, defaults: NO_ENGINE });
  const ask = (...argv: string[]): Promise<Said> => cli(...argv, '--data', folder, '--json');
  if (ready) {
    const made = await ask('identity', 'create', 'rack-07', '--passphrase-fd', descriptorOf(PASSPHRASE));
    expect(made.exit, made.out).toBe(0);
    expect((await ask('coalition', 'create', 'signals.eu')).exit).toBe(0);
  }
  return { folder, running, ask, close: () => running.close() };
}
