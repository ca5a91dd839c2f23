/**
 * Machines: registration, judgement of their evidence, pins, capacity. A record carries the grade and the hashes;
 * the whole verdict is judged again from the stored quote and collateral whenever somebody looks.
 */
import { randomBytes } from 'node:crypto';
import type { Machine, Register } from '../../../contract/index.ts';
import { machineKey, writeBundle } from '../../../protocol/attestation/index.ts';
import type { Collateral, MachineRow, Policy, PolicyFacts } from '../../../protocol/attestation/index.ts';
import { fromBase64url, fromHex, readId, Refusal, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import { createVerifierCache } from '../../attestation/index.ts';
import { createChallengeSchedule } from './challenges.ts';
import { createCollateralKeeper } from './collateral.ts';
import { createFolderVerifier } from './folder.ts';
import { createJudge, logReport, withPins } from './judge.ts';
import type { Answer, Judged, MachinePorts, Machines } from './machines.ts';
import { createPolicies } from './policy.ts';
import { createProofs } from './proofs.ts';
import { createMachineView, failedCheck, pinsJson } from './view.ts';
import { createAlarmWatch, heldCollateral } from './watch.ts';

/** How soon after a start, and how often then, the early documents are compared with the standard ones. */
const FIRST_LOOK_AHEAD = 60_000;
const LOOK_AHEAD = 6 * 3_600_000;

export function createMachines(ports: MachinePorts): Machines {
  const { ledger, coalitions, operations, blobs, guest, settings, now, note, changed } = ports;
  const keeper = createCollateralKeeper({
    store: ports.collateralStore,
    settings,
    now,
    random: Math.random,
    note,
    changed,
  });
  const judge = createJudge({
    guest,
    collateral: keeper,
    cache: createVerifierCache(),
    simulatedRoots: ports.simulatedRoots,
  });
  const policies = createPolicies({ ledger, coalitions });
  const view = createMachineView({ ledger, blobs, judge, now });
  const watch = createAlarmWatch({ blobs, judge, collateral: keeper, now });
  const folder = createFolderVerifier(operations, judge);
  let simulated = false;
  let firstLook: NodeJS.Timeout | undefined;
  let lookingAhead: NodeJS.Timeout | undefined;

  /** Report data of a quote that answers no challenge: the node's key in the first half. */
  const ownData = (): Uint8Array => {
    const reportData = new Uint8Array(64);
    reportData.set(ledger.author());
    return reportData;
  };
  const judged = (
    parts: { quote: Uint8Array; collateral: Collateral | null; eventLog: Uint8Array | null },
    at: number,
    policy: Policy,
    facts?: PolicyFacts,
  ): Judged => ({
    verdict: judge.verdict({ ...parts, at, policy, facts }),
    quote: parts.quote,
    collateral: parts.collateral === null ? null : utf8(JSON.stringify(parts.collateral)),
    eventLog: parts.eventLog,
    log: parts.eventLog === null ? null : logReport(parts.eventLog, parts.quote),
  });
  const judgeInput: Machines['judge'] = async (evidence, pins, policy) => {
    const at = Math.floor((evidence.at ?? now()) / 1000);
    const quote = await judge.readQuote(evidence.quote, ownData);
    const fetched = await judge.fetchCollateral(evidence.collateral, quote, at);
    const asked = (policy as Policy | undefined) ?? (await policies.current()).policy;
    const eventLog = evidence.eventLog === undefined ? null : fromBase64url(evidence.eventLog);
    const parts = { quote, collateral: fetched?.collateral ?? null, eventLog };
    return judged(parts, at, withPins(asked, pins), fetched?.facts);
  };

  /** What of a verdict goes into the record. */
  const judgement = ({ verdict, quote, collateral, eventLog }: Judged): Record<string, Value> => ({
    evidence: verdict.evidence,
    ...(verdict.code === null ? {} : { code: verdict.code }),
    ...(verdict.status === null ? {} : { status: verdict.status }),
    simulated: verdict.simulated,
    judgedFor: Math.floor(Date.parse(verdict.verifiedAt) / 1000),
    quote: blobs.put(quote),
    ...(collateral === null ? {} : { collateral: blobs.put(collateral) }),
    ...(eventLog === null ? {} : { eventLog: blobs.put(eventLog) }),
    policy: verdict.policy.outcome,
    anchor: fromHex(verdict.trustAnchor.sha256, 32),
  });

  const rowOf = async (id: string): Promise<{ coalition: Uint8Array; row: MachineRow }> => {
    const coalition = await coalitions.id();
    const row = await ledger.row<MachineRow>(machineKey(coalition, readId(id)));
    if (row === undefined) throw new Refusal('MACHINE_UNKNOWN', 'No such machine is registered here.');
    return { coalition, row };
  };
  const rows = async (): Promise<readonly MachineRow[]> => {
    const current = await coalitions.current();
    if (current === null) return [];
    return (await ledger.rows<MachineRow>(`machine/${current.id}/`)).map(([, row]) => row);
  };
  const get = async (id: string): Promise<Machine> => {
    const { coalition, row } = await rowOf(id);
    return view.toMachine(coalition, row, (await policies.current()).policy);
  };
  const submit = async (kind: string, id: string, body: Record<string, Value> = {}): Promise<Answer> => {
    const receipt = await ledger.submit(
      kind,
      { machine: readId(id), ...body },
      { coalition: await coalitions.id() },
    );
    const machine = await get(id);
    simulated ||= machine.simulated;
    return { machine, receipt };
  };

  const { challenge, prove } = createProofs({
    ledger,
    guest,
    blobs,
    judge,
    view,
    policies,
    ownData,
    minutes: () => settings().challengeMinutes,
    now,
    rowOf,
    submit,
    judged,
    judgement,
  });

  const mine = async (): Promise<readonly MachineRow[]> => {
    if (ledger.log() === null) return [];
    const author = toHex(ledger.author());
    return (await rows()).filter((row) => row.state !== 'retired' && toHex(row.owner) === author);
  };
  const schedule = createChallengeSchedule({
    machines: mine,
    everyHours: () => settings().challengeHours,
    challenge: async (row) => void (await challenge(toHex(row.machine))),
    lapse: async ({ machine, challenge: open }) => {
      if (open !== null) await submit('machine.lapsed', toHex(machine), { nonce: open.nonce });
    },
    now,
    note,
  });
  const lookAhead = async (): Promise<void> => {
    const live = await mine();
    if (live.length === 0 || keeper.entries().length === 0) return;
    await watch.lookAhead(live, (await policies.current()).policy);
    changed();
  };

  return {
    judge: judgeInput,
    async detect() {
      const { state, available, detail, cloud } = await guest.look();
      return {
        state: state === 'file' ? 'not-in-td' : state,
        sentence: detail,
        path: available ? guest.name : null,
        cloud: cloud ?? null,
      };
    },
    async list() {
      const all = await rows();
      simulated = all.some((row) => row.simulated && row.state !== 'retired');
      if (all.length === 0) return [];
      const coalition = await coalitions.id();
      const { policy } = await policies.current();
      const machines = await Promise.all(all.map((row) => view.toMachine(coalition, row, policy)));
      return machines.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
    },
    simulated: () => simulated,
    get,
    async register(name, evidence) {
      const id = toHex(randomBytes(32));
      if (evidence.quote.kind === 'none')
        return submit('machine.registered', id, { name, evidence: 'none', simulated: false });
      const answer = await judgeInput(evidence);
      const { verdict } = answer;
      if (verdict.evidence === 'refused')
        throw new Refusal('EVIDENCE_REFUSED', `The quote is refused: ${failedCheck(verdict)}`, {
          reason: verdict.code ?? '',
        });
      if (verdict.simulated && (await policies.current()).policy.allowSimulated !== true)
        throw new Refusal('SIMULATED_REFUSED', 'The evidence is simulated: it stands under a test root.');
      return submit('machine.registered', id, { name, ...judgement(answer) });
    },
    async recheck(id, collateralInput, at) {
      const { row } = await rowOf(id);
      const quote = row.quote === null ? null : blobs.get(row.quote);
      if (quote === null)
        throw new Refusal('MACHINE_NO_QUOTE', 'This machine has no stored quote to judge again.');
      const seconds = Math.floor((at ?? now()) / 1000);
      const fetched =
        collateralInput === undefined
          ? undefined
          : await judge.fetchCollateral(collateralInput, quote, seconds);
      const collateral = fetched === undefined ? heldCollateral(blobs, row) : (fetched?.collateral ?? null);
      const { policy } = await policies.current();
      const eventLog = row.eventLog === null ? null : blobs.get(row.eventLog);
      return submit(
        'machine.attested',
        id,
        judgement(
          judged({ quote, collateral, eventLog }, seconds, withPins(policy, pinsJson(row)), fetched?.facts),
        ),
      );
    },
    challenge,
    prove,
    async pin(id, registers) {
      const { row } = await rowOf(id);
      const report = view.storedVerdict(row, (await policies.current()).policy)?.report;
      if (report === undefined || report === null)
        throw new Refusal('MACHINE_NO_QUOTE', 'A machine without a readable quote has nothing to pin.');
      const valueOf = (register: Register): string =>
        register === 'mrtd' ? report.mrTd : (report.rtmr[Number(register.slice(4))] ?? '');
      const pins = Object.fromEntries(
        registers.map((register) => [register, [fromHex(valueOf(register), 48)]]),
      );
      const before = Object.fromEntries(
        Object.entries(row.pins).filter(([, values]) => values !== undefined),
      );
      return submit('machine.pinned', id, { pins: { ...before, ...pins } as Value });
    },
    unpin: (id) => submit('machine.unpinned', id),
    offer: (id, { cpuMillicores, ramMib, storageGib, tdx }) =>
      submit('capacity.offered', id, { cpuMillicores, ramMib, storageGib, tdx }),
    withdraw: (id) => submit('capacity.withdrawn', id),
    retire: (id) => submit('machine.retired', id),
    raw(sha256) {
      const data = blobs.get(readId(sha256));
      if (data === null) throw new Refusal('BLOB_UNKNOWN', 'No file with this hash is kept here.');
      return { data, name: `${sha256.slice(0, 16)}.${data[0] === 0x7b ? 'json' : 'bin'}` };
    },
    async eventLog(id) {
      const { row } = await rowOf(id);
      const quote = row.quote === null ? null : blobs.get(row.quote);
      const log = row.eventLog === null ? null : blobs.get(row.eventLog);
      return quote === null || log === null ? null : logReport(log, quote);
    },
    async bundle(id) {
      const { row } = await rowOf(id);
      const quote = row.quote === null ? null : blobs.get(row.quote);
      const collateral = heldCollateral(blobs, row);
      const { policy } = await policies.current();
      const verdict = view.storedVerdict(row, policy);
      if (quote === null || collateral === null || verdict === null)
        throw new Refusal('MACHINE_NO_QUOTE', 'A bundle needs the quote and the collateral of the machine.');
      const log = row.eventLog === null ? null : blobs.get(row.eventLog);
      const root = judge.rootOf(quote);
      const content = {
        at: Math.floor(Date.parse(verdict.verifiedAt) / 1000),
        quote,
        collateral,
        policy: withPins(policy, pinsJson(row)),
        ...(log === null ? {} : { log }),
        ...(root === undefined ? {} : { root }),
      };
      const mark = verdict.simulated ? 'SIMULATED-' : '';
      return {
        data: writeBundle(content, verdict),
        name: `${mark}${row.name.replaceAll(/[^\w.-]+/g, '-')}.evidence`,
      };
    },
    policies,
    underPolicy: async (policy) =>
      (await rows())
        .filter(({ state }) => state !== 'retired')
        .map((row) => ({ machine: row, verdict: view.storedVerdict(row, policy) })),
    async alarms() {
      const { policy } = await policies.current();
      const watched = (await rows()).map((row) => ({ row, verdict: view.storedVerdict(row, policy) }));
      return watch.alarms(watched, policy, settings().alarmDays);
    },
    folder,
    collateral: { entries: () => keeper.entries(), refresh: () => keeper.refresh() },
    schedule,
    async start() {
      await keeper.start();
      schedule.start();
      const ahead = (): void => void lookAhead().catch((error: unknown) => note(String(error)));
      firstLook = setTimeout(ahead, FIRST_LOOK_AHEAD);
      firstLook.unref();
      lookingAhead = setInterval(ahead, LOOK_AHEAD);
      lookingAhead.unref();
    },
    renew: () => keeper.renew(),
    async close() {
      clearTimeout(firstLook);
      clearInterval(lookingAhead);
      await schedule.close();
      await keeper.close();
    },
  };
}
