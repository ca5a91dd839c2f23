/** The door to event logs: reading both forms, replaying them to the registers, and telling what they say. */
export { readCcel } from './event-log/ccel.ts';
export {
  compareEventLog,
  type EventLogReport,
  type RegisterReport,
  registerLogs,
  reportEventLog,
} from './event-log/compare.ts';
export { type ContentOutcome } from './event-log/content.ts';
export { type DescribedEvent, describeEvents } from './event-log/describe.ts';
export {
  type EventLog,
  type EventLogForm,
  LARGEST_EVENT_LOG,
  type LogEvent,
  MOST_EVENTS,
  type Register,
} from './event-log/form.ts';
export { readJsonEventLog } from './event-log/json-log.ts';
export { readEventLog } from './event-log/read.ts';
export { extendRegister, replay } from './event-log/replay.ts';
