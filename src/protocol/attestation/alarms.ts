/**
 * Alarms over the registered machines (tdx.md 7.3, 8): what is about to end, what fell, and what should not be
 * seen twice. Pure: facts in, alarms out, worst first.
 */
import type { EarlyWarning } from './early-warning.ts';
import type { MachineEvent, MachineState } from './kinds.ts';
import type { Policy } from './policy.ts';
import { statusRank } from './statuses.ts';
import type { TcbStatus } from './tcb.ts';
import { readIsoTime } from './times.ts';
import type { Verdict } from './verdict.ts';

export type AlarmKind =
  | 'collateral-expired'
  | 'collateral-expiring'
  | 'status-drop'
  | 'bar-moves'
  | 'policy-refused'
  | 'challenge-open'
  | 'challenge-lapsed'
  | 'platform-twice'
  | 'key-on-two-platforms'
  | 'rollback'
  | 'override-ends';

export interface Alarm {
  /** The same for the same cause, so that a face can tell a new one. */
  readonly id: string;
  readonly kind: AlarmKind;
  /** `failed`: something is wrong now; `stale`: it will be; `note`: somebody should look. */
  readonly severity: 'failed' | 'stale' | 'note';
  readonly machines: readonly { readonly id: string; readonly name: string }[];
  readonly sentence: string;
  readonly next: string;
  /** Unix milliseconds; null when not known. */
  readonly since: number | null;
  readonly due: number | null;
}

export interface WatchedMachine {
  readonly id: string;
  readonly name: string;
  readonly state: MachineState;
  readonly verdict: Verdict | null;
  /** `obstacle`: why the node could not answer it itself so far; it tries again. */
  readonly challenge: {
    readonly at: number;
    readonly expires: number;
    readonly obstacle?: string | null | undefined;
  } | null;
  /** Newest last. */
  readonly history: readonly MachineEvent[];
  readonly earlyWarning: EarlyWarning | null;
}

export interface Watch {
  readonly machines: readonly WatchedMachine[];
  readonly policy: Policy;
  readonly rollbacks: readonly {
    readonly what: string;
    readonly of: string;
    readonly seen: string;
    readonly now: string;
    readonly at: number;
  }[];
  /** Unix milliseconds. */
  readonly now: number;
  /** How far ahead an end is announced. */
  readonly days: number;
}

const DAY = 86_400_000;
const ORDER = { failed: 0, stale: 1, note: 2 } as const;

/** The alarms of this moment; retired machines raise none. */
export function alarmsOf({ machines, policy, rollbacks, now, days }: Watch): Alarm[] {
  const live = machines
    .filter(({ state }) => state !== 'retired')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const found = [
    ...live.flatMap((machine) => ofMachine(machine, now, days)),
    ...shared(
      live,
      'platform-twice',
      ({ verdict }) => verdict?.platformId?.ppid ?? null,
      (names) => `${names} stand on one platform: their PPID is the same.`,
      'If they are TDs of one machine this is right; else one of the quotes was made elsewhere.',
    ),
    ...keysOnTwoPlatforms(live),
    ...rollbacks.map(({ what, of, seen, now: number, at }): Alarm => ({
      id: `rollback:${what}:${of}:${number}`,
      kind: 'rollback',
      severity: 'failed',
      machines: [],
      sentence: `The service gave a ${what} (${of}) with number ${number}, after ${seen} had been seen.`,
      next: 'Ask another service; an older document can hide a revocation or a TCB recovery.',
      since: at,
      due: null,
    })),
    ...(policy.overrides ?? []).flatMap(({ fmspc, until, note }): Alarm[] => {
      const seconds = readIsoTime(until);
      const left = seconds === null ? Infinity : seconds * 1000 - now;
      return left <= 0 || left > days * DAY
        ? []
        : [
            {
              id: `override:${fmspc}:${until}`,
              kind: 'override-ends',
              severity: 'stale',
              machines: live
                .filter(({ verdict }) => verdict?.platformId?.fmspc === fmspc.toLowerCase())
                .map(nameOf),
              sentence: `The override for the family ${fmspc} ends: ${note}`,
              next: 'Mend the machines, or adopt a policy with another end.',
              since: null,
              due: now + left,
            },
          ];
    }),
  ];
  return found.toSorted(
    (a, b) =>
      ORDER[a.severity] - ORDER[b.severity] ||
      (a.due ?? Number.MAX_SAFE_INTEGER) - (b.due ?? Number.MAX_SAFE_INTEGER) ||
      (a.id < b.id ? -1 : 1),
  );
}

const nameOf = ({ id, name }: WatchedMachine): { id: string; name: string } => ({ id, name });

