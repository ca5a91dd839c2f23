/** The ContainerEngine port over Docker's API (dockerode), on whichever endpoint. */
import type { IncomingMessage } from 'node:http';
import type Docker from 'dockerode';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { createAsk } from './ask.ts';
import { LABEL_EGRESS, LABEL_NODE, LABEL_WORKLOAD, nodeLabel } from './container.ts';
import { bridgeName, createIptablesFilter } from './egress.ts';
import type { EgressFilter, EgressRule } from './egress.ts';
import { readInfo } from './docker-info.ts';
import type { RawInfo } from './docker-info.ts';
import { createRunner } from './docker-run.ts';
import { connect, endpointText, isLoopback } from './endpoint.ts';
import type { EngineEndpoint } from './endpoint.ts';
import type {
  ContainerEngine,
  Ended,
  EngineInfo,
  FoundContainer,
  LogLine,
  LogQuery,
  PullRequest,
  StatsSample,
} from './engine.ts';
import { engineTime, frames, lines, lineTime, toTheEnd } from './logs.ts';
import { cancelled, engineProblem } from './problems.ts';
import { createPullProgress, pullProblem } from './progress.ts';
import type { PullEvent } from './progress.ts';
import { readSample } from './stats.ts';
import type { RawStats } from './stats.ts';
import { abortable, jsonLines } from './streams.ts';

export interface DockerOptions {
  /** Names this node in labels: only its own containers are listed, re-attached and removed. */
  readonly node: string;
  /** The packet filter for allowlists; iptables on this machine when not given. */
  readonly filter?: EgressFilter;
  /** Resolves allowlisted names to IPv4 addresses; the system's resolver when not given. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

const ANSWER_MS = 10_000;
const NO_CONTAINER = ['CONTAINER_UNKNOWN', 'The engine has no such container.'] as const;
const NO_IMAGE = ['IMAGE_NOT_FOUND', 'The engine does not have this image.'] as const;

export function createDockerEngine(endpoint: EngineEndpoint, options: DockerOptions): ContainerEngine {
  const docker = connect(endpoint);
  const where = endpointText(endpoint);
  const ask = createAsk(where);
  const node = nodeLabel(options.node);
  const filter = options.filter ?? createIptablesFilter(node);
  const isRemote = endpoint.kind === 'ssh' || (endpoint.kind === 'tcp' && !isLoopback(endpoint.host));
  const { run, removeNetwork } = createRunner({
    docker,
    ask,
    where,
    node,
    filter,
    isRemote,
    resolve: options.resolve,
    info,
    inspect,
  });
  const mine = { filters: { label: [`${LABEL_NODE}=${node}`] } };

  async function info(): Promise<EngineInfo> {
    // an engine that accepts and then says nothing must not hold up the node
    const abortSignal = AbortSignal.timeout(ANSWER_MS);
    const raw = await ask(async () => {
      try {
        return (await (docker.info as (options: object) => Promise<unknown>).call(docker, {
          abortSignal,
        })) as RawInfo;
      } catch (error) {
        if (abortSignal.aborted) throw new Error('no answer in time', { cause: error });
        throw error;
      }
    });
    if (typeof raw.ServerVersion !== 'string' || typeof raw.NCPU !== 'number')
      throw new Refusal('ENGINE_UNREACHABLE', `What answers at ${where} is not a container engine.`, {
        engine: where,
      });
    const allowlist =
      !isRemote &&
      (await filter.ready().then(
        () => true,
        () => false,
      ));
    return { ...readInfo(raw), allowlist };
  }

  async function inspect(id: string): Promise<Docker.ContainerInspectInfo> {
    return ask(() => docker.getContainer(id).inspect(), { 404: NO_CONTAINER });
  }

  async function* logs(id: string, query: LogQuery, signal?: AbortSignal): AsyncGenerator<LogLine> {
    if (query.follow !== true) return yield* readLogs(id, query, signal);
    const again = (since: string | undefined): AsyncIterable<LogLine> => {
      const { tail, ...rest } = query;
      const part = since === undefined ? (tail === undefined ? {} : { tail }) : { since };
      return readLogs(id, { ...rest, ...part, follow: false }, signal);
    };
    yield* toTheEnd(readLogs(id, query, signal), again, query.tail !== undefined);
  }

  async function* readLogs(
    id: string,
    query: LogQuery,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<LogLine> {
    const after = query.since === undefined ? '' : lineTime(query.since);
    const stream = await open(
      `/containers/${encodeURIComponent(id)}/logs?`,
      {
        stdout: true,
        stderr: true,
        timestamps: true,
        follow: query.follow === true,
        tail: query.tail ?? 'all',
        ...(query.since === undefined ? {} : { since: engineTime(query.since) }),
      },
      signal,
    );
    if (stream === null) return;
    yield* guarded(lines(frames(abortable(stream, signal)), after), signal);
  }

  async function* stats(id: string, signal?: AbortSignal): AsyncGenerator<StatsSample> {
    const stream = await open(`/containers/${encodeURIComponent(id)}/stats?`, { stream: true }, signal);
    if (stream === null) return;
    let previous: StatsSample | null = null;
    for await (const raw of guarded(jsonLines<RawStats>(abortable(stream, signal)), signal)) {
      const sample = readSample(raw, previous);
      if (sample === null) {
        if (previous !== null) return;
        // the first answers of a container that is just starting may be empty; of an ended one they all are
        if ((await inspect(id)).State.Running) continue;
        return;
      }
      previous = sample;
      yield sample;
    }
  }

  /** Opens a streamed GET; null when the caller cancelled. */
  async function open(
    path: string,
    query: Record<string, string | number | boolean>,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage | null> {
    if (isAborted(signal)) return null;
    try {
      return await ask(
        () =>
          new Promise((resolve, reject) => {
            docker.modem.dial(
              {
                path,
                method: 'GET',
                isStream: true,
                options: query,
                ...(signal === undefined ? {} : { abortSignal: signal }),
                statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
              },
              (error: unknown, answer: unknown) => {
                // oxlint-disable-next-line prefer-promise-reject-errors -- handed on as it came
                if (error === null || error === undefined) resolve(answer as IncomingMessage);
                else reject(error);
              },
            );
          }),
        { 404: NO_CONTAINER },
      );
    } catch (error) {
      if (isAborted(signal)) return null;
      throw error;
    }
  }

  /** Ends quietly on the caller's signal; every other failure becomes a problem. */
  async function* guarded<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
    try {
      yield* source;
    } catch (error) {
      if (isAborted(signal)) return;
      throw engineProblem(error, where);
    }
  }

