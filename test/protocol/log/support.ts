/** Real hashes and real Ed25519 keys for the tests of the log, all from node:crypto. */
import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { expect } from 'vitest';
import { Refusal } from '../../../src/protocol/bytes/index.ts';
import type { CheckSignature, Hashes } from '../../../src/protocol/bytes/index.ts';
import {
  checkpointMessage,
  cosignature,
  cosignatureMessage,
  formatCheckpoint,
  logSignature,
  signedCheckpoint,
  SIGNATURE_TYPE,
  verifierKey,
} from '../../../src/protocol/log/index.ts';
import type { NoteSignature, TreeHead, VerifierKey } from '../../../src/protocol/log/index.ts';

/** A Buffer compares unequal to a Uint8Array of the same bytes. */
const plain = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

export const hashes: Hashes = {
  sha256: (...parts) => plain(hash('sha256', Buffer.concat(parts), 'buffer')),
  sha384: (bytes) => plain(hash('sha384', bytes, 'buffer')),
  sha512: (bytes) => plain(hash('sha512', bytes, 'buffer')),
};

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** An Ed25519 key pair from a 32-byte seed. */
export interface Signer {
  readonly key: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export function signerOf(seed: Uint8Array): Signer {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const key = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  return { key: new Uint8Array(key), sign: (message) => new Uint8Array(sign(null, message, secret)) };
}

/** The same key for the same name in every run. */
export const signerNamed = (name: string): Signer => signerOf(hash('sha256', name, 'buffer'));

const publicKeys = new Map<string, KeyObject>();

export const check: CheckSignature = (job) => {
  if (job.alg !== 'ed25519' || job.key.length !== 32) return false;
  const id = Buffer.from(job.key).toString('hex');
  const key =
    publicKeys.get(id) ??
    createPublicKey({ key: Buffer.concat([SPKI, job.key]), format: 'der', type: 'spki' });
  publicKeys.set(id, key);
  return verify(null, job.message, key, job.signature);
};

/** A log key and cosigners, and the checkpoints that they sign. */
export function committee(origin: string, names: readonly string[], secret = origin) {
  const log = signerNamed(`log ${secret}`);
  const logKey = verifierKey(hashes, origin, SIGNATURE_TYPE.ed25519, log.key);
  const members = names.map((name) => {
    const signer = signerNamed(`cosigner ${name}`);
    return { signer, key: verifierKey(hashes, name, SIGNATURE_TYPE.cosignature, signer.key) };
  });
  const lines = (head: TreeHead, time: number): NoteSignature[] => [
    logSignature(logKey, log.sign(checkpointMessage(head))),
    ...members.map(({ signer, key }) =>
      cosignature(key, time, signer.sign(cosignatureMessage(time, formatCheckpoint(head)))),
    ),
  ];
  return {
    logKey,
    cosignerKeys: members.map(({ key }): VerifierKey => key),
    lines,
    checkpoint: (head: TreeHead, time = 1_700_000_000) => signedCheckpoint(head, lines(head, time)),
  };
}

/** Runs `act`, which must refuse with this code, and gives the refusal. */
export function refusal(code: string, act: () => unknown): Refusal {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).code, (error as Refusal).message).toBe(code);
    return error as Refusal;
  }
  return expect.fail(`expected the refusal ${code}, but nothing was refused`);
}

export const b64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
export const toText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
