/**
 * Certificate revocation lists of Intel's attestation PKI (RFC 5280 5, tdx.md 2.7): version 2, ecdsa-with-SHA256,
 * with a CRL number. Reading checks the form; who signed the list and whether it is current is the verifier's
 * business. Anything that would narrow what the list says (a delta list, a distribution point, an entry of
 * another issuer) is refused.
 */
import { Refusal, toHex } from '../bytes/index.ts';
import { readAuthorityKeyId, readEcdsaSha256 } from './certificate.ts';
import { type DerCursor, openSequence, rawSignature, TAG, unsigned } from './der.ts';

export interface RevocationList {
  /** The signed part. */
  readonly tbs: Uint8Array;
  /** r‖s over `tbs`. */
  readonly signature: Uint8Array;
  /** The issuer's name in DER. */
  readonly issuer: Uint8Array;
  /** Unix seconds. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** The CRL number in decimal. */
  readonly number: string;
  readonly authorityKeyId: string | null;
  /** Revoked serial numbers as unsigned hex without leading zero bytes. */
  readonly serials: ReadonlySet<string>;
}

const CODE = 'CRL_FORMAT';
/** Real lists take 3 KiB; Intel's largest ever would fit many times. */
export const LARGEST_CRL = 1024 * 1024;

const OID_CRL_NUMBER = '551d14';
const OID_REASON = '551d15';
const OID_INVALIDITY_DATE = '551d18';
const OID_AUTHORITY_KEY_ID = '551d23';

/** Walks a list of extensions; `known` reads one and says whether it belongs here. */
function eachExtension(list: DerCursor, known: (oid: string, value: Uint8Array) => boolean): void {
  const seen = new Set<string>();
  while (!list.atEnd) {
    const extension = list.enter(TAG.sequence, 'An extension');
    const oid = extension.oid('The type of an extension');
    if (seen.has(oid)) extension.refuse('The list carries one extension twice');
    seen.add(oid);
    const critical = extension.nextTag === TAG.boolean ? extension.boolean('The critical flag') : false;
    const value = extension.content(TAG.octetString, 'The value of an extension');
    extension.finish('An extension');
    if (!known(oid, value) && critical) extension.refuse('The list has a critical extension not known here');
  }
}

function readSerials(body: DerCursor): Set<string> {
  const serials = new Set<string>();
  if (body.nextTag !== TAG.sequence) return serials;
  const list = body.enter(TAG.sequence, 'The revoked certificates');
  while (!list.atEnd) {
    const entry = list.enter(TAG.sequence, 'A revoked certificate');
    serials.add(toHex(unsigned(entry.integer('A revoked serial number'))));
    entry.time('The revocation date');
    if (!entry.atEnd)
      eachExtension(
        entry.enter(TAG.sequence, 'The entry extensions'),
        (oid) => oid === OID_REASON || oid === OID_INVALIDITY_DATE,
      );
    entry.finish('A revoked certificate');
  }
  return serials;
}

function decimal(integer: Uint8Array): string {
  return BigInt(`0x${toHex(integer)}`).toString();
}

/** Reads one CRL. All byte members share memory with `der`. Errors: `CRL_FORMAT`. */
export function readCrl(der: Uint8Array): RevocationList {
  if (der.length > LARGEST_CRL) throw new Refusal(CODE, 'The revocation list is larger than any real one.');
  const list = openSequence(der, CODE, 'The revocation list');
  const tbs = list.element(TAG.sequence, 'The body of the revocation list');
  readEcdsaSha256(list);
  const signature = rawSignature(list.wholeBits('The signature'), CODE);
  list.finish('The revocation list');

  const body = openSequence(tbs, CODE, 'The body of the revocation list');
  if (body.smallInteger(255, 'The version') !== 1) body.refuse('The revocation list is not of version 2');
  readEcdsaSha256(body);
  const issuer = body.element(TAG.sequence, 'The issuer');
  const thisUpdate = body.time('The date of this update');
  const nextUpdate = body.time('The date of the next update');
  const serials = readSerials(body);
  const wrapper = body.enter(TAG.context0, 'The extensions');
  body.finish('The body of the revocation list');

  let number: string | null = null;
  let authorityKeyId: string | null = null;
  eachExtension(wrapper.enter(TAG.sequence, 'The extensions'), (oid, value) => {
    if (oid === OID_CRL_NUMBER) {
      const [tag, length] = value;
      if (tag !== TAG.integer || length !== value.length - 2 || value.length < 3 || value.length > 23)
        throw new Refusal(CODE, 'The CRL number is not an integer.');
      number = decimal(value.subarray(2));
    } else if (oid === OID_AUTHORITY_KEY_ID) authorityKeyId = readAuthorityKeyId(value, CODE);
    else return false;
    return true;
  });
  wrapper.finish('The extensions');
  if (number === null) throw new Refusal(CODE, 'The revocation list has no number.');
  return { tbs, signature, issuer, thisUpdate, nextUpdate, number, authorityKeyId, serials };
}
