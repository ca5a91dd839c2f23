/** What comes out of an engine's streams: log lines, samples, pull progress. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engineTime, frames, lines, lineTime, toTheEnd } from '../../../../src/main/services/compute/logs.ts';
import { createPullProgress, pullProblem } from '../../../../src/main/services/compute/progress.ts';
import { readSample } from '../../../../src/main/services/compute/stats.ts';
import { jsonLines } from '../../../../src/main/services/compute/streams.ts';
import type { LogLine } from '../../../../src/main/services/compute/index.ts';
import { Refusal } from '../../../../src/protocol/bytes/index.ts';
import { refusalOf } from '../../../docker/refusal.ts';

function frame(stream: 1 | 2, text: string | Buffer): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of source) out.push(item);
  return out;
}

const at = (n: number): string => `2026-11-20T10:00:00.00000000${n}Z`;

describe('log lines', () => {
  const wire = Buffer.concat([
    frame(1, `${at(1)} first\n`),
    frame(2, `${at(2)} oops\n`),
    frame(1, `${at(3)} a long line in`),
    frame(2, `${at(4)} between\n`),
    frame(1, ' two frames\n'),
    frame(1, `${at(5)} `),
    frame(1, `${at(5)} \n`),
    frame(1, `${at(6)} grüß`),
  ]);
  const expected: LogLine[] = [
    { seq: 0, time: at(1), stream: 'stdout', text: 'first' },
    { seq: 1, time: at(2), stream: 'stderr', text: 'oops' },
    { seq: 2, time: at(4), stream: 'stderr', text: 'between' },
    { seq: 3, time: at(3), stream: 'stdout', text: 'a long line in two frames' },
    { seq: 4, time: at(5), stream: 'stdout', text: '' },
    { seq: 5, time: at(6), stream: 'stdout', text: 'grüß' },
  ];

  it('are the same however the bytes arrive in pieces', async () => {
    for (const size of [1, 2, 7, 8, 9, 64, 10_000])
      expect(await all(lines(frames(pieces(wire, size))))).toEqual(expected);
  });

  it('leave out what is not later than the given time', async () => {
    const rest = await all(lines(frames(pieces(wire, 50)), at(4)));
    expect(rest.map((line) => line.text)).toEqual(['', 'grüß']);
    expect(rest.map((line) => line.seq)).toEqual([0, 1]);
  });

  it('come in pieces when nobody ever breaks them', async () => {
    const frameBytes = 16 * 1024;
    const endless = Array.from({ length: 9 }, (_, i) =>
      frame(1, i === 0 ? `${at(1)} ${'a'.repeat(frameBytes)}` : 'a'.repeat(frameBytes)),
    );
    const told = await all(lines(frames(pieces(Buffer.concat(endless), 5000))));
    expect(told.map((line) => line.text.length)).toEqual([65_536, 65_536, 16_384]);
    expect(told.map((line) => line.time)).toEqual([at(1), at(1), at(1)]);
  });

  it('are refused when the stream is not multiplexed', async () => {
    expect(await refusalOf(all(frames(pieces(Buffer.from('plain text, no frames'), 100))))).toBe(
      'ENGINE_FAILED',
    );
    const huge = Buffer.from([1, 0, 0, 0, 0xff, 0, 0, 0]);
    expect(await refusalOf(all(frames(pieces(huge, 100))))).toBe('ENGINE_FAILED');
  });

  it('are named by times that become the engine’s seconds and back', () => {
    expect(engineTime('2026-11-20T10:00:00.000000012Z')).toBe('1795168800.000000012');
    expect(engineTime('2026-11-20T10:00:00Z')).toBe('1795168800.000000000');
    expect(lineTime('2026-11-20T10:00:00.5Z')).toBe('2026-11-20T10:00:00.500000000Z');
    for (const bad of ['', 'now', '2026-11-20', '2026-13-40T10:00:00Z', '2026-11-20T10:00:00+01:00'])
      expect(() => lineTime(bad), bad).toThrow(/time of its line/);
  });
});

const raw = (seconds: number, cpu: number, stats: Record<string, number> = {}): object => ({
  read: `2026-11-20T10:00:0${seconds}.000000000Z`,
  cpu_stats: { cpu_usage: { total_usage: cpu } },
  memory_stats: { usage: 5000, stats },
  networks: { eth0: { rx_bytes: 10, tx_bytes: 1 }, eth1: { rx_bytes: 20, tx_bytes: 2 } },
  pids_stats: { current: 3 },
});

describe('a followed log that the engine ends too early', () => {
  const line = (seq: number, stream: LogLine['stream'] = 'stdout'): LogLine => ({
    seq,
    time: `2026-11-21T00:00:00.${String(seq).padStart(9, '0')}Z`,
    stream,
    text: `line ${seq}`,
  });
  const written = Array.from({ length: 200 }, (_, n) => line(n, n % 3 === 0 ? 'stderr' : 'stdout'));
  const source = async function* (given: readonly LogLine[]): AsyncGenerator<LogLine> {
    yield* given;
  };
  const read = async (told: number, isTail = false, log = written): Promise<LogLine[]> => {
    const got: LogLine[] = [];
    const again = (since: string | undefined) =>
      source(log.filter(({ time }) => since === undefined || time > since));
    for await (const one of toTheEnd(source(log.slice(0, told)), again, isTail)) got.push(one);
    return got;
  };

  it('is told to its real end, each line once and in order', async () => {
    for (const told of [0, 1, 2, 63, 64, 65, 150, 199, 200])
      expect(await read(told), `${told}`).toEqual(written);
    expect(await read(3, true)).toEqual(written);
  });

  it('also when the line that is missing has an earlier time than one that was told', async () => {
    const swapped = [line(0), line(2), line(1, 'stderr')];
    const got = await read(2, false, swapped);
    expect(got.map(({ text }) => text)).toEqual(['line 0', 'line 2', 'line 1']);
  });

  it('ends quietly when the container is gone meanwhile, and tells any other trouble', async () => {
    const failing = (code: string) => async () => {
      const got: LogLine[] = [];
      const again = (): AsyncIterable<LogLine> => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Refusal(code, 'no')) }),
      });
      for await (const one of toTheEnd(source(written.slice(0, 2)), again, false)) got.push(one);
      return got.length;
    };
    expect(await failing('CONTAINER_UNKNOWN')()).toBe(2);
    expect(await refusalOf(failing('ENGINE_FAILED')())).toBe('ENGINE_FAILED');
  });
});

describe('samples', () => {
  it('tell CPU use as the difference to the one before', () => {
    const first = readSample(raw(1, 1_000_000_000), null)!;
    expect(first).toMatchObject({ cpuMillicores: 0, cpuNs: 1_000_000_000, rxBytes: 30, txBytes: 3, pids: 3 });
    expect(readSample(raw(3, 1_500_000_000), first)!.cpuMillicores).toBe(250);
    expect(readSample(raw(3, 5_000_000_000), first)!.cpuMillicores).toBe(2000);
  });

  it('leave the droppable file cache out, in both generations of control groups', () => {
    expect(readSample(raw(1, 1, { inactive_file: 2000 }), null)!.memoryBytes).toBe(3000);
    expect(readSample(raw(1, 1, { total_inactive_file: 1000, inactive_file: 2000 }), null)!.memoryBytes).toBe(
      4000,
    );
    expect(readSample(raw(1, 1, { inactive_file: 9000 }), null)!.memoryBytes).toBe(0);
  });

  it('end with the container', () => {
    expect(readSample({ read: '0001-01-01T00:00:00Z' }, null)).toBeNull();
    expect(
      readSample({ read: '2026-11-20T10:00:01Z', cpu_stats: { cpu_usage: { total_usage: 0 } } }, null),
    ).toBeNull();
    expect(readSample({}, null)).toBeNull();
  });
});

describe('pull progress', () => {
  const layers = [
    { digest: `sha256:${'1'.repeat(64)}`, size: 1000 },
    { digest: `sha256:${'2'.repeat(64)}`, size: 50 },
  ];
  const [a, b] = ['1'.repeat(12), '2'.repeat(12)];

  it('knows every layer and its size from the first moment', () => {
    expect(createPullProgress(layers).state()).toEqual([
      { id: a, phase: 'waiting', bytes: 0, total: 1000, cached: false },
      { id: b, phase: 'waiting', bytes: 0, total: 50, cached: false },
    ]);
  });

  it('follows each layer through its phases', () => {
    const progress = createPullProgress(layers);
    const phase = (event: object): string => {
      progress.take(event);
      const [first, second] = progress.state();
      return `${first!.phase} ${first!.bytes} ${second!.phase}`;
    };
    expect(phase({ id: a, status: 'Downloading', progressDetail: { current: 400, total: 1000 } })).toBe(
      'downloading 400 waiting',
    );
    expect(phase({ id: b, status: 'Already exists' })).toBe('downloading 400 done');
    expect(phase({ id: a, status: 'Download complete' })).toBe('verifying 1000 done');
    expect(phase({ id: a, status: 'Extracting', progressDetail: { current: 5000, total: 5000 } })).toBe(
      'extracting 1000 done',
    );
    expect(phase({ id: a, status: 'Pull complete' })).toBe('done 1000 done');
    expect(progress.state().map((layer) => layer.cached)).toEqual([false, true]);
  });

  it('passes over what is about no layer', () => {
    const progress = createPullProgress(layers);
    expect(progress.take({ id: 'latest', status: 'Pulling from test' })).toBe(false);
    expect(progress.take({ status: 'Digest: sha256:…' })).toBe(false);
    expect(progress.state()).toHaveLength(2);
  });

  it('names the problem behind the engine’s words', () => {
    expect(pullProblem('manifest for x@sha256:… not found: manifest unknown').code).toBe('IMAGE_NOT_FOUND');
    expect(pullProblem('write /var/lib: no space left on device').code).toBe('ENGINE_DISK_FULL');
    expect(pullProblem('dial tcp 127.0.0.1:1: connect: connection refused').code).toBe(
      'REGISTRY_UNREACHABLE',
    );
    expect(pullProblem('filesystem layer verification failed for digest sha256:…').code).toBe(
      'IMAGE_DIGEST_MISMATCH',
    );
    expect(pullProblem('pull access denied for x').code).toBe('REGISTRY_REFUSED');
    expect(pullProblem('something else').code).toBe('PULL_FAILED');
  });
});

describe('JSON lines', () => {
  it('are the same however the bytes arrive in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) })),
        fc.integer({ min: 1, max: 30 }),
        async (values, size) => {
          const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\r\n`).join(''));
          expect(await all(jsonLines(pieces(bytes, size)))).toEqual(values);
        },
      ),
    );
  });

  it('are refused when they are none, or never end', async () => {
    expect(await refusalOf(all(jsonLines(pieces(Buffer.from('<html>\n'), 3))))).toBe('ENGINE_FAILED');
    expect(await refusalOf(all(jsonLines(pieces(Buffer.alloc(1024 * 1024 + 2, 0x20), 4096))))).toBe(
      'ENGINE_FAILED',
    );
  });
});
