/**
 * The rules of tdx.md 3 about certificates and revocation lists: the root, the chains that lead to it, and what was
 * taken back. Each throws a Refusal with its reason code or returns the sentence that says what was found.
 * `answered` is the answer to a signature job; times are Unix seconds.
 */
import { Refusal, sameBytes } from '../bytes/index.ts';
import { type Certificate, KEY_USAGE, validAt } from './certificate.ts';
import type { RevocationList } from './crl.ts';
import { insist } from './insist.ts';
import { isoTime } from './times.ts';

/** True when the certificate allows this use of its key; a certificate that says nothing allows nothing. */
function mayUse(certificate: Certificate, usage: number): boolean {
  return certificate.keyUsage !== null && (certificate.keyUsage & usage) === usage;
}

/** Names and key ids of child and issuer agree. */
function linked(child: { issuer: Uint8Array; authorityKeyId: string | null }, issuer: Certificate): boolean {
  return (
    sameBytes(child.issuer, issuer.subject) &&
    (child.authorityKeyId === null ||
      issuer.subjectKeyId === null ||
      child.authorityKeyId === issuer.subjectKeyId)
  );
}

export function checkRoot(root: Certificate, selfSigned: boolean, pinned: boolean, at: number): string {
  insist(linked(root, root) && selfSigned, 'ROOT_UNTRUSTED', 'The root certificate is not signed by itself.');
  insist(
    root.isCa && mayUse(root, KEY_USAGE.keyCertSign),
    'ROOT_UNTRUSTED',
    'The root certificate is not a CA.',
  );
  insist(
    validAt(root, at),
    'ROOT_EXPIRED',
    () => `The root certificate is valid from ${isoTime(root.notBefore)} to ${isoTime(root.notAfter)} only.`,
  );
  return pinned
    ? 'Trust ends in Intel’s SGX root certificate, byte for byte the pinned one.'
    : 'SIMULATED: trust ends in a root that the caller named, not in Intel’s.';
}

export function checkCrl(
  list: RevocationList,
  issuer: Certificate,
  answered: boolean,
  which: 'ROOT' | 'PCK',
  at: number,
): string {
  const name = which === 'ROOT' ? 'root CRL' : 'PCK CRL';
  insist(
    linked(list, issuer),
    `${which}_CRL_ISSUER`,
    () => `The ${name} is not from the CA it must be from.`,
  );
  insist(
    mayUse(issuer, KEY_USAGE.crlSign),
    'KEY_USAGE',
    () => `The issuer of the ${name} may not sign lists.`,
  );
  insist(answered, `${which}_CRL_SIG`, () => `The signature of the ${name} is wrong.`);
  insist(
    list.thisUpdate <= at,
    `${which}_CRL_FUTURE`,
    () => `The ${name} is of ${isoTime(list.thisUpdate)}, which is still to come.`,
  );
  insist(
    at <= list.nextUpdate,
    `${which}_CRL_EXPIRED`,
    () => `The ${name} ended on ${isoTime(list.nextUpdate)}.`,
  );
  return `${name} no. ${list.number}, ${list.serials.size} revoked, valid to ${isoTime(list.nextUpdate)}.`;
}

export interface PckChain {
  readonly leaf: Certificate;
  readonly intermediate: Certificate;
  readonly ca: 'platform' | 'processor';
}

const CA_NAMES: Readonly<Record<string, PckChain['ca']>> = {
  'Intel SGX PCK Platform CA': 'platform',
  'Intel SGX PCK Processor CA': 'processor',
};

/** Form and names of the chain; signatures and validity are checked by `checkPckChain`. */
export function shapePckChain(chain: readonly Certificate[], root: Certificate): PckChain {
  const [leaf, intermediate, last] = chain;
  if (chain.length !== 3 || leaf === undefined || intermediate === undefined || last === undefined)
    throw new Refusal(
      'PCK_CHAIN',
      `The PCK chain has ${chain.length} certificates; it must have exactly three.`,
    );
  insist(
    sameBytes(last.der, root.der),
    'ROOT_UNTRUSTED',
    'The PCK chain does not end in the trusted root certificate.',
  );
  insist(
    leaf.commonName === 'Intel SGX PCK Certificate',
    'PCK_CHAIN',
    'The first certificate is not named as a PCK certificate.',
  );
  const ca = CA_NAMES[intermediate.commonName];
  if (ca === undefined)
    throw new Refusal('PCK_CHAIN', 'The second certificate is not named as a PCK Platform or Processor CA.');
  return { leaf, intermediate, ca };
}

/** The certificate of a CA that issues PCK certificates: under the root, and allowed to issue them. */
function checkPckCa(intermediate: Certificate, root: Certificate, answered: boolean): void {
  insist(
    linked(intermediate, root),
    'PCK_CHAIN',
    'The intermediate certificate does not name the root as its issuer.',
  );
  insist(answered, 'PCK_CHAIN', 'The root did not sign the intermediate certificate.');
  insist(intermediate.isCa, 'NOT_CA', 'The intermediate certificate is not a CA.');
  insist(
    mayUse(intermediate, KEY_USAGE.keyCertSign),
    'KEY_USAGE',
    'The intermediate certificate may not sign certificates.',
  );
  insist(
    root.pathLength === null || root.pathLength >= 1,
    'PCK_CHAIN',
    'The root certificate allows no certificate between itself and a leaf.',
  );
}

