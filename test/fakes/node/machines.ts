/**
 * Made-up machines, one for each thing that a screen must be able to say: up to date, out of date with a
 * shortfall, revoked, debug TD, expired collateral, simulated, challenged, lapsed. Deterministic.
 */
import { CHECK_IDS } from '../../../src/protocol/attestation/index.ts';
import type { Challenge, Machine, VerdictJson } from '../../../src/contract/index.ts';
import { hexOf } from './hex.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The first six are what tests name; the others are there to be looked at. */
export const NAMES = [
  'rack-07',
  'rack-08',
  'fra-blade-1',
  'fra-blade-2',
  'lab-bench',
  'old-xeon',
  'rack-09',
  'rack-10',
  'rack-11',
  'rack-12',
  'rack-13',
  'rack-14',
];
const LONG = 'frankfurt-datacentre-3-row-b-cabinet-17-slot-04-sapphire-rapids-spare-of-2026';

/** What is the matter with a machine. */
type Case =
  | 'good'
  | 'incomplete'
  | 'simulated'
  | 'forged'
  | 'none'
  | 'behind'
  | 'revoked'
  | 'debug'
  | 'stale'
  | 'lapsed'
  | 'override';

const NORMAL: readonly Case[] = [
  'good',
  'good',
  'incomplete',
  'simulated',
  'forged',
  'none',
  'behind',
  'revoked',
  'debug',
  'stale',
  'lapsed',
  'override',
];
const FULL: readonly Case[] = [
  'good',
  'good',
  'incomplete',
  'stale',
  'good',
  'behind',
  'good',
  'none',
  'good',
];

const failures: Partial<
  Record<Case, { readonly check: string; readonly code: string; readonly detail: string }>
> = {
  forged: {
    check: 'quote-signature',
    code: 'QUOTE_SIGNATURE',
    detail: 'The attestation key did not sign this header and body.',
  },
  revoked: {
    check: 'leaf-revocation',
    code: 'PCK_REVOKED',
    detail: 'The PCK certificate is on Intel’s revocation list no. 1042 since 2026-11-02.',
  },
  debug: { check: 'td-debug', code: 'TD_DEBUG', detail: 'The TD is under debug: its memory can be read.' },
};

