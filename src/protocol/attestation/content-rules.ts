/**
 * The rules of tdx.md 3 about what the signed things say: that the documents are for this platform and of this time,
 * and that module, quoting enclave and TD are as they must be. Each throws a Refusal with its reason code or returns
 * the sentence that says what was found; times are Unix seconds.
 */
import { fromHex, sameBytes, toHex } from '../bytes/index.ts';
import { insist } from './insist.ts';
import type { SgxExtension } from './sgx-extension.ts';
import type { ModuleIdentity, QeIdentity, TcbInfo } from './tcb-info.ts';
import { type SgxReport, TD_DEBUG_BITS, attributeFlags } from './td-report.ts';
import { isoTime } from './times.ts';

export function checkTcbInfoFits(info: TcbInfo, platform: SgxExtension): string {
  insist(
    info.fmspc === platform.fmspc,
    'TCB_INFO_MISMATCH',
    () => `The TCB info is for the platform family ${info.fmspc}; this platform is of ${platform.fmspc}.`,
  );
  insist(
    info.pceId === platform.pceId,
    'TCB_INFO_MISMATCH',
    () => `The TCB info is for PCE ${info.pceId}; this platform has ${platform.pceId}.`,
  );
  return `TCB info for FMSPC ${info.fmspc}, evaluation number ${info.evaluationNumber}.`;
}

export function checkFreshness(
  document: { issueDate: number; nextUpdate: number },
  which: 'TCB_INFO' | 'QE_IDENTITY',
  at: number,
): string {
  const name = which === 'TCB_INFO' ? 'TCB info' : 'QE identity';
  insist(
    document.issueDate <= at,
    `${which}_FUTURE`,
    () => `The ${name} is of ${isoTime(document.issueDate)}, which is still to come.`,
  );
  insist(
    at <= document.nextUpdate,
    `${which}_EXPIRED`,
    () => `The ${name} ended on ${isoTime(document.nextUpdate)}.`,
  );
  return `The ${name} of ${isoTime(document.issueDate)} is valid to ${isoTime(document.nextUpdate)}.`;
}

export function checkEvaluationNumber(
  info: TcbInfo,
  identity: QeIdentity,
  minimum: number | undefined,
): string {
  const lowest = Math.min(info.evaluationNumber, identity.evaluationNumber);
  insist(
    minimum === undefined || lowest >= minimum,
    'TCB_EVAL_NUMBER',
    () => `The collateral has evaluation number ${lowest}; the policy asks for at least ${minimum}.`,
  );
  return minimum === undefined
    ? `Evaluation number ${lowest}; the policy sets no minimum.`
    : `Evaluation number ${lowest}, at least ${minimum}.`;
}

/** `body` is the TD report: MRSIGNERSEAM at 64, SEAMATTRIBUTES at 112. */
export function checkModule(body: Uint8Array, identity: ModuleIdentity): string {
  insist(
    toHex(body.subarray(64, 112)) === identity.mrSigner,
    'TDX_MODULE_MISMATCH',
    'The TDX module is not signed by whom Intel names.',
  );
  const attributes = body.subarray(112, 120);
  insist(
    toHex(attributes) === identity.attributes && attributes.every((byte) => byte === 0),
    'TDX_MODULE_MISMATCH',
    'The TDX module runs with attributes that a production module does not have.',
  );
  return `TDX module ${body[1]}.${body[0]}, signed by Intel, without special attributes.`;
}

function masked(value: Uint8Array, mask: string): Uint8Array {
  const bits = fromHex(mask);
  return value.map((byte, i) => byte & (bits[i] as number));
}

/** The quoting enclave is the one that Intel describes. */
export function checkQeIdentity(qe: SgxReport, identity: QeIdentity): string {
  const code = 'QE_IDENTITY_MISMATCH';
  insist(toHex(qe.mrSigner) === identity.mrSigner, code, 'The quoting enclave is not signed by Intel.');
  insist(
    qe.isvProdId === identity.isvProdId,
    code,
    () => `The quoting enclave has product id ${qe.isvProdId}; Intel’s has ${identity.isvProdId}.`,
  );
  insist(
    sameBytes(masked(qe.miscSelect, identity.miscSelectMask), fromHex(identity.miscSelect)),
    code,
    'The quoting enclave has another MISCSELECT than Intel’s.',
  );
  insist(
    sameBytes(masked(qe.attributes, identity.attributesMask), fromHex(identity.attributes)),
    code,
    'The quoting enclave has other attributes than Intel’s.',
  );
  return `Intel’s TD quoting enclave, SVN ${qe.isvSvn}.`;
}

/** Bit 1 of the SGX attributes. */
export function checkQeDebug(qe: SgxReport): string {
  insist(((qe.attributes[0] as number) & 0x02) === 0, 'QE_DEBUG', 'The quoting enclave runs in debug mode.');
  return 'The quoting enclave does not run in debug mode.';
}

export function checkTdDebug(tdAttributes: bigint, allowed: boolean): string {
  const bits = tdAttributes & TD_DEBUG_BITS;
  if (bits === 0n) return 'No debug bit is set: the host cannot look into the TD.';
  const names = attributeFlags(bits).join(', ');
  insist(allowed, 'TD_DEBUG', () => `The TD is under debug (${names}): its host can read its memory.`);
  return `The TD is under debug (${names}), and the policy allows that.`;
}
