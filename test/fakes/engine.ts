/**
 * A ContainerEngine in memory, for machines without Docker and for tests of what stands above the port. It runs
 * nothing: an image is a little script of lines and an end. One host holds the containers of all nodes, as one
 * Docker does, so that a node can be restarted against it. Held to test/compliance/container-engine.ts.
 */
import { createHash } from 'node:crypto';
import { setImmediate as tick } from 'node:timers/promises';
import { Refusal } from '../../src/protocol/bytes/index.ts';
import type {
  ContainerEngine,
  Ended,
  EngineInfo,
  LayerPhase,
  LayerProgress,
  LogLine,
  PullRequest,
  RunSpec,
  StatsSample,
} from '../../src/main/services/compute/index.ts';

export interface FakeScript {
  readonly lines?: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[];
  /** How it ends by itself after its lines; without it, it runs until it is stopped. */
  readonly exit?: { readonly code: number; readonly oom?: boolean };
  /** It listens when asked to stop, and ends with 0. */
  readonly polite?: boolean;
  /** Its pull stands still after half of the first layer. */
  readonly stalls?: boolean;
}

export interface FakeHost {
  engine(node: string): ContainerEngine;
  /** What the registry has under a reference. */
  publish(pull: PullRequest, imageId: string, script: FakeScript): void;
  /** Takes the engine away (`ENGINE_ABSENT`) or brings it back. */
  present(here: boolean): void;
}

interface Published {
  readonly imageId: string;
  readonly script: FakeScript;
}

interface FakeContainer {
  readonly id: string;
  readonly node: string;
  readonly spec: RunSpec;
  readonly script: FakeScript;
  readonly startedAt: number;
  readonly lines: LogLine[];
  ended: Ended | null;
  /** Called and forgotten at every change. */
  readonly watchers: Set<() => void>;
}

