/**
 * The outer form of a TDX quote, versions 4 and 5 (tdx.md 2.1 to 2.3): header, body, signature data, QE report,
 * certification data. Every length is checked against its neighbour, so that no byte before the zero padding
 * stands outside a checked structure.
 */
import { concat, type Hashes, Refusal, sameBytes } from '../bytes/index.ts';
import { ascii } from './der.ts';
import { readPemChain } from './pem.ts';

/** The largest quote that is looked at; real ones take 5 to 8 KB. */
export const LARGEST_QUOTE = 1024 * 1024;

/** Intel's quoting enclave vendor id, as in the header. */
export const INTEL_QE_VENDOR = '939a7233f79c4ca9940a0db3957f0607';

export type BodyType = 2 | 3;

export interface Quote {
  readonly version: 4 | 5;
  readonly attestationKeyType: 2;
  readonly teeType: 0x81;
  /** Reserved since version 4, yet signed. */
  readonly qeSvn: number;
  readonly pceSvn: number;
  readonly qeVendorId: Uint8Array;
  readonly userData: Uint8Array;
  /** 2 = TD report 1.0 (584 bytes), 3 = TD report 1.5 (648 bytes); version 4 always has 2. */
  readonly bodyType: BodyType;
  readonly body: Uint8Array;
  /** What the attestation key signed. */
  readonly signedBytes: Uint8Array;
  /** r‖s */
  readonly signature: Uint8Array;
  /** x‖y */
  readonly attestationKey: Uint8Array;
  /** The QE report, 384 bytes, and its signature r‖s by the PCK key. */
  readonly qeReport: Uint8Array;
  readonly qeReportSignature: Uint8Array;
  readonly qeAuthData: Uint8Array;
  /** The certification data of type 5: the PEM text of the PCK chain. */
  readonly chainText: Uint8Array;
  /** Everything behind the quote's signature: the attestation key, and what the QE and its chain say of it. */
  readonly certified: Uint8Array;
  /** Number of bytes after the signature data, and whether all of them are zero. */
  readonly trailing: number;
  readonly trailingZero: boolean;
}

export const NON_ZERO_PADDING = 'Bytes other than zero follow the signature data.';

const HEADER = 48;
const BODY_SIZE: Record<BodyType, number> = { 2: 584, 3: 648 };

/** Little-endian reads with bounds; every miss is `QUOTE_FORMAT`. */
class Window {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(length: number, what: string): Uint8Array {
    if (length > this.left)
      throw new Refusal(
        'QUOTE_FORMAT',
        `The quote ends inside ${what}: ${length} bytes expected, ${this.left} left.`,
        {
          at: this.#at,
        },
      );
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  u16(what: string): number {
    const [a, b] = this.take(2, what) as unknown as [number, number];
    return a | (b << 8);
  }

