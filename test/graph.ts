/**
 * The import graph of a source tree, and what the house (ARCHITECTURE.md) forbids in it. A violation is a sentence.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

export interface Import {
  /** Path of the importing file, relative to src. */
  readonly from: string;
  /** Path of the imported file relative to src, or the name of a package. */
  readonly to: string;
  readonly local: boolean;
}

/** Every static and dynamic import below `src`. */
export function importsOf(src: string): Import[] {
  const files = readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const found = text.matchAll(
      /(?:^|[;\n}])\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|^import\s+['"]([^'"]+)['"]/gm,
    );
    return [...found].map((match): Import => {
      const target = match[1] ?? match[2] ?? match[3] ?? '';
      const local = target.startsWith('.');
      return {
        from: slashes(relative(src, file)),
        to: local ? slashes(relative(src, resolve(dirname(file), target))) : target,
        local,
      };
    });
  });
}

const slashes = (path: string): string => path.split(sep).join('/');

/** Floors, lowest first; a file belongs to the first folder that contains it. */
const floors: readonly (readonly [folder: string, floor: number])[] = [
  ['protocol/', 0],
  ['contract/', 0],
  ['main/store/', 1],
  ['main/attestation/', 1],
  ['main/substrate/', 1],
  ['main/services/', 2],
  ['main/node/', 3],
  ['main/api/', 4],
  ['main/hosts/', 5],
  ['preload/', 5],
  ['renderer/', 4],
  // small things that every floor of main may use: hashes, workers, the bell
  ['main/', 0.5],
];
const floorOf = (path: string): number => floors.find(([folder]) => path.startsWith(folder))?.[1] ?? -1;

/** Folders whose files others reach by index.ts only: the deepest one that a path lies in. */
const roomOf = (path: string): string => {
  const parts = dirname(path).split('/');
  const depth = parts[0] === 'main' && (parts[1] === 'services' || parts[1] === 'hosts') ? 3 : 2;
  return parts[0] === 'contract' || parts[0] === 'renderer' || parts[0] === 'preload'
    ? (parts[0] ?? '')
    : parts.slice(0, depth).join('/');
};

/** Within the lowest floors: who may import whom. */
const order = {
  protocol: ['bytes', 'record', 'log'],
  main: ['store', 'attestation', 'substrate'],
} as const;

const builtin =
  /^(node:|(fs|path|os|crypto|net|http|https|tls|url|util|stream|events|child_process|worker_threads)$)/;

/** What the house forbids, as sentences; empty when all is well. */
export function violations(imports: readonly Import[], src: string): string[] {
  const found: string[] = [];
  for (const { from, to, local } of imports) {
    const say = (why: string): void => void found.push(`${from} imports ${to}: ${why}`);
    if (!local) {
      if (to === 'electron' && !from.startsWith('main/hosts/desktop/') && !from.startsWith('preload/'))
        say('electron belongs to main/hosts/desktop and the preload');
      if (builtin.test(to) && /^(protocol|contract|renderer|preload)\//.test(from))
        say('Node does not exist on this floor');
      continue;
    }
    if (!existsSync(join(src, to)) && !/\.(css|json|woff2|svg|png)(\?.*)?$/.test(to))
      say('there is no such file');
    const [here, there] = [floorOf(from), floorOf(to)];
    if (there > here) say('imports go down, never up');
    const [roomHere, roomThere] = [roomOf(from), roomOf(to)];
    const loose = /^(main|main\/hosts|protocol)$/.test(roomThere) || roomThere === 'contract';
    if (roomHere !== roomThere && !loose && !to.endsWith('/index.ts') && !from.startsWith('protocol/kinds'))
      say('a folder is entered by its index.ts');
    if (from.startsWith('contract/') && to.startsWith('main/')) say('the contract knows no implementation');
    if (from.startsWith('protocol/') && to.startsWith('contract/')) say('the rules do not know the contract');
    if (/^(renderer|preload)\//.test(from) && to.startsWith('main/'))
      say('faces import contract and protocol only');
    const [, folderHere = '', folderThere = ''] =
      /^protocol\/(\w+)\/.*\|protocol\/(\w+)\//.exec(`${from}|${to}`) ?? [];
    if (folderHere !== '' && folderHere !== folderThere) {
      const [a, b] = [rank(order.protocol, folderHere), rank(order.protocol, folderThere)];
      if (b > a || (a === b && a === order.protocol.length))
        say('bytes ← record ← log ← subjects, and subjects do not know each other');
    }
    const [, baseHere = '', baseThere = ''] = /^main\/(\w+)\/.*\|main\/(\w+)\//.exec(`${from}|${to}`) ?? [];
    if (
      here === 1 &&
      there === 1 &&
      baseHere !== baseThere &&
      rank(order.main, baseThere) > rank(order.main, baseHere)
    )
      say('within this floor: substrate → attestation → store');
  }
  return found;
}

const rank = (list: readonly string[], name: string): number => {
  const at = list.indexOf(name);
  return at < 0 ? list.length : at;
};
