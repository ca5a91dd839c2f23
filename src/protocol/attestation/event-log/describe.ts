/**
 * Events for people: the name of the type, what the data say in one bounded line, and whether the digest is that
 * of the content. What cannot be decoded is shown as hex; nothing in a log can make this refuse.
 */
import { type Hashes, toHex } from '../../bytes/index.ts';
import { checkContent, type ContentOutcome, digestOf, isDstackEvent } from './content.ts';
import { Cursor } from './cursor.ts';
import { devicePathText, type EfiVariable, guidText, guidWithName, readVariable, utf16Text } from './efi.ts';
import { type EventLog, extendsRegister, type LogEvent, NO_ACTION, type Register } from './form.ts';
import { bytesText, isPrintable, safeText } from './text.ts';
import { EVENT, eventTypeName } from './types.ts';

/** Plain JSON. */
export interface DescribedEvent {
  /** Its place in the log, from 0. */
  readonly index: number;
  /** 0 to 3; null for MRTD. */
  readonly register: Register | null;
  readonly type: number;
  readonly typeName: string;
  /** Hex of 48 bytes; null for an event that extends nothing and has none. */
  readonly digest: string | null;
  /** Bytes of event data in the log. */
  readonly bytes: number;
  /** One line of at most 2,048 characters, nothing hidden in it. */
  readonly description: string;
  readonly content: ContentOutcome;
  /** What the digest is of, a phrase. */
  readonly covers: string;
}

const EXCERPT = 32;

function hexText(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'no data';
  return `${toHex(bytes.subarray(0, EXCERPT))}${bytes.length > EXCERPT ? '…' : ''}`;
}

/** Text where it is text, hex where it is not. */
const plainText = (data: Uint8Array): string => {
  const bare = data.at(-1) === 0 ? data.subarray(0, -1) : data;
  return isPrintable(bare) ? bytesText(bare) : hexText(data);
};

const hexNumber = (value: number): string => `0x${value.toString(16)}`;

function valueText({ name, value }: EfiVariable): string {
  if (name === 'SecureBoot' && value.length <= 1) return value[0] === 1 ? 'on' : 'off';
  if (name === 'BootOrder' && value.length % 2 === 0) {
    const order = Array.from({ length: Math.min(value.length / 2, 32) }, (_, i) =>
      toHex(Uint8Array.of(value[2 * i + 1] as number, value[2 * i] as number)),
    );
    return order.length === 0 ? 'empty' : order.join(', ');
  }
  // EFI_LOAD_OPTION: attributes, length of the path list, description
  if (/^Boot[0-9A-F]{4}$/.test(name) && value.length > 6) return `"${utf16Text(value.subarray(6))}"`;
  if (value.length > 256) return `${value.length} bytes`;
  return isPrintable(value) ? bytesText(value) : hexText(value);
}

function variableText(data: Uint8Array): string | null {
  const variable = readVariable(data);
  if (variable === null) return null;
  return `${variable.name} (${guidWithName(variable.guid)}): ${valueText(variable)}`;
}

/** UEFI_IMAGE_LOAD_EVENT: address, length, link address, length of the path, path. */
function imageText(data: Uint8Array): string | null {
  const cursor = new Cursor(data);
  if (cursor.take(8) === null) return null;
  const length = cursor.u64();
  cursor.take(8);
  const path = cursor.take(cursor.u64() ?? Number.POSITIVE_INFINITY);
  const text = path === null ? null : devicePathText(path);
  return length === null || text === null ? null : `${text === '' ? 'no path' : text}, ${length} bytes`;
}

const LISTED = 16;

/** UEFI_GPT_DATA: the 92 bytes of the table's header, the number of partitions, and their entries of 128 bytes. */
function gptText(data: Uint8Array): string | null {
  const cursor = new Cursor(data);
  const header = cursor.take(92);
  const count = cursor.u64();
  if (header === null || count === null || !bytesText(header.subarray(0, 8)).startsWith('EFI PART'))
    return null;
  const size = new Cursor(header, 84).u32() ?? 0;
  if (size < 128 || count * size !== cursor.left) return null;
  const names: string[] = [];
  for (let i = 0; i < Math.min(count, LISTED); i++) {
    const entry = cursor.take(size);
    if (entry === null) return null;
    const name = utf16Text(entry.subarray(56, 128));
    names.push(name === '' ? guidText(entry.subarray(16, 32)) : name);
  }
  return `disk ${guidText(header.subarray(56, 72))}, ${count} partitions: ${names.join(', ')}${count > LISTED ? ', …' : ''}`;
}

