/**
 * Certificates and revocation lists of a simulated PKI (tdx.md 2.4, 2.7, 9.2 to 9.4). The library is large and only
 * simulation needs it: this folder is loaded when somebody simulates, never by a node.
 */
// oxlint-disable-next-line import/no-unassigned-import -- the certificate library wants it loaded before itself
import 'reflect-metadata';
import { hash, type KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { element } from './der.ts';
import type { SimulatedKey } from './keys.ts';
import { SGX_OID, type SimulatedPlatform, writeSgxExtension } from './sgx-extension.ts';

// Node's WebCrypto is the browser's in all but the name of its types
type LibraryKey = x509.X509CrlCreateParams['signingKey'];
x509.cryptoProvider.set(webcrypto as never);

/** The names that the verifier asks for; TEST stands where no rule looks and every person does. */
const tail = (unit: string): string => `${unit}O=Intel Corporation, L=Santa Clara, ST=CA, C=US`;
const TEST = 'OU=TEST - SIMULATED BY MUSTER - NOT INTEL, ';
export const NAMES = {
  root: `CN=Intel SGX Root CA, ${tail(TEST)}`,
  platformCa: `CN=Intel SGX PCK Platform CA, ${tail(TEST)}`,
  processorCa: `CN=Intel SGX PCK Processor CA, ${tail(TEST)}`,
  leaf: `CN=Intel SGX PCK Certificate, ${tail(TEST)}`,
  signer: `CN=Intel SGX TCB Signing, ${tail(TEST)}`,
} as const;

/** Extensions as the library has them. */
export type Extension = x509.Extension;
const USAGE = x509.KeyUsageFlags;
const KEY_USAGE = {
  ca: USAGE.keyCertSign | USAGE.cRLSign,
  leaf: USAGE.digitalSignature | USAGE.nonRepudiation,
} as const;

/** The key id of a key: 20 bytes of its hash, as hex. */
const keyId = ({ point }: SimulatedKey): string => hash('sha256', point, 'hex').slice(0, 40);

export const subjectKeyId = (key: SimulatedKey): Extension =>
  new x509.SubjectKeyIdentifierExtension(keyId(key));
export const authorityKeyId = (key: SimulatedKey): Extension =>
  new x509.AuthorityKeyIdentifierExtension(keyId(key));
export const keyUsage = (kind: keyof typeof KEY_USAGE): Extension =>
  new x509.KeyUsagesExtension(KEY_USAGE[kind], true);
export const basicConstraints = (isCa: boolean, pathLength?: number): Extension =>
  new x509.BasicConstraintsExtension(isCa, pathLength, true);
export const sgxExtension = (platform: SimulatedPlatform): Extension =>
  rawExtension(SGX_OID, false, writeSgxExtension(platform));
export const rawExtension = (oid: string, critical: boolean, value: Uint8Array): Extension =>
  new x509.Extension(oid, critical, new Uint8Array(value));
const crlDistributionPoint = (): Extension =>
  new x509.CRLDistributionPointsExtension(['https://simulated.invalid/crl.der']);

/** What a certificate of each role carries, SGX extension apart. */
export function extensionsOf(
  role: 'ca' | 'leaf',
  key: SimulatedKey,
  issuer: SimulatedKey,
  pathLength?: number,
) {
  return [
    authorityKeyId(issuer),
    crlDistributionPoint(),
    subjectKeyId(key),
    keyUsage(role),
    basicConstraints(role === 'ca', pathLength),
  ];
}

export interface CertificateRecipe {
  readonly subject: string;
  readonly issuer: string;
  /** Hex; the library writes it as a positive integer. */
  readonly serial: string;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: SimulatedKey;
  readonly issuerKey: SimulatedKey;
  readonly extensions: readonly Extension[];
}

/** The library's keys are WebCrypto's. */
function cryptoKey(key: KeyObject, usage: 'sign' | 'verify'): LibraryKey {
  const namedCurve = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256';
  return key.toCryptoKey({ name: 'ECDSA', namedCurve }, true, [usage]) as unknown as LibraryKey;
}
const date = (seconds: number): Date => new Date(seconds * 1000);
const algorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** Issues a certificate; DER. */
export async function issueCertificate(recipe: CertificateRecipe): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.create({
    subject: recipe.subject,
    issuer: recipe.issuer,
    serialNumber: recipe.serial,
    notBefore: date(recipe.notBefore),
    notAfter: date(recipe.notAfter),
    publicKey: cryptoKey(recipe.key.publicKey, 'verify'),
    signingKey: cryptoKey(recipe.issuerKey.privateKey, 'sign'),
    signingAlgorithm: algorithm,
    extensions: [...recipe.extensions],
  });
  return new Uint8Array(certificate.rawData);
}

export interface CrlRecipe {
  readonly issuer: string;
  readonly issuerKey: SimulatedKey;
  readonly number: number;
  readonly thisUpdate: number;
  /** Left out: a list without an end, which the verifier refuses. */
  readonly nextUpdate?: number | undefined;
  /** Serial numbers, hex. */
  readonly revoked: readonly string[];
  readonly extensions?: readonly Extension[];
}

/** Issues a revocation list; DER. */
export async function issueCrl(recipe: CrlRecipe): Promise<Uint8Array> {
  const list = await x509.X509CrlGenerator.create({
    issuer: recipe.issuer,
    thisUpdate: date(recipe.thisUpdate),
    ...(recipe.nextUpdate === undefined ? {} : { nextUpdate: date(recipe.nextUpdate) }),
    signingKey: cryptoKey(recipe.issuerKey.privateKey, 'sign'),
    signingAlgorithm: algorithm,
    entries: recipe.revoked.map((serialNumber) => ({
      serialNumber,
      revocationDate: date(recipe.thisUpdate),
    })),
    extensions: [
      ...(recipe.extensions ?? [authorityKeyId(recipe.issuerKey)]),
      rawExtension('2.5.29.20', false, crlNumber(recipe.number)),
    ],
  });
  return new Uint8Array(list.rawData);
}

/** CRL number: an integer of four bytes at most. */
function crlNumber(value: number): Uint8Array {
  return element(0x02, Uint8Array.of(0, value >>> 16, value >>> 8, value).slice(value < 0x80_0000 ? 1 : 0));
}
