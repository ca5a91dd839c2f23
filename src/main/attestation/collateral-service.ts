/**
 * Collateral from Intel's Provisioning Certification Service or from a caching mirror of it (PCCS), over the
 * paths of tdx.md 4. Signed texts are cut out of the answers to the character, never written again.
 */
import {
  type Collateral,
  isJsonObject,
  type Json,
  readCrl,
  readJson,
  readJsonObject,
  readPemChain,
} from '../../protocol/attestation/index.ts';
import { fromHex, fromUtf8, Refusal, toHex } from '../../protocol/bytes/index.ts';
import {
  type CollateralAnswer,
  type CollateralHttpOptions,
  createCollateralGet,
  readServiceAddress,
} from './collateral-http.ts';
import type { CollateralMode, CollateralSource } from './collateral-source.ts';

export const INTEL_PCS = 'https://api.trustedservices.intel.com';
const INTEL_ROOT_CRL = 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der';

export interface CollateralServiceOptions extends CollateralHttpOptions {
  /** Address of the service, without a path; default Intel's. */
  readonly base?: string;
  /** Where the root CRL is; default Intel's address for Intel's service, else the path that a PCCS has for it. */
  readonly rootCrlUrl?: string;
  /** `early` shows a new TCB recovery before it becomes the standard one; default is what the service does. */
  readonly update?: 'standard' | 'early';
  /** A fixed evaluation number instead of an update mode. */
  readonly evaluationNumber?: number;
}

/** A signed text of Intel's with what it takes to verify it. */
export interface SignedText {
  /** The signed text, to the character. */
  readonly text: string;
  /** Hex of r‖s. */
  readonly signature: string;
  /** PEM: signer, root. */
  readonly issuerChain: string;
}

export interface CollateralService extends CollateralSource {
  /** Which evaluation numbers Intel serves for TDX and since when; not yet verified. Errors: as `collateralFor`. */
  evaluationNumbers(): Promise<SignedText>;
  /** The platform families that Intel knows (lower-case hex); Intel does not sign this list. */
  families(): Promise<{ readonly fmspc: string; readonly platform: string }[]>;
}

/** The issuer chain of an answer: URL-encoded PEM under one of the names that the header has. */
function chainOf({ headers, url }: CollateralAnswer, names: readonly string[]): string {
  const header = names.map((name) => headers[name.toLowerCase()]).find((value) => typeof value === 'string');
  if (typeof header !== 'string')
    throw new Refusal('COLLATERAL_FORMAT', `The answer of ${url} has no header ${names[0]}.`);
  try {
    const text = decodeURIComponent(header);
    readPemChain(text);
    return text;
  } catch {
    throw new Refusal('COLLATERAL_FORMAT', `The header ${names[0]} of ${url} is not URL-encoded PEM.`);
  }
}

function textOf({ bytes, url }: CollateralAnswer): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw new Refusal('COLLATERAL_FORMAT', `The answer of ${url} is not text.`);
  }
}

/** Runs a reading of an answer's text, whose refusal does not say where the text came from. */
function reading<T>({ url }: CollateralAnswer, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal('COLLATERAL_FORMAT', `The answer of ${url} cannot be read. ${error.message}`);
  }
}

/** Cuts the signed text and its signature out of `{ "<member>": { ... }, "signature": "..." }`. */
function signedMember(answer: CollateralAnswer, member: string): { text: string; signature: string } {
  const body = textOf(answer);
  const { value, spans } = reading(answer, () => readJsonObject(body, 'COLLATERAL_FORMAT'));
  const span = spans.get(member);
  const { signature } = value;
  if (span === undefined || typeof signature !== 'string')
    throw new Refusal('COLLATERAL_FORMAT', `The answer of ${answer.url} has no ${member} with a signature.`);
  return { text: body.slice(span.start, span.end), signature };
}

/** A CRL in DER, or as the hex text that PCCS gives; the result is hex. */
function crlHex(answer: CollateralAnswer): string {
  const { bytes, url } = answer;
  let der = bytes;
  if (bytes[0] !== 0x30) {
    try {
      der = fromHex(fromUtf8(bytes).trim());
    } catch {
      throw new Refusal('COLLATERAL_FORMAT', `The answer of ${url} is neither DER nor hex.`);
    }
  }
  try {
    readCrl(der);
  } catch {
    throw new Refusal('COLLATERAL_FORMAT', `The answer of ${url} is not a revocation list.`);
  }
  return toHex(der);
}

/** What a service or a proxy on the way remarks (RFC 7234 5.5), as printable text. */
function warningOf({ headers, url }: CollateralAnswer): string[] {
  const { warning } = headers;
  return typeof warning === 'string'
    ? [`${url} remarks: ${warning.slice(0, 300).replaceAll(/[^\x20-\x7e]/g, '?')}`]
    : [];
}

