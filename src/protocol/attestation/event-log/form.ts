/**
 * What an event log is, in whichever form it came (tdx.md 2.8): the list of measurements that a TD says were
 * extended into its run-time registers, with the data that were measured, or a description of them.
 */
import { Refusal } from '../../bytes/index.ts';

/** Logs in the field take 64 to 256 KB, padding included. */
export const LARGEST_EVENT_LOG = 4 * 1024 * 1024;
/** Real logs have 20 to 200 events; IMA is not part of them. */
export const MOST_EVENTS = 65_536;

export const DIGEST_BYTES = 48;

/** RTMR0 to RTMR3. */
export type Register = 0 | 1 | 2 | 3;
export const REGISTERS: readonly Register[] = [0, 1, 2, 3];

/** `ccel`: the binary log that the firmware hands over, which ends with boot. `json`: the list that dstack gives. */
export type EventLogForm = 'ccel' | 'json';

export interface LogEvent {
  /** Null for an event of MRTD, which is no run-time register and is not replayed. */
  readonly register: Register | null;
  /** The event type of the TCG PC Client profile, or dstack's own. */
  readonly type: number;
  /** SHA-384 as the log states it; null where the log leaves it out, because it follows from the content. */
  readonly digest: Uint8Array | null;
  /** What was measured, or what describes it; null where the log leaves it out. */
  readonly data: Uint8Array | null;
  /** The name of an event in the JSON form. */
  readonly name: string | null;
  /** How dstack hashed one of its own events; null where the log does not say. */
  readonly version: 1 | 2 | null;
}

export interface EventLog {
  readonly form: EventLogForm;
  readonly events: readonly LogEvent[];
  /** Where the last event ends, bytes; null for the JSON form. */
  readonly endOffset: number | null;
  /** What a person should know about the log as a whole, in sentences. */
  readonly notes: readonly string[];
}

/** EV_NO_ACTION: informs, and extends nothing. */
export const NO_ACTION = 3;
/** The type of the events that dstack extends into RTMR3. */
export const DSTACK_EVENT = 0x0800_0001;

export const extendsRegister = (event: LogEvent): event is LogEvent & { readonly register: Register } =>
  event.register !== null && event.type !== NO_ACTION;

export function refuseLog(why: string): never {
  throw new Refusal('EVENT_LOG_FORMAT', `This event log cannot be read: ${why}.`);
}

/** Errors: `EVENT_LOG_EMPTY`, `EVENT_LOG_TOO_LARGE`. */
export function checkLogSize(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new Refusal('EVENT_LOG_EMPTY', 'There is no event log: the file is empty.');
  if (bytes.length > LARGEST_EVENT_LOG)
    throw new Refusal(
      'EVENT_LOG_TOO_LARGE',
      `The event log has ${bytes.length} bytes; the limit is ${LARGEST_EVENT_LOG}.`,
    );
}
