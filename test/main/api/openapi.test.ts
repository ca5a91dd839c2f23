import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openApiDocument } from '../../../src/main/api/index.ts';

const file = join(import.meta.dirname, '../../../docs/openapi.json');

it('docs/openapi.json is what the contract says (MUSTER_UPDATE=1 rewrites it)', async () => {
  const document = `${JSON.stringify(await openApiDocument(), null, 2)}\n`;
  if (process.env['MUSTER_UPDATE'] === '1') writeFileSync(file, document);
  expect(readFileSync(file, 'utf8')).toBe(document);
});

it('every procedure stands in the document with an answer', async () => {
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as {
    paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  };
  expect(Object.keys(paths).length).toBeGreaterThan(50);
  for (const [path, methods] of Object.entries(paths))
    for (const operation of Object.values(methods)) expect(operation.responses['200'], path).toBeDefined();
});
