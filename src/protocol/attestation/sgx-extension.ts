/** Intel's extension 1.2.840.113741.1.13.1 of a PCK certificate: which platform this is (tdx.md 2.4). */
import { toHex } from '../bytes/index.ts';
import { OID_SGX } from './certificate.ts';
import { type DerCursor, openSequence, TAG } from './der.ts';

export interface SgxExtension {
  /** Hex, 16 bytes: the platform provisioning id, which stays through re-registration. */
  readonly ppid: string;
  /** SGX TCB component SVNs 1..16, each 0..255. These are compared, never `cpuSvn`. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  /** Hex, 16 bytes, opaque. */
  readonly cpuSvn: string;
  /** Hex, 2 bytes. */
  readonly pceId: string;
  /** Hex, 6 bytes: the platform family. */
  readonly fmspc: string;
  /** 0 standard, 1 scalable, 2 scalable with integrity. */
  readonly sgxType: number;
  /** Hex, 16 bytes; only under the Platform CA. */
  readonly instanceId: string | null;
  readonly configuration: Readonly<
    Record<'dynamicPlatform' | 'cachedKeys' | 'smtEnabled', boolean | null>
  > | null;
}

const CODE = 'PCK_EXT';

/** Enters the next { OID, value } pair, whose OID must be `OID_SGX` followed by `suffix` (hex). */
function pair(cursor: DerCursor, suffix: string): DerCursor {
  const entry = cursor.enter(TAG.sequence, 'An entry of the SGX extension');
  if (entry.oid('The type of an entry') !== OID_SGX + suffix)
    entry.refuse(`The SGX extension has another entry where ${suffix} belongs`);
  return entry;
}

function octets(cursor: DerCursor, suffix: string, length: number, what: string): string {
  const entry = pair(cursor, suffix);
  const bytes = entry.content(TAG.octetString, what);
  if (bytes.length !== length) entry.refuse(`${what} has not ${length} bytes`);
  entry.finish(what);
  return toHex(bytes);
}

function number(cursor: DerCursor, suffix: string, max: number, what: string): number {
  const entry = pair(cursor, suffix);
  const value = entry.smallInteger(max, what);
  entry.finish(what);
  return value;
}

function flags(cursor: DerCursor): SgxExtension['configuration'] {
  const entry = pair(cursor, '07');
  const list = entry.enter(TAG.sequence, 'The configuration');
  entry.finish('The configuration');
  const out: Record<'dynamicPlatform' | 'cachedKeys' | 'smtEnabled', boolean | null> = {
    dynamicPlatform: null,
    cachedKeys: null,
    smtEnabled: null,
  };
  // each flag may be left out, the order may not change
  for (const [index, name] of (['dynamicPlatform', 'cachedKeys', 'smtEnabled'] as const).entries()) {
    if (list.atEnd) break;
    const flag = pair(list, `070${index + 1}`);
    out[name] = flag.boolean(name);
    flag.finish(name);
  }
  list.finish('The configuration');
  return out;
}

/** Reads the extension's content. Errors: `PCK_EXT`. */
export function readSgxExtension(value: Uint8Array): SgxExtension {
  const list = openSequence(value, CODE, 'The SGX extension');
  const ppid = octets(list, '01', 16, 'The PPID');

  const tcbEntry = pair(list, '02');
  const tcb = tcbEntry.enter(TAG.sequence, 'The TCB');
  tcbEntry.finish('The TCB');
  const components: number[] = [];
  for (let i = 1; i <= 16; i++)
    components.push(number(tcb, `02${i.toString(16).padStart(2, '0')}`, 255, `TCB component ${i}`));
  const pceSvn = number(tcb, '0211', 65_535, 'The PCE SVN');
  const cpuSvn = octets(tcb, '0212', 16, 'The CPU SVN');
  tcb.finish('The TCB');

  const pceId = octets(list, '03', 2, 'The PCE id');
  const fmspc = octets(list, '04', 6, 'The FMSPC');
  const typeEntry = pair(list, '05');
  const type = typeEntry.content(TAG.enumerated, 'The SGX type');
  typeEntry.finish('The SGX type');
  const sgxType = type[0];
  if (type.length !== 1 || sgxType === undefined || sgxType > 2)
    return list.refuse('The SGX type is not known');

  // five entries, or seven: the last two come together
  const multiPackage = !list.atEnd;
  const instanceId = multiPackage ? octets(list, '06', 16, 'The platform instance id') : null;
  const configuration = multiPackage ? flags(list) : null;
  list.finish('The SGX extension');
  return { ppid, components, pceSvn, cpuSvn, pceId, fmspc, sgxType, instanceId, configuration };
}
