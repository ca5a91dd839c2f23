/**
 * The JSON form of an event log, as dstack gives it (tdx.md 2.8): a list of
 * `{ imr, event_type, digest, event, event_payload, version? }`. The registers count from 0 here.
 */
import { fromHex, fromUtf8 } from '../../bytes/index.ts';
import { isJsonObject, type Json, Members, readJson } from '../json.ts';
import {
  checkLogSize,
  DIGEST_BYTES,
  DSTACK_EVENT,
  type EventLog,
  LARGEST_EVENT_LOG,
  type LogEvent,
  MOST_EVENTS,
  NO_ACTION,
  refuseLog,
  type Register,
} from './form.ts';

const CODE = 'EVENT_LOG_FORMAT';
const LONGEST_NAME = 4096;

function bytesOf(members: Members, name: string): Uint8Array {
  const text = members.has(name) ? members.string(name, LARGEST_EVENT_LOG) : '';
  try {
    return fromHex(text);
  } catch {
    return members.refuse(name, 'hex');
  }
}

function versionOf(members: Members): 1 | 2 | null {
  if (!members.has('version')) return null;
  const version = members.integer('version', 2);
  return version === 1 || version === 2 ? version : members.refuse('version', '1 or 2');
}

function readEvent(members: Members): LogEvent {
  const type = members.integer('event_type', 0xffff_ffff);
  const digest = bytesOf(members, 'digest');
  if (digest.length !== 0 && digest.length !== DIGEST_BYTES)
    members.refuse('digest', `${DIGEST_BYTES} bytes of hex`);
  // only dstack's own events say enough for their digest to be computed
  if (digest.length === 0 && type !== DSTACK_EVENT && type !== NO_ACTION)
    members.refuse('digest', 'there, and this event does not tell how to compute it');
  const data = bytesOf(members, 'event_payload');
  const name = members.has('event') ? members.string('event', LONGEST_NAME) : '';
  if (!name.isWellFormed()) members.refuse('event', 'a text');
  return {
    register: members.integer('imr', 3) as Register,
    type,
    digest: digest.length === 0 ? null : digest,
    // dstack leaves out the data of boot events; its own events may really be empty
    data: data.length === 0 && type !== DSTACK_EVENT ? null : data,
    name: name === '' && type !== DSTACK_EVENT ? null : name,
    version: versionOf(members),
  };
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return refuseLog('it is neither a binary log nor text');
  }
}

/** The list itself, or inside an answer of dstack: `event_log` as a list, or as a text that holds one. */
function listOf(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const inner = value['event_log'];
  if (typeof inner === 'string') return readJson(inner, CODE);
  return inner === undefined ? refuseLog('the JSON object has no member "event_log"') : inner;
}

/**
 * Reads the JSON form. Errors: `EVENT_LOG_EMPTY`, `EVENT_LOG_TOO_LARGE`, `EVENT_LOG_FORMAT`.
 */
export function readJsonEventLog(bytes: Uint8Array): EventLog {
  checkLogSize(bytes);
  const list = listOf(readJson(textOf(bytes), CODE));
  if (!Array.isArray(list)) return refuseLog('it is JSON, but no list of events');
  if (list.length > MOST_EVENTS) refuseLog(`it has more than ${MOST_EVENTS} events`);
  const events = list.map((item: Json, i) => readEvent(new Members(item, CODE, `event ${i}`)));
  return { form: 'json', events, endOffset: null, notes: [] };
}
