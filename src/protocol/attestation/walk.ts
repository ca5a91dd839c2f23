/**
 * The second half of a verification: make every check of tdx.md 3 in its order, each one a line in the ledger,
 * and keep what was established on the way.
 */
import { Refusal, toHex } from '../bytes/index.ts';
import * as certificateRules from './certificate-rules.ts';
import * as contentRules from './content-rules.ts';
import { demand, type Ledger } from './ledger.ts';
import { isP256Point } from './p256-point.ts';
import { INTEL_QE_VENDOR, NON_ZERO_PADDING } from './quote.ts';
import type { Readings } from './prepare.ts';
import type { Asked, VerifierInput } from './readings.ts';
import type { SgxExtension } from './sgx-extension.ts';
import {
  adviseRelaunch,
  evaluate,
  matchModule,
  matchPlatform,
  matchQe,
  moduleFor,
  type TcbEvaluation,
  type TcbStatus,
} from './tcb.ts';
import type { ComponentLevel, PlatformLevel, QeIdentity, TcbInfo } from './tcb-info.ts';
import { type TdNumbers, tdNumbers } from './td-report.ts';
import type { CheckId } from './verdict.ts';

const NO_COLLATERAL =
  'Not checked: no collateral was given, and this needs what Intel says about the platform.';

/** What the checks establish on their way; each member is set by the check that makes sure of it. */
export interface Findings {
  chain: certificateRules.PckChain | null;
  platform: SgxExtension | null;
  tcbInfo: TcbInfo | null;
  qeIdentity: QeIdentity | null;
  platformLevel: PlatformLevel | null;
  moduleLevel: ComponentLevel | null;
  qeLevel: ComponentLevel | null;
  launch: TcbEvaluation | null;
  current: TcbEvaluation | null;
  status: TcbStatus | null;
}

/** A finding that the order of the checks guarantees; its absence is a bug, not bad input. */
function found<T>(finding: T | null): T {
  if (finding === null) throw new Error('a check ran before the one it stands on');
  return finding;
}

/** Everything that the steps of one walk share. */
interface Walk {
  readonly td: TdNumbers;
  readonly read: Readings;
  readonly input: VerifierInput;
  readonly pinned: boolean;
  readonly out: Findings;
  readonly answered: (name: Asked) => boolean;
  /** Makes a check that needs the quote alone. */
  readonly run: (id: CheckId, needs: readonly CheckId[], body: () => string) => void;
  /** Makes a check that needs collateral. */
  readonly ask: (id: CheckId, needs: readonly CheckId[], body: () => string) => void;
}

/** Steps 2 to 5: the root, the platform's certificates, and what was revoked. */
function walkChain({ read, input: { at }, pinned, out, answered, run, ask }: Walk): void {
  run('qe-vendor', [], () => {
    if (toHex(read.quote.qeVendorId) !== INTEL_QE_VENDOR)
      throw new Refusal('QE_VENDOR', 'The quote does not come from Intel’s quoting enclave.');
    return 'The quote names Intel’s quoting enclave.';
  });
  run('trust-anchor', [], () =>
    // the pinned bytes are known to be self-signed
    certificateRules.checkRoot(demand(read.root), pinned || answered('root'), pinned, at),
  );
  ask('root-crl', ['trust-anchor'], () =>
    certificateRules.checkCrl(demand(read.rootCrl), demand(read.root), answered('root-crl'), 'ROOT', at),
  );
  run('pck-chain', ['trust-anchor'], () => {
    const root = demand(read.root);
    const chain = certificateRules.shapePckChain(demand(read.chain).certificates, root);
    const signed = { leaf: answered('leaf'), intermediate: answered('intermediate') };
    const detail = certificateRules.checkPckChain(chain, root, signed, at);
    out.chain = chain;
    return detail;
  });
  run('pck-extension', ['pck-chain'], () => {
    const platform = demand(read.chain).platform();
    out.platform = platform;
    return `Platform of family ${platform.fmspc}, PPID ${platform.ppid}.`;
  });
  ask('intermediate-revocation', ['root-crl', 'pck-chain'], () =>
    certificateRules.checkNotRevoked(found(out.chain).intermediate, demand(read.rootCrl), 'ICA_REVOKED'),
  );
  ask('pck-crl', ['pck-chain'], () =>
    certificateRules.checkCrl(
      demand(read.pckCrl),
      found(out.chain).intermediate,
      answered('pck-crl'),
      'PCK',
      at,
    ),
  );
  ask('leaf-revocation', ['pck-crl'], () =>
    certificateRules.checkNotRevoked(found(out.chain).leaf, demand(read.pckCrl), 'PCK_REVOKED'),
  );
}

