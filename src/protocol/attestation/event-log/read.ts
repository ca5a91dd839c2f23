/** Event logs arrive binary or as JSON; which of the two shows in the first byte. */
import { readCcel } from './ccel.ts';
import { checkLogSize, type EventLog } from './form.ts';
import { readJsonEventLog } from './json-log.ts';

const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Reads a log of either form. Errors: `EVENT_LOG_EMPTY`, `EVENT_LOG_TOO_LARGE`, `EVENT_LOG_FORMAT`. */
export function readEventLog(bytes: Uint8Array): EventLog {
  checkLogSize(bytes);
  const first = bytes.find((byte) => !BLANK.has(byte));
  return first === 0x5b || first === 0x7b ? readJsonEventLog(bytes) : readCcel(bytes);
}
