import { resolve } from 'node:path';
import { _electron } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeWith, electronPath } from '../parts.ts';
import { join } from 'node:path';
import { ensureBuilt } from '../build.ts';
import { scratch } from '../scratch.ts';

// runs wherever somebody fetched the binary (npm run electron:install) and there is a display
describeWith('electron', 'the desktop in Electron itself', () => {
  it('opens its window, which reaches its node', async () => {
    ensureBuilt();
    const data = join(scratch(), 'data');
    const app = await _electron.launch({
      executablePath: electronPath() ?? '',
      args: [resolve(import.meta.dirname, '../..'), '--data', data],
    });
    try {
      const window = await app.firstWindow();
      await window.waitForLoadState();
      expect(window.url()).toMatch(/^app:\/\/muster\//);
      expect(
        await window.evaluate(() => Object.keys((window as unknown as { muster: object }).muster)),
      ).toEqual(['connect']);
      await window.waitForFunction(() => (document.getElementById('root')?.childElementCount ?? 0) > 0);
    } finally {
      await app.close();
    }
  });
});
