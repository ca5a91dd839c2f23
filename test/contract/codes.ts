/**
 * Finds the codes that source files can give: the literals in their words, with comments left out. A code is in
 * capitals; one with an underscore is taken wherever it stands, one without only where a code belongs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Code → files that name it. */
export type Codes = ReadonlyMap<string, readonly string[]>;

const THROWN = /new Refusal\(\s*'([A-Z][A-Z0-9_]*)'/g;
const WORDS = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
/** First argument of a Refusal or a problem (also over a line break), or the member `code` of one. */
const PLACES = /(?:new Refusal\(|toProblem\(|\bcode:)\s*'([A-Z][A-Z0-9_]*)'/g;

/** Every code in the files of `folder` but those that `leave` names; with `thrown`, only those of Refusals. */
export function codesIn(
  folder: string,
  { leave = () => false, thrown = false }: { leave?: (file: string) => boolean; thrown?: boolean } = {},
): Codes {
  const found = new Map<string, string[]>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const file = relative(folder, path).split(sep).join('/');
    if (!entry.isFile() || !/\.tsx?$/.test(file) || leave(file)) continue;
    const text = withoutComments(readFileSync(path, 'utf8'));
    for (const pattern of thrown ? [THROWN] : [WORDS, PLACES])
      for (const [, code] of text.matchAll(pattern)) {
        const files = found.get(code!) ?? [];
        if (!files.includes(file)) files.push(file);
        found.set(code!, files);
      }
  }
  return found;
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
