/**
 * Workloads on this node: from a submission by digest to the record of what was used. Each step that somebody
 * could later ask about is an entry; what the engine does in between is told by operations, logs and samples.
 */
import { randomBytes } from 'node:crypto';
import type { EngineState, LoadSample, LogLine, Unfit, Workload } from '../../../contract/index.ts';
import { readId, Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import { machineKey } from '../../../protocol/attestation/index.ts';
import type { MachineRow } from '../../../protocol/attestation/index.ts';
import {
  carriesNoTdx,
  fits,
  loadKey,
  NOTHING_IN_USE,
  offerKey,
  readReference,
  referenceText,
  smallestLimits,
  workloadKey,
} from '../../../protocol/compute/index.ts';
import type { EndReason, LoadRow, OfferRow, WorkloadRow } from '../../../protocol/compute/index.ts';
import { decodeRecord } from '../../../protocol/record/index.ts';
import type { Store } from '../../store/index.ts';
import type { Coalitions } from '../coalition/index.ts';
import type { Events } from '../events/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Operations } from '../operations/index.ts';
import { createBringUp } from './bring-up.ts';
import type { ContainerEngine } from './engine.ts';
import { prepareImage } from './image.ts';
import { batched, endSentence, readableReason } from './present.ts';
import type { PreparedImage } from './image.ts';
import type { Registry } from './registry.ts';
import { createWatchers } from './watchers.ts';
import type { Ending } from './watchers.ts';

export interface ComputePorts {
  readonly ledger: Ledger;
  readonly coalitions: Coalitions;
  readonly operations: Operations;
  readonly store: Store;
  readonly events: Events;
  /** The engine and registry of the present settings; made anew when those change. */
  readonly engine: () => { readonly engine: ContainerEngine; readonly address: string };
  readonly registry: () => Registry;
}

export interface Compute {
  engine(): Promise<EngineState>;
  list(): Promise<Workload[]>;
  get(id: string): Promise<Workload>;
  check(image: string, machine: string): Promise<Checked>;
  /** Records a refusal or a submission; what is submitted is then pulled and run as an operation. */
  submit(
    image: string,
    machine: string,
    startedBy: string,
  ): Promise<{ workload: Workload; operation: string | null }>;
  stop(id: string, graceSeconds: number): Promise<Workload>;
  remove(id: string, options: { readonly image: boolean }): Promise<Workload>;
  logs(
    id: string,
    query: { readonly follow: boolean; readonly tail?: number | undefined },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ lines: LogLine[] }, void>;
  load(id: string, signal: AbortSignal | undefined): AsyncGenerator<{ samples: LoadSample[] }, void>;
  /** Finds the containers of this node again after a restart. Quiet when the engine is away; tries again. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface Checked {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly layers: number;
  readonly requirements: PreparedImage['requirements'] & { networkAllow: string[] };
  readonly fits: boolean;
  readonly reasons: Unfit[];
}

/** What an image may be refused for after its digest is known: these refusals are recorded. */
const IMAGE_RULES = /^(IMAGE_UNLABELLED|IMAGE_PLATFORM|LABEL_|NETWORK_ALLOW)/;
const RESUME_AGAIN = 10_000;

export function createCompute(ports: ComputePorts): Compute {
  const { ledger, coalitions, operations, store, events } = ports;
  const running = new Map<string, string>(); // workload → operation that prepares it
  const stopping = new Set<string>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const engine = (): ContainerEngine => ports.engine().engine;
  const submitRecord = async (kind: string, workload: string, body: Record<string, Value>) =>
    ledger.submit(kind, { workload: readId(workload), ...body }, { coalition: await coalitions.id() });

  const rowOf = async (id: string): Promise<WorkloadRow> => {
    const row = await ledger.row<WorkloadRow>(workloadKey(await coalitions.id(), readId(id)));
    if (row === undefined) throw new Refusal('WORKLOAD_UNKNOWN', 'No such workload is known here.');
    return row;
  };

  const watchers = createWatchers({
    engine,
    store,
    async ended(id, ending) {
      await recordEnd(id, ending);
    },
    failed: () => later(),
  });

  const recordEnd = async (id: string, { reason, exitCode, usage }: Ending): Promise<void> => {
    const row = await rowOf(id);
    if (row.state !== 'submitted' && row.state !== 'running') return;
    const why: EndReason = reason === 'exited' && stopping.has(id) ? 'stopped' : reason;
    if (usage !== null) await submitRecord('compute.usage', id, { ...usage });
    await submitRecord('compute.ended', id, { reason: why, ...(exitCode === null ? {} : { exitCode }) });
    stopping.delete(id);
  };

  const fitOf = async (image: string, machine: string) => {
    const coalition = await coalitions.id();
    const machineId = readId(machine);
    const row = await ledger.row<MachineRow>(machineKey(coalition, machineId));
    if (row === undefined) throw new Refusal('MACHINE_UNKNOWN', 'No such machine is registered here.');
    const offer = await ledger.row<OfferRow>(offerKey(coalition, machineId));
    if (offer === undefined) throw new Refusal('OFFER_UNKNOWN', `${row.name} offers no capacity.`);
    const inUse = (await ledger.row<LoadRow>(loadKey(coalition, machineId))) ?? NOTHING_IN_USE;
    const { arch } = await engine().info();
    const prepared = await prepareImage(ports.registry(), image, arch);
    return {
      prepared,
      fit: fits(prepared.requirements, { ...offer, evidenceRefused: carriesNoTdx(row) }, inUse),
    };
  };

  const entriesOf = async (id: string): Promise<Workload['entries']> =>
    (await store.find({ mentions: id }, Number.MAX_SAFE_INTEGER, 50)).map(({ index, bytes }) => {
      const { kind, at } = decodeRecord(bytes);
      return { index, kind, at };
    });

  const toWorkload = async (row: WorkloadRow): Promise<Workload> => {
    const id = toHex(row.workload);
    const machine = await ledger.row<MachineRow>(machineKey(await coalitions.id(), row.machine));
    return {
      id,
      image: row.image,
      digest: row.digest,
      machine: toHex(row.machine),
      machineName: machine?.name ?? '',
      state: row.state,
      requirements:
        row.requirements === null
          ? null
          : { ...row.requirements, networkAllow: [...row.requirements.networkAllow] },
      reasons: row.refusals.map(({ code, sentence }) => ({ code, sentence })),
      submittedAt: row.submittedAt,
      startedAt: row.startedAt,
      endedAt: row.endedAt,
      end:
        row.endReason === null
          ? null
          : {
              reason: row.endReason,
              exitCode: row.exitCode,
              sentence: endSentence(row.endReason, row.exitCode),
            },
      usage: row.startedAt === null ? null : { ...row.usage },
      present: watchers.container(id) !== undefined,
      operation: running.get(id) ?? null,
      index: row.index,
      stage: ledger.stageOf(row.index),
      entries: await entriesOf(id),
    };
  };
  const get = async (id: string): Promise<Workload> => toWorkload(await rowOf(id));

  const containerOf = (id: string): string => {
    const container = watchers.container(id);
    if (container === undefined)
      throw new Refusal('CONTAINER_UNKNOWN', 'The engine holds no container of this workload any more.');
    return container;
  };

  const bringUp = createBringUp({ engine, watchers, submitRecord, recordEnd });

  const later = (): void => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void compute.resume(), RESUME_AGAIN);
    timer.unref();
  };

  const compute: Compute = {
    async engine() {
      const { engine: port, address } = ports.engine();
      const base = {
        endpoint: address,
        name: null,
        version: null,
        cpus: null,
        memoryMib: null,
        allowlist: false,
      };
      try {
        const info = await port.info();
        const [name = info.name, version = null] = info.name.split(' ');
        return {
          ...base,
          state: 'ready',
          name,
          version,
          sentence: `${info.name}, ${info.cpus} CPUs, ${info.memoryMib} MiB, ${info.storageDriver}.`,
          cpus: info.cpus,
          memoryMib: info.memoryMib,
          allowlist: info.allowlist,
        };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const state =
          error.code === 'ENGINE_ABSENT'
            ? 'absent'
            : error.code === 'ENGINE_REFUSED'
              ? 'refused'
              : 'unreachable';
        return { ...base, state, sentence: error.message };
      }
    },
    async list() {
      const current = await coalitions.current();
      if (current === null) return [];
      const rows = await ledger.rows<WorkloadRow>(`workload/${current.id}/`);
      const found = await Promise.all(rows.map(([, row]) => toWorkload(row)));
      return found.toSorted((a, b) => b.submittedAt - a.submittedAt);
    },
    get,
    async check(image, machine) {
      const { prepared, fit } = await fitOf(image, machine);
      return {
        digest: prepared.digest,
        sizeBytes: prepared.pullBytes,
        layers: prepared.layers.length,
        requirements: { ...prepared.requirements, networkAllow: [...prepared.requirements.networkAllow] },
        fits: fit.fits,
        reasons: fit.fits ? [] : fit.reasons.map(readableReason),
      };
    },
    async submit(image, machine, startedBy) {
      const reference = readReference(image);
      const id = toHex(randomBytes(32));
      const named = { machine: readId(machine), image: referenceText(reference), digest: reference.digest };
      const refuse = async (reasons: { code: string; sentence: string }[]) => {
        await submitRecord('compute.refused', id, { ...named, reasons });
        return { workload: await get(id), operation: null };
      };
      let checked: Awaited<ReturnType<typeof fitOf>>;
      try {
        checked = await fitOf(image, machine);
      } catch (error) {
        if (error instanceof Refusal && IMAGE_RULES.test(error.code))
          return refuse([{ code: error.code, sentence: error.message }]);
        throw error;
      }
      const { prepared, fit } = checked;
      if (!fit.fits) return refuse(fit.reasons.map(({ code, sentence }) => ({ code, sentence })));
      await submitRecord('compute.submitted', id, {
        ...named,
        requirements: { ...prepared.requirements } as Value,
        limits: { ...smallestLimits(prepared.requirements) },
      });
      const operation = operations.start({
        kind: 'pull',
        title: reference.repository,
        startedBy,
        subject: { area: 'compute', id },
        run: (progress) =>
          bringUp(id, prepared, progress).finally(() => {
            running.delete(id);
            events.changed('compute', [id]);
          }),
      });
      if (operations.get(operation.id).state === 'running') running.set(id, operation.id);
      return { workload: await get(id), operation: operation.id };
    },
    async stop(id, graceSeconds) {
      const preparing = running.get(id);
      if (preparing !== undefined) operations.cancel(preparing);
      else {
        const row = await rowOf(id);
        if (row.state !== 'running')
          throw new Refusal('WORKLOAD_STATE', 'Only a running workload can be stopped.');
        stopping.add(id);
        await engine().stop(containerOf(id), graceSeconds);
        await watchers.settled(id);
      }
      return get(id);
    },
    async remove(id, { image }) {
      const row = await rowOf(id);
      if (row.state === 'running' || row.state === 'submitted')
        throw new Refusal('WORKLOAD_STATE', 'A workload is stopped before it is removed.');
      const container = watchers.container(id);
      if (container !== undefined) await engine().remove(container, { image });
      watchers.forget(id);
      await store.putLocal(`meter/${id}`, undefined);
      await submitRecord('compute.removed', id, {});
      return get(id);
    },
    async *logs(id, { follow, tail }, signal) {
      const query = { follow, ...(tail === undefined ? {} : { tail }) };
      yield* batched(engine().logs(containerOf(id), query, signal));
    },
    load: (id, signal) => watchers.load(id, signal),
    async resume() {
      if (closed || (await coalitions.current()) === null) return;
      const known = await compute.list();
      // a node that never ran anything does not disturb an engine
      if (known.length === 0) return;
      const live = known.filter((one) => one.state === 'submitted' || one.state === 'running');
      let found;
      try {
        found = await engine().list();
      } catch {
        if (live.length > 0) later();
        return;
      }
      for (const { workload, id, state, startedAt } of found) {
        const mine = live.find((one) => one.id === workload);
        if (state === 'created' && mine === undefined)
          await engine()
            .remove(id)
            .catch(() => undefined);
        else watchers.hold(workload, id);
        if (mine?.state === 'running') watchers.watch(workload, id, startedAt ?? mine.submittedAt);
        else if (mine?.state === 'submitted' && !running.has(workload)) {
          // the node stopped between starting it and saying so: it is taken down and told as lost
          await engine()
            .remove(id)
            .catch(() => undefined);
          watchers.forget(workload);
        }
      }
      for (const one of live)
        if (watchers.container(one.id) === undefined && !running.has(one.id))
          await recordEnd(one.id, { reason: 'lost', exitCode: null, usage: null }).catch(() => undefined);
      await engine()
        .sweep()
        .catch(() => 0);
      events.changed('compute');
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await watchers.close();
    },
  };
  return compute;
}
