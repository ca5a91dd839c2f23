/**
 * `npm run bench`: each figure beside its limit or its peer, all from one run on one machine. `--large N` sets the
 * size of the large log (default 1,000,000; 0 leaves it out), `--keep DIR` keeps the seeded logs there for the next
 * run. Nothing here asserts a time.
 */
import { cpus, tmpdir } from 'node:os';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { appends } from './appends.ts';
import { browser } from './browser.ts';
import { proofs } from './proofs.ts';
import { readiness } from './readiness.ts';
import { verifier } from './verifier.ts';

export interface Figure {
  readonly name: string;
  readonly value: string;
  /** The limit or the peer, measured in the same run where it is one. */
  readonly beside: string;
}

export interface Bench {
  readonly folder: string;
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
  },
});
const sections = { appends, proofs, verifier, readiness, browser };
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'muster-bench-'));
mkdirSync(folder, { recursive: true });
const bench: Bench = {
  folder,
  large: Number(values.large),
  print: ({ name, value, beside }) => console.log(`${name.padEnd(64)} ${value.padStart(16)}   ${beside}`),
  note: (text) => console.log(text),
};
console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`);
try {
  for (const [name, run] of Object.entries(sections)) {
    if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
    console.log(`\n${name}`);
    await run(bench);
  }
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
