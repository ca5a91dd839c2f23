/**
 * X.509 certificates of Intel's attestation PKI (RFC 5280, profile of tdx.md 2.4 and 3 step 4): version 3,
 * ecdsa-with-SHA256, P-256 keys. Reading checks the form only; which certificate may sign what is the verifier's
 * business. Unknown critical extensions and duplicate extensions are refused.
 */
import { Refusal, toHex } from '../bytes/index.ts';
import { ascii, type DerCursor, openSequence, rawSignature, TAG, unsigned } from './der.ts';

/** Bits of the key usage extension that matter here (bit 0 of the extension is the highest of byte 0). */
export const KEY_USAGE = { digitalSignature: 0x80, keyCertSign: 0x04, crlSign: 0x02 } as const;

export interface Certificate {
  readonly der: Uint8Array;
  /** The signed part. */
  readonly tbs: Uint8Array;
  /** r‖s over `tbs`. */
  readonly signature: Uint8Array;
  /** The serial number as unsigned hex without leading zero bytes. */
  readonly serial: string;
  /** The whole issuer and subject names in DER; compared byte for byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** The subject's common name. */
  readonly commonName: string;
  /** Unix seconds; both ends belong to the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** x‖y, 64 bytes; not yet known to be a point of the curve. */
  readonly publicKey: Uint8Array;
  /** True when basicConstraints says so; false when it says otherwise or is absent. */
  readonly isCa: boolean;
  readonly pathLength: number | null;
  /** The first byte of the key usage bits, or null when the extension is absent. */
  readonly keyUsage: number | null;
  readonly subjectKeyId: string | null;
  readonly authorityKeyId: string | null;
  /** The content of Intel's extension 1.2.840.113741.1.13.1, or null. */
  readonly sgxExtension: Uint8Array | null;
}

const CODE = 'CERT_FORMAT';

// object identifiers as hex of their content
const OID_COMMON_NAME = '550403';
const OID_ECDSA_SHA256 = '2a8648ce3d040302';
const OID_EC_PUBLIC_KEY = '2a8648ce3d0201';
const OID_P256 = '2a8648ce3d030107';
const OID_SUBJECT_KEY_ID = '551d0e';
const OID_KEY_USAGE = '551d0f';
const OID_BASIC_CONSTRAINTS = '551d13';
const OID_CRL_DISTRIBUTION = '551d1f';
const OID_AUTHORITY_KEY_ID = '551d23';
export const OID_SGX = '2a864886f84d010d01';

/** Reads an AlgorithmIdentifier that must be ecdsa-with-SHA256 without parameters (RFC 5758 3.2). */
export function readEcdsaSha256(cursor: DerCursor): void {
  const algorithm = cursor.enter(TAG.sequence, 'The signature algorithm');
  if (algorithm.oid('The signature algorithm') !== OID_ECDSA_SHA256)
    algorithm.refuse('The signature algorithm is not ecdsa-with-SHA256');
  algorithm.finish('The signature algorithm');
}

/** The common name inside a Name; refused when there is not exactly one. */
function readCommonName(name: Uint8Array): string {
  const parts = openSequence(name, CODE, 'The name');
  let found: string | null = null;
  while (!parts.atEnd) {
    const set = parts.enter(TAG.set, 'A part of the name');
    while (!set.atEnd) {
      const pair = set.enter(TAG.sequence, 'A part of the name');
      const isCommonName = pair.oid('The type of a name part') === OID_COMMON_NAME;
      const tag = pair.nextTag;
      const value = pair.content(tag, 'A name part');
      pair.finish('A part of the name');
      if (!isCommonName) continue;
      if (found !== null) pair.refuse('The name has two common names');
      if (tag !== TAG.utf8String && tag !== TAG.printableString) pair.refuse('The common name is not text');
      found = ascii(value);
    }
  }
  return found ?? parts.refuse('The name has no common name');
}

function readPublicKey(cursor: DerCursor): Uint8Array {
  const info = cursor.enter(TAG.sequence, 'The public key');
  const algorithm = info.enter(TAG.sequence, 'The key type');
  if (algorithm.oid('The key type') !== OID_EC_PUBLIC_KEY || algorithm.oid('The curve') !== OID_P256)
    algorithm.refuse('The key is not a P-256 key');
  algorithm.finish('The key type');
  const point = info.wholeBits('The public key');
  info.finish('The public key');
  if (point.length !== 65 || point[0] !== 4) info.refuse('The public key is not an uncompressed point');
  return point.subarray(1);
}

interface Extensions {
  isCa: boolean;
  pathLength: number | null;
  keyUsage: number | null;
  subjectKeyId: string | null;
  authorityKeyId: string | null;
  sgxExtension: Uint8Array | null;
}

