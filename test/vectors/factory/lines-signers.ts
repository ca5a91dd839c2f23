/** Lines about the signers of TCB info and QE identity. */
import { NAMES } from '../../../src/main/attestation/simulate/index.ts';
import { toHex } from '../../../src/protocol/bytes/index.ts';
import { accepted, type Expected, type Line, refused } from './line.ts';
import {
  basicConstraints,
  CERTIFICATES,
  type DocumentVariant,
  extensions,
  issue,
  keyUsage,
  KEYS,
} from './scene.ts';
import { BAD_SIGNATURES, resignedCertificate } from './surgery.ts';
import { changesOf } from './certificate-changes.ts';

const { root, platformCa, leaf, signer } = CERTIFICATES;

/** Who signs the two documents. */
export async function signerLines(): Promise<Line[]> {
  const lines: Line[] = [];
  const changed: [string, DocumentVariant, Expected][] = [];
  for (const [what, changes, expect] of changesOf('signer', 'SIGNING_CHAIN', 'SIGNING_CERT_EXPIRED'))
    changed.push([what, { signers: [await issue('signer', changes), root] }, expect]);
  for (const [what, change] of Object.entries(BAD_SIGNATURES))
    changed.push([
      `signature: ${what}`,
      { signers: [resignedCertificate(signer, change), root] },
      refused('SIGNING_CHAIN'),
    ]);
  const ofPlatformCa = await issue('signer', {
    issuer: NAMES.platformCa,
    issuerKey: KEYS.platformCa,
    extensions: extensions(KEYS.signer, KEYS.platformCa, keyUsage('leaf'), basicConstraints(false)),
  });
  const ca = await issue('signer', {
    extensions: extensions(KEYS.signer, KEYS.root, keyUsage('leaf'), basicConstraints(true, 0)),
  });
  const selfSigned = await issue('signer', { issuer: NAMES.signer, issuerKey: KEYS.signer });
  const rogueRoot = await issue('root', { key: KEYS.rogue, issuerKey: KEYS.rogue });
  const ofRogue = await issue('signer', { issuerKey: KEYS.rogue });
  changed.push(
    ['is a PCK key', { signers: [leaf, root], key: KEYS.leaf }, refused('SIGNING_CN')],
    [
      'is a PCK key, with its CA',
      { signers: [leaf, platformCa, root], key: KEYS.leaf },
      refused('SIGNING_CHAIN'),
    ],
    ['is the Platform CA', { signers: [platformCa, root], key: KEYS.platformCa }, refused('SIGNING_CN')],
    ['is the root', { signers: [root, root], key: KEYS.root }, refused('SIGNING_CN')],
    ['stands under the Platform CA', { signers: [ofPlatformCa, root] }, refused('SIGNING_CHAIN')],
    [
      'stands under the Platform CA, shown',
      { signers: [ofPlatformCa, platformCa, root] },
      refused('SIGNING_CHAIN'),
    ],
    ['is a CA', { signers: [ca, root] }, refused('SIGNING_CHAIN')],
    ['signed itself', { signers: [selfSigned, root] }, refused('SIGNING_CHAIN')],
    ['stands under a rogue root', { signers: [ofRogue, rogueRoot] }, refused('ROOT_UNTRUSTED')],
    ['stands under a rogue root, hidden', { signers: [ofRogue, root] }, refused('SIGNING_CHAIN')],
    ['comes without the root', { signers: [signer] }, refused('SIGNING_CHAIN')],
    ['comes after the root', { signers: [root, signer] }, refused('SIGNING_CHAIN', 'ROOT_UNTRUSTED')],
    ['comes twice', { signers: [signer, signer, root] }, refused('SIGNING_CHAIN')],
    ['does not come', { signersText: () => '' }, refused('CERT_FORMAT')],
    ['comes as DER in hex', { signersText: () => toHex(signer) }, refused('CERT_FORMAT')],
    ['comes with a closing NUL', { signersText: (pem) => `${pem}\0` }, accepted()],
    ['comes with words', { signersText: (pem) => `chain\n${pem}` }, refused('CERT_FORMAT')],
    ['comes URL-encoded', { signersText: encodeURIComponent }, refused('CERT_FORMAT')],
  );
  for (const [what, variant, expect] of changed)
    lines.push(
      { id: `signer of TCB info ${what}`, collateral: { info: variant }, expect },
      { id: `signer of the QE identity ${what}`, collateral: { identity: variant }, expect },
    );
  return lines;
}
