/** The examples run as anybody would run them, each a process of its own, and come to their last line. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../examples');
const lastLines: Readonly<Record<string, string>> = {
  'streams.ts': 'Heard 5 prices.',
  'map.ts': 'The copies are equal, at version 2.',
  'organism.ts': 'All three say: tea 2, coffee 1.',
};

it('every example is listed here', () => {
  expect(
    readdirSync(folder)
      .filter((name) => name !== 'node.ts')
      .toSorted(),
  ).toEqual(Object.keys(lastLines).toSorted());
});

it.each(Object.entries(lastLines))('%s ends by itself with: %s', async (name, last) => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, name)], { timeout: 45_000 });
  expect(stdout.trim().split('\n').at(-1)).toBe(last);
});
