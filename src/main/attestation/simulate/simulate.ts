/**
 * Simulated evidence as a whole: a platform, a quote of a TD on it, and the collateral that judges it the way the
 * caller wants (tdx.md 9). Genuine in form, under a root of its own; the verifier marks it SIMULATED, and only a
 * policy that says so accepts it.
 */
import { hash, randomBytes } from 'node:crypto';
import { type Collateral, type TcbStatus, writePemChain } from '../../../protocol/attestation/index.ts';
import { concat, fromHex, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import { type Authority, makeSerial } from './authority.ts';
import { extensionsOf, issueCertificate, issueCrl, NAMES, sgxExtension } from './certificates.ts';
import {
  moduleIdentity,
  platformLevel,
  type PlatformLevelText,
  qeIdentity,
  signText,
  tcbInfo,
} from './documents.ts';
import { makeKey, signRaw, type SimulatedKey } from './keys.ts';
import {
  bindingOf,
  littleEndian,
  type TdForm,
  writeDescriptor,
  writeHeader,
  writeQeReport,
  writeSignatureData,
  writeTdReport,
} from './quote-bytes.ts';

export interface SimulationOptions {
  /** Unix seconds: when quote and collateral are made. */
  readonly at: number;
  readonly version: 4 | 5;
  /** Version 4 has 1.0 only. */
  readonly td: TdForm;
  /** 64, 48 and 6 bytes. */
  readonly reportData: Uint8Array;
  readonly mrTd: Uint8Array;
  readonly fmspc: Uint8Array;
  /** The status that the collateral gives the platform; relaunch advice needs TD report 1.5. */
  readonly status: TcbStatus;
  /** A TD under debug. */
  readonly debug: boolean;
  /** The PCK certificate is on the revocation list of its CA. */
  readonly revoked: boolean;
}

export interface Simulation {
  readonly quote: Uint8Array;
  readonly collateral: Collateral;
  /** DER. */
  readonly root: Uint8Array;
}

const DAY = 86_400;
const EVALUATION_NUMBER = 19;
/** What the simulated platform has; the levels of its collateral are set around it. */
const PLATFORM = { components: [7, 7, 2, 2, 3, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0], pceSvn: 13 };
const MODULE = { version: 1, behind: 5, current: 6, microcode: 7 };
const QE_SVN = 4;
const ADVISORY = 'SIMULATED-SA-00001';

/** 48 bytes that say for whoever decodes them that nothing was measured. */
const measured = (what: string): Uint8Array => hash('sha384', utf8(`SIMULATED ${what}`), 'buffer');
const QE_SIGNER = hash('sha256', utf8('SIMULATED signer of the quoting enclave'), 'buffer');

const svnArray = (minor: number): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, i) => [minor, MODULE.version, MODULE.microcode][i] ?? 0);

const isRelaunch = (status: TcbStatus): boolean => status.startsWith('TDRelaunchAdvised');

/** The levels under which the platform gets this status; the better one shows what it would have to reach. */
function levelsFor(status: TcbStatus): PlatformLevelText[] {
  const reached = { sgx: PLATFORM.components, pceSvn: PLATFORM.pceSvn, tdx: [5, 0, MODULE.microcode] };
  if (status === 'UpToDate' || status === 'TDRelaunchAdvised') return [{ ...reached, status: 'UpToDate' }];
  const own = status === 'TDRelaunchAdvisedConfigurationNeeded' ? 'ConfigurationNeeded' : status;
  return [
    { ...reached, sgx: reached.sgx.with(0, 8), status: 'UpToDate' },
    { ...reached, status: own, tcbDate: '2025-01-01T00:00:00Z', advisories: [ADVISORY] },
  ];
}

/** The PCK certificate of the platform; the same root and family always give the same platform id. */
async function issueLeaf(
  { root, platformCa }: Authority,
  key: SimulatedKey,
  serial: string,
  o: SimulationOptions,
) {
  const identity = hash('sha256', concat(root.certificate, o.fmspc), 'buffer');
  return issueCertificate({
    subject: NAMES.leaf,
    issuer: NAMES.platformCa,
    serial,
    notBefore: o.at - 30 * DAY,
    notAfter: o.at + 7 * 365 * DAY,
    key,
    issuerKey: platformCa.key,
    extensions: [
      ...extensionsOf('leaf', key, platformCa.key),
      sgxExtension({
        ...PLATFORM,
        ppid: identity.subarray(0, 16),
        cpuSvn: Uint8Array.from(PLATFORM.components),
        pceId: new Uint8Array(2),
        fmspc: o.fmspc,
        sgxType: 1,
        instanceId: identity.subarray(16),
        configuration: [true, true, true],
      }),
    ],
  });
}

