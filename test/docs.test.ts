/** Documents stay true: what they name exists, and every dependency has its line. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../src/main/node/index.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  version: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
};
const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs/glossary.md',
  'docs/dependencies.md',
];

describe('documents', () => {
  it('the version is the same in the code and in the manifest', () => expect(VERSION).toBe(manifest.version));

  it.each(documents)('%s links to files that exist', (document) => {
    const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path ?? '');
    for (const link of links)
      expect(existsSync(join(root, document, '..', link)), `${document}: ${link}`).toBe(true);
  });

  it.each(documents)('%s names npm scripts that exist', (document) => {
    const named = [...read(document).matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, name]) => name ?? '');
    for (const name of named)
      expect(Object.keys(manifest.scripts), `${document}: npm run ${name}`).toContain(name);
  });

  it('ARCHITECTURE.md names files that exist', () => {
    const named = [
      ...read('ARCHITECTURE.md').matchAll(/`(src\/[\w./-]+|test\/[\w./-]+|docs\/[\w./-]+)`/g),
    ].map(([, path]) => path ?? '');
    expect(named.length).toBeGreaterThan(5);
    for (const path of named) expect(existsSync(join(root, path)), path).toBe(true);
  });

  it('every direct dependency is pinned exactly and has its line of why', () => {
    const why = read('docs/dependencies.md');
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    for (const [name, version] of Object.entries(all)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      const known =
        name.startsWith('@types/') || why.includes(name) || why.includes(name.split('/').at(-1) ?? name);
      expect(known, `${name} in docs/dependencies.md`).toBe(true);
    }
  });

  it('the lockfile names no place that packages were fetched from', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });
});