/** Steps 6 to 8: who signed TCB info and QE identity, what they say, and for how long. */
function walkDocuments({ read, input, out, answered, ask }: Walk): void {
  const { at } = input;
  for (const [id, signers, job] of [
    ['tcb-info-chain', read.tcbSigners, 'tcb-signer'],
    ['qe-identity-chain', read.qeSigners, 'qe-signer'],
  ] as const)
    ask(id, ['trust-anchor', 'root-crl'], () => {
      const root = demand(read.root);
      const signer = certificateRules.shapeSigningChain(demand(signers), root);
      const detail = certificateRules.checkSigningChain(signer, root, answered(job), at);
      certificateRules.checkNotRevoked(signer, demand(read.rootCrl), 'SIGNING_CERT_REVOKED');
      return detail;
    });
  ask('tcb-info-signature', ['tcb-info-chain'], () => {
    if (!answered('tcb-info')) throw new Refusal('TCB_INFO_SIG', 'The signature of the TCB info is wrong.');
    return 'The text of the TCB info is signed by its signer.';
  });
  ask('qe-identity-signature', ['qe-identity-chain'], () => {
    if (!answered('qe-identity'))
      throw new Refusal('QE_IDENTITY_SIG', 'The signature of the QE identity is wrong.');
    return 'The text of the QE identity is signed by its signer.';
  });
  ask('tcb-info-content', ['tcb-info-signature', 'pck-extension'], () => {
    const info = read.tcbInfo();
    const detail = contentRules.checkTcbInfoFits(info, found(out.platform));
    out.tcbInfo = info;
    return detail;
  });
  ask('qe-identity-content', ['qe-identity-signature'], () => {
    const identity = read.qeIdentity();
    out.qeIdentity = identity;
    return `Identity of the TD quoting enclave, evaluation number ${identity.evaluationNumber}.`;
  });
  ask('tcb-info-freshness', ['tcb-info-content'], () =>
    contentRules.checkFreshness(found(out.tcbInfo), 'TCB_INFO', at),
  );
  ask('qe-identity-freshness', ['qe-identity-content'], () =>
    contentRules.checkFreshness(found(out.qeIdentity), 'QE_IDENTITY', at),
  );
  ask('evaluation-number', ['tcb-info-content', 'qe-identity-content'], () =>
    contentRules.checkEvaluationNumber(
      found(out.tcbInfo),
      found(out.qeIdentity),
      input.policy?.minEvaluationNumber,
    ),
  );
}

/** Steps 9 to 11: the TDX module, the quoting enclave, and the quote itself. */
function walkQuote({ td, read, input, out, answered, run, ask }: Walk): void {
  const { quote, qe } = read;
  ask('tdx-module', ['tcb-info-content'], () =>
    contentRules.checkModule(quote.body, moduleFor(found(out.tcbInfo), td.teeTcbSvn)),
  );
  run('qe-report-signature', ['pck-chain'], () => {
    if (!answered('qe-report'))
      throw new Refusal('QE_REPORT_SIG', 'The PCK key of this platform did not sign the QE report.');
    return 'The QE report is signed by the PCK key of the platform.';
  });
  run('qe-report-binding', ['qe-report-signature'], () => {
    if (!read.bound) throw new Refusal('QE_REPORT_DATA', 'The QE report speaks for another attestation key.');
    return 'The QE report names the hash of this attestation key.';
  });
  ask('qe-identity-match', ['qe-identity-content', 'qe-report-signature'], () =>
    contentRules.checkQeIdentity(qe, found(out.qeIdentity)),
  );
  run('qe-debug', ['qe-report-signature'], () => contentRules.checkQeDebug(qe));
  run('quote-signature', ['qe-report-binding'], () => {
    if (!answered('quote'))
      throw isP256Point(quote.attestationKey)
        ? new Refusal('QUOTE_SIG', 'The attestation key did not sign this quote.')
        : new Refusal('ATT_KEY', 'The attestation key is not a point of the curve.');
    return 'Header and TD report are signed by the attestation key.';
  });
  run('td-debug', ['quote-signature'], () =>
    contentRules.checkTdDebug(td.tdAttributes, input.policy?.allowDebug === true),
  );
}

