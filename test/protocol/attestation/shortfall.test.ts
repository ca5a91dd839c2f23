/** What a machine lacks: number by number, the next step and the best, and what the early documents will change. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { verdict as verdictShape } from '../../../src/contract/index.ts';
import {
  compareShortfall,
  evaluate,
  matchModule,
  matchPlatform,
  matchQe,
  PLATFORM_STATUSES,
  readQeIdentity,
  readTcbInfo,
  type Shortfall,
  type ShortfallInput,
  shortfallOf,
  statusRank,
  type Step,
  TCB_STATUSES,
  type Verdict,
} from '../../../src/protocol/attestation/index.ts';
import { describeWith } from '../../parts.ts';
import { realCases, syntheticCases } from './vectors.ts';

const sixteen = (values: readonly number[]): number[] => Array.from({ length: 16 }, (_, i) => values[i] ?? 0);
const zero = (bytes: number): string => '00'.repeat(bytes);
const texts: Record<number, object> = {
  0: { category: 'BIOS', type: 'Early Microcode Update' },
  1: { category: 'OS/VMM', type: '' },
  2: { category: 7, type: 'x'.repeat(65) },
};
const level = (
  sgx: readonly number[],
  pcesvn: number,
  tdx: readonly number[],
  tcbStatus: string,
  year: number,
  advisoryIDs: readonly string[] = [],
) => ({
  tcb: {
    sgxtcbcomponents: sixteen(sgx).map((svn, i) => ({ svn, ...texts[i] })),
    pcesvn,
    tdxtcbcomponents: sixteen(tdx).map((svn) => ({ svn })),
  },
  tcbDate: `${year}-01-01T00:00:00Z`,
  tcbStatus,
  advisoryIDs,
});
const component = (isvsvn: number, tcbStatus: string, year: number, advisoryIDs: readonly string[] = []) => ({
  tcb: { isvsvn },
  tcbDate: `${year}-01-01T00:00:00Z`,
  tcbStatus,
  advisoryIDs,
});
type Level = ReturnType<typeof level>;
type Component = ReturnType<typeof component>;

interface Setting {
  readonly levels?: readonly Level[];
  readonly module?: readonly Component[];
  readonly qe?: readonly Component[];
  readonly machine?: Partial<ShortfallInput>;
}

const dates = {
  issueDate: '2026-06-05T00:00:00Z',
  nextUpdate: '2026-07-05T00:00:00Z',
  tcbEvaluationDataNumber: 19,
};
const usualLevels = [
  level([7, 7], 13, [5, 0, 7], 'UpToDate', 2025),
  level([6, 7], 13, [5, 0, 6], 'ConfigurationNeeded', 2024, ['B']),
  level([4, 4], 5, [3, 0, 4], 'OutOfDate', 2022, ['A', 'B']),
];

function input({ levels = usualLevels, module, qe, machine = {} }: Setting = {}): ShortfallInput {
  return {
    tcbInfo: readTcbInfo(
      JSON.stringify({
        id: 'TDX',
        version: 3,
        ...dates,
        fmspc: '00C0FFEE0000',
        pceId: '0000',
        tcbType: 0,
        tdxModule: { mrsigner: zero(48), attributes: zero(8) },
        tdxModuleIdentities: [
          {
            id: 'TDX_01',
            mrsigner: zero(48),
            attributes: zero(8),
            tcbLevels: module ?? [
              component(6, 'UpToDate', 2026),
              component(4, 'OutOfDate', 2023, ['M']),
              component(1, 'Revoked', 2021),
            ],
          },
        ],
        tcbLevels: levels,
      }),
    ),
    qeIdentity: readQeIdentity(
      JSON.stringify({
        id: 'TD_QE',
        version: 2,
        ...dates,
        miscselect: zero(4),
        miscselectMask: zero(4),
        attributes: zero(16),
        attributesMask: zero(16),
        mrsigner: zero(32),
        isvprodid: 2,
        tcbLevels: qe ?? [component(4, 'UpToDate', 2026), component(2, 'OutOfDate', 2023, ['Q'])],
      }),
    ),
    platform: { components: sixteen([7, 7]), pceSvn: 13 },
    svn: Uint8Array.from(sixteen([6, 1, 7])),
    svnNow: null,
    qeSvn: 4,
    ...machine,
  };
}
const find = (setting?: Setting): Shortfall => {
  const found = shortfallOf(input(setting));
  if (found === null) throw new Error('nothing is short');
  return found;
};
const components = (step: Step | null): string[] =>
  (step?.needs ?? []).map(({ component: name, have, need }) => `${name} ${have}→${need}`);

describe('a shortfall', () => {
  it('is none at the top', () => expect(shortfallOf(input())).toBeNull());

  it('names each number that is short, with what Intel calls it', () => {
    const platform = { components: sixteen([4, 5]), pceSvn: 12 };
    const { reached, next, best } = find({ machine: { platform, svn: Uint8Array.from(sixteen([6, 1, 5])) } });
    expect(reached).toEqual({ status: 'OutOfDate', tcbDate: '2022-01-01T00:00:00Z' });
    expect(next).toMatchObject({ status: 'ConfigurationNeeded', advisoriesGone: ['A'], relaunch: false });
    expect(next!.needs).toEqual([
      { component: 'sgx[0]', have: 4, need: 6, category: 'BIOS: Early Microcode Update' },
      { component: 'sgx[1]', have: 5, need: 7, category: 'OS/VMM' },
      { component: 'pcesvn', have: 12, need: 13 },
      { component: 'tdx[2]', have: 5, need: 6 },
    ]);
    expect(best).toMatchObject({ status: 'UpToDate', advisoriesGone: ['A', 'B'] });
    expect(components(best)).toEqual(['sgx[0] 4→7', 'sgx[1] 5→7', 'pcesvn 12→13', 'tdx[2] 5→7']);
  });

  it('of the module or of the quoting enclave alone asks for nothing else', () => {
    const module = find({ machine: { svn: Uint8Array.from(sixteen([5, 1, 7])) } });
    expect(components(module.next)).toEqual(['module 5→6']);
    expect(module).toMatchObject({ reached: { status: 'OutOfDate' }, next: { status: 'UpToDate' } });
    expect(module.next!.advisoriesGone).toEqual(['M']);
    const qe = find({ machine: { qeSvn: 3 } });
    expect(components(qe.next)).toEqual(['qe 3→4']);
    expect(qe.next!.advisoriesGone).toEqual(['Q']);
  });

  it('of all three is only mended by all three', () => {
    const platform = { components: sixteen([4, 4]), pceSvn: 13 };
    const machine = { platform, svn: Uint8Array.from(sixteen([4, 1, 7])), qeSvn: 2 };
    expect(components(find({ machine }).best)).toEqual(['sgx[0] 4→7', 'sgx[1] 4→7', 'module 4→6', 'qe 2→4']);
  });

  it('of a revoked level shows the way out, and no way leads to a revoked one', () => {
    const machine = { svn: Uint8Array.from(sixteen([2, 1, 7])) };
    const { reached, next } = find({ machine });
    expect(reached!.status).toBe('Revoked');
    expect(components(next)).toEqual(['module 2→4']);
    const module = [component(9, 'Revoked', 2027), component(4, 'OutOfDate', 2023)];
    expect(find({ module, machine: { svn: Uint8Array.from(sixteen([4, 1, 7])) } })).toMatchObject({
      next: null,
      best: null,
    });
  });

  it('of a machine below every level has reached nothing, and says what is needed', () => {
    const platform = { components: sixteen([7, 3]), pceSvn: 13 };
    const { reached, next, best } = find({ machine: { platform } });
    expect(reached).toBeNull();
    expect(components(next)).toEqual(['sgx[1] 3→4']);
    expect(components(best)).toEqual(['sgx[1] 3→7']);
  });

  it('of a machine below every level leads to no revoked one', () => {
    const svn = Uint8Array.from(sixteen([0, 1, 7]));
    expect(components(find({ machine: { svn } }).next)).toEqual(['module 0→4']);
    const levels = [level([7], 1, [], 'OutOfDate', 2024), level([5], 1, [], 'Revoked', 2020)];
    const platform = { components: sixteen([4]), pceSvn: 1 };
    expect(components(find({ levels, machine: { platform } }).next)).toEqual(['sgx[0] 4→7']);
  });

  it('is a later date where the status cannot become better', () => {
    const levels = [level([7], 1, [], 'UpToDate', 2025), level([6], 1, [], 'UpToDate', 2023)];
    const machine = { platform: { components: sixteen([6]), pceSvn: 1 } };
    expect(find({ levels, machine })).toMatchObject({
      reached: { status: 'UpToDate', tcbDate: '2023-01-01T00:00:00Z' },
      next: { status: 'UpToDate', tcbDate: '2025-01-01T00:00:00Z', needs: [{ component: 'sgx[0]' }] },
    });
  });

  it('without a better level tells the status alone', () => {
    const levels = [level([1], 1, [], 'SWHardeningNeeded', 2025)];
    expect(find({ levels })).toEqual({
      reached: { status: 'SWHardeningNeeded', tcbDate: '2025-01-01T00:00:00Z' },
      next: null,
      best: null,
    });
  });

  it('is mended by a relaunch when what runs now is enough', () => {
    const svn = Uint8Array.from(sixteen([4, 1, 7]));
    const relaunch = (now: readonly number[], machine: Partial<ShortfallInput> = {}) =>
      find({ machine: { svn, svnNow: Uint8Array.from(sixteen(now)), ...machine } }).next!.relaunch;
    expect(relaunch([6, 1, 7])).toBe(true);
    expect(relaunch([5, 1, 7])).toBe(false);
    expect(relaunch([6, 2, 7])).toBe(false);
    expect(relaunch([6, 1, 7], { qeSvn: 2 })).toBe(false);
    expect(find({ machine: { svn } }).next!.relaunch).toBe(false);
  });

  it('of a module of version 0 is judged with the platform', () => {
    const machine = { svn: Uint8Array.from(sixteen([4, 0, 7])) };
    expect(components(find({ machine }).next)).toEqual(['tdx[0] 4→5']);
  });

  it('keeps its word: a machine raised as a step says has the status and date that it says', () => {
    const small = fc.integer({ min: 0, max: 3 });
    const platformLevel = fc
      .record({
        sgx: fc.tuple(small, small),
        pce: small,
        tdx: fc.tuple(fc.constant(0), fc.constant(0), small),
        status: fc.constantFrom(...PLATFORM_STATUSES),
        year: fc.integer({ min: 2020, max: 2025 }),
      })
      .map(({ sgx, pce, tdx, status, year }) => level(sgx, pce, tdx, status, year));
    const unique = { selector: ({ tcb }: Level) => JSON.stringify(tcb) };
    const componentLevels = fc.uniqueArray(
      fc
        .tuple(
          fc.nat(4),
          fc.constantFrom('UpToDate', 'OutOfDate', 'Revoked'),
          fc.integer({ min: 2020, max: 2025 }),
        )
        .map(([svn, status, year]) => component(svn, status, year)),
      { minLength: 1, maxLength: 4, selector: ({ tcb }) => tcb.isvsvn },
    );
    let steps = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(platformLevel, { ...unique, minLength: 1, maxLength: 6 }),
        componentLevels,
        componentLevels,
        fc.tuple(small, small, small, small, small, fc.nat(4)),
        (levels, module, qe, [a, b, pceSvn, late, minor, qeSvn]) => {
          const machine = {
            platform: { components: sixteen([a, b]), pceSvn },
            svn: Uint8Array.from(sixteen([minor, 1, late])),
            qeSvn,
          };
          const given = input({ levels, module, qe, machine });
          const found = shortfallOf(given);
          for (const step of [found?.next, found?.best]) {
            if (step == null) continue;
            steps += 1;
            const raised = {
              components: [...machine.platform.components],
              pceSvn,
              svn: [...machine.svn],
              qeSvn,
            };
            for (const { component: name, have, need } of step.needs) {
              expect(need).toBeGreaterThan(have);
              const [, array, index] = /^(sgx|tdx)\[(\d+)\]$/.exec(name) ?? [];
              if (array === 'sgx') raised.components[Number(index)] = need;
              else if (array === 'tdx') raised.svn[Number(index)] = need;
              else if (name === 'module') raised.svn[0] = need;
              else if (name === 'pcesvn') raised.pceSvn = need;
              else raised.qeSvn = need;
            }
            const svn = Uint8Array.from(raised.svn);
            const then = evaluate(
              matchPlatform(given.tcbInfo, raised, svn),
              matchModule(given.tcbInfo, svn),
              matchQe(given.qeIdentity, raised.qeSvn),
            );
            expect({ status: then.status, tcbDate: then.tcbDate }).toEqual({
              status: step.status,
              tcbDate: step.tcbDate,
            });
            const now = found!.reached;
            if (now !== null)
              expect(
                statusRank(step.status) < statusRank(now.status) ||
                  (step.status === now.status && step.tcbDate > now.tcbDate),
              ).toBe(true);
          }
          if (found?.next && found.best)
            expect(statusRank(found.best.status)).toBeLessThanOrEqual(statusRank(found.next.status));
        },
      ),
      { numRuns: 2000, seed: 3 },
    );
    expect(steps).toBeGreaterThan(500);
  });

  it('is found in good time in the largest documents', () => {
    const levels = Array.from({ length: 256 }, (_, i) =>
      level([i % 256], 1, [], 'OutOfDate', 2020 + (i % 9)),
    );
    const found = find({ levels, machine: { platform: { components: sixteen([]), pceSvn: 1 } } });
    expect(found.best).not.toBeNull();
  });
});

describe('the order of statuses', () => {
  it('has every status once, UpToDate first and none at all last', () => {
    expect(new Set(TCB_STATUSES).size).toBe(9);
    expect(PLATFORM_STATUSES.every((status) => TCB_STATUSES.includes(status))).toBe(true);
    expect(statusRank('UpToDate')).toBe(0);
    expect(statusRank(null)).toBeGreaterThan(statusRank('Revoked'));
  });
});

describe('the early warning', () => {
  const step: Step = {
    status: 'UpToDate',
    tcbDate: '2026-01-01T00:00:00Z',
    needs: [{ component: 'module', have: 5, need: 6 }],
    relaunch: false,
    advisoriesGone: [],
  };
  const judged = (changes: Partial<Verdict> = {}): Verdict =>
    ({
      evidence: 'genuine',
      code: null,
      status: 'UpToDate',
      advisories: [],
      quote: { sha256: 'aa' },
      evaluationNumbers: { tcbInfo: 19, qeIdentity: 19 },
      collateralExpires: '2026-07-30T00:00:00Z',
      shortfall: null,
      ...changes,
    }) as Verdict;
  const early = (changes: Partial<Verdict>) =>
    judged({ evaluationNumbers: { tcbInfo: 20, qeIdentity: 20 }, ...changes });

  it('is none when the early documents take nothing away', () => {
    expect(compareShortfall(judged(), early({}))).toBeNull();
    expect(compareShortfall(judged({ status: 'OutOfDate' }), early({ status: 'UpToDate' }))).toBeNull();
  });

  it('tells how far the status will fall, what keeps it, and until when there is time', () => {
    const shortfall = {
      reached: null,
      next: { ...step, status: 'OutOfDate' as const, needs: [] },
      best: step,
    };
    const advisories = [{ id: 'INTEL-SA-1', from: ['module'] as const }];
    expect(compareShortfall(judged(), early({ status: 'OutOfDate', shortfall, advisories }))).toEqual({
      outcome: 'falls',
      standard: { status: 'UpToDate', evaluationNumber: 19 },
      early: { status: 'OutOfDate', evaluationNumber: 20, code: null },
      needs: step.needs,
      advisoriesNew: ['INTEL-SA-1'],
      matters: '2026-07-30T00:00:00Z',
    });
  });

  it('is given when there will be no level at all', () => {
    for (const code of ['TCB_NOT_SUPPORTED', 'QE_TCB_NOT_SUPPORTED', 'TDX_MODULE_MISMATCH', 'TCB_REVOKED'])
      expect(compareShortfall(judged(), early({ evidence: 'refused', status: null, code }))).toMatchObject({
        outcome: 'falls',
        early: { status: null, code },
      });
  });

  it('is given when only advisories are added', () => {
    const advisories = [{ id: 'INTEL-SA-1', from: ['qe'] as const }];
    expect(compareShortfall(judged(), early({ advisories }))).toMatchObject({
      outcome: 'advisories',
      advisoriesNew: ['INTEL-SA-1'],
    });
  });

  it('says so when the early documents could not be used, instead of keeping still', () => {
    for (const [evidence, code] of [
      ['refused', 'TCB_INFO_SIG'],
      ['refused', 'TCB_INFO_EXPIRED'],
      ['incomplete', null],
    ] as const)
      expect(compareShortfall(judged(), early({ evidence, code, status: 'OutOfDate' }))).toMatchObject({
        outcome: 'not-evaluated',
        early: { status: null, code },
        needs: [],
        advisoriesNew: [],
      });
  });

  it('has nothing to compare without a genuine status, and never compares two quotes', () => {
    expect(compareShortfall(judged({ evidence: 'refused' }), early({ status: 'OutOfDate' }))).toBeNull();
    expect(compareShortfall(judged({ status: null }), early({ status: 'OutOfDate' }))).toBeNull();
    expect(() => compareShortfall(judged(), judged({ quote: { sha256: 'bb' } as Verdict['quote'] }))).toThrow(
      'one quote',
    );
  });
});

describeWith('vectors', 'over the shared cases', () => {
  const cache = createVerifierCache();
  const all = [...realCases(), ...syntheticCases()].map((item) => ({
    id: item.id,
    expect: item.expect,
    verdict: verifyQuote({ ...item, policy: {}, cache }),
  }));

  it('a machine that is out of date is told what it lacks, one that is up to date is not told to be', () => {
    const behind = all.filter(({ verdict }) => verdict.status === 'OutOfDate');
    expect(behind.length).toBeGreaterThan(20);
    for (const { id, verdict } of behind) {
      expect(verdict.shortfall?.reached?.status, id).toBe('OutOfDate');
      // the one case whose documents list no better level
      if (id === 'tcb-status-OutOfDate') expect(verdict.shortfall?.next).toBeNull();
      else expect(verdict.shortfall?.next?.needs.length, id).toBeGreaterThan(0);
    }
    for (const { id, verdict } of all.filter((one) => one.verdict.status === 'UpToDate'))
      for (const step of [verdict.shortfall?.next, verdict.shortfall?.best])
        if (step != null) expect(step.tcbDate > verdict.tcbDate!, id).toBe(true);
  });

  it('nothing is told from a quote or documents that are not right', () => {
    const item = realCases().find(({ id }) => id === 'automata-quotev4@c01-00806f050000-2026-01-27')!;
    const told = (changes: Partial<typeof item>) =>
      verifyQuote({ ...item, ...changes, policy: {}, cache }).shortfall;
    expect(told({})).not.toBeNull();
    // in the header, in the measurements, in the signature
    for (const offset of [30, 200, 640]) {
      const quote = new Uint8Array(item.quote);
      quote[offset]! ^= 1;
      expect(told({ quote }), `${offset}`).toBeNull();
    }
    for (const member of ['tcb_info', 'qe_identity'] as const) {
      const text = item.collateral[member].replace('UpToDate', 'OutOfDate');
      expect(told({ collateral: { ...item.collateral, [member]: text } }), member).toBeNull();
    }
  });

  it('a machine below every level is told what it lacks', () => {
    const below = all.filter(({ verdict }) => verdict.code === 'TCB_NOT_SUPPORTED');
    expect(below.length).toBeGreaterThan(0);
    expect(below.some(({ verdict }) => verdict.shortfall?.reached === null)).toBe(true);
  });

  it('every verdict has the shape that the contract says, and loses nothing in it', () => {
    for (const { id, verdict } of all) expect(verdictShape.parse(verdict), id).toEqual(verdict);
  });
});
