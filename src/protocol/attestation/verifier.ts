/**
 * The verifier (tdx.md 3): `planVerdict` reads quote and collateral and names the signatures to be checked,
 * `conclude` walks the algorithm in its order with the answers and writes the verdict. No clock, no I/O, no
 * signature check of its own: the same rule runs on node:crypto, WebCrypto and @noble/curves.
 */
import { type Hashes, type Plan, toHex } from '../bytes/index.ts';
import type { Certificate } from './certificate.ts';
import { demand, Ledger, valueOf } from './ledger.ts';
import { applyPolicy, checkPolicy, type Policy, type PolicyFacts } from './policy.ts';
import { prepare, type Readings } from './prepare.ts';
import type { VerifierInput } from './readings.ts';
import { type Shortfall, shortfallOf } from './shortfall.ts';
import type { SgxExtension } from './sgx-extension.ts';
import type { TcbEvaluation } from './tcb.ts';
import { attributeFlags, readTdReport, tdNumbers } from './td-report.ts';
import { isoTime } from './times.ts';
import {
  type Check,
  CHECK_IDS,
  type PlatformId,
  type QuoteFacts,
  type TcbResult,
  type Verdict,
} from './verdict.ts';
import { type Findings, walk } from './walk.ts';

/** 9999-12-31T23:59:59Z */
const LAST_SECOND = 253_402_300_799;

/** ISO time of the earliest end of validity among everything the verdict rests on. */
function earliestExpiry(read: Readings, findings: Findings): string | null {
  const { tcbInfo, qeIdentity } = findings;
  const rootCrl = valueOf(read.rootCrl);
  const pckCrl = valueOf(read.pckCrl);
  if (tcbInfo === null || qeIdentity === null || rootCrl === undefined || pckCrl === undefined) return null;
  const certificates: readonly Certificate[] = [
    valueOf(read.root) ?? [],
    valueOf(read.chain)?.certificates ?? [],
    valueOf(read.tcbSigners) ?? [],
    valueOf(read.qeSigners) ?? [],
  ].flat();
  return isoTime(
    Math.min(
      tcbInfo.nextUpdate,
      qeIdentity.nextUpdate,
      rootCrl.nextUpdate,
      pckCrl.nextUpdate,
      ...certificates.map((certificate) => certificate.notAfter),
    ),
  );
}

/** The machine, once its certificate is known to stand under the trust anchor. */
function platformId(findings: Findings | null): PlatformId | null {
  if (findings?.platform == null || findings.chain === null) return null;
  const { configuration, ...rest }: SgxExtension = findings.platform;
  return {
    ...rest,
    ca: findings.chain.ca,
    dynamicPlatform: configuration?.dynamicPlatform ?? null,
    cachedKeys: configuration?.cachedKeys ?? null,
    smtEnabled: configuration?.smtEnabled ?? null,
  };
}

function quoteFacts({ quote, qe, ...certified }: Readings, bytes: Uint8Array, hashes: Hashes): QuoteFacts {
  return {
    sha256: toHex(hashes.sha256(bytes)),
    bytes: bytes.length,
    trailing: quote.trailing,
    version: quote.version,
    bodyType: quote.bodyType,
    qeVendorId: toHex(quote.qeVendorId),
    userData: toHex(quote.userData),
    attestationKey: certified.attestationKey,
    qeMrSigner: certified.qeMrSigner,
    qeIsvSvn: qe.isvSvn,
    tdFlags: attributeFlags(tdNumbers(quote.body, quote.bodyType).tdAttributes),
  };
}

function tcbResult(from: TcbEvaluation | null): TcbResult | null {
  return from === null ? null : { status: from.status, tcbDate: from.tcbDate, advisories: from.advisories };
}

/** What is missing for a better level, once quote and documents are known to be right. */
function findShortfall({ quote, qe }: Readings, findings: Findings | null, ledger: Ledger): Shortfall | null {
  const standing = ['quote-signature', 'tdx-module', 'qe-identity-match'] as const;
  if (findings === null || !standing.every((id) => ledger.holds(id))) return null;
  const { tcbInfo, qeIdentity, platform } = findings;
  if (tcbInfo === null || qeIdentity === null || platform === null) return null;
  const { teeTcbSvn, teeTcbSvn2 } = tdNumbers(quote.body, quote.bodyType);
  return shortfallOf({ tcbInfo, qeIdentity, platform, svn: teeTcbSvn, svnNow: teeTcbSvn2, qeSvn: qe.isvSvn });
}

