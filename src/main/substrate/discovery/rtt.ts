/** Round trip times, smoothed as TCP does it (RFC 6298 2; alpha 1/8, beta 1/4). */
export interface Rtt {
  /** Milliseconds, all of them. */
  readonly smoothed: number;
  readonly variation: number;
  readonly last: number;
  readonly samples: number;
}

export function nextRtt(before: Rtt | null, sample: number): Rtt {
  if (before === null) return { smoothed: sample, variation: sample / 2, last: sample, samples: 1 };
  return {
    smoothed: before.smoothed + (sample - before.smoothed) / 8,
    variation: before.variation + (Math.abs(sample - before.smoothed) - before.variation) / 4,
    last: sample,
    samples: before.samples + 1,
  };
}
