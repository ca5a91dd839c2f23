/** P-256 keys of simulated evidence: made here, kept by their caller, never Intel's. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { concat, fromBase64url } from '../../../protocol/bytes/index.ts';

export interface SimulatedKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** x‖y */
  readonly point: Uint8Array;
}

function keyOf(privateKey: KeyObject): SimulatedKey {
  const publicKey = createPublicKey(privateKey);
  const { x, y } = publicKey.export({ format: 'jwk' });
  if (x === undefined || y === undefined) throw new Error('a simulated key is on an elliptic curve');
  return { privateKey, publicKey, point: concat(fromBase64url(x), fromBase64url(y)) };
}

/** A fresh key; the other curve is only for evidence that must be refused. */
export const makeKey = (namedCurve: 'P-256' | 'P-384' = 'P-256'): SimulatedKey =>
  keyOf(generateKeyPairSync('ec', { namedCurve }).privateKey);

/** Reads and writes PKCS #8 as PEM. */
export const readKey = (pem: string): SimulatedKey => keyOf(createPrivateKey(pem));
export const writeKey = ({ privateKey }: SimulatedKey): string =>
  privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;

/** ECDSA with SHA-256 as r‖s, the form that quotes and signed documents use. */
export const signRaw = ({ privateKey }: SimulatedKey, message: Uint8Array): Uint8Array =>
  new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
