/** Lines about attributes of a TD, and about policies. */
import { PLATFORM as STATUSES } from './oracle.ts';
import { littleEndian } from '../../../src/main/attestation/simulate/index.ts';
import { type Policy } from '../../../src/protocol/attestation/index.ts';
import { toHex } from '../../../src/protocol/bytes/index.ts';
import { accepted, type Line, refused } from './line.ts';
import { type CollateralVariant, V4 } from './scene.ts';
import { statuses, put } from './tcb-changes.ts';

/** TD attributes and XFAM bit by bit. */
function attributes(): Line[] {
  const lines: Line[] = [];
  for (let bit = 0; bit < 64; bit++) {
    const value = new Uint8Array(8).with(bit >> 3, 1 << (bit & 7));
    const quote = { td: { tdAttributes: value } };
    lines.push({
      id: `TD attributes: bit ${bit}`,
      quote,
      expect: bit < 8 ? refused('TD_DEBUG') : accepted(),
    });
    if (bit < 8)
      lines.push({
        id: `TD attributes: bit ${bit}, allowed`,
        quote,
        policy: { allowDebug: true },
        expect: accepted(),
      });
    lines.push({ id: `XFAM: bit ${bit}`, forms: [V4], quote: { td: { xfam: value } }, expect: accepted() });
  }
  for (const [what, hex, expect] of [
    ['none (Azure)', '00'.repeat(8), accepted()],
    ['early Google', '0000004000000000', accepted()],
    ['PERFMON', '0000001000000080', accepted()],
    ['a real debug TD', '0100001000000000', refused('TD_DEBUG')],
    ['all', 'ff'.repeat(8), refused('TD_DEBUG')],
  ] as const)
    lines.push({
      id: `TD attributes: ${what}`,
      quote: { td: { tdAttributes: Uint8Array.from(Buffer.from(hex, 'hex')) } },
      expect,
    });
  return lines;
}

/** Policies: two keys decide the evidence, the others leave it as it is. */
function policies(): Line[] {
  const lines: Line[] = [];
  const number = (tcb: number, qe: number): CollateralVariant => ({
    ...put({ tcbEvaluationDataNumber: tcb }),
    identity: { edit: (document) => ({ ...document, tcbEvaluationDataNumber: qe }) },
  });
  for (const [tcb, qe, minimum] of [
    [19, 19, 0],
    [19, 19, 19],
    [19, 19, 20],
    [18, 19, 19],
    [19, 18, 19],
    [20, 20, 19],
    [19, 18, 18],
    [0, 0, 1],
  ] as const)
    lines.push({
      id: `policy: evaluation numbers ${tcb} and ${qe}, at least ${minimum}`,
      collateral: number(tcb, qe),
      policy: { minEvaluationNumber: minimum },
      expect: Math.min(tcb, qe) >= minimum ? accepted() : refused('TCB_EVAL_NUMBER'),
    });
  const mrtd = '11'.repeat(48);
  const reportData = toHex(Uint8Array.from({ length: 64 }, (_, i) => i));
  const ppid = 'a1'.repeat(16);
  const allowSimulated = true;
  for (const [what, policy, outcomeIs] of [
    ['nothing', {}, 'refused'],
    ['simulated allowed', { allowSimulated }, 'passed'],
    ['its status', { allowSimulated, acceptedStatuses: ['UpToDate'] }, 'passed'],
    ['another status', { allowSimulated, acceptedStatuses: ['OutOfDate'] }, 'refused'],
    ['no status', { allowSimulated, acceptedStatuses: [] }, 'refused'],
    ['its MRTD', { allowSimulated, pins: { mrtd: [mrtd] } }, 'passed'],
    ['its MRTD among others', { allowSimulated, pins: { mrtd: ['00'.repeat(48), mrtd] } }, 'passed'],
    ['another MRTD', { allowSimulated, pins: { mrtd: ['12'.repeat(48)] } }, 'refused'],
    ['its MRTD and another RTMR', { allowSimulated, pins: { mrtd: [mrtd], rtmr1: [mrtd] } }, 'refused'],
    ['its report data', { allowSimulated, reportData: { exact: reportData } }, 'passed'],
    ['other report data', { allowSimulated, reportData: { exact: `${reportData.slice(2)}00` } }, 'refused'],
    ['how its report data begins', { allowSimulated, reportData: { prefix: '000102' } }, 'passed'],
    ['how its report data goes on', { allowSimulated, reportData: { prefix: '010203' } }, 'refused'],
    ['its PPID', { allowSimulated, allow: { ppid: [ppid.toUpperCase()] } }, 'passed'],
    ['another PPID', { allowSimulated, allow: { ppid: ['a2'.repeat(16)] } }, 'refused'],
    ['another instance', { allowSimulated, allow: { ppid: [ppid], instanceId: [ppid] } }, 'refused'],
    ['its family', { allowSimulated, allow: { fmspc: ['00C0FFEE0000'] } }, 'passed'],
    ['no advisory', { allowSimulated, refusedAdvisories: ['SA-PLATFORM'] }, 'passed'],
  ] as const satisfies readonly (readonly [string, Policy, 'passed' | 'refused'])[])
    lines.push({ id: `policy: ${what}`, policy, expect: accepted('UpToDate', { policy: outcomeIs }) });
  lines.push({
    id: 'policy: an advisory that applies',
    quote: { qe: { isvSvn: littleEndian(2, 2) } },
    policy: { allowSimulated, refusedAdvisories: ['SA-QE'] },
    expect: accepted('OutOfDate', { policy: 'refused' }),
  });
  for (const policy of [
    { allowSimulated, pins: { mrtd: [mrtd] } },
    { allowSimulated, acceptedStatuses: STATUSES },
  ])
    lines.push({
      id: `policy: revoked, whatever ${Object.keys(policy).join(' and ')} say`,
      collateral: statuses('Revoked', 'UpToDate', 'UpToDate'),
      policy,
      expect: refused('TCB_REVOKED'),
    });
  return lines;
}

export const policyLines = (): Line[] => [...attributes(), ...policies()];
