/** What a made-up node says of policies, collateral, alarms and folders of quotes. */
import type {
  Alarm,
  AttestationPolicy,
  BulkRow,
  EventLogReportJson,
  Machine,
} from '../../../src/contract/index.ts';
import { DEFAULT_POLICY, STRICT_POLICY } from '../../../src/protocol/attestation/index.ts';
import { hexOf } from './hex.ts';
import type { DataSet } from './data.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The presets, as the contract writes them. */
export const presets = structuredClone({ default: DEFAULT_POLICY, strict: STRICT_POLICY }) as unknown as {
  default: AttestationPolicy;
  strict: AttestationPolicy;
};

/** The lines that a policy would give for a machine: statuses and advisories, which is enough to look at. */
export function judge(policy: AttestationPolicy, { verdict }: Machine) {
  const status = verdict?.status ?? null;
  const { acceptedStatuses, refusedAdvisories, requireSeptVeDisable } = policy;
  const lines: { rule: string; outcome: 'passed' | 'refused'; detail: string }[] = [];
  if (acceptedStatuses !== undefined)
    lines.push({
      rule: 'acceptedStatuses',
      outcome: acceptedStatuses.some((one) => one === status) ? 'passed' : 'refused',
      detail:
        status === null
          ? 'The TCB status is not known.'
          : `The TCB status ${status} is ${acceptedStatuses.some((one) => one === status) ? '' : 'not '}among the accepted ones.`,
    });
  if (refusedAdvisories !== undefined) {
    const found = (verdict?.advisories ?? []).filter(({ id }) => refusedAdvisories.includes(id));
    lines.push({
      rule: 'refusedAdvisories',
      outcome: found.length === 0 ? 'passed' : 'refused',
      detail:
        found.length === 0
          ? 'None of the refused advisories applies.'
          : `${found.map(({ id }) => id).join(' and ')} apply to this machine.`,
    });
  }
  if (requireSeptVeDisable === true)
    lines.push({ rule: 'requireSeptVeDisable', outcome: 'passed', detail: 'SEPT_VE_DISABLE is set.' });
  const outcome = lines.some((line) => line.outcome === 'refused')
    ? ('refused' as const)
    : ('passed' as const);
  return { outcome, lines };
}

export function alarmsOf(machines: readonly Machine[], data: DataSet, now: number): Alarm[] {
  const of = (machine: Machine) => [{ id: machine.id, name: machine.name }];
  const alarms: Alarm[] = machines.flatMap((machine): Alarm[] => [
    ...(machine.stale
      ? [
          {
            id: `collateral-expired:${machine.id}`,
            kind: 'collateral-expired' as const,
            severity: 'failed' as const,
            machines: of(machine),
            sentence: `${machine.name}: the collateral under its verdict has ended.`,
            next: 'Judge it again with fresh collateral.',
            since: now - 2 * DAY,
            due: null,
          },
        ]
      : []),
    ...(machine.state === 'lapsed'
      ? [
          {
            id: `challenge-lapsed:${machine.id}`,
            kind: 'challenge-lapsed' as const,
            severity: 'failed' as const,
            machines: of(machine),
            sentence: `${machine.name}: it did not answer a challenge in time.`,
            next: 'Challenge it again and answer.',
            since: now - 2 * HOUR,
            due: null,
          },
        ]
      : []),
    ...(machine.challenge === null
      ? []
      : [
          {
            id: `challenge-open:${machine.id}`,
            kind: 'challenge-open' as const,
            severity: 'stale' as const,
            machines: of(machine),
            sentence: `${machine.name}: a challenge waits for an answer.`,
            next: 'Hand in a fresh quote with its report data.',
            since: machine.challenge.at,
            due: machine.challenge.expires,
          },
        ]),
  ]);
  const [first, second] = machines;
  if (data === 'empty' || first === undefined || second === undefined) return [];
  return [
    ...alarms.filter(({ severity }) => severity === 'failed'),
    ...alarms.filter(({ severity }) => severity === 'stale'),
    {
      id: 'bar-moves:1',
      kind: 'bar-moves',
      severity: 'stale',
      machines: of(second),
      sentence: `${second.name}: Intel’s coming TCB recovery would make it OutOfDate instead of UpToDate.`,
      next: 'Raise sgx[7] from 3 to 5.',
      since: null,
      due: now + 12 * DAY,
    },
    {
      id: 'platform-twice:1',
      kind: 'platform-twice',
      severity: 'note',
      machines: [...of(first), ...of(second)],
      sentence: `${first.name}, ${second.name} stand on one platform: their PPID is the same.`,
      next: 'If they are TDs of one machine this is right; else one of the quotes was made elsewhere.',
      since: null,
      due: null,
    },
  ];
}