/** Steps 12 to 14: which levels are reached, by the module of the launch and by the one that runs now. */
function walkTcb({ td, read: { qe }, out, ask }: Walk): void {
  const standing: CheckId[] = ['quote-signature', 'tcb-info-content', 'tdx-module'];
  ask('platform-tcb', standing, () => {
    const level = matchPlatform(found(out.tcbInfo), found(out.platform), td.teeTcbSvn);
    out.platformLevel = level;
    return `The platform reaches the level of ${level.tcbDate}: ${level.status}.`;
  });
  ask('module-tcb', standing, () => {
    const level = matchModule(found(out.tcbInfo), td.teeTcbSvn);
    out.moduleLevel = level;
    return level === null
      ? 'The TDX module has no levels of its own; it is judged with the platform.'
      : `The TDX module reaches the level of ${level.tcbDate}: ${level.status}.`;
  });
  ask('qe-tcb', ['qe-identity-match'], () => {
    const level = matchQe(found(out.qeIdentity), qe.isvSvn);
    out.qeLevel = level;
    return `The quoting enclave reaches the level of ${level.tcbDate}: ${level.status}.`;
  });
  const levels: CheckId[] = ['platform-tcb', 'module-tcb', 'qe-tcb'];
  const now = td.teeTcbSvn2;
  if (now !== null)
    ask('tcb-current', levels, () => {
      const info = found(out.tcbInfo);
      const platform = matchPlatform(info, found(out.platform), now);
      out.current = evaluate(platform, matchModule(info, now), found(out.qeLevel));
      return `With the TDX module that runs now: ${out.current.status}.`;
    });
  ask('tcb-status', now === null ? levels : [...levels, 'tcb-current'], () => {
    const launch = evaluate(found(out.platformLevel), out.moduleLevel, found(out.qeLevel));
    const current = out.current?.status ?? launch.status;
    out.launch = launch;
    if (launch.status === 'Revoked' || current === 'Revoked')
      throw new Refusal('TCB_REVOKED', 'Intel revoked this TCB level.');
    out.status = adviseRelaunch(launch.status, current);
    return `Together: ${out.status}, as of ${launch.tcbDate}.`;
  });
}

/** Makes all checks of a quote that could be read, in the order of tdx.md 3, and returns what they established. */
export function walk(
  read: Readings,
  answered: (name: Asked) => boolean,
  input: VerifierInput,
  pinned: boolean,
  ledger: Ledger,
): Findings {
  const known = input.collateral != null;
  const { quote } = read;
  const out: Findings = {
    chain: null,
    platform: null,
    tcbInfo: null,
    qeIdentity: null,
    platformLevel: null,
    moduleLevel: null,
    qeLevel: null,
    launch: null,
    current: null,
    status: null,
  };
  const all: Walk = {
    td: tdNumbers(quote.body, quote.bodyType),
    read,
    input,
    pinned,
    out,
    answered,
    run: (id, needs, body) => ledger.run(id, needs, body),
    ask(id, needs, body) {
      if (known) ledger.run(id, needs, body);
      else ledger.skip(id, NO_COLLATERAL);
    },
  };
  walkChain(all);
  walkDocuments(all);
  walkQuote(all);
  walkTcb(all);
  all.run('quote-padding', [], () => {
    if (!quote.trailingZero) throw new Refusal('QUOTE_FORMAT', NON_ZERO_PADDING);
    return `${quote.trailing} bytes follow the signature data, all zero.`;
  });
  return out;
}
