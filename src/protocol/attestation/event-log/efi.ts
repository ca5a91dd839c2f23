/** The structures of UEFI that event data hold: GUIDs, variables, device paths (UEFI specification 10.3, app. A). */
import { toHex } from '../../bytes/index.ts';
import { Cursor } from './cursor.ts';

/** A GUID as it is usually written: its first three parts are little endian. */
export function guidText(bytes: Uint8Array): string {
  const part = (from: number, to: number, swap: boolean): string => {
    const piece = bytes.slice(from, to);
    return toHex(swap ? piece.toReversed() : piece);
  };
  return [part(0, 4, true), part(4, 6, true), part(6, 8, true), part(8, 10, false), part(10, 16, false)].join(
    '-',
  );
}

const GUID_NAMES: ReadonlyMap<string, string> = new Map([
  ['8be4df61-93ca-11d2-aa0d-00e098032b8c', 'EFI global'],
  ['d719b2cb-3d3a-4596-a3bc-dad00e67656f', 'image security database'],
  ['605dab50-e046-4300-abb6-3dd810dd8b23', 'shim'],
  ['93bb96af-b9f2-4eb8-9462-e0ba74564236', 'TD hand-off block'],
]);

export function guidWithName(bytes: Uint8Array): string {
  const text = guidText(bytes);
  const name = GUID_NAMES.get(text);
  return name === undefined ? text : `${name}, ${text}`;
}

/** UTF-16, little endian, up to the first zero or the end. Lone surrogates become replacement characters. */
export function utf16Text(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const code = (bytes[i] as number) | ((bytes[i + 1] as number) << 8);
    if (code === 0) break;
    codes.push(code);
  }
  let text = '';
  for (let i = 0; i < codes.length; i += 4096) text += String.fromCharCode(...codes.slice(i, i + 4096));
  return text.toWellFormed();
}

export interface EfiVariable {
  readonly guid: Uint8Array;
  readonly name: string;
  readonly value: Uint8Array;
}

/** UEFI_VARIABLE_DATA: GUID, u64 characters, u64 bytes, name, value; null when the lengths do not fit exactly. */
export function readVariable(data: Uint8Array): EfiVariable | null {
  const cursor = new Cursor(data);
  const guid = cursor.take(16);
  const characters = cursor.u64();
  const length = cursor.u64();
  if (guid === null || characters === null || length === null) return null;
  const name = cursor.take(characters * 2);
  const value = cursor.take(length);
  if (name === null || value === null || cursor.left !== 0) return null;
  return { guid, name: utf16Text(name), value };
}

const littleEndian = (bytes: Uint8Array): number => new Cursor(bytes).u32() ?? 0;

/** One node of a device path in words; unknown ones by their numbers. */
function nodeText(type: number, subtype: number, body: Uint8Array): string {
  switch ((type << 8) | subtype) {
    case 0x0101:
      return body.length >= 2 ? `Pci(${body[1]},${body[0]})` : 'Pci';
    case 0x0201:
      // PNP0A03 and PNP0A08 are roots of a PCI bus
      return body.length >= 8 ? `Acpi(${toHex(body.slice(0, 4).toReversed())})` : 'Acpi';
    case 0x0302:
      return body.length >= 4
        ? `Scsi(${littleEndian(body) & 0xffff},${(body[2] as number) | ((body[3] as number) << 8)})`
        : 'Scsi';
    case 0x0317:
      return body.length >= 4 ? `NVMe(${littleEndian(body)})` : 'NVMe';
    case 0x0401:
      return body.length >= 36
        ? `Disk(${littleEndian(body)}, ${body[37] === 2 ? guidText(body.subarray(20, 36)) : 'MBR'})`
        : 'Disk';
    case 0x0403:
      return body.length >= 16 ? `Media(${guidText(body)})` : 'Media';
    case 0x0404:
      return utf16Text(body);
    case 0x0406:
      return body.length >= 16 ? `FirmwareFile(${guidText(body)})` : 'FirmwareFile';
    case 0x0407:
      return body.length >= 16 ? `FirmwareVolume(${guidText(body)})` : 'FirmwareVolume';
    default:
      return `Node(${type},${subtype})`;
  }
}

/** More nodes than real paths have; a longer one is cut with a mark. */
const MOST_NODES = 64;

/** A device path in words, `/` between nodes; null when it is not one. */
export function devicePathText(bytes: Uint8Array): string | null {
  const cursor = new Cursor(bytes);
  const nodes: string[] = [];
  while (cursor.left > 0) {
    const type = cursor.u8();
    const subtype = cursor.u8();
    const length = cursor.u16();
    if (type === null || subtype === null || length === null || length < 4) return null;
    const body = cursor.take(length - 4);
    if (body === null) return null;
    if (type === 0x7f) break;
    if (nodes.length === MOST_NODES) return `${nodes.join('/')}/…`;
    nodes.push(nodeText(type, subtype, body));
  }
  return nodes.join('/');
}