/** UEFI_PLATFORM_FIRMWARE_BLOB, and with a description before it, BLOB2. */
function blobText(data: Uint8Array, described: boolean): string | null {
  const cursor = new Cursor(data);
  const name = described ? cursor.take(cursor.u8() ?? Number.POSITIVE_INFINITY) : new Uint8Array(0);
  const base = cursor.u64();
  const length = cursor.u64();
  if (name === null || base === null || length === null || cursor.left !== 0) return null;
  return `${name.length === 0 ? '' : `${bytesText(name)}, `}${length} bytes at ${hexNumber(base)}`;
}

/** UEFI_HANDOFF_TABLE_POINTERS, and with a description before it, POINTERS2. */
function tablesText(data: Uint8Array, described: boolean): string | null {
  const cursor = new Cursor(data);
  const name = described ? cursor.take(cursor.u8() ?? Number.POSITIVE_INFINITY) : new Uint8Array(0);
  const count = cursor.u64();
  if (name === null || count === null || count * 24 !== cursor.left) return null;
  const tables: string[] = [];
  for (let i = 0; i < Math.min(count, LISTED); i++) {
    tables.push(guidWithName(cursor.take(16) as Uint8Array));
    cursor.take(8);
  }
  return `${name.length === 0 ? 'tables' : bytesText(name)}: ${tables.join('; ')}${count > LISTED ? '; …' : ''}`;
}

/** TCG_PCClientTaggedEvent: id, length, text. */
function tagText(data: Uint8Array): string | null {
  const cursor = new Cursor(data);
  const id = cursor.u32();
  const body = cursor.take(cursor.u32() ?? Number.POSITIVE_INFINITY);
  if (id === null || body === null || cursor.left !== 0) return null;
  return `${plainText(body)} (tag ${hexNumber(id)})`;
}

function separatorText(data: Uint8Array): string | null {
  const value = data.length === 4 ? new Cursor(data).u32() : null;
  if (value === 0 || value === 0xffff_ffff) return 'the end of a phase of boot';
  return value === 1 ? 'an error in a phase of boot' : null;
}

function decode({ type, data, name }: LogEvent): string | null {
  if (data === null) return name === null ? 'no data in the log' : name;
  switch (type) {
    case EVENT.separator:
      return separatorText(data);
    case EVENT.variableDriverConfig:
    case EVENT.variableBoot:
    case EVENT.variableBoot2:
    case EVENT.variableAuthority:
      return variableText(data);
    case EVENT.bootApplication:
    case EVENT.bootDriver:
    case EVENT.runtimeDriver:
      return imageText(data);
    case EVENT.gpt:
      return gptText(data);
    case EVENT.firmwareBlob:
    case EVENT.firmwareBlob2:
      return blobText(data, type === EVENT.firmwareBlob2);
    case EVENT.handoffTables:
    case EVENT.handoffTables2:
      return tablesText(data, type === EVENT.handoffTables2);
    case EVENT.tag:
      return tagText(data);
    case EVENT.crtmVersion:
      return data.length === 16 ? guidText(data) : data[1] === 0 ? utf16Text(data) : null;
    default:
      return null;
  }
}

function descriptionOf(event: LogEvent): string {
  if (isDstackEvent(event)) return safeText(`${event.name}: ${plainText(event.data ?? new Uint8Array(0))}`);
  const text = decode(event);
  return text === null ? plainText(event.data ?? new Uint8Array(0)) : safeText(text);
}

/** Every event in words, in the order of the log. */
export function describeEvents(log: EventLog, hashes: Hashes): DescribedEvent[] {
  return log.events.map((event, index) => {
    const digest = extendsRegister(event) ? digestOf(event, hashes) : event.digest;
    const { outcome, covers } =
      event.type === NO_ACTION
        ? ({ outcome: 'not-recomputable', covers: 'nothing: this event extends nothing' } as const)
        : checkContent(event, hashes);
    return {
      index,
      register: event.register,
      type: event.type,
      typeName: eventTypeName(event.type),
      digest: digest === null ? null : toHex(digest),
      bytes: event.data?.length ?? 0,
      description: descriptionOf(event),
      content: outcome,
      covers,
    };
  });
}