  async function pull(
    request: PullRequest,
    onProgress: Parameters<ContainerEngine['pull']>[1],
    signal?: AbortSignal,
  ): Promise<void> {
    if (isAborted(signal)) throw cancelled();
    const progress = createPullProgress(request.layers);
    onProgress(progress.state());
    try {
      const stream = await docker.pull(
        request.reference,
        signal === undefined ? {} : { abortSignal: signal },
      );
      const source = abortable(stream as IncomingMessage, signal);
      for await (const event of jsonLines<PullEvent>(source)) {
        if (event.error !== undefined) throw pullProblem(event.error);
        if (progress.take(event)) onProgress(progress.state());
      }
    } catch (error) {
      if (isAborted(signal)) throw cancelled();
      const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
      if (typeof statusCode === 'number') throw pullProblem(String(message));
      throw engineProblem(error, where);
    }
    if (isAborted(signal)) throw cancelled();
    progress.finish();
    onProgress(progress.state());
  }

  async function wait(id: string, signal?: AbortSignal): Promise<Ended> {
    if (isAborted(signal)) throw cancelled();
    const container = docker.getContainer(id);
    const abort = signal === undefined ? {} : { abortSignal: signal };
    await ask(
      () =>
        container.wait({ condition: 'not-running', ...abort }).catch((error: unknown) => {
          if (isAborted(signal)) throw cancelled();
          throw error;
        }),
      { 404: NO_CONTAINER },
    );
    return endedOf((await inspect(id)).State);
  }

