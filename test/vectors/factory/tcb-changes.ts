/** Small changes of TD reports and TCB info that the lines about levels are made of. */
import {
  type Document,
  moduleIdentity,
  platformLevel,
} from '../../../src/main/attestation/simulate/index.ts';
import { accepted, type Expected } from './line.ts';
import { type CollateralVariant, svn } from './scene.ts';

/** TCB info with other members. */
export const put = (changes: Document): CollateralVariant => ({
  info: { edit: (document) => ({ ...document, ...changes }) },
});
/** Both SVN arrays of a TD, so that launch and current agree. */
export const both = (...values: number[]) => ({
  td: { teeTcbSvn: svn(...values), teeTcbSvn2: svn(...values) },
});
/** A level that asks for these versions and is up to date, and one that asks for nothing and is not. */
export const up = (sgx: readonly number[], pceSvn: number, tdx: readonly number[]): Document =>
  platformLevel({ sgx, pceSvn, tdx, status: 'UpToDate' });
export const low = platformLevel({
  sgx: [],
  pceSvn: 0,
  tdx: [],
  status: 'OutOfDate',
  advisories: ['SA-LOW'],
});
/** Identities of these module versions, up to date from SVN 0. */
export const modulesOf = (versions: readonly number[]) =>
  versions.map((version) =>
    moduleIdentity(`TDX_${version.toString(16).toUpperCase().padStart(2, '0')}`, [
      { isvSvn: 0, status: 'UpToDate' },
    ]),
  );

/** What is expected under `up` and `low`, whether the first is reached or not. */
export const word = (reached: boolean): Expected =>
  reached ? accepted('UpToDate', { advisories: [] }) : accepted('OutOfDate', { advisories: ['SA-LOW'] });

/** Collateral in which platform, module and QE have these statuses; the QE by its identity. */
export const statuses = (platform: string, module: string, qe: string): CollateralVariant => ({
  ...put({
    tcbLevels: [
      platformLevel({
        sgx: [],
        pceSvn: 0,
        tdx: [],
        status: platform,
        advisories: ['SA-P'],
        tcbDate: '2025-05-05T00:00:00Z',
      }),
    ],
    tdxModuleIdentities: [
      moduleIdentity('TDX_01', [
        { isvSvn: 0, status: module, advisories: ['SA-M'], tcbDate: '2025-04-04T00:00:00Z' },
      ]),
    ],
  }),
  identity: {
    edit: (document) => ({
      ...document,
      tcbLevels: [
        { tcb: { isvsvn: 1 }, tcbDate: '2025-06-06T00:00:00Z', tcbStatus: qe, advisoryIDs: ['SA-Q', 'SA-M'] },
      ],
    }),
  },
});
