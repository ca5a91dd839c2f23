/**
 * Parts of the world that a test may need and a machine may lack. A test that needs one is skipped with
 * `not run here: <part>`; where the environment names the part in MUSTER_REQUIRE, missing it is a failure.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { describe, it } from 'vitest';
import { canMount } from './small-disk.ts';

export type Part =
  | 'docker'
  | 'registry'
  | 'chromium'
  | 'vectors'
  | 'electron'
  | 'netfilter'
  | 'etcd'
  | 'tmpfs';

/** The socket of the container engine that tests use. */
export const dockerSocket = process.env['MUSTER_DOCKER_SOCKET'] ?? '/var/run/docker.sock';

/** The folder of shared vectors: MUSTER_VECTORS, else `../shared/vectors` beside the repository. */
export const vectorsFolder =
  process.env['MUSTER_VECTORS'] ?? resolve(import.meta.dirname, '../../shared/vectors');

/** Where the program is on the PATH, or undefined. */
export function onPath(program: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** The Chromium that browser tests drive: MUSTER_CHROMIUM, or one on the PATH. */
export function chromiumPath(): string | undefined {
  const named = process.env['MUSTER_CHROMIUM'];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  return onPath('chromium') ?? onPath('chromium-browser') ?? onPath('google-chrome');
}

/** The Electron binary, if somebody fetched it (`npm run electron:install`). */
export function electronPath(): string | undefined {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    const file = join(folder, 'dist', process.platform === 'win32' ? 'electron.exe' : 'electron');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

const probes: Readonly<Record<Part, () => boolean>> = {
  docker: engineAnswers,
  // test images are made of a static busybox, which comes with the registry's packages
  registry: () => onPath('docker-registry') !== undefined && onPath('busybox') !== undefined,
  chromium: () => chromiumPath() !== undefined,
  vectors: () => existsSync(vectorsFolder),
  // setting packet filter rules, and a network to try them on
  netfilter: () =>
    process.geteuid?.() === 0 && onPath('iptables') !== undefined && onPath('ip') !== undefined,
  electron: () => electronPath() !== undefined,
  etcd: () => onPath('etcd') !== undefined,
  tmpfs: canMount,
};
const found = new Map<Part, boolean>();

/** True when the part is here; asked of the world once per process. */
export function hasPart(part: Part): boolean {
  let here = found.get(part);
  if (here === undefined) {
    here = probes[part]();
    found.set(part, here);
  }
  return here;
}

/** True when MUSTER_REQUIRE says that the part may not be missing. */
export const isRequired = (part: Part): boolean =>
  (process.env['MUSTER_REQUIRE'] ?? '').split(',').some((name) => name.trim() === part);

/**
 * A `describe` that needs parts. Missing ones skip the whole block and say so; a missing part that is
 * required throws, which fails the file.
 */
export function describeWith(parts: Part | readonly Part[], title: string, body: () => void): void {
  const missing = (typeof parts === 'string' ? [parts] : parts).filter((part) => !hasPart(part));
  const forbidden = missing.filter(isRequired);
  if (forbidden.length > 0) throw new Error(`required but not here: ${forbidden.join(', ')} (${title})`);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const reason = `not run here: ${missing.map((part) => (part === 'electron' ? 'electron binary' : part)).join(', ')}`;
  console.log(`${reason} (${title})`);
  // the block itself may read what is not here
  describe.skip(`${title} (${reason})`, () => it('is left out', () => undefined));
}

/** Asked in a child process, because the answer is needed before tests are collected. */
function engineAnswers(): boolean {
  if (!existsSync(dockerSocket)) return false;
  const ask =
    "require('node:http').get({ socketPath: process.argv[1], path: '/_ping', timeout: 3000 }, (answer) => " +
    "process.exit(answer.statusCode === 200 ? 0 : 1)).on('timeout', () => process.exit(1)).on('error', () => process.exit(1))";
  return spawnSync(process.execPath, ['-e', ask, dockerSocket], { timeout: 10_000 }).status === 0;
}
