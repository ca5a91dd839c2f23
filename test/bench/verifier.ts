/**
 * The quote verifier beside its limits, the other verifiers, and bare P-256 of node:crypto (tdx.md 6). Everything is
 * measured in rounds that take turns, so that a busy moment of the machine meets all alike; told are the medians.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Collateral, readCollateral, readQuoteFile } from '../../src/protocol/attestation/index.ts';
import { createVerifierCache, verifyFiles, verifyQuote } from '../../src/main/attestation/index.ts';
import type { VerifierCache } from '../../src/main/attestation/index.ts';
import { randomFrom } from '../random.ts';
import { hasPart, vectorsFolder } from '../parts.ts';
import { buildCollateral, ROOT, T0 } from '../vectors/factory/scene.ts';
import { makeMachine, makeQuotes } from './fleet.ts';
import { median, milliseconds, perSecond, rate } from './measure.ts';
import { loadPeers } from './peers.ts';
import type { Bench } from './run.ts';

const ROUNDS = 7;
const PER_ROUND = 250;
/** One verification is short: a round must outlast a pause of the garbage collector. */
const PER_ROUND_SAME_KEY = 2_000;
const FOLDER = 10_000;

/** What is measured: one value for each round. */
type Measures = Readonly<Record<string, (round: number) => number>>;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void;
// a full collection would throw away compiled code as well
const collect = (): void => gc({ type: 'minor' });

function measureInTurns<M extends Measures>(measures: M): Record<keyof M, number> {
  const values: Record<string, number[]> = {};
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, measure] of Object.entries(measures)) {
      // nobody pays for what the one before left behind
      collect();
      const value = measure(Math.max(round, 0));
      // the round before the first warms up
      if (round >= 0) (values[name] ??= []).push(value);
    }
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, median(all)])) as Record<
    keyof M,
    number
  >;
}

/** Runs through all items once; answers items per second. */
function throughput<T>(items: readonly T[], work: (item: T) => void): number {
  const start = performance.now();
  for (const item of items) work(item);
  return (items.length * 1000) / (performance.now() - start);
}

function bareP256() {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = new Uint8Array(632);
  const signature = sign('sha256', message, pair.privateKey);
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const check = (key: KeyObject): void => void verify('sha256', message, key, signature);
  return {
    kept: () => rate(150, () => check(pair.publicKey)),
    imported: () => rate(150, () => check(createPublicKey({ format: 'jwk', key: jwk }))),
  };
}

interface Real {
  readonly quote: Uint8Array;
  readonly collateral: Collateral;
  readonly at: number;
}

function realQuote(): Real {
  const read = (path: string): Uint8Array => new Uint8Array(readFileSync(join(vectorsFolder, 'tdx', path)));
  const { quote } = readQuoteFile(read('real/flashbots-gcp-quote.bin'));
  const collateral = readCollateral(read('collateral/c02-00806f050000-2026-06-30.json'));
  return { quote, collateral, at: 1_783_158_077 };
}

/** Simulated quotes under one root and one set of collateral, as a fleet gives them. */
async function makeFleet() {
  const collateral = buildCollateral();
  const terms = { collateral, at: T0, root: ROOT };
  const rounds = Array.from({ length: ROUNDS }, (_, i) => i);
  const machine = await makeMachine();
  const key = makeQuotes(machine, PER_ROUND_SAME_KEY * ROUNDS + 1);
  const machines = await Promise.all(Array.from({ length: PER_ROUND }, () => makeMachine()));
  const slice = (round: number) =>
    key.slice(1 + round * PER_ROUND_SAME_KEY, 1 + (round + 1) * PER_ROUND_SAME_KEY);
  return {
    terms,
    /** A quote of the machine and key that are known already. */
    first: key[0] as Uint8Array,
    platformNew: rounds.map(() => machines.flatMap((each) => makeQuotes(each, 1))),
    platformKnown: rounds.map(() => Array.from({ length: PER_ROUND }, () => makeQuotes(machine, 1)).flat()),
    sameKey: rounds.map(slice),
  };
}

