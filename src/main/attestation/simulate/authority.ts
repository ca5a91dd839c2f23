/**
 * The authority behind simulated evidence: root, PCK Platform CA and TCB signer with their keys, in one file of a
 * folder that the caller names. It is a store of its own: nothing else reads it, and no node trusts it by itself.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  fromBase64,
  fromUtf8,
  Refusal,
  sameBytes,
  toBase64,
  toHex,
  utf8,
} from '../../../protocol/bytes/index.ts';
import { readCertificate } from '../../../protocol/attestation/index.ts';
import { extensionsOf, issueCertificate, NAMES } from './certificates.ts';
import { makeKey, readKey, type SimulatedKey, writeKey } from './keys.ts';

/** A key with its certificate (DER). */
export interface Held {
  readonly key: SimulatedKey;
  readonly certificate: Uint8Array;
}

export interface Authority {
  readonly root: Held;
  readonly platformCa: Held;
  readonly signer: Held;
}

/** Everything simulated is valid in these years: 2020-01-01 to 2049-12-31. */
const NOT_BEFORE = 1_577_836_800;
const NOT_AFTER = 2_524_607_999;

/** A serial number of 20 bytes with the top bit clear, hex. */
export function makeSerial(): string {
  const bytes = randomBytes(20);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return toHex(bytes);
}

/** A fresh authority; TEST stands in every name. */
export async function makeAuthority(): Promise<Authority> {
  const rootKey = makeKey();
  const issue = async (name: 'root' | 'platformCa' | 'signer', key: SimulatedKey): Promise<Held> => ({
    key,
    certificate: await issueCertificate({
      subject: NAMES[name],
      issuer: NAMES.root,
      serial: makeSerial(),
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      key,
      issuerKey: rootKey,
      extensions:
        name === 'signer'
          ? extensionsOf('leaf', key, rootKey)
          : extensionsOf('ca', key, rootKey, name === 'root' ? 1 : 0),
    }),
  });
  return {
    root: await issue('root', rootKey),
    platformCa: await issue('platformCa', makeKey()),
    signer: await issue('signer', makeKey()),
  };
}

const FILE = 'SIMULATED-authority.json';
const LARGEST = 64 * 1024;
const ROLES = ['root', 'platformCa', 'signer'] as const;
const WARNING =
  'Keys of a SIMULATED authority of Muster. Evidence under its root proves nothing about any machine.';

/** Reads what `openAuthority` wrote. Errors: `FILE_UNREADABLE` for anything else. */
function readAuthority(path: string): Authority {
  const refuse = (why: string): never => {
    throw new Refusal('FILE_UNREADABLE', `${path} ${why}.`);
  };
  if (statSync(path).size > LARGEST) refuse('is too large for a simulated authority');
  try {
    const file = JSON.parse(fromUtf8(new Uint8Array(readFileSync(path)))) as Record<
      string,
      { key: string; certificate: string } | undefined
    >;
    const held = (role: (typeof ROLES)[number]): Held => {
      const { key, certificate } = file[role] ?? refuse('is incomplete');
      const read = { key: readKey(key), certificate: fromBase64(certificate) };
      return sameBytes(readCertificate(read.certificate).publicKey, read.key.point)
        ? read
        : refuse('holds a key and a certificate that do not belong together');
    };
    return { root: held('root'), platformCa: held('platformCa'), signer: held('signer') };
  } catch (error) {
    if (error instanceof Refusal && error.code === 'FILE_UNREADABLE') throw error;
    return refuse('is not a simulated authority');
  }
}

/** The authority of a folder; made there, readable by its owner only, when there is none yet. */
export async function openAuthority(folder: string): Promise<Authority> {
  const path = join(folder, FILE);
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return readAuthority(path);
  const made = await makeAuthority();
  const file = Object.fromEntries(
    ROLES.map((role) => [
      role,
      { key: writeKey(made[role].key), certificate: toBase64(made[role].certificate) },
    ]),
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeSync(fd, utf8(`${JSON.stringify({ warning: WARNING, ...file }, null, 2)}\n`));
  } finally {
    closeSync(fd);
  }
  return made;
}
