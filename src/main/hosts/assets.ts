/**
 * The built renderer as a manifest in memory: paths are looked up in it, never on the disk (app.md 3, item 18).
 * Desktop and console serve the same files from it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { Refusal } from '../../protocol/bytes/index.ts';

export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** The name carries a hash of the content, so it never changes. */
  readonly immutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** Reads every file of a folder with a known type. Errors: `RENDERER_MISSING`. */
export function loadAssets(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  let files: string[];
  try {
    files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    throw new Refusal('RENDERER_MISSING', `The interface is not built: ${folder} is missing.`);
  }
  for (const file of files) {
    const type = types[extname(file)];
    if (type === undefined) continue;
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    assets.set(path, {
      bytes: new Uint8Array(readFileSync(file)),
      type,
      immutable: path.startsWith('/assets/'),
    });
  }
  if (!assets.has('/index.html'))
    throw new Refusal('RENDERER_MISSING', `The interface is not built: ${folder}.`);
  return assets;
}

/** The asset of a URL path; `/` is the page. */
export const findAsset = (assets: ReadonlyMap<string, Asset>, path: string): Asset | undefined =>
  assets.get(path === '/' ? '/index.html' : path);
