/** Many files on many threads: the same rows as one by one, and an end to everything that goes wrong. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BulkRow } from '../../../src/contract/index.ts';
import {
  bulkRow,
  type BulkTerms,
  createVerifierCache,
  verifyFiles,
} from '../../../src/main/attestation/index.ts';
import type { Policy } from '../../../src/protocol/attestation/index.ts';
import { makeMachine, makeQuotes } from '../../bench/fleet.ts';
import { keptScratch } from '../../scratch.ts';
import { buildCollateral, FMSPC, ROOT, T0 } from '../../vectors/factory/scene.ts';

/** A test may put another worker in the verifier's place. */
const stand = vi.hoisted(() => ({ in: null as URL | null }));
vi.mock(import('../../../src/main/worker-entry.ts'), async (original) => {
  const real = await original();
  return { ...real, workerEntry: (name, from) => stand.in ?? real.workerEntry(name, from) };
});
afterEach(() => {
  stand.in = null;
});

const folder = keptScratch();
const terms: BulkTerms = { sets: { '*': buildCollateral() }, at: T0, policy: {}, root: ROOT };
const files: [name: string, path: string][] = [];
const pathOf = (name: string): string => join(folder, name);

beforeAll(async () => {
  const machines = await Promise.all(Array.from({ length: 4 }, () => makeMachine()));
  const quotes = machines.flatMap((machine) => [...makeQuotes(machine, 20), ...makeQuotes(machine, 5)]);
  const [first] = quotes as [Uint8Array];
  const contents: [name: string, bytes: Uint8Array][] = [
    ...quotes.map((quote, i): [string, Uint8Array] => [`quote-${i}`, quote]),
    ['changed', first.with(600, first[600]! ^ 1)],
    ['cut', first.subarray(0, 900)],
    ['empty', new Uint8Array(0)],
    ['rubbish', new TextEncoder().encode('not a quote at all')],
    ['large', new Uint8Array(2 * 1024 * 1024)],
  ];
  for (const [name, bytes] of contents) {
    writeFileSync(pathOf(name), bytes);
    files.push([name, pathOf(name)]);
  }
  mkdirSync(pathOf('folder'));
  files.push(['folder', pathOf('folder')], ['missing', pathOf('missing')]);
});

async function rowsOf(given: BulkTerms, threads?: number): Promise<BulkRow[]> {
  const rows: BulkRow[] = [];
  await verifyFiles(files, given, {
    ...(threads === undefined ? {} : { threads }),
    onRows: (some) => rows.push(...some),
  });
  return rows;
}
const byName = (rows: readonly BulkRow[]): BulkRow[] => rows.toSorted((a, b) => (a.file < b.file ? -1 : 1));
const oneByOne = (given: BulkTerms): BulkRow[] =>
  files.map(([name, path]) => bulkRow(name, path, given, createVerifierCache()));

describe('a folder of quotes', () => {
  it.each([1, 3])('gives the rows of single verifications, with %i threads', async (threads) => {
    const rows = await rowsOf(terms, threads);
    expect(byName(rows)).toStrictEqual(byName(oneByOne(terms)));
    expect(rows.filter(({ evidence }) => evidence === 'genuine')).toHaveLength(100);
  });

  it('tells of each file that is no quote why', async () => {
    const rows = new Map((await rowsOf(terms)).map((row) => [row.file, row]));
    const told = ['changed', 'cut', 'empty', 'rubbish', 'large', 'folder', 'missing'].map((name) => [
      name,
      rows.get(name)?.evidence,
      rows.get(name)?.code,
    ]);
    expect(told).toEqual([
      ['changed', 'refused', 'QUOTE_SIG'],
      ['cut', 'refused', 'QUOTE_FORMAT'],
      ['empty', 'unreadable', 'QUOTE_EMPTY'],
      ['rubbish', 'unreadable', 'QUOTE_FORMAT'],
      ['large', 'unreadable', 'QUOTE_TOO_LARGE'],
      ['folder', 'unreadable', 'QUOTE_FILE_UNREADABLE'],
      ['missing', 'unreadable', 'QUOTE_FILE_UNREADABLE'],
    ]);
  });

  it('takes the collateral of the family of each quote, and judges without where there is none', async () => {
    const evidence = async (sets: BulkTerms['sets']) =>
      new Map((await rowsOf({ ...terms, sets })).map((row) => [row.file, row.evidence])).get('quote-0');
    const set = terms.sets['*']!;
    expect(await evidence({ [FMSPC]: set })).toBe('genuine');
    expect(await evidence({ '00806f050000': set })).toBe('incomplete');
    expect(await evidence({})).toBe('incomplete');
  });

  it('is refused under another root than the one that is named', async () => {
    const { root: _, ...intel } = terms;
    const rows = await rowsOf(intel);
    expect(rows.filter(({ evidence }) => evidence === 'genuine')).toEqual([]);
  });

  it('that is empty is done at once', async () => {
    await expect(verifyFiles([], terms, { onRows: () => expect.unreachable() })).resolves.toBeUndefined();
  });
});

describe('what stops a bulk verification', () => {
  it('an abort, with its reason and without another row', async () => {
    const control = new AbortController();
    const reason = new Error('the operator has seen enough');
    const batches: number[] = [];
    const onRows = (rows: readonly BulkRow[]): void => {
      batches.push(rows.length);
      control.abort(reason);
    };
    await expect(verifyFiles(files, terms, { threads: 2, signal: control.signal, onRows })).rejects.toBe(
      reason,
    );
    expect(batches).toHaveLength(1);
  });

  it('an abort before it began', async () => {
    const reason = new Error('never mind');
    const onRows = (): void => expect.unreachable();
    await expect(verifyFiles(files, terms, { signal: AbortSignal.abort(reason), onRows })).rejects.toBe(
      reason,
    );
  });

  it('a worker that fails, with its error', async () => {
    const policy = { nonsense: true } as unknown as Policy;
    const onRows = (): void => expect.unreachable();
    await expect(verifyFiles(files, { ...terms, policy }, { onRows })).rejects.toThrow(/nonsense/);
  });

  it('a worker that ends in the middle of its work', async () => {
    const path = pathOf('quitter.mjs');
    writeFileSync(
      path,
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3));",
    );
    stand.in = pathToFileURL(path);
    const onRows = (): void => expect.unreachable();
    await expect(verifyFiles(files, terms, { onRows })).rejects.toThrow(/ended before its work was done/);
  });

  it('a listener that throws', async () => {
    const wrong = new Error('no room for these rows');
    const onRows = (): void => {
      throw wrong;
    };
    await expect(verifyFiles(files, terms, { threads: 2, onRows })).rejects.toBe(wrong);
  });
});