export async function verifier({ print, note, folder }: Bench): Promise<void> {
  if (!hasPart('vectors')) return note('not run here: vectors');
  const real = realQuote();
  const peers = loadPeers();
  const told = [
    verifyQuote(real).status,
    ...Object.values(peers).map((peer) => peer(real.quote, real.collateral, real.at)),
  ];
  if (told.some((status) => status !== 'UpToDate'))
    throw new Error(`the vector does not verify: ${told.join(', ')}`);
  const fleet = await makeFleet();
  const bare = bareP256();
  const noise = randomFrom(6).bytes(10 * 1024 * 1024);

  let cache: VerifierCache = createVerifierCache();
  /** A cache that knows the collateral, one machine and one of its attestation keys. */
  const knowing = (): VerifierCache => {
    const made = createVerifierCache();
    verifyQuote({ ...fleet.terms, quote: fleet.first, cache: made });
    return made;
  };
  const known = (quotes: readonly (readonly Uint8Array[])[]) => (round: number) => {
    cache = knowing();
    return throughput(quotes[round] ?? [], (quote) => {
      const { evidence } = verifyQuote({ ...fleet.terms, quote, cache });
      if (evidence !== 'genuine') throw new Error(`a quote of the fleet is ${evidence}`);
    });
  };
  const warm = createVerifierCache();
  const found = measureInTurns({
    bare: bare.kept,
    bareImported: bare.imported,
    cold: () => rate(300, () => void verifyQuote(real)),
    script: () => rate(300, () => void peers.JavaScript(real.quote, real.collateral, real.at)),
    wasm: () => rate(300, () => void peers.wasm(real.quote, real.collateral, real.at)),
    again: () => rate(150, () => void verifyQuote({ ...real, cache: warm })),
    platformNew: known(fleet.platformNew),
    platformKnown: known(fleet.platformKnown),
    sameKey: known(fleet.sameKey),
    noise: () => 1000 / rate(50, () => void verifyQuote({ ...real, quote: noise })),
  });

  const share = (value: number): string => `${(value / found.bare).toFixed(2)} of bare P-256`;
  const fastest = Math.max(found.script, found.wasm);
  const line = (name: string, value: number, beside: string): void =>
    print({ name, value: perSecond(value), beside });
  line(
    'P-256 of node:crypto, key kept',
    found.bare,
    'the measure of the machine; cold needs 9, the others 3, 2 and 1',
  );
  line('P-256 of node:crypto, key imported each time', found.bareImported, share(found.bareImported));
  line('cold: nothing cached, all checks', found.cold, `≥ 400/s; ${share(found.cold)}`);
  line('@phala/dcap-qvl 0.3.9 (JavaScript), same quote', found.script, 'cold');
  line('@phala/dcap-qvl-web 0.3.3 (wasm), same quote', found.wasm, 'cold');
  print({
    name: 'cold, times the faster of the two',
    value: `${(found.cold / fastest).toFixed(1)} ×`,
    beside: '≥ 3.5 ×',
  });
  line('collateral known, platform new', found.platformNew, `≥ 900/s; ${share(found.platformNew)}`);
  line(
    'platform known, attestation key new',
    found.platformKnown,
    `≥ 2 000/s; ${share(found.platformKnown)}`,
  );
  line('attestation key known, TD new', found.sameKey, `≥ 8 000/s; ${share(found.sameKey)}`);
  line('the same real quote again', found.again, share(found.again));
  print({ name: '10 MB of noise refused', value: milliseconds(found.noise), beside: '< 10 ms' });
  for (const quotes of [fleet.platformNew, fleet.platformKnown, fleet.sameKey].flat(2))
    verifyQuote({ ...fleet.terms, quote: quotes, cache });
  const { readings, bytes, signatures } = cache.usage();
  print({
    name: 'cache after all of them',
    value: `${(bytes / 1024 ** 2).toFixed(1)} MiB`,
    beside: `at most 16 MiB; ${readings} readings, ${signatures} of at most 16 384 signatures`,
  });
  await bulk(join(folder, 'quotes'), fleet.terms, print);
}

/** A folder of quotes of 200 machines with 5 attestation keys each, on one thread and on all. */
async function bulk(
  folder: string,
  { collateral, at, root }: { collateral: Collateral; at: number; root: Uint8Array },
  print: Bench['print'],
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const machines = await Promise.all(Array.from({ length: 200 }, () => makeMachine()));
  const files = machines
    .flatMap((machine) => Array.from({ length: 5 }, () => makeQuotes(machine, FOLDER / 1000)).flat())
    .map((quote, i) => {
      const name = `${i}.bin`;
      writeFileSync(join(folder, name), quote);
      return [name, join(folder, name)] as const;
    });
  const run = async (threads: number): Promise<number> => {
    let genuine = 0;
    const start = performance.now();
    await verifyFiles(
      files,
      { sets: { '*': collateral }, at, policy: {}, root },
      {
        threads,
        onRows: (rows) => void (genuine += rows.filter(({ evidence }) => evidence === 'genuine').length),
      },
    );
    if (genuine !== files.length) throw new Error(`${genuine} of ${files.length} quotes are genuine`);
    return performance.now() - start;
  };
  const all = availableParallelism();
  const times: [one: number, many: number][] = [];
  for (let round = 0; round < 3; round++) times.push([await run(1), await run(all)]);
  const one = median(times.map(([time]) => time));
  const many = median(times.map(([, time]) => time));
  rmSync(folder, { recursive: true });
  const name = (threads: string): string => `folder of ${FOLDER} quotes, ${threads}, from start to last row`;
  print({ name: name('1 thread'), value: milliseconds(one), beside: perSecond((FOLDER * 1000) / one) });
  print({
    name: name(`${all} threads`),
    value: milliseconds(many),
    beside: `${perSecond((FOLDER * 1000) / many)}; ${(one / many).toFixed(2)} × one thread, ${all} processors`,
  });
}