/** Reads the content of an authority key identifier; only the key id form carries anything to compare. */
export function readAuthorityKeyId(value: Uint8Array, code: string): string | null {
  const sequence = openSequence(value, code, 'The authority key id');
  if (sequence.nextTag !== 0x80) return null;
  return toHex(sequence.content(0x80, 'The authority key id'));
}

function readExtension(oid: string, value: Uint8Array, out: Extensions): boolean {
  switch (oid) {
    case OID_BASIC_CONSTRAINTS: {
      const sequence = openSequence(value, CODE, 'basicConstraints');
      if (sequence.nextTag === TAG.boolean) out.isCa = sequence.boolean('The CA flag');
      if (!sequence.atEnd) out.pathLength = sequence.smallInteger(255, 'The path length');
      sequence.finish('basicConstraints');
      return true;
    }
    case OID_KEY_USAGE: {
      // a BIT STRING of one or two bytes whose unused bits are zero
      const [tag, length, unused, first] = value;
      if (tag !== TAG.bitString || length !== value.length - 2 || value.length < 4 || value.length > 5)
        throw new Refusal(CODE, 'The key usage is not a bit string.');
      if ((unused ?? 8) > 7) throw new Refusal(CODE, 'The key usage is not a bit string.');
      out.keyUsage = first as number;
      return true;
    }
    case OID_SUBJECT_KEY_ID:
      if (value[0] !== TAG.octetString || value[1] !== value.length - 2)
        throw new Refusal(CODE, 'The subject key id is not a byte string.');
      out.subjectKeyId = toHex(value.subarray(2));
      return true;
    case OID_AUTHORITY_KEY_ID:
      out.authorityKeyId = readAuthorityKeyId(value, CODE);
      return true;
    case OID_SGX:
      out.sgxExtension = value;
      return true;
    case OID_CRL_DISTRIBUTION:
      return true;
    default:
      return false;
  }
}

function readExtensions(cursor: DerCursor): Extensions {
  const out: Extensions = {
    isCa: false,
    pathLength: null,
    keyUsage: null,
    subjectKeyId: null,
    authorityKeyId: null,
    sgxExtension: null,
  };
  const wrapper = cursor.enter(TAG.context3, 'The extensions');
  const list = wrapper.enter(TAG.sequence, 'The extensions');
  wrapper.finish('The extensions');
  const seen = new Set<string>();
  while (!list.atEnd) {
    const extension = list.enter(TAG.sequence, 'An extension');
    const oid = extension.oid('The type of an extension');
    if (seen.has(oid)) throw new Refusal('CERT_DUP_EXT', 'The certificate carries one extension twice.');
    seen.add(oid);
    const critical = extension.nextTag === TAG.boolean ? extension.boolean('The critical flag') : false;
    const value = extension.content(TAG.octetString, 'The value of an extension');
    extension.finish('An extension');
    if (!readExtension(oid, value, out) && critical)
      throw new Refusal(CODE, 'The certificate has a critical extension that is not known here.');
  }
  return out;
}

/**
 * Reads one certificate. All byte members share memory with `der`.
 * Errors: `CERT_FORMAT` (not a certificate of this profile), `CERT_DUP_EXT`.
 */
export function readCertificate(der: Uint8Array): Certificate {
  const certificate = openSequence(der, CODE, 'The certificate');
  const tbs = certificate.element(TAG.sequence, 'The certificate body');
  readEcdsaSha256(certificate);
  const signature = rawSignature(certificate.wholeBits('The signature'), CODE);
  certificate.finish('The certificate');

  const body = openSequence(tbs, CODE, 'The certificate body');
  const version = body.enter(TAG.context0, 'The version');
  if (version.smallInteger(255, 'The version') !== 2) version.refuse('The certificate is not of version 3');
  version.finish('The version');
  const serial = body.integer('The serial number');
  if (serial.length > 21) body.refuse('The serial number is too long');
  readEcdsaSha256(body);
  const issuer = body.element(TAG.sequence, 'The issuer');
  const validity = body.enter(TAG.sequence, 'The validity');
  const notBefore = validity.time('The start of the validity');
  const notAfter = validity.time('The end of the validity');
  validity.finish('The validity');
  const subject = body.element(TAG.sequence, 'The subject');
  const publicKey = readPublicKey(body);
  const extensions = readExtensions(body);
  body.finish('The certificate body');

  return {
    der,
    tbs,
    signature,
    serial: toHex(unsigned(serial)),
    issuer,
    subject,
    commonName: readCommonName(subject),
    notBefore,
    notAfter,
    publicKey,
    ...extensions,
  };
}

/** True when `at` (Unix seconds) lies in the validity. Written so that NaN answers false. */
export function validAt(certificate: Certificate, at: number): boolean {
  return certificate.notBefore <= at && at <= certificate.notAfter;
}