  async function list(): Promise<readonly FoundContainer[]> {
    const found: FoundContainer[] = [];
    for (const { Id } of await ask(() => docker.listContainers({ all: true, ...mine }))) {
      let seen: Docker.ContainerInspectInfo;
      try {
        seen = await inspect(Id);
      } catch (error) {
        if (error instanceof Refusal && error.code === 'CONTAINER_UNKNOWN') continue;
        throw error;
      }
      if (seen.State.Running && !(await egressHolds(seen))) {
        await ask.quietly(() => docker.getContainer(Id).kill(), 409);
        await wait(Id);
        seen = await inspect(Id);
      }
      const { State } = seen;
      const started = Date.parse(State.StartedAt);
      found.push({
        id: Id,
        workload: seen.Config.Labels[LABEL_WORKLOAD] ?? '',
        imageId: seen.Image,
        state: State.Running ? 'running' : started > 0 ? 'ended' : 'created',
        startedAt: started > 0 ? started : null,
        ended: !State.Running && started > 0 ? endedOf(State) : null,
      });
    }
    return found;
  }

  /** True when the container needs no filter, or its filter is (again) in place. */
  async function egressHolds(seen: Docker.ContainerInspectInfo): Promise<boolean> {
    const text = seen.Config.Labels[LABEL_EGRESS];
    if (text === undefined) return true;
    const bridge = bridgeName(seen.Config.Labels[LABEL_WORKLOAD] ?? '');
    try {
      // the label is ours: the engine hands back what createRequest wrote
      const rules = JSON.parse(text) as readonly EgressRule[];
      if (!(await filter.holds(bridge, rules))) await filter.open(bridge, rules);
      return true;
    } catch {
      return false;
    }
  }

  return {
    info,
    pull,
    run,
    logs,
    stats,
    wait,
    list,
    async inspectImage(reference) {
      const seen = await ask(() => docker.getImage(reference).inspect(), { 404: NO_IMAGE });
      return { id: seen.Id, sizeBytes: seen.Size };
    },
    async stop(id, graceSeconds) {
      await inspect(id);
      await ask.quietly(() => docker.getContainer(id).stop({ t: graceSeconds }));
    },
    async remove(id, { image = false } = {}) {
      let seen: Docker.ContainerInspectInfo;
      try {
        seen = await inspect(id);
      } catch (error) {
        if (error instanceof Refusal && error.code === 'CONTAINER_UNKNOWN') return;
        throw error;
      }
      if (seen.Config.Labels[LABEL_NODE] !== node)
        throw new Refusal('CONTAINER_UNKNOWN', 'This container was not started by this node.');
      await ask.quietly(() => docker.getContainer(id).remove({ force: true, v: true }), 409);
      await removeNetwork(seen.Config.Labels[LABEL_WORKLOAD] ?? '');
      // 409: something else uses the image
      if (image) await ask.quietly(() => docker.getImage(seen.Image).remove(), 409);
    },
    async sweep() {
      const kept = new Set((await list()).map((found) => found.workload));
      let removed = 0;
      const seen = new Set<string>();
      for (const network of await ask(() => docker.listNetworks(mine))) {
        const workload = network.Labels?.[LABEL_WORKLOAD] ?? '';
        seen.add(bridgeName(workload));
        if (kept.has(workload)) continue;
        await removeNetwork(workload);
        removed += 1;
      }
      for (const bridge of await filter.bridges()) {
        if (seen.has(bridge)) continue;
        await filter.close(bridge);
        removed += 1;
      }
      return removed;
    },
  };
}

// asked through a call, as the answer changes while others are awaited
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

function endedOf(state: Docker.ContainerInspectInfo['State']): Ended {
  // the daemon notes the start after the fact, so that a very short run seems to end before it began
  const endedAt = Math.max(Date.parse(state.StartedAt), Date.parse(state.FinishedAt));
  return { exitCode: state.ExitCode, oom: state.OOMKilled, endedAt };
}