function evidenceOf(checks: readonly Check[]): Pick<Verdict, 'evidence' | 'code'> {
  const bad = checks.find(({ outcome }) => outcome === 'failed' || outcome === 'stale');
  if (bad !== undefined) return { evidence: 'refused', code: bad.code };
  return {
    evidence: checks.every(({ outcome }) => outcome === 'passed') ? 'genuine' : 'incomplete',
    code: null,
  };
}

/**
 * What a verification is given. `facts` are for the policy only: they can change neither evidence nor status.
 */
export interface VerdictInput extends VerifierInput {
  readonly facts?: PolicyFacts | undefined;
}

/**
 * Plans the verification of a quote. Bad evidence never throws: it becomes a verdict with a code. Thrown are
 * `POLICY_FORMAT` (a policy that says something unknown) and a RangeError for a time that is none.
 *
 * @example settle(planVerdict({ quote, collateral, at: 1771753920, hashes }), checkSignature).status
 */
export function planVerdict(input: VerdictInput): Plan<Verdict> {
  const { at, hashes } = input;
  const policy: Policy = input.policy ?? {};
  if (!Number.isSafeInteger(at) || at < 0 || at > LAST_SECOND)
    throw new RangeError('the time of a verification is whole Unix seconds');
  checkPolicy(policy);
  const prepared = prepare(input);
  const { anchor, jobs } = prepared;
  const read = valueOf(prepared.read);

  function conclude(answers: readonly boolean[]): Verdict {
    if (answers.length !== jobs.list.length) throw new Error('a verdict needs one answer for every job');
    const ledger = new Ledger();
    ledger.run('quote-format', [], () => {
      const { version, bodyType } = demand(prepared.read).quote;
      return `TDX quote of version ${version} with TD report ${bodyType === 2 ? '1.0' : '1.5'}.`;
    });
    let findings: Findings | null = null;
    if (read !== undefined)
      findings = walk(read, (name) => jobs.answer(name, answers), input, anchor.pinned, ledger);
    else
      for (const id of CHECK_IDS)
        if (id !== 'quote-format' && id !== 'tcb-current')
          ledger.skip(id, 'Not checked: the quote could not be read.');

    const { checks } = ledger;
    const verdict: Omit<Verdict, 'policy'> = {
      ...evidenceOf(checks),
      verifiedAt: isoTime(at),
      checks,
      trustAnchor: {
        sha256: anchor.id,
        name: valueOf(anchor.root)?.commonName ?? 'unreadable',
        pinned: anchor.pinned,
      },
      status: findings?.status ?? null,
      platform: findings?.platformLevel?.status ?? null,
      module: findings?.moduleLevel?.status ?? null,
      qe: findings?.qeLevel?.status ?? null,
      current: findings?.current?.status ?? null,
      launchTcb: tcbResult(findings?.launch ?? null),
      currentTcb: tcbResult(findings?.current ?? null),
      advisories: findings?.launch?.advisories ?? [],
      tcbDate: findings?.launch?.tcbDate ?? null,
      collateralExpires: read === undefined || findings === null ? null : earliestExpiry(read, findings),
      evaluationNumbers: {
        tcbInfo: findings?.tcbInfo?.evaluationNumber ?? null,
        qeIdentity: findings?.qeIdentity?.evaluationNumber ?? null,
      },
      crlNumbers: {
        root: read !== undefined && ledger.holds('root-crl') ? demand(read.rootCrl).number : null,
        pck: read !== undefined && ledger.holds('pck-crl') ? demand(read.pckCrl).number : null,
      },
      platformId: platformId(findings),
      chain: (read && valueOf(read.chain)?.summaries) ?? [],
      quote: read === undefined ? null : quoteFacts(read, prepared.quoteBytes, hashes),
      report: read === undefined ? null : readTdReport(read.quote.body, read.quote.bodyType),
      shortfall: read === undefined ? null : findShortfall(read, findings, ledger),
      simulated: !anchor.pinned,
    };
    return { ...verdict, policy: applyPolicy(policy, verdict, { at, hashes, facts: input.facts }) };
  }

  return { jobs: jobs.list, conclude };
}
