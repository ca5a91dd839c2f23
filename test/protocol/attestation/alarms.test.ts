/** Alarms as a pure rule: facts in, alarms out, worst first. */
import { describe, expect, it } from 'vitest';
import { alarmsOf } from '../../../src/protocol/attestation/index.ts';
import type {
  EarlyWarning,
  MachineEvent,
  Verdict,
  WatchedMachine,
} from '../../../src/protocol/attestation/index.ts';

const NOW = Date.parse('2026-06-15T00:00:00Z');
const DAY = 86_400_000;

/** As much of a verdict as the rule looks at. */
const verdictWith = (
  ppid: string,
  key: string,
  other: { expires?: string; evidence?: Verdict['evidence']; refused?: readonly string[] } = {},
): Verdict =>
  ({
    evidence: other.evidence ?? 'genuine',
    collateralExpires: other.expires ?? '2026-12-31T00:00:00Z',
    platformId: { ppid, fmspc: '00806f050000' },
    quote: { attestationKey: key },
    policy: {
      outcome: other.refused === undefined ? 'passed' : 'refused',
      lines: (other.refused ?? []).map((rule) => ({ rule, outcome: 'refused', detail: '' })),
      override: null,
    },
  }) as unknown as Verdict;

const machine = (name: string, other: Partial<WatchedMachine> = {}): WatchedMachine => ({
  id: name.padEnd(64, '0'),
  name,
  state: 'genuine',
  verdict: verdictWith(name, `key of ${name}`),
  challenge: null,
  history: [],
  earlyWarning: null,
  ...other,
});

const history = (...statuses: readonly string[]): MachineEvent[] =>
  statuses.map((status, i) => ({
    index: i,
    at: NOW - (statuses.length - i) * DAY,
    event: 'attested',
    state: 'genuine',
    code: null,
    status,
    policy: null,
  }));

const alarms = (machines: readonly WatchedMachine[], other: Partial<Parameters<typeof alarmsOf>[0]> = {}) =>
  alarmsOf({ machines, policy: {}, rollbacks: [], now: NOW, days: 7, ...other });
const kinds = (...args: Parameters<typeof alarms>): string[] => alarms(...args).map(({ kind }) => kind);

describe('alarms', () => {
  it('are silent about machines with nothing to tell, and about retired ones', () => {
    expect(kinds([machine('a'), machine('b')])).toEqual([]);
    const expired = verdictWith('x', 'k', { expires: '2026-01-01T00:00:00Z' });
    expect(kinds([machine('a', { state: 'retired', verdict: expired })])).toEqual([]);
  });

  it('announce the end of collateral within the days asked for, to the day', () => {
    const ends = (days: number) =>
      machine('a', {
        verdict: verdictWith('a', 'k', {
          expires: new Date(NOW + days * DAY).toISOString().replace('.000', ''),
        }),
      });
    expect(kinds([ends(8)])).toEqual([]);
    expect(kinds([ends(7)])).toEqual(['collateral-expiring']);
    expect(kinds([ends(0)])).toEqual(['collateral-expired']);
  });

  it('tell of a fall that was not made good, and only of that', () => {
    const after = (...statuses: readonly string[]) =>
      kinds([machine('a', { history: history(...statuses) })]);
    expect(after('UpToDate', 'OutOfDate')).toEqual(['status-drop']);
    expect(after('UpToDate', 'OutOfDate', 'OutOfDate')).toEqual(['status-drop']);
    expect(after('UpToDate', 'OutOfDate', 'UpToDate')).toEqual([]);
    expect(after('OutOfDate', 'UpToDate')).toEqual([]);
    expect(after('UpToDate')).toEqual([]);
  });

  it('tell that one attestation key signs for two platforms, as a failure of both', () => {
    const two = [
      machine('a', { verdict: verdictWith('platform 1', 'one key') }),
      machine('b', { verdict: verdictWith('platform 2', 'one key') }),
    ];
    expect(alarms(two)).toMatchObject([
      { kind: 'key-on-two-platforms', severity: 'failed', machines: [{ name: 'a' }, { name: 'b' }] },
    ]);
    // one key on one platform is as it should be; that two machines share it is worth a look
    const same = two.map((one) => ({ ...one, verdict: verdictWith('platform 1', 'one key') }));
    expect(kinds(same)).toEqual(['platform-twice']);
  });

  it('name the rules by which the policy refuses genuine evidence', () => {
    const refused = verdictWith('a', 'k', { refused: ['acceptedStatuses', 'pins.mrtd'] });
    expect(alarms([machine('a', { verdict: refused })])[0]?.sentence).toContain(
      'acceptedStatuses, pins.mrtd',
    );
  });

  it('say days before what a coming TCB recovery would do, and what to raise', () => {
    const earlyWarning: EarlyWarning = {
      outcome: 'falls',
      standard: { status: 'UpToDate', evaluationNumber: 19 },
      early: { status: 'OutOfDate', evaluationNumber: 20, code: null },
      needs: [{ component: 'tdx[2]', have: 7, need: 8 }],
      advisoriesNew: [],
      matters: '2026-07-01T00:00:00Z',
    };
    expect(alarms([machine('a', { earlyWarning })])).toMatchObject([
      { kind: 'bar-moves', severity: 'stale', due: Date.parse('2026-07-01T00:00:00Z') },
    ]);
    expect(alarms([machine('a', { earlyWarning })])[0]?.next).toContain('tdx[2] from 7 to 8');
    expect(kinds([machine('a', { earlyWarning: { ...earlyWarning, outcome: 'not-evaluated' } })])).toEqual(
      [],
    );
  });

  it('put what is wrong now before what will be, and that by its time', () => {
    const found = kinds(
      [
        machine('a', { challenge: { at: NOW, expires: NOW + DAY } }),
        machine('b', { verdict: verdictWith('b', 'k2', { expires: '2026-06-15T12:00:00Z' }) }),
        machine('c', { state: 'lapsed' }),
      ],
      { rollbacks: [{ what: 'pck-crl', of: 'platform', seen: '9', now: '8', at: NOW }] },
    );
    expect(found).toEqual(['challenge-lapsed', 'rollback', 'collateral-expiring', 'challenge-open']);
  });

  it('remind of an override that ends, with the machines it is for', () => {
    const policy = {
      overrides: [{ fmspc: '00806F050000', until: '2026-06-20T00:00:00Z', note: 'firmware comes', set: {} }],
    };
    expect(alarms([machine('a')], { policy })).toMatchObject([
      { kind: 'override-ends', machines: [{ name: 'a' }], due: Date.parse('2026-06-20T00:00:00Z') },
    ]);
    expect(kinds([machine('a')], { policy, now: NOW + 30 * DAY })).toEqual([]);
  });
});
