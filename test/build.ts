/**
 * Tests of what is built run what is built: `ensureBuilt()` brings out/ up to date first, by the same rule as
 * `npm start` (bin/fresh.mjs). One build at a time, however many test files ask for it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
/** Bundles that somebody built already, to be tested as they are: MUSTER_OUT names their folder. */
const given = process.env['MUSTER_OUT'];

/** The folder of the bundles: `main/desktop.js`, `main/cli.js`, `preload/index.cjs`, `renderer/`. */
export const outFolder = resolve(root, given ?? 'out');

let done = given !== undefined;

/** Builds out/ when it is older than the sources. Blocks; a build takes some ten seconds. Throws when it fails. */
export function ensureBuilt(): void {
  if (done) return;
  mkdirSync(resolve(root, 'out'), { recursive: true });
  // the kernel lets go of it however this process ends
  const lock = new DatabaseSync(resolve(root, 'out/.build-lock'), { timeout: 300_000 });
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;');
    const fresh = pathToFileURL(resolve(root, 'bin/fresh.mjs')).href;
    const code = `await (await import(${JSON.stringify(fresh)})).buildIfStale();`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
    done = true;
  } finally {
    lock.close();
  }
}
