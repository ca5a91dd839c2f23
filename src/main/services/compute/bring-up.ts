/** Brings a workload up: pull with progress, check that the bytes are the digest, run. The body of its operation. */
import type { Value } from '../../../protocol/bytes/index.ts';
import { smallestLimits } from '../../../protocol/compute/index.ts';
import type { Progress } from '../operations/index.ts';
import type { ContainerEngine } from './engine.ts';
import { checkPulled, runSpec } from './image.ts';
import type { PreparedImage } from './image.ts';
import type { Ending, Watchers } from './watchers.ts';

export interface BringUpPorts {
  readonly engine: () => ContainerEngine;
  readonly watchers: Pick<Watchers, 'watch'>;
  readonly submitRecord: (kind: string, workload: string, body: Record<string, Value>) => Promise<unknown>;
  readonly recordEnd: (id: string, ending: Ending) => Promise<void>;
}

/** A start that failed leaves nothing behind but its entry, and throws what went wrong. */
export type BringUp = (id: string, prepared: PreparedImage, progress: Progress) => Promise<void>;

export function createBringUp({ engine, watchers, submitRecord, recordEnd }: BringUpPorts): BringUp {
  const cleanUp = async (id: string): Promise<void> => {
    const left = (
      await engine()
        .list()
        .catch(() => [])
    ).filter(({ workload }) => workload === id);
    for (const { id: container } of left)
      await engine()
        .remove(container)
        .catch(() => undefined);
  };

  return async (id, prepared, progress) => {
    try {
      progress.update({ phase: 'pulling', unit: 'bytes', total: prepared.pullBytes });
      await engine().pull(
        prepared.pull,
        (layers) =>
          progress.update({
            done: layers.reduce(
              (sum, layer) =>
                sum +
                (layer.phase === 'done' ? layer.total : layer.phase === 'downloading' ? layer.bytes : 0),
              0,
            ),
            parts: layers.map((layer) => ({
              id: layer.id,
              phase: layer.cached ? 'cached' : layer.phase,
              done: layer.phase === 'done' ? layer.total : layer.bytes,
              total: layer.total,
            })),
          }),
        progress.signal,
      );
      progress.update({ phase: 'checking the bytes', done: prepared.pullBytes });
      const inspected = await engine().inspectImage(prepared.pull.reference);
      checkPulled(prepared, inspected);
      progress.log(`the engine's image ${inspected.id} is what ${prepared.digest} names`);
      progress.signal.throwIfAborted();
      progress.update({ phase: 'starting', cancellable: false });
      const started = await engine().run(
        runSpec(id, prepared, inspected, smallestLimits(prepared.requirements)),
      );
      await submitRecord('compute.started', id, {
        configDigest: prepared.configDigest,
        manifestDigest: prepared.manifestDigest,
        engine: (await engine().info()).name,
      });
      watchers.watch(id, started.id, started.startedAt);
      progress.update({ phase: 'running' });
    } catch (error) {
      const reason = progress.signal.aborted ? 'stopped' : 'failed';
      // nothing of a start that failed may stay behind; the entry says how it ended
      await cleanUp(id);
      await recordEnd(id, { reason, exitCode: null, usage: null });
      throw error;
    }
  };
}
