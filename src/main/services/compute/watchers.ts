/**
 * Watching running containers: samples for the plots, the meter for the usage record, and the end. One watcher a
 * container; it survives a lost connection to the engine by asking to be resumed.
 */
import type { LoadSample } from '../../../contract/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { EndReason } from '../../../protocol/compute/index.ts';
import { createBell } from '../../bell.ts';
import type { Store } from '../../store/index.ts';
import type { ContainerEngine, StatsSample } from './engine.ts';
import { createMeter, newMeterState } from './meter.ts';
import type { MeterState, UsageReport } from './meter.ts';

/** Samples kept for a face that opens late: a quarter of an hour at one a second. */
const KEPT_SAMPLES = 900;
/** The meter's state is saved this often, milliseconds. */
const SAVE_EVERY = 15_000;

export interface Ending {
  readonly reason: EndReason;
  readonly exitCode: number | null;
  readonly usage: UsageReport | null;
}

export interface WatcherPorts {
  readonly engine: () => ContainerEngine;
  readonly store: Store;
  /** Called once, when the container has ended. */
  ended(workload: string, ending: Ending): Promise<void>;
  /** The engine went away; whoever holds this resumes later. */
  failed(workload: string): void;
}

export interface Watchers {
  watch(workload: string, container: string, startedAt: number): void;
  /** Remembers the container of a workload without watching it. */
  hold(workload: string, container: string): void;
  container(workload: string): string | undefined;
  forget(workload: string): void;
  /** Resolves when the watcher of this workload is done. */
  settled(workload: string): Promise<void>;
  load(workload: string, signal: AbortSignal | undefined): AsyncGenerator<{ samples: LoadSample[] }, void>;
  close(): Promise<void>;
}

interface Watched {
  readonly samples: LoadSample[];
  readonly listeners: Set<() => void>;
  readonly abort: AbortController;
  done: boolean;
  settled: Promise<void>;
}

export function createWatchers({ engine, store, ended, failed }: WatcherPorts): Watchers {
  const containers = new Map<string, string>();
  const watched = new Map<string, Watched>();

  const run = async (workload: string, container: string, startedAt: number, one: Watched): Promise<void> => {
    const saved = await store.getLocal(meterKey(workload));
    const meter = createMeter((saved as unknown as MeterState | undefined) ?? newMeterState(startedAt));
    let savedAt = Date.now();
    const save = async (): Promise<void> => {
      savedAt = Date.now();
      await store.putLocal(meterKey(workload), meter.state() as unknown as Value);
    };
    try {
      for await (const sample of engine().stats(container, one.abort.signal)) {
        meter.add(sample);
        one.samples.push(toLoad(sample));
        if (one.samples.length > KEPT_SAMPLES) one.samples.shift();
        for (const listener of one.listeners) listener();
        if (Date.now() - savedAt > SAVE_EVERY) await save();
      }
      if (one.abort.signal.aborted) return await save();
      const { exitCode, oom } = await engine().wait(container, one.abort.signal);
      await ended(workload, { reason: oom ? 'oom' : 'exited', exitCode, usage: meter.take() });
      await save();
    } catch (error) {
      if (one.abort.signal.aborted) return;
      if (error instanceof Refusal && error.code === 'CONTAINER_UNKNOWN') {
        containers.delete(workload);
        await ended(workload, { reason: 'lost', exitCode: null, usage: meter.take() }).catch(() =>
          failed(workload),
        );
      } else failed(workload);
    } finally {
      one.done = true;
      for (const listener of one.listeners) listener();
    }
  };

  return {
    watch(workload, container, startedAt) {
      containers.set(workload, container);
      const known = watched.get(workload);
      if (known !== undefined && !known.done) return;
      const one: Watched = {
        samples: known?.samples ?? [],
        listeners: known?.listeners ?? new Set(),
        abort: new AbortController(),
        done: false,
        settled: Promise.resolve(),
      };
      watched.set(workload, one);
      one.settled = run(workload, container, startedAt, one);
    },
    hold: (workload, container) => void containers.set(workload, container),
    container: (workload) => containers.get(workload),
    forget(workload) {
      watched.get(workload)?.abort.abort();
      watched.delete(workload);
      containers.delete(workload);
    },
    settled: async (workload) => watched.get(workload)?.settled,
    async *load(workload, signal) {
      const one = watched.get(workload);
      if (one === undefined) return;
      const bell = createBell(signal);
      one.listeners.add(bell.ring);
      try {
        let last = -1;
        while (signal?.aborted !== true) {
          const samples = one.samples.filter((sample) => sample.at > last);
          last = samples.at(-1)?.at ?? last;
          if (samples.length > 0) yield { samples };
          else if (one.done) return;
          else await bell.wait();
        }
      } finally {
        one.listeners.delete(bell.ring);
      }
    },
    async close() {
      for (const { abort } of watched.values()) abort.abort();
      await Promise.allSettled([...watched.values()].map(({ settled }) => settled));
    },
  };
}

const meterKey = (workload: string): string => `meter/${workload}`;

const toLoad = ({ at, cpuMillicores, memoryBytes, rxBytes, txBytes, pids }: StatsSample): LoadSample => ({
  at,
  cpuMillicores,
  memoryMib: memoryBytes / 1024 ** 2,
  rxBytes,
  txBytes,
  pids,
});
