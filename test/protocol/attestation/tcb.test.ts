/** TCB evaluation: level matching at its edges, and the tables of convergence and relaunch complete. */
import { describe, expect, it } from 'vitest';
import {
  adviseRelaunch,
  COMPONENT_STATUSES,
  converge,
  evaluate,
  matchModule,
  matchPlatform,
  matchQe,
  moduleId,
  PLATFORM_STATUSES,
  type PlatformStatus,
  readQeIdentity,
  readTcbInfo,
} from '../../../src/protocol/attestation/index.ts';
import { codeOf } from './refusals.ts';

const zero = (bytes: number): string => '00'.repeat(bytes);
const svns = (values: readonly number[]) => Array.from({ length: 16 }, (_, i) => ({ svn: values[i] ?? 0 }));
const level = (
  sgx: readonly number[],
  pcesvn: number,
  tdx: readonly number[],
  tcbStatus: string,
  ids?: string[],
) => ({
  tcb: { sgxtcbcomponents: svns(sgx), pcesvn, tdxtcbcomponents: svns(tdx) },
  tcbDate: '2025-08-13T00:00:00Z',
  tcbStatus,
  ...(ids === undefined ? {} : { advisoryIDs: ids }),
});
const component = (
  isvsvn: number,
  tcbStatus: string,
  tcbDate = '2025-08-13T00:00:00Z',
  advisoryIDs: string[] = [],
) => ({
  tcb: { isvsvn },
  tcbDate,
  tcbStatus,
  advisoryIDs,
});
const module = (id: string, tcbLevels: unknown[]) => ({
  id,
  mrsigner: zero(48),
  attributes: zero(8),
  attributesMask: 'FF'.repeat(8),
  tcbLevels,
});
const info = (changes: Record<string, unknown> = {}) => ({
  id: 'TDX',
  version: 3,
  issueDate: '2026-06-05T00:00:00Z',
  nextUpdate: '2026-07-05T00:00:00Z',
  fmspc: '00C0FFEE0000',
  pceId: '0000',
  tcbType: 0,
  tcbEvaluationDataNumber: 19,
  tdxModule: { mrsigner: zero(48), attributes: zero(8), attributesMask: 'FF'.repeat(8) },
  tdxModuleIdentities: [module('TDX_01', [component(6, 'UpToDate'), component(4, 'OutOfDate')])],
  tcbLevels: [
    level([6, 6], 13, [5, 0, 6], 'UpToDate'),
    level([4, 4], 5, [3, 0, 4], 'OutOfDate', ['INTEL-SA-1']),
  ],
  ...changes,
});
const read = (changes: Record<string, unknown> = {}) => readTcbInfo(JSON.stringify(info(changes)));
const identity = (changes: Record<string, unknown> = {}) =>
  readQeIdentity(
    JSON.stringify({
      id: 'TD_QE',
      version: 2,
      issueDate: '2026-06-05T00:00:00Z',
      nextUpdate: '2026-07-05T00:00:00Z',
      tcbEvaluationDataNumber: 19,
      miscselect: zero(4),
      miscselectMask: 'FF'.repeat(4),
      attributes: zero(16),
      attributesMask: 'FF'.repeat(16),
      mrsigner: zero(32),
      isvprodid: 2,
      tcbLevels: [component(4, 'UpToDate')],
      ...changes,
    }),
  );
const sixteen = (values: readonly number[]): number[] => Array.from({ length: 16 }, (_, i) => values[i] ?? 0);
const svn = (values: readonly number[]): Uint8Array => Uint8Array.from(sixteen(values));
const moduleStatus = (minor: number) => matchModule(read(), svn([minor, 1]))?.status;