export function createFakeHost(info: Partial<EngineInfo> = {}): FakeHost {
  const registry = new Map<string, Published>();
  const images = new Map<string, Published>();
  const containers = new Map<string, FakeContainer>();
  let here = true;
  let now = Date.UTC(2026, 0, 1);
  let counter = 0;
  const clock = (): number => (now += 1);

  const ready = (): void => {
    if (!here) throw new Refusal('ENGINE_ABSENT', 'There is no container engine at the fake. Is it running?');
  };
  const find = (id: string): FakeContainer => {
    ready();
    const container = containers.get(id);
    if (container === undefined) throw new Refusal('CONTAINER_UNKNOWN', 'The engine has no such container.');
    return container;
  };
  const changed = ({ watchers }: FakeContainer): void => {
    const all = [...watchers];
    watchers.clear();
    for (const wake of all) wake();
  };
  const end = (container: FakeContainer, exitCode: number, oom = false): void => {
    container.ended ??= { exitCode, oom, endedAt: clock() };
    changed(container);
  };

  /** Plays the script, a line a turn. */
  async function play(container: FakeContainer): Promise<void> {
    const { script, lines } = container;
    for (const { stream, text } of script.lines ?? []) {
      await tick();
      if (container.ended !== null) return;
      const time = `${new Date(clock()).toISOString().slice(0, 23)}000000Z`;
      lines.push({ seq: lines.length, time, stream, text });
      changed(container);
    }
    await tick();
    if (script.exit !== undefined) end(container, script.exit.code, script.exit.oom);
  }

  function next(container: FakeContainer, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      container.watchers.add(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async function pull(
    request: PullRequest,
    onProgress: (layers: readonly LayerProgress[]) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    ready();
    const layers = request.layers.map(({ digest, size }) => ({
      id: digest.slice(7, 19),
      phase: 'waiting' as LayerPhase,
      bytes: 0,
      total: size,
      cached: false,
    }));
    const tell = async (): Promise<void> => {
      if (isAborted(signal)) throw cancelled();
      onProgress(layers.map((layer) => ({ ...layer })));
      await tick();
      if (isAborted(signal)) throw cancelled();
    };
    await tell();
    const published = registry.get(request.reference);
    if (published === undefined)
      throw new Refusal('IMAGE_NOT_FOUND', 'The registry has no image with this digest.');
    for (const layer of layers) {
      layer.phase = 'downloading';
      layer.bytes = Math.floor(layer.total / 2);
      await tell();
      if (published.script.stalls === true)
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(cancelled())));
      layer.phase = 'extracting';
      await tell();
      layer.phase = 'done';
      layer.bytes = layer.total;
      await tell();
    }
    images.set(request.reference, published);
  }

  async function run(
    node: string,
    spec: RunSpec,
  ): Promise<{ id: string; startedAt: number; enforced: { storage: boolean; swap: boolean } }> {
    ready();
    const image = [...images.values()].find(({ imageId }) => imageId === spec.imageId);
    for (const { spec: other } of containers.values())
      if (other.workload === spec.workload)
        throw new Refusal('WORKLOAD_EXISTS', 'The engine has a container for this workload already.');
    if (image === undefined) throw new Refusal('IMAGE_NOT_FOUND', 'The engine does not have this image.');
    const id = createHash('sha256').update(`${spec.workload} ${counter++}`).digest('hex');
    const container: FakeContainer = {
      id,
      node,
      spec,
      script: image.script,
      startedAt: clock(),
      lines: [],
      ended: null,
      watchers: new Set(),
    };
    containers.set(id, container);
    void play(container);
    return { id, startedAt: container.startedAt, enforced: { storage: true, swap: true } };
  }

  async function* logs(
    id: string,
    query: { follow?: boolean; since?: string; tail?: number },
    signal?: AbortSignal,
  ): AsyncGenerator<LogLine> {
    const container = find(id);
    if (query.since !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(query.since))
      throw new Refusal('LOG_TIME', 'A place in a log is named by the time of its line, in UTC.');
    let at = query.tail === undefined ? 0 : Math.max(0, container.lines.length - query.tail);
    let seq = 0;
    while (!isAborted(signal)) {
      const line = container.lines[at];
      if (line !== undefined) {
        at += 1;
        if (line.time > (query.since ?? '')) yield { ...line, seq: seq++ };
      } else if (query.follow === true && container.ended === null && containers.has(id)) {
        await next(container, signal);
      } else return;
    }
  }

  async function* stats(id: string, signal?: AbortSignal): AsyncGenerator<StatsSample> {
    const container = find(id);
    let samples = 0;
    while (container.ended === null && containers.has(id) && !isAborted(signal)) {
      const busy = container.script.polite === true ? 1 : 250;
      samples += 1;
      yield {
        at: container.startedAt + samples * 1000,
        cpuMillicores: samples === 1 ? 0 : busy,
        cpuNs: samples * busy * 1_000_000,
        memoryBytes: 1024 * 1024,
        rxBytes: 0,
        txBytes: 0,
        pids: 1,
      };
      await tick();
    }
  }

  async function wait(id: string, signal?: AbortSignal): Promise<Ended> {
    const container = find(id);
    while (container.ended === null) {
      if (signal?.aborted === true) throw cancelled();
      await next(container, signal);
    }
    return container.ended;
  }

  return {
    publish(request, imageId, script) {
      registry.set(request.reference, { imageId, script });
    },
    present(is) {
      here = is;
    },
    engine: (node) => ({
      async info() {
        ready();
        return {
          name: 'fake 1',
          os: 'linux',
          arch: process.arch === 'x64' ? 'amd64' : process.arch,
          cpus: 4,
          memoryMib: 8192,
          storageDriver: 'none',
          containerdStore: false,
          cgroup: '2',
          rootless: false,
          allowlist: true,
          unenforceable: [],
          ...info,
        };
      },
      pull,
      async inspectImage(reference) {
        ready();
        const image =
          images.get(reference) ?? [...images.values()].find(({ imageId }) => imageId === reference);
        if (image === undefined) throw new Refusal('IMAGE_NOT_FOUND', 'The engine does not have this image.');
        return { id: image.imageId, sizeBytes: 4096 };
      },
      run: (spec) => run(node, spec),
      logs,
      stats,
      async stop(id) {
        const container = find(id);
        end(container, container.script.polite === true ? 0 : 137);
      },
      wait,
      async remove(id, { image = false } = {}) {
        ready();
        const container = containers.get(id);
        if (container === undefined) return;
        if (container.node !== node)
          throw new Refusal('CONTAINER_UNKNOWN', 'This container was not started by this node.');
        end(container, 137);
        containers.delete(id);
        if (!image) return;
        if ([...containers.values()].some(({ spec }) => spec.imageId === container.spec.imageId)) return;
        for (const [reference, { imageId }] of images)
          if (imageId === container.spec.imageId) images.delete(reference);
      },
      async list() {
        ready();
        return [...containers.values()]
          .filter((container) => container.node === node)
          .map(({ id, spec, startedAt, ended }) => ({
            id,
            workload: spec.workload,
            imageId: spec.imageId,
            state: ended === null ? ('running' as const) : ('ended' as const),
            startedAt,
            ended,
          }));
      },
      async sweep() {
        ready();
        return 0;
      },
    }),
  };
}

// asked through a call, as the answer changes while others are awaited
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

const cancelled = (): Refusal => new Refusal('CANCELLED', 'It was cancelled.');
