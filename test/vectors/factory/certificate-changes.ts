/** What can be wrong with, or harmless about, any certificate below the root. */
import {
  authorityKeyId,
  type CertificateRecipe,
  element,
  type Extension,
  makeSerial,
  NAMES,
  rawExtension,
} from '../../../src/main/attestation/simulate/index.ts';
import { accepted, type Expected, refused } from './line.ts';
import { CERTIFICATES, KEYS, recipeOf, type Role, T0 } from './scene.ts';

const { root, platformCa, leaf } = CERTIFICATES;
/** The proper chain with another leaf or CA. */
export const chainWith = (changes: { leaf?: Uint8Array; ca?: Uint8Array }) => ({
  chain: [changes.leaf ?? leaf, changes.ca ?? platformCa, root],
});

export const UNKNOWN_CRITICAL = rawExtension('1.2.3.4', true, element(0x05));
export const UNKNOWN = rawExtension('1.2.3.4', false, element(0x05));

/**
 * A key usage of exactly these bits: digitalSignature is 0x80, keyCertSign 0x04, cRLSign 0x02 (RFC 5280 4.2.1.3).
 */
export function usageOf(bits: number): Extension {
  const unused = Math.log2(bits & -bits);
  return rawExtension('2.5.29.15', true, element(0x03, Uint8Array.of(unused, bits)));
}

/** Everything wrong or harmless that one certificate can be, by the role it plays; [changes, expected]. */
type Change = readonly [what: string, changes: Partial<CertificateRecipe>, expect: Expected];

/** Changes that every certificate below the root can suffer. */
export function changesOf(role: Exclude<Role, 'root'>, broken: string, expired: string): Change[] {
  const proper = recipeOf(role);
  const own = proper.extensions;
  const withExtensions = (list: readonly Extension[]) => ({ extensions: list });
  const withUsage = (bits: number) =>
    withExtensions(own.map((extension) => (extension.type === '2.5.29.15' ? usageOf(bits) : extension)));
  // what the role may do, and what it may not
  const usages: readonly [bits: number, expect: Expected][] = role.endsWith('Ca')
    ? [
        [0x06, accepted()],
        [0x04, refused('KEY_USAGE')],
        [0x02, refused('KEY_USAGE')],
        [0x80, refused('KEY_USAGE')],
      ]
    : [
        [0x80, accepted()],
        [0x40, refused('KEY_USAGE')],
        [0x84, refused('KEY_USAGE')],
        [0x06, refused('KEY_USAGE')],
      ];
  return [
    ...usages.map(([bits, expect]): Change => [`with key usage ${bits}`, withUsage(bits), expect]),
    ['expired a second ago', { notAfter: T0 - 1 }, refused(expired)],
    ['ending now', { notAfter: T0 }, accepted()],
    ['beginning now', { notBefore: T0 }, accepted()],
    ['beginning in a second', { notBefore: T0 + 1 }, refused(expired)],
    ['signed by somebody else', { issuerKey: KEYS.rogue }, refused(broken)],
    ['under another issuer name', { issuer: NAMES.signer }, refused(broken)],
    [
      'with another common name',
      { subject: proper.subject.replace('CN=Intel SGX', 'CN=Intel SGY') },
      refused(broken, 'SIGNING_CN'),
    ],
    [
      'with another key id of the issuer',
      withExtensions([authorityKeyId(KEYS.rogue), ...own.slice(1)]),
      refused(broken),
    ],
    [
      'without key ids',
      withExtensions(own.filter(({ type }) => type !== '2.5.29.35' && type !== '2.5.29.14')),
      accepted(),
    ],
    ['with one extension twice', withExtensions([...own, own[3] as Extension]), refused('CERT_DUP_EXT')],
    [
      'with an unknown critical extension',
      withExtensions([...own, UNKNOWN_CRITICAL]),
      refused('CERT_FORMAT'),
    ],
    ['with an unknown extension', withExtensions([...own, UNKNOWN]), accepted()],
    [
      'without key usage',
      withExtensions(own.filter(({ type }) => type !== '2.5.29.15')),
      refused('KEY_USAGE'),
    ],
    ['with a P-384 key', { key: KEYS.p384 }, refused('CERT_FORMAT')],
    ['signed by a P-384 key', { issuerKey: KEYS.p384 }, refused(broken, 'CERT_FORMAT')],
    ['with a serial number of one byte', { serial: '05' }, accepted()],
    ['with a serial number whose top bit is set', { serial: `ff${makeSerial().slice(2)}` }, accepted()],
  ];
}
