/**
 * What every ContainerEngine must do. An implementation hands over a harness: engines for nodes on one and the
 * same host, and images that behave in known ways.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type {
  ContainerEngine,
  LayerProgress,
  LogLine,
  PullRequest,
  StatsSample,
} from '../../src/main/services/compute/index.ts';
import { newWorkload } from '../docker/engine.ts';
import { refusalOf } from '../docker/refusal.ts';

/**
 * talk      writes "one", "two" and "four" (no line break after it) to stdout, "three" to stderr in between, ends with 3
 * sleep     runs until it is asked to end, then ends with 0
 * stubborn  runs, and does not listen
 * eat       takes more memory than it may
 * spin      writes "spinning" and computes until it is killed
 * stalled   its pull never completes
 * absent    a digest that the registry does not have
 */
export type Program = 'talk' | 'sleep' | 'stubborn' | 'eat' | 'spin' | 'stalled' | 'absent';

export interface EngineHarness {
  /** A new instance for a node; every call is a restart of that node. */
  engine(node: string): ContainerEngine;
  image(program: Program): Promise<{ pull: PullRequest; configDigest: string }>;
  close(): Promise<void>;
}

export function containerEngineCompliance(open: () => Promise<EngineHarness>): void {
  const node = `test-${newWorkload().slice(0, 16)}`;
  let harness: EngineHarness;
  let engine: ContainerEngine;

  beforeAll(async () => {
    harness = await open();
    engine = harness.engine(node);
  });
  afterAll(async () => {
    for (const { id } of await engine.list()) await engine.remove(id);
    await harness.close();
  });

  async function start(
    program: Program,
    workload = newWorkload(),
  ): Promise<{ id: string; workload: string; startedAt: number }> {
    const { pull } = await harness.image(program);
    await engine.pull(pull, () => undefined);
    const { id: imageId } = await engine.inspectImage(pull.reference);
    const started = await engine.run({
      workload,
      imageId,
      limits: { cpuMillicores: 500, ramMib: 32, storageGib: 0, pids: 32 },
      readOnlyRoot: true,
      network: { mode: 'none' },
      volumes: [],
    });
    return { id: started.id, workload, startedAt: started.startedAt };
  }

  it('tells its name and platform', async () => {
    const info = await engine.info();
    expect(info.os).toBe('linux');
    expect(info.arch).toMatch(/^(amd64|arm64)$/);
    expect(info.cpus).toBeGreaterThan(0);
    expect(info.memoryMib).toBeGreaterThan(0);
    expect(info.name).not.toBe('');
  });

  it('pulls a digest, tells every layer until all are done, and holds the image then', async () => {
    const { pull, configDigest } = await harness.image('talk');
    const told: (readonly LayerProgress[])[] = [];
    await engine.pull(pull, (layers) => told.push(layers));
    expect(told.length).toBeGreaterThan(1);
    const ids = pull.layers.map((layer) => layer.digest.slice(7, 19));
    for (const layers of told) {
      expect(layers.map((layer) => layer.id)).toEqual(ids);
      for (const layer of layers) expect(layer.bytes).toBeLessThanOrEqual(layer.total);
    }
    expect(told.at(-1)!.every((layer) => layer.phase === 'done' && layer.bytes === layer.total)).toBe(true);
    expect((await engine.inspectImage(pull.reference)).id).toBe(configDigest);
  });

  it('refuses a digest that the registry does not have', async () => {
    const { pull } = await harness.image('absent');
    expect(await refusalOf(engine.pull(pull, () => undefined))).toBe('IMAGE_NOT_FOUND');
    expect(await refusalOf(engine.inspectImage(pull.reference))).toBe('IMAGE_NOT_FOUND');
  });

  it('cancels a pull in the middle, and has no image then', async () => {
    const { pull } = await harness.image('stalled');
    const cancel = new AbortController();
    let half = false;
    const pulling = engine.pull(
      pull,
      (layers) => {
        half ||= layers.some((layer) => layer.phase === 'downloading' && layer.bytes > 0);
        if (half) cancel.abort();
      },
      cancel.signal,
    );
    expect(await refusalOf(pulling)).toBe('CANCELLED');
    expect(half).toBe(true);
    expect(await refusalOf(engine.inspectImage(pull.reference))).toBe('IMAGE_NOT_FOUND');
  });

  it('does not begin a pull that was cancelled before', async () => {
    const { pull } = await harness.image('talk');
    expect(await refusalOf(engine.pull(pull, () => undefined, AbortSignal.abort()))).toBe('CANCELLED');
  });

  it('runs to the end and tells the exit code, also to who asks later', async () => {
    const { id, startedAt } = await start('talk');
    const ended = await engine.wait(id);
    expect(ended).toMatchObject({ exitCode: 3, oom: false });
    expect(ended.endedAt).toBeGreaterThanOrEqual(startedAt);
    expect(await engine.wait(id)).toEqual(ended);
  });

  it('tells log lines by stream, followed or not, from the last lines or from a place on', async () => {
    const { id } = await start('talk');
    const followed = await collect(engine.logs(id, { follow: true }));
    expect(textsOf(followed, 'stdout')).toEqual(['one', 'two', 'four']);
    expect(textsOf(followed, 'stderr')).toEqual(['three']);
    expect(followed.map((line) => line.seq)).toEqual([0, 1, 2, 3]);
    const times = followed.map((line) => line.time);
    for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);

    // the engine mixes its two streams as they come, which is another order each time it is read
    const whole = await collect(engine.logs(id, {}));
    expect(whole.map((line) => line.seq)).toEqual([0, 1, 2, 3]);
    const unnumbered = (lines: readonly LogLine[]) =>
      lines.map((line) => ({ ...line, seq: 0 })).toSorted(byTime);
    expect(unnumbered(whole)).toEqual(unnumbered(followed));
    expect(await collect(engine.logs(id, { tail: 1 }))).toHaveLength(1);
    const ordered = whole.toSorted(byTime);
    const rest = await collect(engine.logs(id, { since: ordered[1]!.time, follow: true }));
    expect(rest.toSorted(byTime).map((line) => line.text)).toEqual(ordered.slice(2).map((line) => line.text));
    expect(await refusalOf(collect(engine.logs(id, { since: 'yesterday' })))).toBe('LOG_TIME');
  });

  it('lets go of a followed log on the signal', async () => {
    const { id } = await start('spin');
    const away = new AbortController();
    const lines: LogLine[] = [];
    for await (const line of engine.logs(id, { follow: true }, away.signal)) {
      lines.push(line);
      away.abort();
    }
    expect(lines.map((line) => line.text)).toEqual(['spinning']);
    await engine.remove(id);
  });

  it('samples what a container uses, with counters that never run backwards', async () => {
    const { id } = await start('spin');
    const samples: StatsSample[] = [];
    for await (const sample of engine.stats(id)) {
      samples.push(sample);
      if (samples.length === 3) break;
    }
    for (const [i, sample] of samples.entries()) {
      expect(Object.values(sample).every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
      expect(sample.at).toBeGreaterThan(samples[i - 1]?.at ?? 0);
      expect(sample.cpuNs).toBeGreaterThan(samples[i - 1]?.cpuNs ?? 0);
      expect(sample.memoryBytes).toBeGreaterThan(0);
      expect(sample.pids).toBeGreaterThan(0);
    }
    expect(samples[0]!.cpuMillicores).toBe(0);
    expect(samples[1]!.cpuMillicores).toBeGreaterThan(0);
    await engine.remove(id);
  });

  it('ends the samples with the container', async () => {
    const { id } = await start('sleep');
    const samples: StatsSample[] = [];
    for await (const sample of engine.stats(id)) {
      samples.push(sample);
      if (samples.length === 1) await engine.stop(id, 5);
    }
    expect(samples.length).toBeGreaterThan(0);
    expect(await collect(engine.stats(id))).toEqual([]);
  });

  it('stops politely, and by force where that is not heard', async () => {
    const polite = await start('sleep');
    await engine.stop(polite.id, 10);
    expect(await engine.wait(polite.id)).toMatchObject({ exitCode: 0, oom: false });
    await engine.stop(polite.id, 10); // stopped already: quiet
    const deaf = await start('stubborn');
    await engine.stop(deaf.id, 1);
    expect(await engine.wait(deaf.id)).toMatchObject({ exitCode: 137, oom: false });
  });

  it('says that a container died of its memory limit', async () => {
    const { id } = await start('eat');
    expect(await engine.wait(id)).toMatchObject({ exitCode: 137, oom: true });
  });

  it('lets go of waiting on the signal', async () => {
    const { id } = await start('sleep');
    const away = new AbortController();
    const waiting = engine.wait(id, away.signal);
    away.abort();
    expect(await refusalOf(waiting)).toBe('CANCELLED');
    expect((await engine.list()).find((found) => found.id === id)?.state).toBe('running');
    await engine.remove(id);
  });

  it('finds running and ended containers again after a restart of the node', async () => {
    const going = await start('sleep');
    const over = await start('talk');
    const end = await engine.wait(over.id);
    const restarted = harness.engine(node);
    const found = new Map((await restarted.list()).map((one) => [one.id, one]));
    expect(found.get(going.id)).toMatchObject({
      workload: going.workload,
      state: 'running',
      startedAt: going.startedAt,
      ended: null,
    });
    expect(found.get(over.id)).toMatchObject({ workload: over.workload, state: 'ended', ended: end });
    await restarted.stop(going.id, 10);
    expect((await restarted.wait(going.id)).exitCode).toBe(0);
  });

  it('runs a workload once', async () => {
    const { id, workload } = await start('sleep');
    expect(await refusalOf(start('talk', workload))).toBe('WORKLOAD_EXISTS');
    expect((await engine.list()).find((found) => found.workload === workload)).toMatchObject({
      id,
      state: 'running',
    });
  });

  it('refuses to run an image that it does not have', async () => {
    const run = engine.run({
      workload: newWorkload(),
      imageId: `sha256:${'ab'.repeat(32)}`,
      limits: { cpuMillicores: 100, ramMib: 32, storageGib: 0, pids: 8 },
      readOnlyRoot: true,
      network: { mode: 'none' },
      volumes: [],
    });
    expect(await refusalOf(run)).toBe('IMAGE_NOT_FOUND');
  });

  it('removes a running container wholly, and is quiet about one that is gone', async () => {
    const { id } = await start('sleep');
    await engine.remove(id);
    expect((await engine.list()).map((found) => found.id)).not.toContain(id);
    await engine.remove(id);
    expect(await refusalOf(engine.stop(id, 1))).toBe('CONTAINER_UNKNOWN');
    expect(await refusalOf(engine.wait(id))).toBe('CONTAINER_UNKNOWN');
    expect(await refusalOf(collect(engine.logs(id, {})))).toBe('CONTAINER_UNKNOWN');
    expect(await refusalOf(collect(engine.stats(id)))).toBe('CONTAINER_UNKNOWN');
  });

  it('keeps the image of a removed container unless asked', async () => {
    const { pull } = await harness.image('talk');
    for (const { id } of await engine.list()) await engine.remove(id);
    const { id } = await start('talk');
    await engine.remove(id);
    expect((await engine.inspectImage(pull.reference)).id).toMatch(/^sha256:/);
    const second = await start('talk');
    await engine.remove(second.id, { image: true });
    expect(await refusalOf(engine.inspectImage(pull.reference))).toBe('IMAGE_NOT_FOUND');
  });

  it('leaves the containers of another node alone', async () => {
    const { id } = await start('sleep');
    const other = harness.engine(`${node}-other`);
    expect(await other.list()).toEqual([]);
    expect(await refusalOf(other.remove(id))).toBe('CONTAINER_UNKNOWN');
    expect((await engine.list()).find((found) => found.id === id)?.state).toBe('running');
  });

  it('has nothing to sweep when every container was removed', async () => {
    for (const { id } of await engine.list()) await engine.remove(id);
    expect(await engine.sweep()).toBe(0);
  });
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

const textsOf = (lines: readonly LogLine[], stream: LogLine['stream']): string[] =>
  lines.filter((line) => line.stream === stream).map((line) => line.text);

const byTime = (a: LogLine, b: LogLine): number => (a.time < b.time ? -1 : 1);