describe('the level of a platform', () => {
  const platform = { components: sixteen([6, 6]), pceSvn: 13 };
  const now = svn([6, 1, 6]);

  it('is the highest that it reaches in every number', () => {
    expect(matchPlatform(read(), platform, now).status).toBe('UpToDate');
  });

  it('does not depend on the order of the document', () => {
    const levels = info().tcbLevels.toReversed();
    expect(matchPlatform(read({ tcbLevels: levels }), platform, now).status).toBe('UpToDate');
  });

  it('falls when any one of the 16 SGX components is one short, and not when one more', () => {
    const all = Array.from({ length: 16 }, () => 7);
    const document = read({ tcbLevels: [level(all, 1, [], 'UpToDate'), level([], 1, [], 'OutOfDate')] });
    expect(matchPlatform(document, { components: all, pceSvn: 1 }, now).status).toBe('UpToDate');
    for (let i = 0; i < 16; i++) {
      const short = all.with(i, 6);
      expect(matchPlatform(document, { components: short, pceSvn: 1 }, now).status).toBe('OutOfDate');
      expect(matchPlatform(document, { components: all.with(i, 8), pceSvn: 1 }, now).status).toBe('UpToDate');
    }
  });

  it('falls when a TDX number is one short, but the first two count only for module version 0', () => {
    const all = Array.from({ length: 16 }, () => 7);
    const document = read({ tcbLevels: [level([], 0, all, 'UpToDate'), level([], 0, [], 'OutOfDate')] });
    for (let i = 0; i < 16; i++) {
      const withModule = svn(all.with(i, i === 1 ? 1 : 6));
      expect(matchPlatform(document, platform, withModule).status).toBe(i < 2 ? 'UpToDate' : 'OutOfDate');
    }
    // version 0: the second number is 0, so only a level that asks for none there is reached
    const plain = read({ tcbLevels: [level([], 0, [7], 'UpToDate'), level([], 0, [], 'OutOfDate')] });
    expect(matchPlatform(plain, platform, svn([7, 0])).status).toBe('UpToDate');
    expect(matchPlatform(plain, platform, svn([6, 0])).status).toBe('OutOfDate');
  });

  it('falls with the PCE SVN, which has two bytes', () => {
    const document = read({ tcbLevels: [level([], 300, [], 'UpToDate'), level([], 0, [], 'OutOfDate')] });
    const at = (pceSvn: number) => matchPlatform(document, { components: sixteen([]), pceSvn }, now).status;
    expect([at(299), at(300), at(301), at(44)]).toEqual(['OutOfDate', 'UpToDate', 'UpToDate', 'OutOfDate']);
  });

  it('is refused when there is none', () => {
    expect(codeOf(() => matchPlatform(read(), { components: sixteen([3, 4]), pceSvn: 13 }, now))).toBe(
      'TCB_NOT_SUPPORTED',
    );
  });
});

describe('the level of a TDX module', () => {
  it('is found by its major version, in upper-case hex', () => {
    expect([0, 1, 3, 10, 16, 255].map(moduleId)).toEqual([
      'TDX_00',
      'TDX_01',
      'TDX_03',
      'TDX_0A',
      'TDX_10',
      'TDX_FF',
    ]);
    const document = read({ tdxModuleIdentities: [module('TDX_0a', [component(2, 'UpToDate')])] });
    expect(matchModule(document, svn([2, 10]))?.status).toBe('UpToDate');
  });

  it('is the highest that its minor version reaches', () => {
    expect([7, 6, 5, 4].map(moduleStatus)).toEqual(['UpToDate', 'UpToDate', 'OutOfDate', 'OutOfDate']);
    expect(codeOf(() => moduleStatus(3))).toBe('TCB_NOT_SUPPORTED');
  });

  it('is nothing for version 0, and refused for a version that Intel does not list', () => {
    expect(matchModule(read(), svn([1, 0]))).toBeNull();
    expect(codeOf(() => matchModule(read(), svn([9, 2])))).toBe('TDX_MODULE_MISMATCH');
  });
});

describe('convergence', () => {
  const table: Record<Exclude<PlatformStatus, 'Revoked'>, PlatformStatus> = {
    UpToDate: 'OutOfDate',
    SWHardeningNeeded: 'OutOfDate',
    ConfigurationNeeded: 'OutOfDateConfigurationNeeded',
    ConfigurationAndSWHardeningNeeded: 'OutOfDateConfigurationNeeded',
    OutOfDate: 'OutOfDate',
    OutOfDateConfigurationNeeded: 'OutOfDateConfigurationNeeded',
  };

  it('of 7 platform, 4 module and 3 QE statuses is Intel’s', () => {
    let cases = 0;
    for (const platform of PLATFORM_STATUSES)
      for (const tdx of [null, ...COMPONENT_STATUSES])
        for (const qe of COMPONENT_STATUSES) {
          cases += 1;
          const wanted =
            platform === 'Revoked' || tdx === 'Revoked' || qe === 'Revoked'
              ? 'Revoked'
              : tdx === 'OutOfDate' || qe === 'OutOfDate'
                ? table[platform]
                : platform;
          expect(converge(platform, tdx, qe)).toBe(wanted);
        }
    expect(cases).toBe(84);
  });

  it('takes the earliest date and all advisories, each with the levels that name it', () => {
    const document = read({
      tcbLevels: [level([], 0, [], 'UpToDate', ['SA-2', 'SA-1'])],
      tdxModuleIdentities: [
        module('TDX_01', [component(0, 'OutOfDate', '2023-01-01T00:00:00Z', ['SA-3', 'SA-1'])]),
      ],
    });
    const qe = matchQe(
      identity({ tcbLevels: [component(0, 'UpToDate', '2024-01-01T00:00:00Z', ['SA-1'])] }),
      1,
    );
    const platform = matchPlatform(document, { components: sixteen([]), pceSvn: 0 }, svn([0, 1]));
    expect(evaluate(platform, matchModule(document, svn([0, 1])), qe)).toMatchObject({
      status: 'OutOfDate',
      tcbDate: '2023-01-01T00:00:00Z',
      advisories: [
        { id: 'SA-1', from: ['platform', 'module', 'qe'] },
        { id: 'SA-2', from: ['platform'] },
        { id: 'SA-3', from: ['module'] },
      ],
    });
  });
});