export function cached(data: DataSet, now: number) {
  const entry = (i: number) => ({
    fmspc: i === 0 ? '90c06f000000' : hexOf(`fmspc ${i}`, 6),
    ca: i % 3 === 2 ? ('processor' as const) : ('platform' as const),
    mode: i % 4 === 1 ? 'early' : 'standard',
    fetchedAt: now - (i + 1) * 5 * HOUR,
    expires: now + (i % 5 === 3 ? 1 : 20 + i) * DAY,
    evaluationNumber: i % 4 === 1 ? 20 : 19,
    rolledBack: i % 7 === 5,
    refresh: i % 5 === 3 ? 'The service did not answer within 15 s.' : i % 5 === 4 ? 'refreshing' : 'fresh',
    nextRefresh: now + (i + 2) * 3 * HOUR,
  });
  return Array.from({ length: data === 'empty' ? 0 : data === 'full' ? 24 : 3 }, (_, i) => entry(i));
}

/** Rows of a folder of `count` quotes; every value is one that a real folder has. */
export function folderRows(count: number): BulkRow[] {
  return Array.from({ length: count }, (_, i): BulkRow => {
    const evidence = (
      ['genuine', 'genuine', 'genuine', 'incomplete', 'refused', 'genuine', 'unreadable'] as const
    )[i % 7];
    const known = evidence === 'genuine';
    return {
      file: `${i % 50 === 9 ? '=cmd-' : ''}quote-${String(i).padStart(5, '0')}.bin`,
      evidence: evidence ?? 'genuine',
      code: evidence === 'refused' ? 'QUOTE_SIGNATURE' : evidence === 'unreadable' ? 'QUOTE_LENGTH' : null,
      status: known ? (i % 5 === 0 ? 'OutOfDate' : 'UpToDate') : null,
      policy: evidence === 'unreadable' ? null : known && i % 5 !== 0 ? 'passed' : 'refused',
      fmspc: evidence === 'unreadable' ? null : '90c06f000000',
      ppid: evidence === 'unreadable' ? null : hexOf(`ppid ${i}`, 16),
      tcbDate: known ? '2026-08-13T00:00:00Z' : null,
      collateralExpires: known ? '2026-12-03T08:00:00Z' : null,
      mrTd: evidence === 'unreadable' ? null : hexOf('ubuntu-tdx 24.10 r3', 48),
      simulated: i % 40 === 21,
    };
  });
}

/** A boot log that leads to three registers and not to the fourth. */
export function eventLogOf({ eventLog, verdict, name }: Machine): EventLogReportJson | null {
  if (eventLog === null || verdict?.report == null) return null;
  const { rtmr } = verdict.report;
  const outcomes = ['full', 'full', 'partial', 'full'] as const;
  const types = ['EV_EFI_PLATFORM_FIRMWARE_BLOB2', 'EV_EFI_VARIABLE_BOOT', 'EV_SEPARATOR', 'EV_IPL'] as const;
  return {
    form: 'ccel',
    registers: outcomes.map((outcome, register) => ({
      register,
      outcome,
      detail:
        outcome === 'full'
          ? `The log leads to the quoted value of RTMR${register}.`
          : `The log leads elsewhere; RTMR${register} is extended after boot as well, of which a boot log knows nothing.`,
      replayed: outcome === 'full' ? (rtmr[register] ?? '') : hexOf(`${name} elsewhere`, 48),
      quoted: rtmr[register] ?? '',
      events: register === 3 ? 0 : 14,
      contentDiffers: 0,
    })),
    events: Array.from({ length: 42 }, (_, index) => ({
      index,
      register: index % 3,
      type: 0x8000_000a,
      typeName: types[index % 4] ?? '',
      digest: hexOf(`${name} event ${index}`, 48),
      bytes: 24 + index,
      description:
        index % 4 === 3
          ? 'grub_cmd: linux /boot/vmlinuz-6.11.0-1007-intel root=LABEL=cloudimg-rootfs ro console=ttyS0'
          : 'Variable BootOrder of EFI_GLOBAL_VARIABLE, 4 bytes.',
      content: index % 4 === 3 ? ('not-recomputable' as const) : ('matches' as const),
      covers: 'the data of the variable',
    })),
    total: 42,
    notes: [],
  };
}
