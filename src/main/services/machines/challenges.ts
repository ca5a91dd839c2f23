/**
 * The schedule of challenges: machines whose proof has grown old are challenged, a machine that this node runs on
 * answers at once, and a challenge whose time is over is recorded as lapsed. All of it in the open, as entries.
 */
import type { MachineRow } from '../../../protocol/attestation/index.ts';

const HOUR = 3_600_000;
/** How often the schedule is looked at. */
const STEP = 30_000;

export interface ChallengePorts {
  /** Live machines of this owner; empty while the node is locked or has no coalition. */
  readonly machines: () => Promise<readonly MachineRow[]>;
  /** Hours between two proofs; 0: no schedule. */
  readonly everyHours: () => number;
  readonly challenge: (row: MachineRow) => Promise<void>;
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
  const { machines, everyHours, challenge, lapse, now, note } = ports;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  const lookOnce = async (): Promise<void> => {
    for (const row of await machines())
      try {
        if (row.challenge !== null) {
          if (now() > row.challenge.expires) await lapse(row);
        } else if (isDue(row, everyHours(), now())) await challenge(row);
      } catch (error) {
        note(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
  };
  const look = (): Promise<void> => {
    looking = looking.then(lookOnce);
    return looking;
  };
  return {
    look,
    start() {
      timer = setInterval(() => void look().catch((error: unknown) => note(String(error))), STEP);
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
