/**
 * Collateral from Intel's Provisioning Certification Service or from a caching mirror of it (PCCS), over the
 * paths of tdx.md 4. Signed texts are cut out of the answers to the character, never written again.
 */
import {
  type Collateral,
  LARGEST_COLLATERAL,
  readCrl,
  readJsonObject,
} from '../../protocol/attestation/index.ts';
import { fromHex, fromUtf8, Refusal, toHex } from '../../protocol/bytes/index.ts';
import type { CollateralSource } from './collateral-source.ts';
import { reasonOf } from './quote-source.ts';

export const INTEL_PCS = 'https://api.trustedservices.intel.com';
const INTEL_ROOT_CRL = 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der';

export interface CollateralServiceOptions {
  /** Address of the service, without a path; default Intel's. */
  readonly base?: string;
  /** Where the root CRL is; default Intel's address for Intel's service, else the path that a PCCS has for it. */
  readonly rootCrlUrl?: string;
  /** For one answer, headers and body together, in milliseconds; default 10,000. */
  readonly timeoutMs?: number;
  /** `early` shows a new TCB recovery before it becomes the standard one. */
  readonly update?: 'standard' | 'early';
  /** A fixed evaluation number instead of an update mode. */
  readonly evaluationNumber?: number;
  readonly fetch?: typeof fetch;
}

interface Answer {
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

/** Reads a body as far as the limit allows. */
async function readBody(response: Response, limit: number, url: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // leaving the loop early cancels the stream
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > limit)
      throw new Refusal('COLLATERAL_TOO_LARGE', `${url} answers with more than ${limit} bytes.`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function refuseStatus(status: number, url: string): void {
  if (status === 200) return;
  if (status === 404)
    throw new Refusal('COLLATERAL_NOT_FOUND', `The service knows nothing under ${url} (404).`);
  if (status === 410) throw new Refusal('COLLATERAL_GONE', `The service no longer serves ${url} (410).`);
  throw new Refusal('COLLATERAL_SERVICE', `The service answers ${status} to ${url}.`, { status });
}

/** The issuer chain of an answer: URL-encoded PEM under one of the names that the header has. */
function chainOf({ headers }: Answer, names: readonly string[], url: string): string {
  const header = names.map((name) => headers.get(name)).find((value) => value !== null);
  if (header === undefined || header === null)
    throw new Refusal('COLLATERAL_FORMAT', `The answer of ${url} has no header ${names[0]}.`);
  try {
    return decodeURIComponent(header);
  } catch {
    throw new Refusal('COLLATERAL_FORMAT', `The header ${names[0]} of ${url} is not URL-encoded.`);
  }
}

/** Cuts the signed text and its signature out of `{ "<member>": { ... }, "signature": "..." }`. */
function signedMember({ bytes }: Answer, member: string, url: string): { text: string; signature: string } {
  const body = fromUtf8(bytes);
  const { value, spans } = readJsonObject(body, 'COLLATERAL_FORMAT');
  const span = spans.get(member);
  const { signature } = value;
  if (span === undefined || typeof signature !== 'string')
    throw new Refusal('COLLATERAL_FORMAT', `The answer of ${url} has no ${member} with a signature.`);
  return { text: body.slice(span.start, span.end), signature };
}

/** A CRL in DER, or as the hex text that PCCS gives; the result is hex. */
function crlHex({ bytes }: Answer, url: string): string {
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

/**
 * Errors: `COLLATERAL_NOT_FOUND` (unknown FMSPC or number), `COLLATERAL_GONE`, `COLLATERAL_SERVICE` (any other
 * status), `COLLATERAL_UNREACHABLE` (network, time-out), `COLLATERAL_TOO_LARGE`, `COLLATERAL_FORMAT`.
 */
export function createCollateralService(options: CollateralServiceOptions = {}): CollateralSource {
  const base = (options.base ?? INTEL_PCS).replace(/\/+$/, '');
  const rootCrlUrl =
    options.rootCrlUrl ?? (base === INTEL_PCS ? INTEL_ROOT_CRL : `${base}/sgx/certification/v4/rootcacrl`);
  const { timeoutMs = 10_000, update, evaluationNumber } = options;
  if (update !== undefined && evaluationNumber !== undefined)
    throw new RangeError('ask for an update mode or for an evaluation number, never for both');
  const get = options.fetch ?? fetch;

  async function ask(url: string): Promise<Answer> {
    try {
      const response = await get(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
      refuseStatus(response.status, url);
      return { bytes: await readBody(response, LARGEST_COLLATERAL, url), headers: response.headers };
    } catch (error) {
      if (error instanceof Refusal) throw error;
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      const reason =
        error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : reasonOf(cause);
      throw new Refusal('COLLATERAL_UNREACHABLE', `${url} cannot be reached: ${reason}.`);
    }
  }

  function withMode(path: string): string {
    const url = new URL(base + path);
    if (update !== undefined) url.searchParams.set('update', update);
    if (evaluationNumber !== undefined)
      url.searchParams.set('tcbEvaluationDataNumber', String(evaluationNumber));
    return url.href;
  }

  return {
    name: 'service',
    async collateralFor({ fmspc, ca }) {
      const tcbUrl = withMode(`/tdx/certification/v4/tcb?fmspc=${encodeURIComponent(fmspc)}`);
      const qeUrl = withMode('/tdx/certification/v4/qe/identity');
      const crlUrl = `${base}/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`;
      const [tcb, qe, pckCrl, rootCrl] = (await Promise.all(
        [tcbUrl, qeUrl, crlUrl, rootCrlUrl].map(ask),
      )) as [Answer, Answer, Answer, Answer];
      const tcbInfo = signedMember(tcb, 'tcbInfo', tcbUrl);
      const identity = signedMember(qe, 'enclaveIdentity', qeUrl);
      const collateral: Collateral = {
        pck_crl_issuer_chain: chainOf(pckCrl, ['SGX-PCK-CRL-Issuer-Chain'], crlUrl),
        root_ca_crl: crlHex(rootCrl, rootCrlUrl),
        pck_crl: crlHex(pckCrl, crlUrl),
        tcb_info_issuer_chain: chainOf(tcb, ['TCB-Info-Issuer-Chain', 'SGX-TCB-Info-Issuer-Chain'], tcbUrl),
        tcb_info: tcbInfo.text,
        tcb_info_signature: tcbInfo.signature,
        qe_identity_issuer_chain: chainOf(
          qe,
          ['SGX-Enclave-Identity-Issuer-Chain', 'Enclave-Identity-Issuer-Chain'],
          qeUrl,
        ),
        qe_identity: identity.text,
        qe_identity_signature: identity.signature,
      };
      return { collateral, origin: `service ${base}` };
    },
  };
}
