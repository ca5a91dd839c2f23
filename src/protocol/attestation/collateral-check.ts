/**
 * Collateral checked by itself, before any quote is there: what a cache may keep (tdx.md 3 steps 2, 3 and 5 to 8,
 * and 4). The rules are those of the verifier; in the place of a quote's chain stands the chain that comes with
 * the PCK CRL.
 */
import { type Plan, Refusal } from '../bytes/index.ts';
import type { Certificate } from './certificate.ts';
import * as certificateRules from './certificate-rules.ts';
import type { Collateral } from './collateral.ts';
import * as contentRules from './content-rules.ts';
import type { PlatformQuery } from './describe.ts';
import { attempt, demand, Ledger, valueOf } from './ledger.ts';
import { askCollateral, type Asked, Jobs, type Memo, memoOf } from './readings.ts';
import { readAnchor, readChain, readCollateralParts } from './readings.ts';
import { type QeIdentity, readQeIdentity, readTcbInfo, type TcbInfo } from './tcb-info.ts';
import type { Check } from './verdict.ts';

export interface CollateralCheckInput {
  readonly collateral: Collateral;
  /** The time of the check, whole Unix seconds. */
  readonly at: number;
  /** What was asked for; without it any family and CA will do. */
  readonly wanted?:
    | (PlatformQuery & {
        /** Both documents must have exactly this evaluation number. */
        readonly evaluationNumber?: number | undefined;
      })
    | undefined;
  /** DER of the root to trust; Intel's pinned one when left out. Any other makes the verdict `simulated`. */
  readonly root?: Uint8Array | undefined;
  readonly memo?: Memo | undefined;
}

/** What verified collateral says about itself. Times are Unix seconds. */
export interface CollateralFacts {
  readonly fmspc: string;
  readonly pceId: string;
  readonly ca: PlatformQuery['ca'];
  readonly evaluationNumbers: { readonly tcbInfo: number; readonly qeIdentity: number };
  /** Decimal. */
  readonly crlNumbers: { readonly root: string; readonly pck: string };
  readonly issued: { readonly tcbInfo: number; readonly qeIdentity: number };
  /** The whole set is valid from the latest start of all its parts to the earliest end, both included. */
  readonly since: number;
  readonly expires: number;
}

export interface CollateralVerdict {
  /**
   * - `verified`: every check passed;
   * - `stale`: genuine, but part of it has expired;
   * - `refused`: a check failed.
   */
  readonly outcome: 'verified' | 'stale' | 'refused';
  /** Code and sentence of the first check that did not pass; null when all did. */
  readonly code: string | null;
  readonly detail: string | null;
  /** The checks that need no quote, under the ids that they have in a verdict. */
  readonly checks: readonly Check[];
  /** Null when refused. */
  readonly facts: CollateralFacts | null;
  /** True under another root than Intel's. */
  readonly simulated: boolean;
}

/** What the checks establish on their way; each member is set by the check that makes sure of it. */
interface Found {
  ca: PlatformQuery['ca'] | null;
  tcbInfo: TcbInfo | null;
  qeIdentity: QeIdentity | null;
}

/** A finding that the order of the checks guarantees; its absence is a bug, not bad input. */
function sure<T>(finding: T | null): T {
  if (finding === null) throw new Error('a check ran before the one it stands on');
  return finding;
}

/**
 * Plans the check of a set. Bad collateral never throws, it becomes a verdict with a code of tdx.md 3.1; a time
 * that is none throws a RangeError.
 *
 * @example settle(planCollateral({ collateral, at: 1752399960 }), check).outcome // 'verified'
 */
