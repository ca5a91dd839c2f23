/** A small Chronicle with a real key, a real tree and real checkpoints, so that the browser has something to verify. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { CheckpointJson, EntryDetail, EntrySummary } from '../../../src/contract/index.ts';
import { fromUtf8, toBase64, toBase64url, toHex } from '../../../src/protocol/bytes/index.ts';
import type { Hashes, Value } from '../../../src/protocol/bytes/index.ts';
import {
  checkpointMessage,
  committeePolicy,
  completeNodes,
  cosignature,
  cosignatureMessage,
  formatCheckpoint,
  formatPolicy,
  formatProof,
  logSignature,
  proveConsistency,
  proveInclusion,
  recordLeafHash,
  rootOf,
  SIGNATURE_TYPE,
  signedCheckpoint,
  verifierKey,
} from '../../../src/protocol/log/index.ts';
import { encodeRecord, recordId, signedMessage } from '../../../src/protocol/record/index.ts';

export const hashes: Hashes = {
  sha256: (...parts) => new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest()),
  sha384: (bytes) => new Uint8Array(createHash('sha384').update(bytes).digest()),
  sha512: (bytes) => new Uint8Array(createHash('sha512').update(bytes).digest()),
};

export interface Said {
  readonly kind: string;
  readonly at: number;
  readonly body: Value;
}

interface Key {
  readonly raw: Uint8Array;
  readonly secret: KeyObject;
}

export function newKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    raw: new Uint8Array(Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url')),
    secret: privateKey,
  };
}
const signWith = (key: Key, message: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, message, key.secret));

/** Bytes as hex, as the contract shows bodies. */
export const plain = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? toHex(value)
    : Array.isArray(value)
      ? value.map(plain)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
        : value;

export interface FakeLog {
  readonly origin: string;
  readonly author: Uint8Array;
  readonly policy: string;
  size(): number;
  summary(index: number): EntrySummary;
  detail(index: number): EntryDetail;
  proof(index: number): string;
  checkpoints(): readonly CheckpointJson[];
  consistency(from: number, to: number): string[];
  append(said: Said): number;
}

export function signedLog(coalition: Uint8Array, history: readonly Said[]): FakeLog {
  const origin = 'muster.example/fake-chronicle';
  const author = newKey();
  const logKey = newKey();
  const cosigner = newKey();
  const logName = verifierKey(hashes, origin, SIGNATURE_TYPE.ed25519, logKey.raw);
  const cosignerName = verifierKey(hashes, 'cosigner.example', SIGNATURE_TYPE.cosignature, cosigner.raw);
  const entries: { said: Said; bytes: Uint8Array; sig: Uint8Array; leaf: Uint8Array }[] = [];
  const checkpoints: (CheckpointJson & { bytes: Uint8Array })[] = [];

  const leavesOf = (size: number): Uint8Array[] => entries.slice(0, size).map(({ leaf }) => leaf);
  const append = (said: Said): number => {
    const bytes = encodeRecord({
      v: 1,
      kind: said.kind,
      coalition,
      author: author.raw,
      seq: entries.length,
      at: said.at,
      body: said.body,
      evidence: [],
    });
    const sig = signWith(author, signedMessage(bytes));
    entries.push({ said, bytes, sig, leaf: recordLeafHash(hashes, bytes, sig) });
    const head = { origin, size: entries.length, root: rootOf(hashes, leavesOf(entries.length)) };
    const time = Math.floor(said.at / 1000) + 1;
    const note = signedCheckpoint(head, [
      logSignature(logName, signWith(logKey, checkpointMessage(head))),
      cosignature(cosignerName, time, signWith(cosigner, cosignatureMessage(time, formatCheckpoint(head)))),
    ]);
    checkpoints.unshift({
      size: head.size,
      root: toBase64(head.root),
      at: time * 1000,
      note: fromUtf8(note),
      bytes: note,
    });
    return entries.length - 1;
  };
  for (const said of history) append(said);

  const entryAt = (index: number) => {
    const entry = entries[index];
    if (entry === undefined) throw new Error(`there is no entry ${index}`);
    return entry;
  };
  const proofOf = (index: number): Uint8Array[] =>
    proveInclusion(hashes, index, entries.length, completeNodes(hashes, leavesOf(entries.length)));
  const summary = (index: number): EntrySummary => {
    const { said, bytes } = entryAt(index);
    return {
      index,
      id: recordId(hashes, bytes),
      kind: said.kind,
      author: toHex(author.raw),
      seq: index,
      at: said.at,
      stage: 'committed',
      refused: null,
      size: bytes.length,
      body: plain(said.body),
    };
  };
  return {
    origin,
    author: author.raw,
    policy: formatPolicy(hashes, committeePolicy([logName], [cosignerName], 1)),
    size: () => entries.length,
    summary,
    detail(index) {
      const { bytes, sig, leaf } = entryAt(index);
      return {
        ...summary(index),
        coalition: toHex(coalition),
        bytes: toBase64url(bytes),
        sig: toBase64url(sig),
        leaf: toBase64(leaf),
        refusedMessage: null,
        evidence: [],
        inclusion: {
          size: entries.length,
          hashes: proofOf(index).map(toBase64),
          checkpoint: checkpoints[0]?.note ?? '',
        },
      };
    },
    proof: (index) =>
      fromUtf8(
        formatProof({ index, hashes: proofOf(index), checkpoint: checkpoints[0]?.bytes ?? new Uint8Array() }),
      ),
    checkpoints: () => checkpoints.map(({ bytes: _bytes, ...checkpoint }) => checkpoint),
    consistency: (from, to) =>
      proveConsistency(hashes, from, to, completeNodes(hashes, leavesOf(to))).map(toBase64),
    append,
  };
}
