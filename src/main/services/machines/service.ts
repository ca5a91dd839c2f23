/**
 * Machines: registration, judgement of their evidence, pins, capacity. A record carries the grade and the hashes;
 * the whole verdict is judged again from the stored quote and collateral whenever somebody looks.
 */
import { randomBytes } from 'node:crypto';
import { toProblem } from '../../../contract/index.ts';
import type { Machine, Register } from '../../../contract/index.ts';
import { machineKey } from '../../../protocol/attestation/index.ts';
import type { MachineRow } from '../../../protocol/attestation/index.ts';
import { fromHex, readId, Refusal, toHex } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import { createVerifierCache } from '../../attestation/index.ts';
import { createChallengeSchedule } from './challenges.ts';
import { createCollateralKeeper } from './collateral.ts';
import { createEvidenceDesk } from './evidence.ts';
import { createFolderVerifier } from './folder.ts';
import { createHandOut } from './hand-out.ts';
import { createJudge, withPins } from './judge.ts';
import type { Answer, MachinePorts, Machines } from './machines.ts';
import { createObstacles } from './obstacles.ts';
import { createPolicies, tryPolicy } from './policy.ts';
import { createProofs } from './proofs.ts';
import { heldLog, heldQuote, heldSet } from './stored.ts';
import { createMachineView, failedCheck, pinsJson } from './view.ts';
import { createAlarmWatch } from './watch.ts';

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
    troubled: ports.troubled,
  });
  const judge = createJudge({
    guest,
    collateral: keeper,
    cache: createVerifierCache(),
    simulatedRoots: ports.simulatedRoots,
  });
  const policies = createPolicies({ ledger, coalitions });
  const obstacles = createObstacles((sentence) => {
    note(`A challenge could not be answered here: ${sentence}`);
    changed();
  });
  const view = createMachineView({ ledger, blobs, judge, obstacles, now });
  const watch = createAlarmWatch({ blobs, judge, collateral: keeper, obstacles, now });
  const folder = createFolderVerifier(operations, judge);
  const stopping = new AbortController();
  let simulated = false;
  let firstLook: NodeJS.Timeout | undefined;
  let lookingAhead: NodeJS.Timeout | undefined;

  /** Report data of a quote that answers no challenge: the node's key in the first half. */
  const ownData = (): Uint8Array => {
    const reportData = new Uint8Array(64);
    reportData.set(ledger.author());
    return reportData;
  };
  const desk = createEvidenceDesk({ judge, policies, blobs, ownData, now });
  const { judged, judgeInput, judgement } = desk;

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

  const { challenge, prove, answer } = createProofs({
    guest,
    blobs,
    judge,
    desk,
    view,
    obstacles,
    policies,
    minutes: () => settings().challengeMinutes,
    now,
    rowOf,
    get,
    submit,
  });
  const handOut = createHandOut({ blobs, judge, view, policies, rowOf });

  const mine = async (): Promise<readonly MachineRow[]> => {
    if (ledger.log() === null) return [];
    const author = toHex(ledger.author());
    return (await rows()).filter((row) => row.state !== 'retired' && toHex(row.owner) === author);
  };
  const schedule = createChallengeSchedule({
    machines: async () => (ports.writable() ? mine() : []),
    everyHours: () => settings().challengeHours,
    challenge: async (row) => void (await challenge(toHex(row.machine))),
    answer: async (row) => void (await answer(toHex(row.machine))),
    lapse: async ({ machine, challenge: open }) => {
      if (open !== null) await submit('machine.lapsed', toHex(machine), { nonce: open.nonce });
    },
    now,
    note,
  });
  const lookAhead = async (): Promise<void> => {
    const live = await mine();
    if (live.length === 0 || (await keeper.entries()).length === 0) return;
    await watch.lookAhead(live, (await policies.current()).policy, stopping.signal);
    if (!stopping.signal.aborted) changed();
  };
  const lookForSimulated = async (): Promise<readonly MachineRow[]> => {
    const all = await rows();
    simulated = all.some((row) => row.simulated && row.state !== 'retired');
    return all;
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
      const all = await lookForSimulated();
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
      const handedIn = await judgeInput(evidence);
      const { verdict } = handedIn;
      if (verdict.evidence === 'refused')
        throw new Refusal('EVIDENCE_REFUSED', `The quote is refused: ${failedCheck(verdict)}`, {
          reason: verdict.code ?? '',
        });
      if (verdict.simulated && (await policies.current()).policy.allowSimulated !== true)
        throw new Refusal('SIMULATED_REFUSED', 'The evidence is simulated: it stands under a test root.');
      return submit('machine.registered', id, { name, ...judgement(handedIn) });
    },
    async recheck(id, collateralInput, at) {
      const { row } = await rowOf(id);
      const quote = heldQuote(blobs, row);
      if (quote === null)
        throw new Refusal('MACHINE_NO_QUOTE', 'This machine has no stored quote to judge again.');
      const seconds = Math.floor((at ?? now()) / 1000);
      const set =
        collateralInput === undefined
          ? heldSet(blobs, row)
          : await judge.fetchCollateral(collateralInput, quote, seconds);
      const { policy } = await policies.current();
      const parts = { quote, set, eventLog: heldLog(blobs, row) };
      return submit(
        'machine.attested',
        id,
        judgement(judged(parts, seconds, withPins(policy, pinsJson(row)))),
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
    ...handOut,
    policies,
    tryPolicy: async (policy) => tryPolicy(policy, (await policies.current()).policy, await rows(), view),
    async alarms() {
      const { policy } = await policies.current();
      const watched = (await rows()).map((row) => ({ row, verdict: view.storedVerdict(row, policy) }));
      return watch.alarms(watched, policy, settings().alarmDays);
    },
    verifyFolder: async ({ folder: path, collateral, at }) =>
      folder.start({
        folder: path,
        collateral,
        at: Math.floor((at ?? now()) / 1000),
        policy: (await policies.current()).policy,
      }),
    folderResult: (operation) => folder.result(operation),
    collateral: keeper,
    problems() {
      const trouble = keeper.problem();
      return trouble === null ? [] : [toProblem(trouble.code, trouble.message, trouble.details)];
    },
    schedule,
    async start() {
      await lookForSimulated();
      keeper.start();
      schedule.start();
      const ahead = (): void =>
        void lookAhead().catch((error: unknown) => {
          if (!stopping.signal.aborted) note(String(error));
        });
      firstLook = setTimeout(ahead, FIRST_LOOK_AHEAD);
      firstLook.unref();
      lookingAhead = setInterval(ahead, LOOK_AHEAD);
      lookingAhead.unref();
    },
    renew: () => keeper.renew(),
    async close() {
      stopping.abort();
      clearTimeout(firstLook);
      clearInterval(lookingAhead);
      await schedule.close();
      await keeper.close();
    },
  };
}
