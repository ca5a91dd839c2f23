/**
 * Digest against content (tdx.md 2.8): replaying a log proves its digests and nothing else. For many types of
 * event the digest follows from the data, so that the data can be checked too; which rule holds for which type is
 * TCG PC Client Platform Firmware Profile 10.4, GRUB's and dstack's, and is tested against real logs. For others
 * (images, firmware volumes, ACPI tables) what was hashed is not in the log.
 */
import { concat, type Hashes, sameBytes, toHex, utf8 } from '../../bytes/index.ts';
import { readVariable } from './efi.ts';
import { DSTACK_EVENT, type LogEvent } from './form.ts';
import { EVENT } from './types.ts';

export type ContentOutcome = 'matches' | 'differs' | 'not-recomputable';

export interface Content {
  readonly outcome: ContentOutcome;
  /** What the digest is of, a phrase. */
  readonly covers: string;
}

/** The whole data, as the profile has it for these types. */
const WHOLE: ReadonlySet<number> = new Set([
  EVENT.separator,
  EVENT.crtmVersion,
  EVENT.action,
  EVENT.variableDriverConfig,
  EVENT.gpt,
  EVENT.efiAction,
  EVENT.variableBoot2,
  EVENT.variableAuthority,
]);

/** What was hashed as far as the log holds it, with a phrase for it; null where it does not. */
type PreImage = { readonly bytes: Uint8Array; readonly covers: string } | null;

/** GRUB names what it measures before the text, and hashes the text alone, without the closing zero. */
function commandOf(data: Uint8Array): PreImage {
  const end = data.at(-1) === 0 ? data.length - 1 : data.length;
  for (const kind of ['grub_cmd: ', 'kernel_cmdline: ', 'module_cmdline: ']) {
    const prefix = utf8(kind);
    if (sameBytes(data.subarray(0, prefix.length), prefix))
      return {
        bytes: data.subarray(prefix.length, end),
        covers: 'the text after the colon',
      };
  }
  return null;
}

function preImageOf({ type, data }: LogEvent): PreImage {
  if (data === null) return null;
  if (WHOLE.has(type)) return { bytes: data, covers: 'the whole event data' };
  if (type === EVENT.ipl) return commandOf(data);
  if (type === EVENT.variableBoot) {
    const variable = readVariable(data);
    return variable && { bytes: variable.value, covers: 'the value of the variable, not its name' };
  }
  return null;
}

/** SHA-384 of one of dstack's own events, by its version. */
function dstackDigest({ type, name, data }: LogEvent, version: 1 | 2, hashes: Hashes): Uint8Array {
  const payload = data ?? new Uint8Array(0);
  if (version === 2)
    // RFC 8785 for these three members: sorted, no blanks, and texts as JSON.stringify writes them
    return hashes.sha384(
      utf8(`{"name":${JSON.stringify(name ?? '')},"payload":"${toHex(payload)}","type":${type}}`),
    );
  const typeBytes = new Uint8Array(4);
  new DataView(typeBytes.buffer).setUint32(0, type, true);
  return hashes.sha384(concat(typeBytes, utf8(`:${name ?? ''}:`), payload));
}

/** True for the events whose digest dstack defines by name and payload. */
export const isDstackEvent = ({ type, name }: LogEvent): boolean => type === DSTACK_EVENT && name !== null;

/** The digest that the event extends: the log's own, or the one that follows from the content. */
export function digestOf(event: LogEvent, hashes: Hashes): Uint8Array {
  if (event.digest !== null) return event.digest;
  if (!isDstackEvent(event)) throw new Error('an event without a digest passed the reader');
  return dstackDigest(event, event.version ?? 1, hashes);
}

/** Compares the digest of an event with its content, where the log holds enough for that. */
export function checkContent(event: LogEvent, hashes: Hashes): Content {
  const { digest } = event;
  if (isDstackEvent(event)) {
    const covers = 'name and payload';
    if (digest === null) return { outcome: 'matches', covers };
    const versions = event.version === null ? ([1, 2] as const) : [event.version];
    const matches = versions.some((version) => sameBytes(dstackDigest(event, version, hashes), digest));
    return { outcome: matches ? 'matches' : 'differs', covers };
  }
  const image = digest === null ? null : preImageOf(event);
  if (digest === null || image === null)
    return { outcome: 'not-recomputable', covers: 'something that is not in the log' };
  const matches = sameBytes(hashes.sha384(image.bytes), digest);
  return { outcome: matches ? 'matches' : 'differs', covers: image.covers };
}
