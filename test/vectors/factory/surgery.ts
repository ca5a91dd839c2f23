/** Changes to finished bytes: signatures in both of their forms, and single bytes. */
import { element, oid, sequence } from '../../../src/main/attestation/simulate/index.ts';
import { readCertificate, readCrl } from '../../../src/protocol/attestation/index.ts';
import { concat, fromHex, toHex } from '../../../src/protocol/bytes/index.ts';

/** The order of the group of P-256. */
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const big = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
export const bytes32 = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));

/** The same signature with the other of its two values for s. */
export const otherS = (signature: Uint8Array): Uint8Array =>
  concat(signature.slice(0, 32), bytes32(ORDER - big(signature.slice(32))));
const isHigh = (signature: Uint8Array): boolean => big(signature.slice(32)) > ORDER / 2n;
export const highS = (signature: Uint8Array): Uint8Array =>
  isHigh(signature) ? signature : otherS(signature);
export const lowS = (signature: Uint8Array): Uint8Array =>
  isHigh(signature) ? otherS(signature) : signature;

/** Flips bits of one byte; counted from the end when negative. */
export const flip =
  (at: number, mask = 1) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.with(at, (bytes.at(at) as number) ^ mask);

/** An INTEGER from unsigned bytes, minimal. */
function integer(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from += 1;
  const rest = bytes.slice(from);
  return element(0x02, (rest[0] as number) > 0x7f ? concat(Uint8Array.of(0), rest) : rest);
}

/** Puts another signature (r‖s) under a certificate or a list, whose body stays. */
function withSignature(tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  const pair = sequence(integer(signature.slice(0, 32)), integer(signature.slice(32)));
  return sequence(tbs, sequence(oid('1.2.840.10045.4.3.2')), element(0x03, Uint8Array.of(0), pair));
}
export function resignedCertificate(
  der: Uint8Array,
  change: (signature: Uint8Array) => Uint8Array,
): Uint8Array {
  const { tbs, signature } = readCertificate(der);
  return withSignature(tbs, change(signature));
}
export function resignedList(hex: string, change: (signature: Uint8Array) => Uint8Array): string {
  const { tbs, signature } = readCrl(fromHex(hex));
  return toHex(withSignature(tbs, change(signature)));
}

/** What is wrong with a signature, by name; each of them is refused wherever it stands. */
export const BAD_SIGNATURES: Readonly<Record<string, (signature: Uint8Array) => Uint8Array>> = {
  'bit of r': flip(31),
  'bit of s': flip(63),
  'first bit': flip(0, 0x80),
  zero: () => new Uint8Array(64),
  ones: () => new Uint8Array(64).fill(0xff),
  'r zero': (signature) => concat(new Uint8Array(32), signature.slice(32)),
  's zero': (signature) => concat(signature.slice(0, 32), new Uint8Array(32)),
  'r is the order': (signature) => concat(bytes32(ORDER), signature.slice(32)),
  's is the order': (signature) => concat(signature.slice(0, 32), bytes32(ORDER)),
  'r and s swapped': (signature) => concat(signature.slice(32), signature.slice(0, 32)),
};
