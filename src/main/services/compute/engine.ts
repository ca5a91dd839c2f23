/**
 * The ContainerEngine port: what Muster needs of a container engine, and nothing more. test/compliance/
 * container-engine.ts holds every implementation to it.
 *
 * The order in which a workload passes through this folder:
 *
 *     1. engine.info()                         is the engine there, which platform, what can it enforce
 *     2. prepareImage(registry, reference, …)  manifest and configuration, hashes checked, requirements read;
 *                                              nothing is pulled yet
 *     3. fits(requirements, offer, inUse)      protocol/compute; record compute.submitted or compute.refused
 *     4. engine.pull(prepared.pull, …)         per-layer progress, cancel
 *     5. engine.inspectImage(prepared.pull.reference), then checkPulled(prepared, inspected)
 *                                              the engine holds exactly those bytes
 *     6. engine.run(runSpec(…))                record compute.started
 *     7. engine.logs / engine.stats            createMeter(…).add(sample) → compute.usage now and then
 *     8. engine.wait(id)                       record compute.ended, last compute.usage
 *     9. engine.remove(id)                     record compute.removed
 *
 * After a restart of the node: engine.list() tells every container of this node, whether it still runs or
 * ended meanwhile; continue at 7 or at 8, and call engine.sweep() to clear what belongs to no container.
 *
 * Errors are Refusals. From any call: `ENGINE_ABSENT` (nothing at this address), `ENGINE_REFUSED` (it is
 * there and says no), `ENGINE_UNREACHABLE` (no answer, or none of a container engine), `ENGINE_DISK_FULL`,
 * `ENGINE_FAILED` (its own words in `details.cause`), `CANCELLED` (the caller's signal).
 */
import type { AllowedHost, Limits } from '../../../protocol/compute/index.ts';

/** What the engine is and what it can enforce. */
export interface EngineInfo {
  /** `docker 28.2.2` */
  readonly name: string;
  readonly os: string;
  /** As images say it: `amd64`, `arm64`. */
  readonly arch: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly storageDriver: string;
  /** Images are named by their manifest digest (containerd store) instead of their configuration digest. */
  readonly containerdStore: boolean;
  readonly cgroup: '1' | '2';
  readonly rootless: boolean;
  /** Network allowlists can be enforced: the engine is on this machine, and its packet filter is in our hands. */
  readonly allowlist: boolean;
  /** Limits the engine's kernel cannot enforce: `memory`, `cpu`, `pids` refuse a run, `swap` is only told. */
  readonly unenforceable: readonly ('memory' | 'cpu' | 'pids' | 'swap')[];
}

