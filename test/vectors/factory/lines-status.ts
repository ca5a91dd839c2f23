/** Lines about statuses: the tables of convergence and relaunch, complete. */
import { moduleIdentity, platformLevel } from '../../../src/main/attestation/simulate/index.ts';
import { accepted, type Expected, type Line, refused } from './line.ts';
import { COMPONENT, converged, type PlatformWord, relaunched, PLATFORM as STATUSES } from './oracle.ts';
import { svn, V4, V5_15 } from './scene.ts';
import { both, modulesOf, put, statuses, up } from './tcb-changes.ts';

/** Step 12 complete: 7 platform × 3 module × 3 QE, and 7 × 3 without a module version of its own. */
export function convergence(): Line[] {
  const lines: Line[] = [];
  for (const platform of STATUSES)
    for (const qe of COMPONENT) {
      for (const module of COMPONENT) {
        const status = converged(platform, module, qe);
        lines.push({
          id: `convergence: ${platform}, module ${module}, QE ${qe}`,
          collateral: statuses(platform, module, qe),
          expect: (form) =>
            status === 'Revoked'
              ? refused('TCB_REVOKED')
              : accepted(status, {
                  platform,
                  module,
                  qe,
                  current: form.td === '1.5' ? status : null,
                  advisories: ['SA-M', 'SA-P', 'SA-Q'],
                  tcbDate: '2025-04-04T00:00:00Z',
                }),
        });
      }
      const status = converged(platform, 'UpToDate', qe);
      lines.push({
        id: `convergence: ${platform}, module 0, QE ${qe}`,
        forms: [V4],
        quote: both(6, 0),
        collateral: statuses(platform, 'Revoked', qe),
        expect:
          status === 'Revoked'
            ? refused('TCB_REVOKED')
            : accepted(status, { platform, module: null, qe, tcbDate: '2025-05-05T00:00:00Z' }),
      });
    }
  return lines;
}

const outcome = (launch: PlatformWord, current: PlatformWord): Expected => {
  const status = relaunched(launch, current);
  return status === null ? refused('TCB_REVOKED') : accepted(status, { current });
};

/** Steps 13 and 14 complete: 7 launch × 7 current statuses, and 7 platform × 3 launch × 3 current modules × 2 QE. */
export function relaunch(): Line[] {
  const lines: Line[] = [];
  for (const launch of STATUSES)
    for (const current of STATUSES)
      lines.push({
        id: `relaunch: ${launch}, now ${current}`,
        forms: [V5_15],
        quote: { td: { teeTcbSvn: svn(6, 1, 4), teeTcbSvn2: svn(6, 1, 8) } },
        collateral: put({
          tcbLevels: [
            platformLevel({ sgx: [], pceSvn: 0, tdx: [0, 0, 8], status: current }),
            platformLevel({ sgx: [], pceSvn: 0, tdx: [0, 0, 4], status: launch }),
          ],
        }),
        expect: outcome(launch, current),
      });
  for (const platform of STATUSES)
    for (const qe of ['UpToDate', 'OutOfDate'] as const)
      for (const before of COMPONENT)
        for (const now of COMPONENT) {
          const collateral = statuses(platform, 'UpToDate', qe);
          lines.push({
            id: `relaunch: ${platform}, QE ${qe}, module ${before}, now ${now}`,
            forms: [V5_15],
            quote: { td: { teeTcbSvn: svn(4, 1, 7), teeTcbSvn2: svn(6, 1, 7) } },
            collateral: {
              ...collateral,
              info: {
                edit: (document) => ({
                  ...collateral.info!.edit!(document),
                  tdxModuleIdentities: [
                    moduleIdentity('TDX_01', [
                      { isvSvn: 6, status: now },
                      { isvSvn: 4, status: before },
                    ]),
                  ],
                }),
              },
            },
            expect: outcome(converged(platform, before, qe), converged(platform, now, qe)),
          });
        }
  const info = put({ tcbLevels: [up([], 0, [0, 0, 4])], tdxModuleIdentities: modulesOf([1]) });
  for (const [what, now, expect] of [
    ['a module that is not listed', svn(6, 2, 7), refused('TDX_MODULE_MISMATCH')],
    ['a module version 0', svn(6, 0, 7), accepted()],
    ['a platform below every level', svn(6, 1, 3), refused('TCB_NOT_SUPPORTED')],
    ['nothing at all', svn(), refused('TCB_NOT_SUPPORTED')],
  ] as const)
    lines.push({
      id: `relaunch: now on ${what}`,
      forms: [V5_15],
      quote: { td: { teeTcbSvn2: now } },
      collateral: info,
      expect,
    });
  lines.push({
    id: 'relaunch: service TD measured',
    forms: [V5_15],
    quote: { td: { mrServiceTd: new Uint8Array(48).fill(9) } },
    expect: accepted(),
  });
  return lines;
}

export const statusLines = (): Line[] => [...convergence(), ...relaunch()];
