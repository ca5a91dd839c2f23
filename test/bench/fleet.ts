/** A fleet of simulated machines for the bench and the pool: many platforms, attestation keys and TDs of one family. */
import {
  extensionsOf,
  makeKey,
  makeSerial,
  sgxExtension,
  signRaw,
  type SimulatedKey,
} from '../../src/main/attestation/simulate/index.ts';
import { concat } from '../../src/protocol/bytes/index.ts';
import { buildQuote, CERTIFICATES, issue, KEYS, PLATFORM, ROOT, V4 } from '../vectors/factory/scene.ts';

/** A machine: its PCK key, and the chain of its quotes. */
export interface Machine {
  readonly key: SimulatedKey;
  readonly chain: readonly Uint8Array[];
}

/** A machine with a PCK certificate and a platform id of its own. */
export async function makeMachine(): Promise<Machine> {
  const key = makeKey();
  const platform = sgxExtension({ ...PLATFORM, ppid: key.point.slice(0, 16) });
  const extensions = [...extensionsOf('leaf', key, KEYS.platformCa), platform];
  const leaf = await issue('leaf', { key, serial: makeSerial(), extensions });
  return { key, chain: [leaf, CERTIFICATES.platformCa, ROOT] };
}

/** Quotes of one machine under a fresh attestation key: `count` TDs that differ in their report data. */
export function makeQuotes({ key, chain }: Machine, count: number): Uint8Array[] {
  const attestation = makeKey();
  const proper = buildQuote(V4, { chain, qeKey: key, quoteKey: attestation, point: attestation.point });
  const signedLength = 48 + 584;
  const reportData = 48 + 520;
  const signature = signedLength + 4;
  return Array.from({ length: count }, (_, i) => {
    const signed = proper.slice(0, signedLength);
    new DataView(signed.buffer).setUint32(reportData, i);
    return concat(
      signed,
      proper.subarray(signedLength, signature),
      signRaw(attestation, signed),
      proper.subarray(signature + 64),
    );
  });
}
