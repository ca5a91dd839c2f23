/**
 * A log against a quote (tdx.md 2.8). Per register:
 * - `full`: the log leads to exactly the quoted value (a register that nobody extended is zero in both);
 * - `absent`: the log has no event of this register, and the register is not zero;
 * - `partial`: a boot log (CCEL) leads elsewhere for RTMR2 or RTMR3. These are extended after boot as well, by IMA
 *   and by applications, of which a boot log knows nothing; so the log may be the true beginning or may have been
 *   changed, and nothing in it can tell which. Such a register counts as not covered, never as verified;
 * - `mismatch`: the log leads elsewhere where nothing extends after what it covers, or an event of dstack carries
 *   a digest that its own content does not have.
 * Replay proves digests; what the events say is proven only where `content` is `matches`.
 */
import { type Hashes, Refusal, toHex } from '../../bytes/index.ts';
import type { RegisterLog } from '../policy.ts';
import { parseQuote } from '../quote.ts';
import { readTdReport, type TdReport } from '../td-report.ts';
import { type DescribedEvent, describeEvents } from './describe.ts';
import {
  DSTACK_EVENT,
  type EventLog,
  type EventLogForm,
  extendsRegister,
  type Register,
  REGISTERS,
} from './form.ts';
import { replay } from './replay.ts';

export interface RegisterReport {
  readonly register: Register;
  readonly outcome: RegisterLog;
  /** A sentence for a person. */
  readonly detail: string;
  /** Hex of 48 bytes: where the log leads, and what the quote says. */
  readonly replayed: string;
  readonly quoted: string;
  /** Events that extend this register, and those among them whose digest is not that of their content. */
  readonly events: number;
  readonly contentDiffers: number;
}

/** Plain JSON, for screens and the command line. */
export interface EventLogReport {
  readonly form: EventLogForm;
  /** RTMR0 to RTMR3. */
  readonly registers: readonly RegisterReport[];
  readonly events: readonly DescribedEvent[];
  readonly notes: readonly string[];
}

const ZERO = '00'.repeat(48);

function judge(
  form: EventLogForm,
  register: Register,
  facts: {
    readonly equal: boolean;
    readonly events: number;
    readonly quoted: string;
    readonly forged: boolean;
  },
): { outcome: RegisterLog; detail: string } {
  const name = `RTMR${register}`;
  if (facts.forged)
    return {
      outcome: 'mismatch',
      detail: `An event of ${name} says something else than its digest; nothing of this register is verified.`,
    };
  if (facts.equal)
    return {
      outcome: 'full',
      detail:
        facts.quoted === ZERO
          ? `${name} was not extended, and the log says the same.`
          : `The log accounts for the whole of ${name}.`,
    };
  if (facts.events === 0)
    return { outcome: 'absent', detail: `The log has no event of ${name}, which was extended.` };
  if (form === 'ccel' && register >= 2)
    return {
      outcome: 'partial',
      detail: `${name} is not covered by this boot log: it was extended after boot, or the log was changed. Nothing of this register is verified.`,
    };
  return {
    outcome: 'mismatch',
    detail: `The log leads to another value than ${name} has; it is not the log of this TD as it was quoted.`,
  };
}

/** Compares a log with the registers of a report; the report is taken as it is, whether a verdict stands behind it. */
export function compareEventLog(
  log: EventLog,
  report: Pick<TdReport, 'rtmr'>,
  hashes: Hashes,
): EventLogReport {
  const replayed = replay(log.events, hashes).map(toHex);
  const described = describeEvents(log, hashes);
  const registers = REGISTERS.map((register): RegisterReport => {
    const quoted = report.rtmr[register];
    const events = log.events.filter((event) => event.register === register && extendsRegister(event)).length;
    const differing = described.filter((event) => event.register === register && event.content === 'differs');
    const value = replayed[register] as string;
    const forged = differing.some(({ type }) => type === DSTACK_EVENT);
    const facts = { equal: value === quoted, events, quoted, forged };
    return {
      register,
      ...judge(log.form, register, facts),
      replayed: value,
      quoted,
      events,
      contentDiffers: differing.length,
    };
  });
  return { form: log.form, registers, events: described, notes: log.notes };
}

/** The outcomes of RTMR0 to RTMR3, as a policy asks for them. */
export const registerLogs = ({ registers }: EventLogReport): RegisterLog[] =>
  registers.map(({ outcome }) => outcome);

/** As `compareEventLog`, with the registers of a quote, verified or not; null when there is no reading it. */
export function reportEventLog(log: EventLog, quote: Uint8Array, hashes: Hashes): EventLogReport | null {
  try {
    const { body, bodyType } = parseQuote(quote);
    return compareEventLog(log, readTdReport(body, bodyType), hashes);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
