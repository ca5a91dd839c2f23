/**
 * Where a worker's code is: beside this bundle once built, in the source tree when Node runs the source. Each
 * worker is its own bundle input (electron.vite.config.ts); this is the one helper that finds them.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';

const sources = {
  'store-worker': './store/worker.ts',
  'groups-worker': './store/groups/worker.ts',
  'full-check-worker': './store/full-check.ts',
  'verify-worker': './attestation/verify-worker.ts',
} as const;
export type WorkerName = keyof typeof sources;

/** `from` is the caller's import.meta.url; used when running bundled, where chunks lie one folder deeper. */
export function workerEntry(name: WorkerName, from: string): URL {
  if (import.meta.url.endsWith('.ts')) return new URL(sources[name], import.meta.url);
  for (const place of [`./${name}.js`, `../${name}.js`]) {
    const url = new URL(place, from);
    if (existsSync(fileURLToPath(url))) return url;
  }
  throw new Error(`worker ${name} is missing from the build`);
}

/** Workers handle small, short-lived buffers: a small young generation keeps them small in memory. */
export const WORKER_LIMITS = { maxYoungGenerationSizeMb: 4 } as const;
