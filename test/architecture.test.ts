import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, violations } from './graph.ts';
import { scratch } from './scratch.ts';

const src = join(import.meta.dirname, '../src');

describe('the house', () => {
  it('imports go down, by the doors, and each floor sees only its own world', () => {
    const imports = importsOf(src);
    expect(imports.length).toBeGreaterThan(300);
    expect(violations(imports, src)).toEqual([]);
  });

  it('protocol, contract and renderer are compiled without Node types', () => {
    for (const folder of ['protocol', 'contract', 'renderer', 'preload']) {
      const own = JSON.parse(readFileSync(join(src, folder, 'tsconfig.json'), 'utf8')) as {
        compilerOptions: { types?: string[] };
      };
      const base = JSON.parse(readFileSync(join(src, '../tsconfig.base.json'), 'utf8')) as typeof own;
      expect(own.compilerOptions.types ?? base.compilerOptions.types, folder).toEqual([]);
    }
  });

  it('only components are default exports', () => {
    const offenders = importsOf(src)
      .map(({ from }) => from)
      .filter(
        (file) => file.endsWith('.ts') && /^export default /m.test(readFileSync(join(src, file), 'utf8')),
      );
    expect([...new Set(offenders)]).toEqual([]);
  });
});

describe('the check itself can fail', () => {
  const cases: [string, Record<string, string>, string][] = [
    [
      'an upward import',
      { 'main/store/a.ts': "import { x } from '../api/index.ts';", 'main/api/index.ts': '' },
      'never up',
    ],
    [
      'electron outside the desktop host',
      { 'main/node/a.ts': "import { app } from 'electron';" },
      'electron belongs',
    ],
    [
      'a Node module in the rules',
      { 'protocol/bytes/a.ts': "import { hash } from 'node:crypto';" },
      'Node does not exist',
    ],
    ['a Node module in the renderer', { 'renderer/a.tsx': "import fs from 'fs';" }, 'Node does not exist'],
    [
      'a back door',
      { 'main/node/a.ts': "import { x } from '../store/b.ts';", 'main/store/b.ts': '' },
      'index.ts',
    ],
    [
      'rules that know the contract',
      { 'protocol/bytes/a.ts': "import { x } from '../../contract/index.ts';", 'contract/index.ts': '' },
      'do not know the contract',
    ],
    [
      'subjects that know each other',
      { 'protocol/ticket/a.ts': "import { x } from '../compute/index.ts';", 'protocol/compute/index.ts': '' },
      'do not know each other',
    ],
    [
      'bytes that know records',
      { 'protocol/bytes/a.ts': "export { x } from '../record/index.ts';", 'protocol/record/index.ts': '' },
      'bytes ← record',
    ],
    [
      'a face that reaches into the node',
      { 'renderer/a.tsx': "const x = await import('../main/store/index.ts');", 'main/store/index.ts': '' },
      'faces import',
    ],
    [
      'the store above the substrate',
      { 'main/store/a.ts': "import { x } from '../substrate/index.ts';", 'main/substrate/index.ts': '' },
      'substrate → attestation',
    ],
    ['an import of nothing', { 'main/node/a.ts': "import { x } from './gone.ts';" }, 'no such file'],
  ];

  it.each(cases)('%s is found', (_name, files, why) => {
    const folder = scratch();
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const found = violations(importsOf(folder), folder);
    expect(found.join('\n')).toContain(why);
  });
});
