/** A pull as the engine tells it, line by line, folded into the state of each layer. */
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { LayerPhase, LayerProgress, PullRequest } from './engine.ts';

/** One line of the engine's answer to a pull. */
export interface PullEvent {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
}

const PHASES: Readonly<Record<string, LayerPhase>> = {
  'Pulling fs layer': 'waiting',
  Waiting: 'waiting',
  Downloading: 'downloading',
  'Verifying Checksum': 'verifying',
  'Download complete': 'verifying',
  Extracting: 'extracting',
  'Pull complete': 'done',
  'Already exists': 'done',
};

/** Keeps the layers of one pull in the manifest's order. `take` answers true when something changed. */
export function createPullProgress(layers: PullRequest['layers']): {
  take(event: PullEvent): boolean;
  finish(): void;
  state(): readonly LayerProgress[];
} {
  const known = new Map<string, LayerProgress>();
  for (const { digest, size } of layers) {
    const id = digest.slice('sha256:'.length, 'sha256:'.length + 12);
    known.set(id, { id, phase: 'waiting', bytes: 0, total: size, cached: false });
  }
  return {
    take({ id, status, progressDetail }) {
      const phase = PHASES[status ?? ''];
      if (phase === undefined || id === undefined || !/^[0-9a-f]{12}$/.test(id)) return false;
      const before = known.get(id) ?? { id, phase: 'waiting', bytes: 0, total: 0, cached: false };
      const total = before.total > 0 ? before.total : (progressDetail?.total ?? 0);
      const all = phase === 'done' || phase === 'verifying';
      // what the engine counts may differ by a block from what the manifest says
      const bytes = all ? total : Math.min(progressDetail?.current ?? 0, total);
      const cached = before.cached || status === 'Already exists';
      known.set(id, { id, phase, bytes, total, cached });
      return true;
    },
    finish() {
      for (const [id, layer] of known) known.set(id, { ...layer, phase: 'done', bytes: layer.total });
    },
    state: () => [...known.values()],
  };
}

/** The problem behind the engine's words about a pull that failed. */
export function pullProblem(message: string): Refusal {
  const cause = message.replace(/\s+/g, ' ').trim().slice(0, 400);
  const make = (code: string, sentence: string): Refusal => new Refusal(code, sentence, { cause });
  if (/no space left on device/i.test(cause))
    return make('ENGINE_DISK_FULL', 'The disk of the container engine is full.');
  if (/manifest unknown|not found|does not exist/i.test(cause))
    return make('IMAGE_NOT_FOUND', 'The registry has no image with this digest.');
  if (/unauthorized|denied|forbidden|authentication required/i.test(cause))
    return make('REGISTRY_REFUSED', 'The registry does not hand out this image without a login.');
  if (
    /refused|no such host|timeout|deadline|unreachable|reset by peer|\bEOF\b|server misbehaving/i.test(cause)
  )
    return make('REGISTRY_UNREACHABLE', 'The container engine does not reach the registry.');
  if (/(?:filesystem )?layer verification failed|unexpected commit digest|digest mismatch/i.test(cause))
    return make('IMAGE_DIGEST_MISMATCH', 'The registry sent other bytes than the digest names.');
  return make('PULL_FAILED', `The image could not be pulled: ${cause}`);
}
