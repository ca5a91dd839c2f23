/** Builds out/ when it is older than the source, and finds what `npm start` can start. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(projectRoot, 'out', '.built');

/** Newest change of anything the bundles are made of; 0 where there is no source (an installed package). */
function newestSource() {
  const source = join(projectRoot, 'src');
  if (!existsSync(source)) return 0;
  let newest = 0;
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  for (const file of ['electron.vite.config.ts', 'package-lock.json'])
    newest = Math.max(newest, statSync(join(projectRoot, file)).mtimeMs);
  return newest;
}

/** Runs the build when out/ is missing or stale; its words go to stderr. */
export async function buildIfStale() {
  const newest = newestSource();
  const built = existsSync(stamp) ? Number(readFileSync(stamp, 'utf8')) : 0;
  if (newest <= built) return;
  process.stderr.write('Building the interface and the bundles (once after every change) …\n');
  const vite = join(projectRoot, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: projectRoot,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    process.stderr.write('The build failed.\n');
    process.exit(1);
  }
  writeFileSync(stamp, String(newest));
}

/** Path of the Electron binary, looked up on disk; the package itself would try to download one. */
export function electronBinary() {
  const folder = join(projectRoot, 'node_modules', 'electron');
  const name = join(folder, 'path.txt');
  if (!existsSync(name)) return null;
  const binary = join(folder, 'dist', readFileSync(name, 'utf8').trim());
  return existsSync(binary) ? binary : null;
}

export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
