/**
 * The check of everything, in its own thread with its own read-only connection: SQLite's integrity check, then
 * every leaf from its bytes, every tile and the root from every leaf. Reports progress; never blocks the writer.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { sameBytes } from '../../protocol/bytes/index.ts';
import { decodeFrontier, Frontier, recordLeafHash } from '../../protocol/log/index.ts';
import { nodeHashes } from '../hashes.ts';
import { openDatabase } from './database.ts';
import { createTileCheck } from './tile-check.ts';

export interface FullCheckReport {
  readonly state: 'running' | 'passed' | 'failed';
  readonly done: number;
  readonly total: number;
  readonly sentence: string;
}

/** Entries between two reports. */
const STEP = 1000;

/** Checks the store at `path`; answers the last report. */
export function fullCheck(path: string, report: (state: FullCheckReport) => void): FullCheckReport {
  const db = openDatabase(path, { readOnly: true });
  try {
    // one read transaction: the writer goes on, this check sees one moment
    db.exec('BEGIN');
    const head = db.sql('SELECT size, frontier FROM head').get();
    const state =
      head === undefined ? { size: 0, hashes: [] } : decodeFrontier(head['frontier'] as Uint8Array);
    const total = state.size;
    const failed = (done: number, sentence: string): FullCheckReport => ({
      state: 'failed',
      done,
      total,
      sentence,
    });
    const integrity = String(db.sql('PRAGMA integrity_check(1)').get()?.['integrity_check']);
    if (integrity !== 'ok') return failed(0, `SQLite finds the file damaged: ${integrity}.`);
    const frontier = new Frontier(nodeHashes);
    const tiles = createTileCheck(db);
    const rows = db.sql('SELECT idx, bytes, sig, leaf FROM entries WHERE idx < ? ORDER BY idx');
    for (const row of rows.iterate(total)) {
      const leaf = recordLeafHash(nodeHashes, row['bytes'] as Uint8Array, row['sig'] as Uint8Array);
      if (Number(row['idx']) !== frontier.size)
        return failed(frontier.size, `Entry ${frontier.size} is missing.`);
      if (!sameBytes(leaf, row['leaf'] as Uint8Array))
        return failed(frontier.size, `Entry ${frontier.size} does not hash to its leaf.`);
      frontier.append(leaf);
      if (!tiles.leaf(leaf))
        return failed(
          frontier.size,
          `A tile that entry ${frontier.size - 1} completes is not what its leaves give.`,
        );
      if (frontier.size % STEP === 0)
        report({ state: 'running', done: frontier.size, total, sentence: 'Re-hashing every entry.' });
    }
    if (frontier.size !== total) return failed(frontier.size, `Entry ${frontier.size} is missing.`);
    if (!sameBytes(frontier.root(), new Frontier(nodeHashes, state).root()))
      return failed(total, 'The entries do not hash to the root of the head.');
    return { state: 'passed', done: total, total, sentence: `All ${total} entries hash to the root.` };
  } finally {
    db.close();
  }
}

const port = parentPort;
if (port !== null && typeof workerData === 'object' && workerData !== null && 'fullCheck' in workerData) {
  const path = String(workerData.fullCheck);
  try {
    port.postMessage(fullCheck(path, (state) => port.postMessage(state)));
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    port.postMessage({ state: 'failed', done: 0, total: 0, sentence } satisfies FullCheckReport);
  }
  port.close();
}
