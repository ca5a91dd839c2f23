/**
 * Torture: `kill -9` at random moments of a writing node, then the question whether anything that was acknowledged
 * as committed is missing, and whether every start-up check passes.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settle, toHex, utf8 } from '../../src/protocol/bytes/index.ts';
import { parsePolicy, verifyCheckpoint, verifyInclusion } from '../../src/protocol/log/index.ts';
import { recordId } from '../../src/protocol/record/index.ts';
import { createSignatureChecker, nodeHashes } from '../../src/main/hashes.ts';
import { openLocalStore, openVault, passphraseSeal } from '../../src/main/store/index.ts';
import { asStore } from '../local-store.ts';
import { nodeOrigin, openCommitteeOfOne } from '../../src/main/substrate/index.ts';

export const PASSPHRASE = 'torture torture';
/** A folder grows over this many rounds; then a fresh one begins. */
const ROUNDS_A_FOLDER = 100;

export interface TortureOptions {
  readonly rounds: number;
  readonly seed: number;
  report(text: string): void;
}

export interface TortureResult {
  readonly rounds: number;
  /** Entries acknowledged as committed before a kill, all found again. */
  readonly acknowledged: number;
  /** Rounds in which the kill came before the node was ready. */
  readonly early: number;
}

/** Throws at the first thing that is missing or does not verify, naming seed and round. */
export async function torture({ rounds, seed, report }: TortureOptions): Promise<TortureResult> {
  const random = mulberry(seed);
  let folder = '';
  let known = new Map<number, string>();
  let acknowledged = 0;
  let early = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      if (round % ROUNDS_A_FOLDER === 0) {
        if (folder !== '') rmSync(folder, { recursive: true, force: true });
        folder = await freshFolder();
        known = new Map();
      }
      const acks = await killWhileWriting(folder, 1 + Math.floor(random() * 32), Math.floor(random() * 250));
      if (acks === null) early += 1;
      for (const [index, id] of acks ?? []) known.set(index, id);
      acknowledged += acks?.size ?? 0;
      try {
        await examine(folder, acks ?? new Map(), round % 10 === 9 ? known : new Map());
      } catch (error) {
        throw new Error(
          `round ${round} with seed ${seed}: ${error instanceof Error ? error.message : String(error)}`,
          { cause: error },
        );
      }
      if (round % 50 === 49)
        report(`${round + 1} rounds, ${acknowledged} acknowledged entries, none missing`);
    }
  } finally {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  }
  return { rounds, acknowledged, early };
}

async function freshFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-torture-'));
  mkdirSync(folder, { recursive: true });
  await openVault(join(folder, 'vault.json'), passphraseSeal({ N: 2 ** 10, r: 8, p: 1 })).create(PASSPHRASE);
  return folder;
}

/** Lets a child write, kills it `delay` ms after it is ready (or at once); answers what it had acknowledged. */
function killWhileWriting(
  folder: string,
  inFlight: number,
  delay: number,
): Promise<Map<number, string> | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'writer.ts'), folder, String(inFlight)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let out = '';
    let words = '';
    let killed = false;
    const kill = (): void => {
      killed = true;
      child.kill('SIGKILL');
    };
    child.stdout.on('data', (chunk: Buffer) => {
      const first = out === '';
      out += chunk.toString();
      if (first) setTimeout(kill, delay);
    });
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    // some rounds are killed before the node is ready: opening must survive that as well
    if (delay < 6) setTimeout(kill, 150 + delay * 20);
    child.once('close', () => {
      if (!killed) return reject(new Error(`the writer ended by itself: ${words}`));
      if (out === '') return resolve(null);
      // a line that was cut by the kill was not told
      const lines = out
        .slice(0, out.lastIndexOf('\n') + 1)
        .split('\n')
        .slice(1, -1);
      return resolve(new Map(lines.map((line) => [Number(line.split(' ')[0]), line.split(' ')[1] ?? ''])));
    });
  });
}

/** Opens what the kill left: checks pass, entries are there, a checkpoint covers them, proofs hold. */
async function examine(
  folder: string,
  acks: ReadonlyMap<number, string>,
  all: ReadonlyMap<number, string>,
): Promise<void> {
  const vault = openVault(join(folder, 'vault.json'), passphraseSeal({ N: 2 ** 10, r: 8, p: 1 }));
  await vault.unlock(PASSPHRASE);
  const store = asStore(
    openLocalStore({
      path: join(folder, 'store.db'),
      headPath: join(folder, 'head'),
      rules: 'kinds',
    }),
  );
  const { health } = store;
  if (!health.writable || health.checks.some(({ outcome }) => outcome !== 'passed'))
    throw new Error(`a start-up check failed: ${JSON.stringify(health.checks)}`);
  const log = openCommitteeOfOne({
    origin: nodeOrigin(toHex(vault.publicKeys()?.node ?? new Uint8Array())),
    store,
    vault,
    now: Date.now,
  });
  try {
    const { size, checkpoint } = log.head();
    for (const [index, id] of new Map([...acks, ...all])) {
      const row = await store.entry(index);
      if (row === null)
        throw new Error(`entry ${index} was acknowledged as committed and is missing (size ${size})`);
      if (recordId(nodeHashes, row.bytes) !== id)
        throw new Error(`entry ${index} is another one than was acknowledged`);
    }
    if (size === 0) return;
    if (checkpoint === null || checkpoint.size !== size)
      throw new Error('no checkpoint covers the whole log after the start');
    const policy = parsePolicy(nodeHashes, utf8(log.policy));
    const { root } = settle(verifyCheckpoint(checkpoint.note, policy), createSignatureChecker());
    const last = Math.max(0, ...acks.keys());
    const leaf = (await store.entry(last))?.leaf ?? new Uint8Array(32);
    verifyInclusion(nodeHashes, { index: last, size, leaf, root }, await store.inclusion(last, size));
  } finally {
    await log.close();
    await store.close();
  }
}

/** A small seeded generator, so that a failing run can be had again. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
