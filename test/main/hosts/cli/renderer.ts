/** `muster run` serves the built interface: where nobody has built it yet, a stand-in lies there for the test. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function buildOfRenderer(): { remove(): void } {
  const folder = join(import.meta.dirname, '../../../../out/renderer');
  if (existsSync(join(folder, 'index.html'))) return { remove: () => undefined };
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  return { remove: () => rmSync(folder, { recursive: true, force: true }) };
}