export interface PullRequest {
  /** `host[:port]/repository@sha256:…` of a manifest. */
  readonly reference: string;
  /** Known layers, so that progress is told in bytes from the first moment. */
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

export type LayerPhase = 'waiting' | 'downloading' | 'verifying' | 'extracting' | 'done';

export interface LayerProgress {
  /** First twelve hex digits of the layer's digest. */
  readonly id: string;
  readonly phase: LayerPhase;
  /** Bytes handled in this phase, and of how many; compressed bytes, as the manifest counts them. */
  readonly bytes: number;
  readonly total: number;
  /** The engine had the layer before. */
  readonly cached: boolean;
}

export interface InspectedImage {
  /** The engine's name for the image, a digest. */
  readonly id: string;
  readonly sizeBytes: number;
}

export type RunNetwork =
  | { readonly mode: 'none' }
  | { readonly mode: 'open' }
  | { readonly mode: 'allowlist'; readonly allow: readonly AllowedHost[] };

export interface RunSpec {
  /** 64 hex digits. */
  readonly workload: string;
  /** The id that `inspectImage` told: bytes, not a name. */
  readonly imageId: string;
  readonly limits: Limits;
  readonly readOnlyRoot: boolean;
  readonly network: RunNetwork;
  /** Paths the image declares as volumes; kept in memory when the root is read-only. */
  readonly volumes: readonly string[];
}

export interface Started {
  readonly id: string;
  /** Unix milliseconds, by the engine's clock. */
  readonly startedAt: number;
  /** False where this engine cannot hold the limit; everything else is always enforced. */
  readonly enforced: { readonly storage: boolean; readonly swap: boolean };
}

export interface LogLine {
  /** Counts the lines of this answer from 0. */
  readonly seq: number;
  /** RFC 3339 with nine decimals, UTC: hand the last one back as `since` to go on after it. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** Without the line break; a longer line than 64 KiB comes in pieces. */
  readonly text: string;
}

export interface LogQuery {
  /** Keep waiting for lines until the container ends. */
  readonly follow?: boolean;
  /** Only lines later than this time (exclusive), as `LogLine.time` spells it. */
  readonly since?: string;
  /** Only the last so many lines. */
  readonly tail?: number;
}

export interface StatsSample {
  /** Unix milliseconds, by the engine's clock. */
  readonly at: number;
  /** Use since the previous sample; 0 in the first one. */
  readonly cpuMillicores: number;
  /** CPU nanoseconds since the container's start. */
  readonly cpuNs: number;
  readonly memoryBytes: number;
  /** Bytes received and sent since the container's start. */
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly pids: number;
}

export interface Ended {
  readonly exitCode: number;
  /** The kernel killed it for its memory limit. */
  readonly oom: boolean;
  /** Unix milliseconds, by the engine's clock; never before the start. */
  readonly endedAt: number;
}

export interface FoundContainer {
  readonly id: string;
  /** 64 hex digits. */
  readonly workload: string;
  readonly imageId: string;
  readonly state: 'created' | 'running' | 'ended';
  /** Null when it was never started. */
  readonly startedAt: number | null;
  /** Null unless `ended`. */
  readonly ended: Ended | null;
}

export interface ContainerEngine {
  /** Answers, or refuses with one clear problem. */
  info(): Promise<EngineInfo>;

  /**
   * Pulls one manifest. `onProgress` gets the state of all layers after every change. Cancelling stops the
   * engine's download too. Errors: `IMAGE_NOT_FOUND`, `REGISTRY_UNREACHABLE`, `CANCELLED`.
   */
  pull(
    request: PullRequest,
    onProgress: (layers: readonly LayerProgress[]) => void,
    signal?: AbortSignal,
  ): Promise<void>;

  /** The image that the engine has under a reference or id. Errors: `IMAGE_NOT_FOUND`. */
  inspectImage(reference: string): Promise<InspectedImage>;

  /**
   * Creates and starts a container under limits: no capabilities, no new privileges, bounded logs. When any
   * step fails, nothing is left. Errors: `WORKLOAD_EXISTS`, `IMAGE_NOT_FOUND`, `LIMIT_UNENFORCEABLE`,
   * `NETWORK_POLICY_UNENFORCEABLE`, `NETWORK_ALLOW_UNRESOLVED`, `NETWORK_ALLOW_FORBIDDEN`, `RUN_FAILED`.
   */
  run(spec: RunSpec): Promise<Started>;

  /** Lines in the order the engine took them. Ends when the container ended and all is told, or on `signal`. */
  logs(id: string, query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine>;

  /** About one sample a second while it runs; ends with the container, or on `signal`. */
  stats(id: string, signal?: AbortSignal): AsyncIterable<StatsSample>;

  /** Asks it to end, and kills it after `graceSeconds`. Quiet when it ended already. Errors: `CONTAINER_UNKNOWN`. */
  stop(id: string, graceSeconds: number): Promise<void>;

  /** Waits for the end; answers at once when it ended before. Errors: `CONTAINER_UNKNOWN`, `CANCELLED`. */
  wait(id: string, signal?: AbortSignal): Promise<Ended>;

  /**
   * Removes the container and everything that came with it (network, filter rules, volumes), running or not.
   * The image stays unless asked. Quiet when it is gone already.
   */
  remove(id: string, options?: { readonly image?: boolean }): Promise<void>;

  /**
   * The containers of this node, also those that ended while it was away. Filter rules that a reboot or a
   * firewall reload took away are put back first; where that fails, the container is stopped.
   */
  list(): Promise<readonly FoundContainer[]>;

  /** Removes networks and filter rules of this node that belong to no container; answers how many. */
  sweep(): Promise<number>;
}