/** `evidence` decides what the checks say; a `Case` adds what only some machines have. */
export function verdictOf(
  seed: string,
  evidence: VerdictJson['evidence'],
  simulated: boolean,
  now: number,
  of: Case = evidence === 'refused' ? 'forged' : 'good',
): VerdictJson {
  const partly = evidence === 'incomplete';
  const behind = of === 'behind' || of === 'override';
  const expires = new Date(of === 'stale' ? now - 2 * DAY : now + (of === 'behind' ? 5 : 12) * DAY);
  expires.setUTCMilliseconds(0);
  const collateralExpires = expires.toISOString().replace('.000Z', 'Z');
  const failure = evidence === 'refused' ? (failures[of] ?? failures.forged) : undefined;
  const checks = CHECK_IDS.filter((id) => id !== 'tcb-current').map((id) => {
    const needs = /crl|tcb|collateral|identity|freshness|evaluation|revocation|module/.test(id);
    const failed = failure?.check === id;
    return {
      id,
      outcome: failed
        ? ('failed' as const)
        : partly && needs
          ? ('not-checked' as const)
          : ('passed' as const),
      detail: failed
        ? (failure?.detail ?? '')
        : partly && needs
          ? 'Not checked: no collateral was given, and this needs what Intel says about the platform.'
          : id === 'tcb-info-freshness'
            ? `The TCB info of 2026-10-22T08:00:00Z is valid to ${collateralExpires}.`
            : 'Found as it must be.',
      code: failed ? (failure?.code ?? null) : null,
    };
  });
  const hex = (name: string, bytes: number): string => hexOf(`${seed} ${name}`, bytes);
  const known = evidence === 'genuine' || of === 'revoked' || of === 'debug';
  const status = !known ? null : of === 'revoked' ? 'Revoked' : behind ? 'OutOfDate' : 'UpToDate';
  const advisories = behind
    ? [
        { id: 'INTEL-SA-01397', from: ['platform'] },
        { id: 'INTEL-SA-01314', from: ['platform', 'module'] },
        { id: 'INTEL-SA-00960', from: ['qe'] },
      ]
    : seed.endsWith('8')
      ? [{ id: 'INTEL-SA-00960', from: ['platform'] }]
      : [];
  const tcbDate = known ? (behind ? '2025-02-12T00:00:00Z' : '2026-08-13T00:00:00Z') : null;
  const report = {
    teeTcbSvn: hex('tee', 16),
    mrSeam: hexOf('module 1.5.24', 48),
    mrSignerSeam: '00'.repeat(48),
    seamAttributes: '0000000000000000',
    tdAttributes: of === 'debug' ? '0000000010000001' : '0000000010000000',
    xfam: '00000000000602e7',
    mrTd: hexOf('ubuntu-tdx 24.10 r3', 48),
    mrConfigId: '00'.repeat(48),
    mrOwner: '00'.repeat(48),
    mrOwnerConfig: '00'.repeat(48),
    rtmr: [0, 1, 2, 3].map((i) => (i === 3 ? '00'.repeat(48) : hex(`rtmr${i}`, 48))),
    reportData: hex('data', 64),
  };
  const lines: VerdictJson['policy']['lines'] =
    partly || evidence === 'refused'
      ? [
          { rule: 'acceptedStatuses', outcome: 'refused', detail: 'The TCB status is not known.' },
          { rule: 'pins.mrtd', outcome: 'passed', detail: 'MRTD is the pinned «ubuntu-tdx 24.10 r3».' },
        ]
      : [
          {
            rule: 'acceptedStatuses',
            outcome: of === 'behind' ? 'refused' : 'passed',
            detail:
              of === 'behind'
                ? 'The TCB status OutOfDate is not among the accepted ones.'
                : `The TCB status ${status ?? ''} is among the accepted ones.`,
          },
          {
            rule: 'refusedAdvisories',
            outcome: of === 'behind' ? 'refused' : 'passed',
            detail:
              of === 'behind'
                ? 'INTEL-SA-01397 and INTEL-SA-01314 apply to this machine.'
                : 'None of the refused advisories applies.',
          },
          { rule: 'pins.mrtd', outcome: 'passed', detail: 'MRTD is the pinned «ubuntu-tdx 24.10 r3».' },
          ...(of === 'override'
            ? [
                {
                  rule: 'overrides',
                  outcome: 'passed' as const,
                  detail:
                    'For platforms of family 90c06f000000 other rules apply until 2027-01-31T00:00:00Z (acceptedStatuses): component 8 lies below every level until the next firmware',
                },
              ]
            : []),
        ];
  return {
    evidence,
    code: failure?.code ?? null,
    verifiedAt: new Date(of === 'stale' ? now - 20 * DAY : now - 3 * HOUR).toISOString(),
    checks,
    trustAnchor: {
      name: simulated ? 'TEST Simulated SGX Root CA' : 'Intel SGX Root CA',
      sha256: hexOf('root'),
      pinned: !simulated,
    },
    status,
    platform: status,
    module: known ? 'UpToDate' : null,
    qe: known ? 'UpToDate' : null,
    current: null,
    launchTcb: null,
    currentTcb: null,
    advisories,
    tcbDate,
    collateralExpires: partly ? null : collateralExpires,
    evaluationNumbers: partly ? { tcbInfo: null, qeIdentity: null } : { tcbInfo: 19, qeIdentity: 19 },
    crlNumbers: partly ? { root: null, pck: null } : { root: '1', pck: '1042' },
    platformId: {
      ppid: hex('ppid', 16),
      instanceId: null,
      fmspc: '90c06f000000',
      pceId: '0000',
      pceSvn: 13,
      cpuSvn: hex('svn', 16),
      components: [2, 2, 2, 2, 3, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0],
      sgxType: 1,
      ca: 'platform',
      dynamicPlatform: true,
      cachedKeys: true,
      smtEnabled: true,
    },
    chain: [],
    quote: null,
    report,
    policy: {
      outcome: lines.some(({ outcome }) => outcome === 'refused') ? 'refused' : 'passed',
      lines,
      override:
        of === 'override'
          ? {
              fmspc: '90c06f000000',
              until: '2027-01-31T00:00:00Z',
              note: 'component 8 lies below every level until the next firmware',
            }
          : null,
    },
    shortfall: behind ? shortfall(tcbDate ?? '') : null,
    simulated,
  };
}

function shortfall(reached: string): VerdictJson['shortfall'] {
  const first = [
    { component: 'sgx[7]', have: 3, need: 5, category: 'Early Microcode Update' },
    { component: 'pcesvn', have: 13, need: 15 },
  ];
  return {
    reached: { status: 'OutOfDate', tcbDate: reached },
    next: {
      status: 'SWHardeningNeeded',
      tcbDate: '2025-11-12T00:00:00Z',
      needs: first,
      relaunch: false,
      advisoriesGone: ['INTEL-SA-01397'],
    },
    best: {
      status: 'UpToDate',
      tcbDate: '2026-08-13T00:00:00Z',
      needs: [
        ...first,
        { component: 'sgx[0]', have: 2, need: 4, category: 'BIOS' },
        { component: 'module', have: 5, need: 7 },
        { component: 'qe', have: 4, need: 6 },
      ],
      relaunch: false,
      advisoriesGone: ['INTEL-SA-01397', 'INTEL-SA-01314', 'INTEL-SA-00960'],
    },
  };
}

const sentences: Readonly<Record<Case, string>> = {
  good: 'A genuine TDX platform, UpToDate.',
  incomplete: 'Signed by a genuine platform key; not every check could be made.',
  simulated: 'SIMULATED: passes as UpToDate.',
  forged: 'Refused: the attestation key did not sign this header and body.',
  none: 'Not in a TD: registered without evidence.',
  behind: 'A genuine TDX platform, OutOfDate.',
  revoked: 'Refused: the PCK certificate is on Intel’s revocation list.',
  debug: 'Refused: the TD is under debug.',
  stale: 'A genuine TDX platform, UpToDate, when it was judged; the collateral has expired since.',
  lapsed: 'It did not answer a challenge in time; only the answer to a new one brings it back.',
  override: 'A genuine TDX platform, OutOfDate.',
};

