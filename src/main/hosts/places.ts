/** Where things lie: the platform's data folder, and the built renderer beside this code. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

/** The platform's folder for the data of this application. */
export function defaultDataFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Muster');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Muster');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'muster');
}

/** The built renderer: in out/ beside the bundle, or in the source tree's out/ when Node runs the source. */
export function rendererFolder(): string {
  for (const place of ['../renderer/', '../../renderer/', '../../../out/renderer/']) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(join(folder, 'assets'))) return folder;
  }
  return fileURLToPath(new URL('../../../out/renderer/', import.meta.url));
}
