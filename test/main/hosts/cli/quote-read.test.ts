/** `muster quote read` on a machine that is no TD: an honest no, and no file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratch } from '../../../scratch.ts';
import { cli } from './support.ts';

it('says that this machine is not a TD, and writes nothing', async () => {
  const out = join(scratch(), 'quote.bin');
  const { exit, json } = await cli('quote', 'read', '--report-data', 'ab'.repeat(64), '--out', out, '--json');
  expect(exit).toBe(1);
  expect(json.error.code).toBe('GUEST_NOT_IN_TD');
  expect(existsSync(out)).toBe(false);
});