const stateOf = (of: Case): Machine['state'] =>
  of === 'none' || of === 'incomplete' || of === 'lapsed'
    ? of
    : of === 'forged' || of === 'revoked' || of === 'debug'
      ? 'refused'
      : 'genuine';

export function openChallenge(seed: string, at: number, minutes: number): Challenge {
  return {
    nonce: hexOf(`nonce ${seed}`),
    reportData: hexOf(`report data ${seed}`, 64),
    at,
    expires: at + minutes * 60_000,
    index: 70,
  };
}

export function machine(i: number, owner: string, full: boolean, now: number): Machine {
  const name = full
    ? i % 17 === 0
      ? `${LONG}-${i}`
      : `rack-${String(i).padStart(3, '0')}`
    : (NAMES[i] ?? `rack-${i}`);
  const cases = full ? FULL : NORMAL;
  const of = cases[i % cases.length] ?? 'none';
  const state = stateOf(of);
  const simulated = of === 'simulated';
  const graded = state === 'none' ? null : state === 'lapsed' ? 'genuine' : state;
  const verdict =
    graded === null || graded === 'retired' ? null : verdictOf(name, graded, simulated, now, of);
  const offered = state !== 'refused' && i % 5 !== 2;
  const registeredAt = now - (full ? 85 * DAY : (i + 1) * 7 * HOUR + (of === 'good' ? 83 * DAY : 0));
  const pinned = graded === 'genuine' && verdict !== null && verdict.report !== null;
  return {
    id: hexOf(`machine ${name}`),
    name,
    owner,
    state,
    sentence: sentences[of],
    simulated,
    stale: of === 'stale',
    registeredAt,
    index: 2 + i,
    stage: 'committed',
    verdict,
    quote: verdict === null ? null : { sha256: hexOf(`quote ${name}`), size: 5006 },
    collateral: graded === 'genuine' ? { sha256: hexOf(`collateral ${name}`), size: 38_412 } : null,
    eventLog: of === 'good' || of === 'behind' ? { sha256: hexOf(`event log ${name}`), size: 31_204 } : null,
    challenge: of === 'behind' ? openChallenge(name, now - 20 * 60_000, 60) : null,
    provedAt: of === 'good' ? now - 3 * HOUR : null,
    pins:
      pinned && verdict.report !== null
        ? {
            mrtd: [verdict.report.mrTd],
            ...(of === 'behind'
              ? {
                  rtmr1: [
                    `${verdict.report.rtmr[1]?.slice(0, 40)}0badc0de${verdict.report.rtmr[1]?.slice(48)}`,
                  ],
                }
              : {}),
          }
        : {},
    offer: offered
      ? {
          cpuMillicores: 48_000 - (i % 4) * 8000,
          ramMib: 196_608,
          storageGib: 1800,
          tdx: state === 'genuine',
          since: registeredAt + HOUR,
          index: 9 + i,
        }
      : null,
    inUse: offered
      ? { cpuMillicores: 5500, ramMib: 12_288, storageGib: 40 }
      : { cpuMillicores: 0, ramMib: 0, storageGib: 0 },
    history: historyOf(i, of, state, verdict, registeredAt, now),
  };
}

/** Registered, then challenged and proved every three days, with one bad day in between. Newest first. */
function historyOf(
  i: number,
  of: Case,
  state: Machine['state'],
  verdict: VerdictJson | null,
  registeredAt: number,
  now: number,
): Machine['history'] {
  const status = verdict?.status ?? null;
  const policy = verdict?.policy.outcome ?? null;
  const code = verdict?.code ?? null;
  const events: Machine['history'] = [
    {
      index: 2 + i,
      at: registeredAt,
      event: 'registered',
      state: state === 'lapsed' ? 'genuine' : state,
      code,
      status,
      policy,
    },
  ];
  const good = { code: null, status, policy };
  let index = 12 + i;
  if (state === 'genuine' || state === 'lapsed')
    for (let at = registeredAt + 3 * DAY; at < now - 4 * HOUR; at += 3 * DAY) {
      const bad = of === 'good' && Math.floor((at - registeredAt) / DAY) === 48;
      index += 2;
      events.push({ index, at, event: 'challenged', state: 'genuine', ...good });
      events.push(
        bad
          ? {
              index: index + 1,
              at: at + HOUR,
              event: 'lapsed',
              state: 'lapsed',
              ...good,
              code: 'CHALLENGE_LAPSED',
            }
          : { index: index + 1, at: at + 60_000, event: 'proved', state: 'genuine', ...good },
      );
    }
  if (of === 'lapsed')
    events.push({
      index: index + 2,
      at: now - 2 * HOUR,
      event: 'lapsed',
      state: 'lapsed',
      code: 'CHALLENGE_LAPSED',
      status,
      policy,
    });
  return events.toReversed();
}