const TCB_CHAIN = ['TCB-Info-Issuer-Chain', 'SGX-TCB-Info-Issuer-Chain'];
const QE_CHAIN = ['SGX-Enclave-Identity-Issuer-Chain', 'Enclave-Identity-Issuer-Chain'];
const CRL_CHAIN = ['SGX-PCK-CRL-Issuer-Chain', 'PCK-CRL-Issuer-Chain'];
const NUMBERS_CHAIN = [
  'TCB-Evaluation-Data-Numbers-Issuer-Chain',
  'SGX-TCB-Evaluation-Data-Numbers-Issuer-Chain',
];

/**
 * Errors: `COLLATERAL_SETTINGS` at once; of the calls: `COLLATERAL_NOT_FOUND` (unknown FMSPC or number),
 * `COLLATERAL_GONE`, `COLLATERAL_SERVICE` (any other status), `COLLATERAL_UNREACHABLE` (network, certificate,
 * proxy, time), `COLLATERAL_TOO_LARGE`, `COLLATERAL_FORMAT`.
 */
export function createCollateralService(options: CollateralServiceOptions = {}): CollateralService {
  const { update, evaluationNumber } = options;
  if (update !== undefined && evaluationNumber !== undefined)
    throw new RangeError('ask for an update mode or for an evaluation number, never for both');
  const base = (options.base ?? INTEL_PCS).replace(/\/+$/, '');
  const { origin } = readServiceAddress(base);
  const rootCrlUrl =
    options.rootCrlUrl ?? (base === INTEL_PCS ? INTEL_ROOT_CRL : `${base}/sgx/certification/v4/rootcacrl`);
  readServiceAddress(rootCrlUrl, 'The address of the root CRL');
  const get = createCollateralGet(origin, options);

  function withMode(path: string, mode: CollateralMode | undefined): string {
    const url = new URL(base + path);
    if (typeof mode === 'number') url.searchParams.set('tcbEvaluationDataNumber', String(mode));
    else if (mode !== undefined) url.searchParams.set('update', mode);
    return url.href;
  }

  return {
    name: 'service',
    async collateralFor({ fmspc, ca }, _at, mode = update ?? evaluationNumber) {
      const [tcb, qe, pckCrl, rootCrl] = await Promise.all([
        get(withMode(`/tdx/certification/v4/tcb?fmspc=${encodeURIComponent(fmspc)}`, mode)),
        get(withMode('/tdx/certification/v4/qe/identity', mode)),
        get(`${base}/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`),
        get(rootCrlUrl),
      ]);
      const tcbInfo = signedMember(tcb, 'tcbInfo');
      const identity = signedMember(qe, 'enclaveIdentity');
      const collateral: Collateral = {
        pck_crl_issuer_chain: chainOf(pckCrl, CRL_CHAIN),
        root_ca_crl: crlHex(rootCrl),
        pck_crl: crlHex(pckCrl),
        tcb_info_issuer_chain: chainOf(tcb, TCB_CHAIN),
        tcb_info: tcbInfo.text,
        tcb_info_signature: tcbInfo.signature,
        qe_identity_issuer_chain: chainOf(qe, QE_CHAIN),
        qe_identity: identity.text,
        qe_identity_signature: identity.signature,
      };
      return {
        collateral,
        origin: `service ${base}`,
        notes: [tcb, qe, pckCrl, rootCrl].flatMap(warningOf),
      };
    },
    async evaluationNumbers() {
      const answer = await get(`${base}/tdx/certification/v4/tcbevaluationdatanumbers`);
      return {
        ...signedMember(answer, 'tcbEvaluationDataNumbers'),
        issuerChain: chainOf(answer, NUMBERS_CHAIN),
      };
    },
    async families() {
      const answer = await get(`${base}/sgx/certification/v4/fmspcs?platform=all`);
      const list = reading(answer, () => readJson(textOf(answer), 'COLLATERAL_FORMAT'));
      if (!Array.isArray(list))
        throw new Refusal('COLLATERAL_FORMAT', `The answer of ${answer.url} is not a list of families.`);
      return list.map((item: Json) => {
        const { fmspc, platform } = isJsonObject(item) ? item : {};
        if (typeof fmspc !== 'string' || !/^[0-9a-fA-F]{12}$/.test(fmspc) || typeof platform !== 'string')
          throw new Refusal('COLLATERAL_FORMAT', `The answer of ${answer.url} is not a list of families.`);
        return { fmspc: fmspc.toLowerCase(), platform: platform.slice(0, 40) };
      });
    },
  };
}
