/** Rates and medians. */

/** Runs `work` until `ms` have passed; answers runs per second. */
export function rate(ms: number, work: () => void): number {
  const start = performance.now();
  let runs = 0;
  while (performance.now() - start < ms) {
    work();
    runs++;
  }
  return (runs * 1000) / (performance.now() - start);
}

/** Keeps `inFlight` calls of `work` going for `ms`; answers calls per second. */
export async function flow(
  ms: number,
  inFlight: number,
  work: (n: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  let done = 0;
  let next = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - start < ms) {
        await work(next++);
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - start);
}

export const perSecond = (value: number): string =>
  `${Math.round(value).toLocaleString('en').replaceAll(',', ' ')}/s`;
export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
