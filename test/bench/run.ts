/**
 * `npm run bench`: each figure beside its limit or its peer, all from one run on one machine. `--large N` sets the
 * size of the large log (default 1,000,000; 0 leaves it out), `--keep DIR` keeps the seeded logs there for the next
 * run. Nothing here asserts a time.
 */
import { spawnSync } from 'node:child_process';
import { cpus, tmpdir } from 'node:os';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { appends } from './appends.ts';
import { browser } from './browser.ts';
import { groups } from './groups.ts';
import { proofs } from './proofs.ts';
import { readiness } from './readiness.ts';
import { streams } from './streams.ts';
import { verifier } from './verifier.ts';

export interface Figure {
  readonly name: string;
  readonly value: string;
  /** The limit or the peer, measured in the same run where it is one. */
  readonly beside: string;
}

export interface Bench {
  /** Empty, and gone afterwards. */
  readonly folder: string;
  /** Where seeded logs stand; what is there already is used as it is. */
  readonly seeded: string;
  /** Entries of the large log; 0: leave out. */
  readonly large: number;
  print(figure: Figure): void;
  note(text: string): void;
}

const { values } = parseArgs({
  options: {
    large: { type: 'string', default: '1000000' },
    only: { type: 'string' },
    keep: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});
const sections = { appends, proofs, groups, streams, verifier, readiness, browser };
const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'));
const seeded = values.keep ?? folder;
mkdirSync(seeded, { recursive: true });
const bench: Bench = {
  folder,
  seeded,
  large: Number(values.large),
  print: ({ name, value, beside }) => console.log(`${name.padEnd(64)} ${value.padStart(16)}   ${beside}`),
  note: (text) => console.log(text),
};
if (!values.quiet)
  console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`);
try {
  const wanted = values.only?.split(',') ?? Object.keys(sections);
  for (const name of wanted) {
    const run = sections[name as keyof typeof sections];
    if (run === undefined)
      throw new Error(`there is no section ${name}: ${Object.keys(sections).join(', ')}`);
    if (wanted.length > 1) apart(name);
    else {
      console.log(`\n${name}`);
      await run(bench);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Each section in a process of its own, so that the heap of one does not slow down the next. */
function apart(name: string): void {
  const options = ['--only', name, '--large', values.large, '--keep', seeded, '--quiet'];
  const { status } = spawnSync(process.execPath, [import.meta.filename, ...options], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the section ${name} ended with ${status}`);
}