function ofMachine(machine: WatchedMachine, now: number, days: number): Alarm[] {
  const { verdict, state, challenge, earlyWarning } = machine;
  const alarms: Alarm[] = [];
  const add = (
    kind: AlarmKind,
    severity: Alarm['severity'],
    sentence: string,
    next: string,
    times: { since?: number | null; due?: number | null } = {},
  ): void =>
    void alarms.push({
      id: `${kind}:${machine.id}`,
      kind,
      severity,
      machines: [nameOf(machine)],
      sentence: `${machine.name}: ${sentence}`,
      next,
      since: times.since ?? null,
      due: times.due ?? null,
    });

  const ends = verdict?.collateralExpires == null ? null : readIsoTime(verdict.collateralExpires);
  if (ends !== null && verdict?.evidence === 'genuine') {
    const at = ends * 1000;
    const check = 'Judge it again with fresh collateral.';
    if (at <= now)
      add('collateral-expired', 'failed', 'the collateral under its verdict has ended.', check, {
        since: at,
      });
    else if (at - now <= days * DAY)
      add('collateral-expiring', 'stale', 'the collateral under its verdict ends soon.', check, { due: at });
  }
  const drop = statusDrop(machine.history);
  if (drop !== null)
    add(
      'status-drop',
      'failed',
      `its TCB status fell from ${drop.before} to ${drop.after}.`,
      'See the shortfall of the machine for what is missing.',
      { since: drop.at },
    );
  if (earlyWarning !== null && earlyWarning.outcome !== 'not-evaluated') {
    const { outcome, standard, early, needs, matters } = earlyWarning;
    add(
      'bar-moves',
      'stale',
      outcome === 'falls'
        ? `Intel’s coming TCB recovery would make it ${early.status ?? early.code ?? 'unsupported'} instead of ${standard.status}.`
        : `Intel’s coming TCB recovery adds the advisories ${earlyWarning.advisoriesNew.join(', ')}.`,
      needs.length === 0
        ? 'Ask the maker of the machine for an update of its firmware.'
        : `Raise ${needs.map(({ component, have, need }) => `${component} from ${have} to ${need}`).join(', ')}.`,
      { due: matters === null ? null : (readIsoTime(matters) ?? 0) * 1000 },
    );
  }
  if (verdict?.evidence === 'genuine' && verdict.policy.outcome === 'refused')
    add(
      'policy-refused',
      'failed',
      `genuine, but refused by the policy (${verdict.policy.lines
        .filter(({ outcome }) => outcome === 'refused')
        .map(({ rule }) => rule)
        .join(', ')}).`,
      'Open its policy lines; mend the machine, or adopt another policy.',
    );
  if (challenge !== null)
    add(
      'challenge-open',
      'stale',
      challenge.obstacle == null
        ? 'a challenge waits for an answer.'
        : `a challenge waits for an answer, which this node could not give so far: ${challenge.obstacle}`,
      'Hand in a fresh quote with its report data.',
      {
        since: challenge.at,
        due: challenge.expires,
      },
    );
  if (state === 'lapsed')
    add(
      'challenge-lapsed',
      'failed',
      'it did not answer a challenge in time.',
      'Challenge it again and answer.',
      {
        since: machine.history.findLast(({ event }) => event === 'lapsed')?.at ?? null,
      },
    );
  return alarms;
}

/** The latest fall of the status that was not made good since. */
function statusDrop(history: readonly MachineEvent[]): { before: string; after: string; at: number } | null {
  const known = history.flatMap(({ status, at }) => (status === null ? [] : [{ status, at }]));
  const last = known.at(-1);
  if (last === undefined) return null;
  const rank = (status: string): number => statusRank(status as TcbStatus);
  const fell = known.findLastIndex(
    (event, i) => i > 0 && rank(event.status) > rank(known[i - 1]?.status ?? ''),
  );
  const before = known[fell - 1];
  const after = known[fell];
  return before === undefined || after === undefined || rank(last.status) <= rank(before.status)
    ? null
    : { before: before.status, after: last.status, at: after.at };
}

function shared(
  machines: readonly WatchedMachine[],
  kind: AlarmKind,
  keyOf: (machine: WatchedMachine) => string | null,
  sentence: (names: string) => string,
  next: string,
): Alarm[] {
  const by = new Map<string, WatchedMachine[]>();
  for (const machine of machines) {
    const key = keyOf(machine);
    if (key !== null) by.set(key, [...(by.get(key) ?? []), machine]);
  }
  return [...by].flatMap(([key, group]) =>
    group.length < 2
      ? []
      : [
          {
            id: `${kind}:${key}`,
            kind,
            severity: 'note' as const,
            machines: group.map(nameOf),
            sentence: sentence(group.map(({ name }) => name).join(', ')),
            next,
            since: null,
            due: null,
          },
        ],
  );
}

/** One attestation key under two PPIDs: the key was carried off (tdx.md 8). */
function keysOnTwoPlatforms(machines: readonly WatchedMachine[]): Alarm[] {
  const by = new Map<string, WatchedMachine[]>();
  for (const machine of machines) {
    const key = machine.verdict?.quote?.attestationKey;
    if (key !== undefined) by.set(key, [...(by.get(key) ?? []), machine]);
  }
  return [...by].flatMap(([key, group]) => {
    const platforms = new Set(group.map(({ verdict }) => verdict?.platformId?.ppid ?? ''));
    return platforms.size < 2
      ? []
      : [
          {
            id: `key-on-two-platforms:${key.slice(0, 32)}`,
            kind: 'key-on-two-platforms' as const,
            severity: 'failed' as const,
            machines: group.map(nameOf),
            sentence: `${group.map(({ name }) => name).join(', ')}: one attestation key signs for two platforms.`,
            next: 'Take these machines out of service; such a key has been copied.',
            since: null,
            due: null,
          },
        ];
  });
}