function checkValid(name: string, certificate: Certificate, at: number): void {
  insist(
    validAt(certificate, at),
    'PCK_CHAIN_EXPIRED',
    () =>
      `The ${name} certificate is valid from ${isoTime(certificate.notBefore)} to ${isoTime(certificate.notAfter)} only.`,
  );
}

/** Form of the chain of a PCK CRL's issuer: the CA, and the root; returns the CA. */
export function shapeCrlIssuer(
  chain: readonly Certificate[],
  root: Certificate,
): { intermediate: Certificate; ca: PckChain['ca'] } {
  const [intermediate, last] = chain;
  if (chain.length !== 2 || intermediate === undefined || last === undefined)
    throw new Refusal(
      'PCK_CHAIN',
      `The chain of the PCK CRL’s issuer has ${chain.length} certificates; it must have exactly two.`,
    );
  insist(
    sameBytes(last.der, root.der),
    'ROOT_UNTRUSTED',
    'The chain of the PCK CRL’s issuer does not end in the trusted root certificate.',
  );
  const ca = CA_NAMES[intermediate.commonName];
  if (ca === undefined)
    throw new Refusal(
      'PCK_CHAIN',
      'The issuer of the PCK CRL is not named as a PCK Platform or Processor CA.',
    );
  return { intermediate, ca };
}

/** The CA that issues a PCK CRL, where there is no quote whose chain could name it. */
export function checkCrlIssuer(
  intermediate: Certificate,
  root: Certificate,
  answered: boolean,
  at: number,
): string {
  checkPckCa(intermediate, root, answered);
  checkValid('intermediate', intermediate, at);
  return `${intermediate.commonName}, under the root.`;
}

export function checkPckChain(
  { leaf, intermediate, ca }: PckChain,
  root: Certificate,
  answered: { leaf: boolean; intermediate: boolean },
  at: number,
): string {
  insist(
    linked(leaf, intermediate),
    'PCK_CHAIN',
    'The PCK certificate does not name the intermediate certificate as its issuer.',
  );
  checkPckCa(intermediate, root, answered.intermediate);
  insist(answered.leaf, 'PCK_CHAIN', 'The intermediate did not sign the PCK certificate.');
  insist(!leaf.isCa, 'PCK_CHAIN', 'The PCK certificate is a CA.');
  insist(
    mayUse(leaf, KEY_USAGE.digitalSignature) && !mayUse(leaf, KEY_USAGE.keyCertSign),
    'KEY_USAGE',
    'The PCK certificate may not sign reports, or may sign certificates.',
  );
  checkValid('PCK', leaf, at);
  checkValid('intermediate', intermediate, at);
  return `PCK certificate ${leaf.serial} of the ${ca === 'platform' ? 'Platform' : 'Processor'} CA, under the root.`;
}

export function checkNotRevoked(
  certificate: Certificate,
  list: RevocationList,
  code: 'ICA_REVOKED' | 'PCK_REVOKED' | 'SIGNING_CERT_REVOKED',
): string {
  insist(
    !list.serials.has(certificate.serial),
    code,
    () => `The certificate ${certificate.serial} is revoked by its issuer.`,
  );
  return `The certificate ${certificate.serial} is not among the ${list.serials.size} revoked.`;
}

/** Form of the chain that signs a document; returns the signer. */
export function shapeSigningChain(chain: readonly Certificate[], root: Certificate): Certificate {
  const [signer, last] = chain;
  if (chain.length !== 2 || signer === undefined || last === undefined)
    throw new Refusal(
      'SIGNING_CHAIN',
      `The signing chain has ${chain.length} certificates; it must have exactly two.`,
    );
  insist(
    sameBytes(last.der, root.der),
    'ROOT_UNTRUSTED',
    'The signing chain does not end in the trusted root certificate.',
  );
  return signer;
}

export function checkSigningChain(
  signer: Certificate,
  root: Certificate,
  answered: boolean,
  at: number,
): string {
  // without the name, any key under the root (a stolen PCK key, say) could declare every platform up to date
  insist(
    signer.commonName === 'Intel SGX TCB Signing',
    'SIGNING_CN',
    'The signer is not named as Intel’s TCB signing certificate.',
  );
  insist(linked(signer, root) && answered, 'SIGNING_CHAIN', 'The root did not sign the signing certificate.');
  insist(!signer.isCa, 'SIGNING_CHAIN', 'The signing certificate is a CA.');
  insist(
    mayUse(signer, KEY_USAGE.digitalSignature) && !mayUse(signer, KEY_USAGE.keyCertSign),
    'KEY_USAGE',
    'The signing certificate may not sign documents, or may sign certificates.',
  );
  insist(
    validAt(signer, at),
    'SIGNING_CERT_EXPIRED',
    () =>
      `The signing certificate is valid from ${isoTime(signer.notBefore)} to ${isoTime(signer.notAfter)} only.`,
  );
  return `Signed by Intel SGX TCB Signing ${signer.serial}, directly under the root.`;
}
