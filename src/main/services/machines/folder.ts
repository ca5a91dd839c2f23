/** Verifies a folder of quotes as an operation, on all processors; keeps the rows until somebody has seen them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { BulkRow, CollateralInput } from '../../../contract/index.ts';
import { platformHint } from '../../../protocol/attestation/index.ts';
import type { Collateral, Policy } from '../../../protocol/attestation/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { readQuoteAt, verifyFiles } from '../../attestation/index.ts';
import type { Operations } from '../operations/index.ts';
import type { Judge } from './judge.ts';

/** A folder with more files than this is not verified as one. */
const MOST_FILES = 100_000;
/** Results kept; the oldest goes first. */
const KEPT_RESULTS = 5;
/** Rows of a verification that is still running, so that who looks often is not sent thousands each time. */
const WHILE_RUNNING = 500;

export interface FolderRequest {
  readonly folder: string;
  readonly collateral: CollateralInput;
  /** Unix seconds. */
  readonly at: number;
  readonly policy: Policy;
}

export interface FolderVerifier {
  /** Begins; answers the id of the operation. Errors: `FOLDER_UNREADABLE`. */
  start(request: FolderRequest): Promise<string>;
  /** All rows by name when it is done; before that the latest ones. Errors: `FOLDER_RESULT_UNKNOWN`. */
  result(operation: string): { rows: readonly BulkRow[]; done: boolean };
}

export function createFolderVerifier(operations: Operations, judge: Judge): FolderVerifier {
  const results = new Map<string, { rows: BulkRow[]; done: boolean }>();
  return {
    async start({ folder, collateral, at, policy }) {
      const files = await filesOf(folder);
      const result = { rows: [] as BulkRow[], done: false };
      const { id } = operations.start({
        kind: 'verify',
        title: folder,
        startedBy: 'operator',
        async run(progress) {
          progress.update({ phase: 'collateral', total: files.length, unit: 'items' });
          const sets = await setsFor(files, collateral, at, judge, progress.signal);
          progress.update({ phase: 'verifying' });
          await verifyFiles(
            files,
            { sets, at, policy },
            {
              signal: progress.signal,
              onRows(rows) {
                result.rows.push(...rows);
                progress.update({ done: result.rows.length });
              },
            },
          );
          result.rows.sort((a, b) => (a.file < b.file ? -1 : 1));
          result.done = true;
          const held = result.rows.filter(({ evidence }) => evidence === 'genuine');
          const simulated = held.filter((row) => row.simulated).length;
          progress.log(
            `${result.rows.length} files, ${held.length - simulated} genuine, ${simulated} simulated.`,
          );
        },
      });
      results.set(id, result);
      for (const oldest of results.keys()) {
        if (results.size <= KEPT_RESULTS) break;
        results.delete(oldest);
      }
      return id;
    },
    result(operation) {
      const result = results.get(operation);
      if (result === undefined)
        throw new Refusal('FOLDER_RESULT_UNKNOWN', 'No result of that verification is kept here.');
      return result.done ? result : { rows: result.rows.slice(-WHILE_RUNNING), done: false };
    },
  };
}

/** Errors: `FOLDER_UNREADABLE`. */
async function filesOf(folder: string): Promise<[name: string, path: string][]> {
  let names: string[];
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    throw new Refusal(
      'FOLDER_UNREADABLE',
      `${folder} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
    );
  }
  if (names.length > MOST_FILES)
    throw new Refusal('FOLDER_UNREADABLE', `${folder} has ${names.length} files; ${MOST_FILES} is the most.`);
  return names.toSorted().map((name) => [name, join(folder, name)]);
}

/** The collateral of every platform family among the quotes; a family without any is judged without. */
async function setsFor(
  files: readonly (readonly [string, string])[],
  input: CollateralInput,
  at: number,
  judge: Judge,
  signal: AbortSignal,
): Promise<Record<string, Collateral>> {
  if (input.kind === 'none') return {};
  if (input.kind === 'file') {
    const found = await judge.fetchCollateral(input, new Uint8Array(), at);
    return found === null ? {} : { '*': found.collateral };
  }
  const sets: Record<string, Collateral> = {};
  const asked = new Set<string>();
  for (const [, path] of files) {
    await setImmediate();
    signal.throwIfAborted();
    const quote = quoteOrNull(path);
    const fmspc = quote === null ? undefined : platformHint(quote)?.fmspc;
    if (quote === null || fmspc === undefined || asked.has(fmspc)) continue;
    asked.add(fmspc);
    const found = await judge.fetchCollateral(input, quote, at).catch((error: unknown) => {
      if (error instanceof Refusal) return null;
      throw error;
    });
    if (found !== null) sets[fmspc] = found.collateral;
  }
  return sets;
}

function quoteOrNull(path: string): Uint8Array | null {
  try {
    return readQuoteAt(path);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
