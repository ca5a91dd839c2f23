/**
 * A stream between two processes on 127.0.0.1, beside bare libp2p with the same transport, encryption and multiplexer:
 * one libp2p stream that carries the same datums behind the same u32 lengths, written as fast as it takes them. Run as
 * two processes for each: this file forks itself.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { createDiscovery } from '../../src/main/substrate/discovery/index.ts';
import { bytesCodec, createStreams, defineStream } from '../../src/main/substrate/stream/index.ts';
import { openUniverse } from '../../src/main/substrate/universe/index.ts';
import { UNIVERSE } from '../../src/protocol/bytes/index.ts';
import { newKey } from '../member/net.ts';
import { milliseconds, perSecond } from './measure.ts';
import type { Measured } from './measure.ts';
import type { Bench } from './run.ts';

const SIZE = 300;
const WARM = 2000;
const TIME = 4000;
/** At full speed every so many datums carry the time at which they were sent. */
const EVERY = 16;
/** Bytes that the second bare figure writes at once. */
const PIECE = 64 * 1024;
const LISTEN = '/ip4/127.0.0.1/tcp/0';

/** `bare`: a write for each datum; `pieces`: as many datums as a piece holds. */
type Kind = 'stream' | 'bare' | 'pieces';
interface Run {
  readonly full: Measured;
  readonly paced: Measured;
}

export async function streams({ print, note }: Bench): Promise<void> {
  const own = await measured('stream');
  const bare = await measured('bare');
  const pieces = await measured('pieces');
  const rate = ({ full }: Run): number => (full.count * 1000) / TIME;
  const speed = (run: Run): string =>
    `${((rate(run) * SIZE) / 1e6).toFixed(1)} MB/s, p50 ${milliseconds(run.full.p50)}, p99 ${milliseconds(run.full.p99)}`;
  const beside = (what: string, run: Run): string =>
    `${what} ${perSecond(rate(run))}, ${speed(run)}: ${(rate(own) / rate(run)).toFixed(1)}×`;
  print({
    name: `stream of ${SIZE} B datums, one way, two processes`,
    value: perSecond(rate(own)),
    beside: [
      speed(own),
      beside('bare libp2p, a write for each,', bare),
      beside(`bare, ${PIECE / 1024} KiB at a write,`, pieces),
    ].join('; '),
  });
  print({
    name: 'from one node to the other, a datum each millisecond, p50',
    value: milliseconds(own.paced.p50),
    beside: `p99 ${milliseconds(own.paced.p99)}; bare libp2p p50 ${milliseconds(bare.paced.p50)}, p99 ${milliseconds(bare.paced.p99)}`,
  });
  note('times are from the send to the reader, by the clock that both processes share');
}

async function measured(kind: Kind): Promise<Run> {
  const children: ChildProcess[] = [];
  const start = (side: 'produce' | 'consume'): ChildProcess => {
    const child = fork(import.meta.filename, [kind, side], { serialization: 'advanced' });
    children.push(child);
    return child;
  };
  try {
    const producer = start('produce');
    const there = await answer(producer);
    const consumer = start('consume');
    consumer.send(there as object);
    await answer(consumer);
    const measure = async (): Promise<Measured> => {
      await new Promise((resolve) => setTimeout(resolve, WARM));
      consumer.send({ measure: TIME });
      return (await answer(consumer)) as Measured;
    };
    const full = await measure();
    producer.send({ pace: 1 });
    return { full, paced: await measure() };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

const answer = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('a process of the bench ended')));
  });

// ---- in the producing process ----

/** Sends at full speed until it is told to send one datum each so many milliseconds. */
async function pour(send: (datum: Uint8Array) => Promise<void> | undefined): Promise<void> {
  let pace: number | null = null;
  process.on('message', (message: { pace: number }) => (pace = message.pace));
  for (let n = 0; ; n++) {
    const datum = Buffer.alloc(SIZE);
    if (pace !== null || n % EVERY === 0) datum.writeBigUInt64BE(process.hrtime.bigint());
    const waiting = send(datum);
    if (waiting !== undefined) await waiting;
    if (pace !== null) await new Promise((resolve) => setTimeout(resolve, pace ?? 0));
  }
}

