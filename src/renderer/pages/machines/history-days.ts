/** The verdicts of the last 90 days, day by day in UTC; of a day with several the worst speaks. Pure. */
import type { Machine } from '../../../contract/index.ts';
import { isJudgement } from './states.ts';

export const STRIP_DAYS = 90;
const DAY = 86_400_000;

type Event = Machine['history'][number];
export interface HistoryDay {
  /** Unix milliseconds of its first moment. */
  readonly start: number;
  readonly event: Event | null;
}

const RANK: Readonly<Record<Machine['state'], number>> = {
  refused: 0,
  lapsed: 1,
  incomplete: 2,
  none: 3,
  genuine: 4,
  retired: 5,
};
/** Genuine but refused by the policy is worse than genuine. */
const rankOf = ({ state, policy }: Event): number => RANK[state] - (policy === 'refused' ? 0.5 : 0);

/** Oldest first; the last day is the one that `now` lies in. */
export function historyDays(history: Machine['history'], now: number): readonly HistoryDay[] {
  const today = Math.floor(now / DAY);
  const worst = new Map<number, Event>();
  for (const event of history.filter(isJudgement)) {
    const day = Math.floor(event.at / DAY);
    const before = worst.get(day);
    if (before === undefined || rankOf(event) < rankOf(before)) worst.set(day, event);
  }
  return Array.from({ length: STRIP_DAYS }, (_, i) => {
    const day = today - STRIP_DAYS + 1 + i;
    return { start: day * DAY, event: worst.get(day) ?? null };
  });
}
