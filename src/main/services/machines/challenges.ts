/**
 * The schedule of challenges: machines whose proof has grown old are challenged, a machine that this node runs in
 * answers, at once or at a later look, and a challenge whose time is over is recorded as lapsed. All of it in the
 * open, as entries.
 */
import type { MachineRow } from '../../../protocol/attestation/index.ts';

const HOUR = 3_600_000;
/** How often the schedule is looked at. */
const STEP = 30_000;

export interface ChallengePorts {
  /** Live machines of this owner; empty while the node cannot write or has no coalition. */
  readonly machines: () => Promise<readonly MachineRow[]>;
  /** Hours between two proofs; 0: no schedule. */
  readonly everyHours: () => number;
  readonly challenge: (row: MachineRow) => Promise<void>;
  /** Tries to answer the open challenge, if this node runs in that machine. */
  readonly answer: (row: MachineRow) => Promise<void>;
  readonly lapse: (row: MachineRow) => Promise<void>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly note: (sentence: string) => void;
}

export interface ChallengeSchedule {
  /** One look at all machines; the timer does the same. */
  look(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

export function createChallengeSchedule(ports: ChallengePorts): ChallengeSchedule {
  const { machines, everyHours, challenge, answer, lapse, now, note } = ports;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  const lookOnce = async (): Promise<void> => {
    for (const row of await machines())
      try {
        if (row.challenge !== null) await (now() > row.challenge.expires ? lapse(row) : answer(row));
        else if (isDue(row, everyHours(), now())) await challenge(row);
      } catch (error) {
        note(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
  };
  const look = (): Promise<void> => {
    // a look that failed is no reason not to look again
    looking = looking.catch(() => undefined).then(lookOnce);
    return looking;
  };
  let waiting = false;
  const step = async (): Promise<void> => {
    // a guest may take longer than a step, and looks must not queue up behind it
    if (waiting) return;
    waiting = true;
    try {
      await look();
    } catch (error) {
      note(String(error));
    } finally {
      waiting = false;
    }
  };
  return {
    look,
    start() {
      timer = setInterval(() => void step(), STEP);
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      await looking.catch(() => undefined);
    },
  };
}

/** Due: a machine with good evidence whose last proof (or registration) is older than the schedule allows. */
export const isDue = (row: MachineRow, everyHours: number, now: number): boolean =>
  everyHours > 0 &&
  row.quote !== null &&
  (row.state === 'genuine' || row.state === 'incomplete') &&
  now - Math.max(row.provedAt ?? 0, row.registeredAt) >= everyHours * HOUR;