describe('relaunch advice', () => {
  it('of 7 launch and 7 current statuses is Intel’s', () => {
    const configured = ['ConfigurationNeeded', 'ConfigurationAndSWHardeningNeeded'];
    const good = ['UpToDate', 'SWHardeningNeeded', ...configured];
    let advised = 0;
    for (const launch of PLATFORM_STATUSES)
      for (const current of PLATFORM_STATUSES) {
        const behind = launch === 'OutOfDate' || launch === 'OutOfDateConfigurationNeeded';
        const wanted =
          !behind || !good.includes(current)
            ? launch
            : launch === 'OutOfDateConfigurationNeeded' || configured.includes(current)
              ? 'TDRelaunchAdvisedConfigurationNeeded'
              : 'TDRelaunchAdvised';
        if (wanted !== launch) advised += 1;
        expect(adviseRelaunch(launch, current), `${launch} then ${current}`).toBe(wanted);
      }
    expect(advised).toBe(8);
  });
});

describe('TCB info', () => {
  it.each([
    ['another document', { id: 'TD_QE' }, 'TCB_INFO_MISMATCH'],
    ['an older version', { version: 2 }, 'TCB_INFO_MISMATCH'],
    ['a version in words', { version: '3' }, 'TCB_INFO_MISMATCH'],
    ['another type', { tcbType: 1 }, 'TCB_INFO_MISMATCH'],
    ['a date that does not exist', { issueDate: '2026-02-30T00:00:00Z' }, 'TCB_INFO_FORMAT'],
    ['a date that is no text', { nextUpdate: 1 }, 'TCB_INFO_FORMAT'],
    ['a short FMSPC', { fmspc: '00C0FFEE' }, 'TCB_INFO_FORMAT'],
    ['no module', { tdxModule: undefined }, 'TCB_INFO_FORMAT'],
    ['no levels', { tcbLevels: undefined }, 'TCB_INFO_FORMAT'],
    ['a fraction of a number', { tcbEvaluationDataNumber: 1.5 }, 'TCB_INFO_FORMAT'],
    [
      'two equal levels',
      { tcbLevels: [level([1], 1, [], 'UpToDate'), level([1], 1, [], 'Revoked')] },
      'TCB_INFO_FORMAT',
    ],
    ['a component over 255', { tcbLevels: [level([256], 1, [], 'UpToDate')] }, 'TCB_INFO_FORMAT'],
    [
      'two identities of one module',
      { tdxModuleIdentities: [module('TDX_01', []), module('tdx_01', [])] },
      'TCB_INFO_FORMAT',
    ],
    ['an unknown status', { tcbLevels: [level([], 0, [], 'MostlyFine')] }, 'TCB_STATUS_UNKNOWN'],
    [
      'a platform status on a module',
      { tdxModuleIdentities: [module('TDX_01', [component(1, 'SWHardeningNeeded')])] },
      'TCB_STATUS_UNKNOWN',
    ],
  ])('is refused with %s', (_name, changes, code) => {
    expect(codeOf(() => read(changes))).toBe(code);
  });

  it('may lack module identities, as it did in 2023', () => {
    expect(read({ tdxModuleIdentities: undefined }).modules.size).toBe(0);
  });
});

describe('a QE identity', () => {
  it.each([
    ['another enclave', { id: 'QE' }, 'QE_IDENTITY_MISMATCH'],
    ['another version', { version: 3 }, 'QE_IDENTITY_MISMATCH'],
    ['a short mask', { miscselectMask: 'FF' }, 'QE_IDENTITY_FORMAT'],
    ['a status of a platform', { tcbLevels: [component(1, 'ConfigurationNeeded')] }, 'TCB_STATUS_UNKNOWN'],
  ])('is refused with %s', (_name, changes, code) => {
    expect(codeOf(() => identity(changes))).toBe(code);
  });

  it('gives the level that the SVN reaches', () => {
    expect(matchQe(identity(), 4).status).toBe('UpToDate');
    expect(codeOf(() => matchQe(identity(), 3))).toBe('QE_TCB_NOT_SUPPORTED');
  });
});