function writeQuote(pckKey: SimulatedKey, chain: string, o: SimulationOptions): Uint8Array {
  const launched = svnArray(isRelaunch(o.status) ? MODULE.behind : MODULE.current);
  const body = writeTdReport(o.td, {
    teeTcbSvn: launched,
    mrSeam: measured('TDX module'),
    tdAttributes: Uint8Array.of(o.debug ? 1 : 0, 0, 0, 0x10, 0, 0, 0, 0),
    xfam: fromHex('e702060000000000'),
    mrTd: o.mrTd,
    rtmr0: measured('firmware'),
    rtmr1: measured('kernel'),
    rtmr2: measured('command line'),
    reportData: o.reportData,
    teeTcbSvn2: svnArray(MODULE.current),
  });
  const header = writeHeader(o.version, { userData: concat(randomBytes(16), new Uint8Array(4)) });
  const signed = concat(header, ...(o.version === 5 ? [writeDescriptor(o.td)] : []), body);
  const attestation = makeKey();
  const authData = Uint8Array.from({ length: 32 }, (_, i) => i);
  const qeReport = writeQeReport({
    cpuSvn: Uint8Array.from(PLATFORM.components),
    attributes: fromHex('1500000000000000e700000000000000'),
    mrEnclave: hash('sha256', utf8('SIMULATED quoting enclave'), 'buffer'),
    mrSigner: QE_SIGNER,
    productId: littleEndian(2, 2),
    isvSvn: littleEndian(QE_SVN, 2),
    reportData: bindingOf(attestation.point, authData),
  });
  return concat(
    signed,
    writeSignatureData({
      quoteSignature: signRaw(attestation, signed),
      attestationKey: attestation.point,
      qeReport,
      qeReportSignature: signRaw(pckKey, qeReport),
      authData,
      chain: utf8(chain),
    }),
  );
}

async function writeCollateral(authority: Authority, revoked: readonly string[], o: SimulationOptions) {
  const { root, platformCa, signer } = authority;
  const issued = o.at - 3600;
  const issue = { issued, nextUpdate: issued + 30 * DAY, evaluationNumber: EVALUATION_NUMBER };
  const info = JSON.stringify(
    tcbInfo({
      ...issue,
      fmspc: toHex(o.fmspc).toUpperCase(),
      pceId: '0000',
      modules: [
        moduleIdentity('TDX_01', [
          { isvSvn: MODULE.current, status: 'UpToDate' },
          {
            isvSvn: MODULE.behind,
            status: 'OutOfDate',
            tcbDate: '2025-01-01T00:00:00Z',
            advisories: [ADVISORY],
          },
        ]),
      ],
      levels: levelsFor(o.status).map(platformLevel),
    }),
  );
  const identity = JSON.stringify(
    qeIdentity({ ...issue, mrSigner: toHex(QE_SIGNER), levels: [{ isvSvn: QE_SVN, status: 'UpToDate' }] }),
  );
  const list = async (issuer: 'root' | 'platformCa', serials: readonly string[], days: number) =>
    toHex(
      await issueCrl({
        issuer: NAMES[issuer],
        issuerKey: authority[issuer].key,
        number: Math.floor(o.at / DAY),
        thisUpdate: issued,
        nextUpdate: issued + days * DAY,
        revoked: serials,
      }),
    );
  const signers = writePemChain([signer.certificate, root.certificate]);
  return {
    pck_crl_issuer_chain: writePemChain([platformCa.certificate, root.certificate]),
    root_ca_crl: await list('root', [], 365),
    pck_crl: await list('platformCa', revoked, 30),
    tcb_info_issuer_chain: signers,
    tcb_info: info,
    tcb_info_signature: signText(info, signer.key),
    qe_identity_issuer_chain: signers,
    qe_identity: identity,
    qe_identity_signature: signText(identity, signer.key),
  };
}

/** Makes a quote and the collateral for it. Throws a RangeError for options that exclude each other. */
export async function simulate(authority: Authority, options: SimulationOptions): Promise<Simulation> {
  if (options.version === 4 && options.td !== '1.0')
    throw new RangeError('a quote of version 4 has a TD report 1.0');
  if (isRelaunch(options.status) && options.td !== '1.5')
    throw new RangeError('only a TD report 1.5 knows of a relaunch');
  const key = makeKey();
  const serial = makeSerial();
  const leaf = await issueLeaf(authority, key, serial, options);
  const chain = writePemChain([leaf, authority.platformCa.certificate, authority.root.certificate]);
  return {
    quote: writeQuote(key, chain, options),
    collateral: await writeCollateral(authority, options.revoked ? [serial] : [], options),
    root: authority.root.certificate,
  };
}
