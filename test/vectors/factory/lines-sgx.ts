/** Lines about what a PCK certificate says of its platform. */
import {
  type Extension,
  integer,
  octetString,
  oid,
  rawExtension,
  sequence,
  SGX_OID,
  sgxExtension,
  type SimulatedPlatform,
  writeSgxExtension,
} from '../../../src/main/attestation/simulate/index.ts';
import { concat } from '../../../src/protocol/bytes/index.ts';
import { accepted, type Expected, type Line, refused } from './line.ts';
import { issue, PLATFORM, recipeOf, sixteen } from './scene.ts';
import { chainWith } from './certificate-changes.ts';

/** A platform's extension, changed as a structure. */
export async function sgxLines(): Promise<Line[]> {
  const lines: Line[] = [];
  const add = async (what: string, extension: Extension | null, expect: Expected): Promise<void> => {
    const own = recipeOf('leaf').extensions.slice(0, -1);
    const der = await issue('leaf', { extensions: extension === null ? own : [...own, extension] });
    lines.push({ id: `SGX extension: ${what}`, quote: chainWith({ leaf: der }), expect });
  };
  const platform = (changes: Partial<SimulatedPlatform>): Extension =>
    sgxExtension({ ...PLATFORM, ...changes });
  await add('none', null, refused('PCK_EXT'));
  await add('critical', rawExtension(SGX_OID, true, writeSgxExtension(PLATFORM)), accepted());
  for (const i of [0, 7, 15])
    await add(
      `without component ${i + 1}`,
      platform({ components: PLATFORM.components.with(i, null) }),
      refused('PCK_EXT'),
    );
  for (const value of [127, 128, 255])
    await add(
      `component 6 is ${value}`,
      platform({ components: PLATFORM.components.with(5, value) }),
      accepted(),
    );
  await add(
    'component 6 is 256',
    platform({ components: PLATFORM.components.with(5, 256) }),
    refused('PCK_EXT'),
  );
  for (const [pceSvn, expect] of [
    [127, accepted()],
    [128, accepted()],
    [256, accepted()],
    [65_535, accepted()],
    [65_536, refused('PCK_EXT')],
    [12, accepted('OutOfDate')],
  ] as const)
    await add(`PCESVN ${pceSvn}`, platform({ pceSvn }), expect);
  for (const length of [0, 15, 17]) {
    await add(`PPID of ${length} bytes`, platform({ ppid: new Uint8Array(length) }), refused('PCK_EXT'));
    await add(`CPUSVN of ${length} bytes`, platform({ cpuSvn: new Uint8Array(length) }), refused('PCK_EXT'));
    await add(
      `instance id of ${length} bytes`,
      platform({ instanceId: new Uint8Array(length) }),
      refused('PCK_EXT'),
    );
  }
  await add('FMSPC of 5 bytes', platform({ fmspc: new Uint8Array(5) }), refused('PCK_EXT'));
  await add('PCEID of 3 bytes', platform({ pceId: new Uint8Array(3) }), refused('PCK_EXT'));
  await add('another FMSPC', platform({ fmspc: PLATFORM.fmspc.with(5, 1) }), refused('TCB_INFO_MISMATCH'));
  await add('another PCEID', platform({ pceId: Uint8Array.of(0, 1) }), refused('TCB_INFO_MISMATCH'));
  for (const sgxType of [0, 1, 2]) await add(`SGX type ${sgxType}`, platform({ sgxType }), accepted());
  await add('SGX type 3', platform({ sgxType: 3 }), refused('PCK_EXT'));
  await add('CPUSVN that looks better', platform({ cpuSvn: new Uint8Array(16).fill(0xff) }), accepted());
  await add('CPUSVN that looks worse', platform({ cpuSvn: new Uint8Array(16) }), accepted());
  await add(
    'components below every level, whatever CPUSVN says',
    platform({ components: sixteen([]), cpuSvn: new Uint8Array(16).fill(0xff) }),
    refused('TCB_NOT_SUPPORTED'),
  );
  await add(
    'without instance id and configuration',
    platform({ instanceId: null, configuration: null }),
    accepted(),
  );
  await add('without configuration only', platform({ configuration: null }), refused('PCK_EXT'));
  await add('without instance id only', platform({ instanceId: null }), refused('PCK_EXT'));
  for (const flags of [
    [false, false, false],
    [true, false, true],
  ] as const)
    await add(`configuration ${flags.join()}`, platform({ configuration: flags }), accepted());
  const value = writeSgxExtension(PLATFORM);
  await add(
    'with a byte more',
    rawExtension(SGX_OID, false, concat(value, new Uint8Array(1))),
    refused('PCK_EXT'),
  );
  await add('cut', rawExtension(SGX_OID, false, value.slice(0, -1)), refused('PCK_EXT'));
  await add('empty', rawExtension(SGX_OID, false, new Uint8Array(0)), refused('PCK_EXT'));
  await add('an empty sequence', rawExtension(SGX_OID, false, sequence()), refused('PCK_EXT'));
  await add(
    'PPID alone',
    rawExtension(SGX_OID, false, sequence(sequence(oid(`${SGX_OID}.1`), octetString(new Uint8Array(16))))),
    refused('PCK_EXT'),
  );
  await add(
    'a number where the PPID belongs',
    rawExtension(SGX_OID, false, sequence(sequence(oid(`${SGX_OID}.1`), integer(7)))),
    refused('PCK_EXT'),
  );
  return lines;
}
