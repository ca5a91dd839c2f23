/**
 * Rounds of `kill -9` at random moments of a writing node. Each round starts a process on a folder, kills it, and
 * judges what is left; a folder lives for many rounds, so that crash follows upon crash.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { randomFrom } from '../random.ts';
import type { Random } from '../random.ts';
import { judgeFolder, judgeWhole } from './judge.ts';
import type { Known } from './judge.ts';

export interface TortureOptions {
  readonly rounds: number;
  readonly seed: number;
  /** A folder is left for a fresh one after about this many rounds. */
  readonly roundsPerFolder?: number;
  readonly say?: (line: string) => void;
  /** Does something to a folder between the kill and the judgement: proves that the judge sees it. */
  readonly tamper?: (folder: string) => void;
}

export interface Tortured {
  readonly rounds: number;
  readonly folders: number;
  /** Entries acknowledged as committed, all of them found again. */
  readonly acknowledged: number;
  /** Rounds in which the process was killed before it was ready, and while it had not acknowledged anything yet. */
  readonly killedEarly: number;
  /** Starts that found entries without a checkpoint. */
  readonly foundUnsigned: number;
  readonly seconds: number;
}

/** Runs the rounds; throws at the first loss, with the seed and the round, and keeps the folder. */
export async function torture({
  rounds,
  seed,
  roundsPerFolder = 100,
  say = () => undefined,
  tamper,
}: TortureOptions): Promise<Tortured> {
  const base = mkdtempSync(join(tmpdir(), 'muster-torture-'));
  const code = await bundle(base);
  const random = randomFrom(seed);
  const started = Date.now();
  const total = { rounds: 0, folders: 0, acknowledged: 0, killedEarly: 0, foundUnsigned: 0 };
  let folder = '';
  let known: Known = { acknowledged: new Map(), signed: null, peer: null };
  let next = prepare(base, code, 0);
  let keep = false;
  try {
    for (let round = 0; round < rounds; round++) {
      if (folder === '' || random.oneIn(roundsPerFolder)) {
        if (folder !== '') retire(folder, known);
        folder = join(base, `folder-${total.folders++}`);
        mkdirSync(folder, { mode: 0o700 });
        known = { acknowledged: new Map(), signed: null, peer: null };
      }
      const writer = next;
      await killAtRandom(writer, { folder, seed: seed + round }, random);
      if (round + 1 < rounds) next = prepare(base, code, round + 1);
      const fresh: number[] = [];
      const errors = readFileSync(writer.errors, 'utf8');
      if (errors !== '') throw new Error(`the process failed by itself: ${errors}`);
      for (const [index, id] of acknowledgements(writer.output)) {
        if (known.acknowledged.has(index)) throw new Error(`entry ${index} was acknowledged twice`);
        known.acknowledged.set(index, id);
        fresh.push(index);
      }
      tamper?.(folder);
      const found = await judgeFolder(folder, known, fresh, random);
      total.rounds++;
      total.acknowledged += fresh.length;
      if (fresh.length === 0) total.killedEarly++;
      if (found.unsigned > 0) total.foundUnsigned++;
      if (total.rounds % 50 === 0)
        say(
          `${total.rounds} rounds, ${total.acknowledged} entries committed and found, ${elapsed(started)} s`,
        );
    }
    retire(folder, known);
    return { ...total, seconds: elapsed(started) };
  } catch (error) {
    keep = tamper === undefined;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`round ${total.rounds} (seed ${seed}): ${why}. The folder is ${folder}`, {
      cause: error,
    });
  } finally {
    next.child.kill('SIGKILL');
    if (!keep) rmSync(base, { recursive: true, force: true });
  }
}

/** Nothing more will happen here: everything is looked at once more. */
function retire(folder: string, known: Known): void {
  judgeWhole(folder, known);
  rmSync(folder, { recursive: true, force: true });
}

const elapsed = (started: number): number => Math.round((Date.now() - started) / 1000);

/** The writer and its store worker as two files that start quickly. */
async function bundle(base: string): Promise<string> {
  const outDir = join(base, 'code');
  const src = join(import.meta.dirname, '../../src');
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: {
          writer: join(import.meta.dirname, 'writer.ts'),
          'store-worker': join(src, 'main/store/worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  });
  writeFileSync(join(outDir, 'package.json'), '{"type":"module"}');
  return join(outDir, 'writer.js');
}

interface Writer {
  readonly child: ChildProcess;
  /** Its stdout, a file. */
  readonly output: string;
  /** Its stderr, a file. */
  readonly errors: string;
  readonly ended: Promise<void>;
}

/** Starts a writer that waits for its order. */
function prepare(base: string, code: string, round: number): Writer {
  const [output, errors] = [join(base, `out-${round % 2}`), join(base, `err-${round % 2}`)];
  const [out, err] = [openSync(output, 'w'), openSync(errors, 'w')];
  const child = spawn(process.execPath, [code], { stdio: ['pipe', out, err] });
  for (const fd of [out, err]) closeSync(fd);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  // a writer that dies with its order unread is seen by its exit
  child.stdin?.on('error', () => undefined);
  return { child, output, errors, ended };
}

/** Gives the order and kills: in a third of the rounds at any moment of the start, else some time into the writing. */
async function killAtRandom(
  writer: Writer,
  order: { folder: string; seed: number },
  random: Random,
): Promise<void> {
  let gone = false;
  void writer.ended.then(() => (gone = true));
  writer.child.stdin?.end(JSON.stringify(order));
  if (random.oneIn(3)) await pause(random.below(200));
  else {
    const until = Date.now() + 20_000;
    while (!gone && Date.now() < until && !/^committed/m.test(readFileSync(writer.output, 'utf8')))
      await pause(2);
    // most of the time soon, sometimes after the log has grown
    await pause(random.oneIn(10) ? random.below(400) : random.below(60));
  }
  writer.child.kill('SIGKILL');
  await writer.ended;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whole lines only: one that was being written when the process died was acknowledged to nobody. */
function* acknowledgements(output: string): Generator<[index: number, id: string]> {
  if (statSync(output).size === 0) return;
  const lines = readFileSync(output, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) {
    const [word, index, id] = line.split(' ');
    if (word === 'committed') yield [Number(index), id ?? ''];
  }
}