async function produce(kind: Kind): Promise<void> {
  if (kind === 'stream') {
    const { universe, streams: own } = await openOwn();
    const producer = own.produce(DATUMS);
    process.send?.({ self: universe.self, addresses: universe.addresses() });
    return pour((datum) => producer.send(datum));
  }
  const node = await openBare();
  await node.handle(PROTOCOL, (stream) => void pour(writer(stream, kind === 'bare' ? 1 : PIECE)));
  process.send?.({ self: '', addresses: node.getMultiaddrs().map(String) });
  return undefined;
}

/** Writes datums behind their lengths, `size` bytes at a time, and waits when the stream has enough. */
function writer(stream: Stream, size: number): (datum: Uint8Array) => Promise<void> | undefined {
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  const write = (): Promise<void> | undefined => {
    const piece = Buffer.concat(gathered, bytes);
    gathered = [];
    bytes = 0;
    if (stream.send(piece)) return undefined;
    return new Promise((resolve) => stream.addEventListener('drain', () => resolve(), { once: true }));
  };
  return (datum) => {
    const frame = Buffer.allocUnsafe(4 + datum.length);
    frame.writeUInt32BE(datum.length);
    frame.set(datum, 4);
    gathered.push(frame);
    bytes += frame.length;
    if (bytes >= size) return write();
    // what does not fill a piece leaves with the turn
    if (gathered.length === 1) setImmediate(() => gathered.length > 0 && write());
    return undefined;
  };
}

// ---- in the consuming process ----

let count = 0;
let times: number[] = [];
function hear(datum: Uint8Array): void {
  count += 1;
  const sent = new DataView(datum.buffer, datum.byteOffset).getBigUint64(0);
  if (sent !== 0n) times.push(Number(process.hrtime.bigint() - sent) / 1e6);
}

async function consume(kind: Kind): Promise<void> {
  process.on('message', ({ measure }: { measure?: number }) => {
    if (measure === undefined) return;
    count = 0;
    times = [];
    setTimeout(() => {
      times.sort((a, b) => a - b);
      const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
      process.send?.({ count, p50: at(0.5), p99: at(0.99) });
    }, measure);
  });
  const { self, addresses } = await new Promise<{ self: string; addresses: string[] }>((resolve) =>
    process.once('message', resolve),
  );
  if (kind === 'stream') {
    const { universe, discovery, streams: own } = await openOwn();
    const consumer = own.consume(DATUMS);
    await universe.learn(self, addresses);
    await discovery.sync(self);
    await consumer.when.subscribed();
    process.send?.('subscribed');
    for await (const datum of consumer) hear(datum);
    return;
  }
  const node = await openBare();
  const stream = await node.dialProtocol(
    addresses.map((address) => multiaddr(address)),
    PROTOCOL,
  );
  const cut = cutter();
  stream.addEventListener('message', ({ data }) => cut(data instanceof Uint8Array ? data : data.subarray()));
  process.send?.('subscribed');
}

/** Cuts what comes into datums, each a copy as the stream's codec makes one. */
function cutter(): (bytes: Uint8Array) => void {
  let rest = new Uint8Array(0);
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    let at = 0;
    while (all.length - at >= 4) {
      const length = view.getUint32(at);
      if (all.length - at - 4 < length) break;
      hear(new Uint8Array(all.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    rest = new Uint8Array(all.subarray(at));
  };
}

// ---- nodes ----

const DATUMS = defineStream({ tag: 'muster.bench.Datum/1', codec: bytesCodec });
const PROTOCOL = '/muster/bench/1';

async function openOwn() {
  const { key, sign } = newKey();
  const universe = await openUniverse({ key, sign, listen: [LISTEN], nat: false });
  const discovery = await createDiscovery({ universe, network: UNIVERSE, sign });
  return { universe, discovery, streams: await createStreams({ universe, discovery }) };
}

/** Transport, encryption and multiplexer as the universe has them, and nothing else. */
const openBare = () =>
  createLibp2p({
    addresses: { listen: [LISTEN] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 2 * 1024 * 1024 } })],
  });

if (process.argv[1] === import.meta.filename) {
  const [, , kind, side] = process.argv as [string, string, Kind, 'produce' | 'consume'];
  process.on('disconnect', () => process.exit(0));
  await (side === 'produce' ? produce(kind) : consume(kind));
}
