/** Writes Intel's extension of a PCK certificate (tdx.md 2.4), which says what platform it is. */
import { boolean, enumerated, integer, octetString, oid, sequence } from './der.ts';

export const SGX_OID = '1.2.840.113741.1.13.1';

export interface SimulatedPlatform {
  /** 16 bytes. */
  readonly ppid: Uint8Array;
  /** Components 1..16, each 0..255; null leaves one out, which no reader accepts. */
  readonly components: readonly (number | null)[];
  readonly pceSvn: number;
  /** 16 bytes, opaque: need not agree with the components. */
  readonly cpuSvn: Uint8Array;
  /** 2 and 6 bytes. */
  readonly pceId: Uint8Array;
  readonly fmspc: Uint8Array;
  readonly sgxType: number;
  /** 16 bytes; null, as is `configuration`, for a platform of the Processor CA. */
  readonly instanceId: Uint8Array | null;
  /** dynamic platform, cached keys, SMT */
  readonly configuration: readonly [boolean, boolean, boolean] | null;
}

const entry = (suffix: string, value: Uint8Array): Uint8Array => sequence(oid(SGX_OID + suffix), value);

/** The extension's value. */
export function writeSgxExtension(platform: SimulatedPlatform): Uint8Array {
  const { components, instanceId, configuration } = platform;
  const tcb = components.flatMap((svn, i) => (svn === null ? [] : [entry(`.2.${i + 1}`, integer(svn))]));
  tcb.push(entry('.2.17', integer(platform.pceSvn)), entry('.2.18', octetString(platform.cpuSvn)));
  const entries = [
    entry('.1', octetString(platform.ppid)),
    entry('.2', sequence(...tcb)),
    entry('.3', octetString(platform.pceId)),
    entry('.4', octetString(platform.fmspc)),
    entry('.5', enumerated(platform.sgxType)),
  ];
  if (instanceId !== null) entries.push(entry('.6', octetString(instanceId)));
  if (configuration !== null)
    entries.push(
      entry('.7', sequence(...configuration.map((flag, i) => entry(`.7.${i + 1}`, boolean(flag))))),
    );
  return sequence(...entries);
}
