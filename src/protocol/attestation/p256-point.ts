/**
 * Whether 64 bytes x‖y are a point of P-256. Signature back ends answer only "no" to a bad key; the verdict wants
 * to say which of key and signature was bad. Plain big integers: asked once, after a signature failed.
 */
import { toHex } from '../bytes/index.ts';

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

export function isP256Point(key: Uint8Array): boolean {
  if (key.length !== 64) return false;
  const x = BigInt(`0x${toHex(key.subarray(0, 32))}`);
  const y = BigInt(`0x${toHex(key.subarray(32))}`);
  if (x >= P || y >= P) return false;
  return (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}