  u32(what: string): number {
    const [a, b, c, d] = this.take(4, what) as unknown as [number, number, number, number];
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }
}

function readBodyType(window: Window): BodyType {
  const type = window.u16('the body type');
  const size = window.u32('the body size');
  if (type !== 2 && type !== 3)
    throw new Refusal('BODY_TYPE', `A TD quote has body type 2 or 3, this one ${type}.`);
  if (size !== BODY_SIZE[type])
    throw new Refusal(
      'BODY_SIZE',
      `Body type ${type} takes ${BODY_SIZE[type]} bytes, the quote says ${size}.`,
    );
  return type;
}

/** Reads what the QE signed and certified: the content of certification data of type 6. */
function readCertification(bytes: Uint8Array) {
  const window = new Window(bytes);
  const qeReport = window.take(384, 'the QE report');
  const qeReportSignature = window.take(64, 'the signature of the QE report');
  const qeAuthData = window.take(
    window.u16('the length of the QE authentication data'),
    'the QE authentication data',
  );
  const type = window.u16('the inner certification data type');
  const length = window.u32('the inner certification data length');
  if (length !== window.left)
    throw new Refusal(
      'QUOTE_FORMAT',
      `The inner certification data says ${length} bytes where ${window.left} are left.`,
    );
  if (type !== 5)
    throw new Refusal(
      'PCK_CERT_TYPE',
      `The PCK certificate comes in form ${type}; only form 5, a PEM chain, can be checked without asking Intel.`,
    );
  const text = window.take(length, 'the PCK certificate chain');
  return { qeReport, qeReportSignature, qeAuthData, text };
}

/**
 * Parses a quote. All byte members share memory with `bytes`: hand in a copy when the buffer is used again.
 * Behind the signature data only zero bytes may stand; with `padding: 'any'` others are let through and told by
 * `trailingZero`, so that a quote can be shown although it is refused.
 * Errors: `QUOTE_FORMAT`, `QUOTE_TOO_LARGE`, `QUOTE_VERSION`, `ATT_KEY_TYPE`, `TEE_TYPE`, `BODY_TYPE`,
 * `BODY_SIZE`, `CERT_DATA_TYPE`, `PCK_CERT_TYPE`.
 */
export function parseQuote(bytes: Uint8Array, padding: 'zero' | 'any' = 'zero'): Quote {
  if (bytes.length > LARGEST_QUOTE)
    throw new Refusal(
      'QUOTE_TOO_LARGE',
      `The quote has ${bytes.length} bytes; real ones have less than 10,000.`,
    );
  const window = new Window(bytes);
  const version = window.u16('the header');
  if (version !== 4 && version !== 5)
    throw new Refusal('QUOTE_VERSION', `TDX quotes have version 4 or 5, this one has ${version}.`);
  const header = window.take(HEADER - 2, 'the header');
  const head = new Window(header);
  const attestationKeyType = head.u16('the header');
  if (attestationKeyType !== 2)
    throw new Refusal('ATT_KEY_TYPE', `Attestation key type ${attestationKeyType} is not ECDSA P-256.`);
  const teeType = head.u32('the header');
  if (teeType !== 0x81)
    throw new Refusal('TEE_TYPE', `TEE type 0x${teeType.toString(16)} is not TDX (0x81).`);
  const qeSvn = head.u16('the header');
  const pceSvn = head.u16('the header');
  const qeVendorId = head.take(16, 'the header');
  const userData = head.take(20, 'the header');

  const bodyType = version === 5 ? readBodyType(window) : 2;
  const body = window.take(BODY_SIZE[bodyType], 'the TD report');
  const signedBytes = bytes.subarray(0, window.at);

  const signed = new Window(window.take(window.u32('the signature length'), 'the signature data'));
  const rest = window.take(window.left, 'the padding');
  const signature = signed.take(64, 'the quote signature');
  const certified = signed.bytes.subarray(signed.at);
  const attestationKey = signed.take(64, 'the attestation key');
  const outerType = signed.u16('the certification data type');
  if (outerType !== 6)
    throw new Refusal(
      'CERT_DATA_TYPE',
      `Certification data of type ${outerType}, where TDX quotes have type 6.`,
    );
  const outerLength = signed.u32('the certification data length');
  if (outerLength !== signed.left)
    throw new Refusal(
      'QUOTE_FORMAT',
      `The certification data says ${outerLength} bytes where ${signed.left} are left.`,
    );
  const inner = readCertification(signed.take(outerLength, 'the certification data'));
  const trailingZero = rest.every((byte) => byte === 0);
  if (!trailingZero && padding === 'zero') throw new Refusal('QUOTE_FORMAT', NON_ZERO_PADDING);

  return {
    version,
    attestationKeyType,
    teeType,
    qeSvn,
    pceSvn,
    qeVendorId,
    userData,
    bodyType,
    body,
    signedBytes,
    signature,
    attestationKey,
    qeReport: inner.qeReport,
    qeReportSignature: inner.qeReportSignature,
    qeAuthData: inner.qeAuthData,
    chainText: inner.text,
    certified,
    trailing: rest.length,
    trailingZero,
  };
}

/** The DER of the certificates in the quote, in its order. Errors: `CERT_FORMAT`. */
export function quoteChain(quote: Quote): Uint8Array[] {
  return readPemChain(ascii(quote.chainText));
}

/** True when the QE report binds the attestation key: SHA-256(key ‖ authentication data) ‖ 32 zero bytes. */
export function bindsAttestationKey(quote: Quote, reportData: Uint8Array, hashes: Hashes): boolean {
  const expected = new Uint8Array(64);
  expected.set(hashes.sha256(concat(quote.attestationKey, quote.qeAuthData)));
  return sameBytes(expected, reportData);
}