export function planCollateral(input: CollateralCheckInput): Plan<CollateralVerdict> {
  const { collateral, at, wanted } = input;
  if (!Number.isSafeInteger(at) || at < 0) throw new RangeError('the time of a check is whole Unix seconds');
  const memo = memoOf(input);
  const anchor = readAnchor(input.root, memo);
  const knownRoot = valueOf(anchor.root);
  const read = readCollateralParts(collateral, knownRoot, memo);
  const chain = attempt(() => readChain(collateral.pck_crl_issuer_chain, knownRoot, memo));
  const intermediate = valueOf(chain)?.[0];
  const jobs = new Jobs();
  if (knownRoot !== undefined) {
    if (!anchor.pinned) jobs.ask('root', knownRoot.publicKey, knownRoot.tbs, knownRoot.signature);
    if (intermediate !== undefined)
      jobs.ask('intermediate', knownRoot.publicKey, intermediate.tbs, intermediate.signature);
    askCollateral(jobs, read, collateral, knownRoot, intermediate);
  }

  function walk(ledger: Ledger, answered: (name: Asked) => boolean): Found {
    const found: Found = { ca: null, tcbInfo: null, qeIdentity: null };
    ledger.run('trust-anchor', [], () =>
      certificateRules.checkRoot(demand(anchor.root), anchor.pinned || answered('root'), anchor.pinned, at),
    );
    ledger.run('root-crl', ['trust-anchor'], () =>
      certificateRules.checkCrl(demand(read.rootCrl), demand(anchor.root), answered('root-crl'), 'ROOT', at),
    );
    ledger.run('pck-chain', ['trust-anchor'], () => {
      const root = demand(anchor.root);
      const issuer = certificateRules.shapeCrlIssuer(demand(chain), root);
      const detail = certificateRules.checkCrlIssuer(issuer.intermediate, root, answered('intermediate'), at);
      if (wanted !== undefined && wanted.ca !== issuer.ca)
        throw new Refusal(
          'PCK_CRL_ISSUER',
          `The PCK CRL is of the ${issuer.ca} CA, not of the ${wanted.ca} CA.`,
        );
      found.ca = issuer.ca;
      return detail;
    });
    ledger.run('intermediate-revocation', ['root-crl', 'pck-chain'], () =>
      certificateRules.checkNotRevoked(demand(chain)[0] as Certificate, demand(read.rootCrl), 'ICA_REVOKED'),
    );
    ledger.run('pck-crl', ['pck-chain'], () =>
      certificateRules.checkCrl(
        demand(read.pckCrl),
        demand(chain)[0] as Certificate,
        answered('pck-crl'),
        'PCK',
        at,
      ),
    );
    for (const [id, signers, job] of [
      ['tcb-info-chain', read.tcbSigners, 'tcb-signer'],
      ['qe-identity-chain', read.qeSigners, 'qe-signer'],
    ] as const)
      ledger.run(id, ['trust-anchor', 'root-crl'], () => {
        const root = demand(anchor.root);
        const signer = certificateRules.shapeSigningChain(demand(signers), root);
        const detail = certificateRules.checkSigningChain(signer, root, answered(job), at);
        certificateRules.checkNotRevoked(signer, demand(read.rootCrl), 'SIGNING_CERT_REVOKED');
        return detail;
      });
    for (const [id, chainId, job, code, name] of [
      ['tcb-info-signature', 'tcb-info-chain', 'tcb-info', 'TCB_INFO_SIG', 'TCB info'],
      ['qe-identity-signature', 'qe-identity-chain', 'qe-identity', 'QE_IDENTITY_SIG', 'QE identity'],
    ] as const)
      ledger.run(id, [chainId], () => {
        if (!answered(job)) throw new Refusal(code, `The signature of the ${name} is wrong.`);
        return `The text of the ${name} is signed by its signer.`;
      });
    ledger.run('tcb-info-content', ['tcb-info-signature'], () => {
      const { tcb_info } = collateral;
      const info = memo('tcb-info', tcb_info, () => readTcbInfo(tcb_info));
      if (wanted !== undefined && wanted.fmspc.toLowerCase() !== info.fmspc)
        throw new Refusal(
          'TCB_INFO_MISMATCH',
          `The TCB info is for the platform family ${info.fmspc}; asked for was ${wanted.fmspc.toLowerCase()}.`,
        );
      found.tcbInfo = info;
      return `TCB info for FMSPC ${info.fmspc}, evaluation number ${info.evaluationNumber}.`;
    });
    ledger.run('qe-identity-content', ['qe-identity-signature'], () => {
      const { qe_identity } = collateral;
      const identity = memo('qe-identity', qe_identity, () => readQeIdentity(qe_identity));
      found.qeIdentity = identity;
      return `Identity of the TD quoting enclave, evaluation number ${identity.evaluationNumber}.`;
    });
    ledger.run('tcb-info-freshness', ['tcb-info-content'], () =>
      contentRules.checkFreshness(sure(found.tcbInfo), 'TCB_INFO', at),
    );
    ledger.run('qe-identity-freshness', ['qe-identity-content'], () =>
      contentRules.checkFreshness(sure(found.qeIdentity), 'QE_IDENTITY', at),
    );
    ledger.run('evaluation-number', ['tcb-info-content', 'qe-identity-content'], () => {
      const numbers = [sure(found.tcbInfo), sure(found.qeIdentity)].map((part) => part.evaluationNumber);
      const asked = wanted?.evaluationNumber;
      if (asked !== undefined && numbers.some((number) => number !== asked))
        throw new Refusal(
          'TCB_EVAL_NUMBER',
          `Evaluation number ${asked} was asked for; the set has ${numbers.join(' and ')}.`,
        );
      return `Evaluation numbers ${numbers.join(' and ')}.`;
    });
    return found;
  }

  /** Only after no check failed. */
  function factsOf(found: Found): CollateralFacts {
    const tcbInfo = sure(found.tcbInfo);
    const qeIdentity = sure(found.qeIdentity);
    const rootCrl = demand(read.rootCrl);
    const pckCrl = demand(read.pckCrl);
    const certificates = [...demand(chain), ...demand(read.tcbSigners), ...demand(read.qeSigners)];
    return {
      fmspc: tcbInfo.fmspc,
      pceId: tcbInfo.pceId,
      ca: sure(found.ca),
      evaluationNumbers: { tcbInfo: tcbInfo.evaluationNumber, qeIdentity: qeIdentity.evaluationNumber },
      crlNumbers: { root: rootCrl.number, pck: pckCrl.number },
      issued: { tcbInfo: tcbInfo.issueDate, qeIdentity: qeIdentity.issueDate },
      since: Math.max(
        tcbInfo.issueDate,
        qeIdentity.issueDate,
        rootCrl.thisUpdate,
        pckCrl.thisUpdate,
        ...certificates.map(({ notBefore }) => notBefore),
      ),
      expires: Math.min(
        tcbInfo.nextUpdate,
        qeIdentity.nextUpdate,
        rootCrl.nextUpdate,
        pckCrl.nextUpdate,
        ...certificates.map(({ notAfter }) => notAfter),
      ),
    };
  }

  return {
    jobs: jobs.list,
    conclude(answers) {
      if (answers.length !== jobs.list.length) throw new Error('a verdict needs one answer for every job');
      const ledger = new Ledger();
      const found = walk(ledger, (name) => jobs.answer(name, answers));
      const { checks } = ledger;
      const failed = checks.find(({ outcome }) => outcome === 'failed');
      const bad = failed ?? checks.find(({ outcome }) => outcome === 'stale');
      return {
        outcome: failed !== undefined ? 'refused' : bad !== undefined ? 'stale' : 'verified',
        code: bad?.code ?? null,
        detail: bad?.detail ?? null,
        checks,
        facts: failed === undefined ? factsOf(found) : null,
        simulated: !anchor.pinned,
      };
    },
  };
}
