/** Alarms of the wall clock, under a clock that the test moves. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAlarm } from '../../src/main/alarm.ts';

describe('an alarm', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('rings once, later than timers can count, and by the clock when it is set', () => {
    let rung = 0;
    const alarm = createAlarm(Date.now, () => (rung += 1));
    const far = Date.now() + 2 ** 31 + 5 * 86_400_000;
    alarm.set(far);
    vi.advanceTimersByTime(2 ** 31);
    expect([rung, alarm.at]).toEqual([0, far]);
    vi.advanceTimersByTime(5 * 86_400_000);
    expect([rung, alarm.at]).toEqual([1, null]);
    vi.advanceTimersByTime(2 ** 32);
    expect(rung).toBe(1);
    alarm.set(Date.now() + 86_400_000);
    vi.setSystemTime(Date.now() + 86_400_000);
    vi.advanceTimersByTime(3_600_000);
    expect(rung).toBe(2);
    alarm.set(Date.now() + 10);
    alarm.set(null);
    expect(vi.getTimerCount()).toBe(0);
  });
});
