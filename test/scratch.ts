/** A scratch folder that is gone when the test is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The same for a folder that several tests of a file share, or that is made before them. */
export function keptScratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
  kept.push(folder);
  return folder;
}
const kept: string[] = [];
afterAll(() => {
  for (const folder of kept.splice(0)) rmSync(folder, { recursive: true, force: true });
});
