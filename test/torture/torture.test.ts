import { existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { torture } from './torture.ts';

it('nothing that was acknowledged as committed is missing after 50 kills at random moments', async () => {
  const seed = Number(process.env['MUSTER_SEED'] ?? Date.now() % 1_000_000);
  const lines: string[] = [];
  // a failure names the seed; the kills themselves fall where the machine's clock lets them
  const done = await torture({ rounds: 50, seed, roundsPerFolder: 12, say: (line) => lines.push(line) });
  console.log(`seed ${seed}: ${JSON.stringify(done)}`);
  expect(done.rounds).toBe(50);
  // a run in which nothing was ever acknowledged would prove nothing
  expect(done.acknowledged).toBeGreaterThan(0);
  expect(lines).toHaveLength(1);
}, 180_000);

it.each<[string, (folder: string) => void]>([
  ['its write-ahead log is lost', (folder) => rmSync(join(folder, 'store.db-wal'), { force: true })],
  ['its last entries are lost', (folder) => truncate(join(folder, 'store.db-wal'))],
  ['its keys are lost', (folder) => rmSync(join(folder, 'vault.json'), { force: true })],
])(
  'the judge sees it when %s',
  async (_what, tamper) => {
    await expect(torture({ rounds: 8, seed: 3, roundsPerFolder: 1000, tamper })).rejects.toThrow(
      /^round \d \(seed 3\): /,
    );
  },
  120_000,
);

/** Takes away half of the file, as a disk that lies about what it wrote. */
function truncate(path: string): void {
  if (existsSync(path)) truncateSync(path, Math.floor(statSync(path).size / 2));
}
