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

export interface Measured {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Keeps `inFlight` calls of `work` going for `ms`; how many there were, and how long they took. */
export async function latencies(
  ms: number,
  inFlight: number,
  work: (n: number) => Promise<unknown>,
): Promise<Measured> {
  const times: number[] = [];
  await flow(ms, inFlight, async (n) => {
    const at = performance.now();
    await work(n);
    times.push(performance.now() - at);
  });
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
  return { count: times.length, p50: at(0.5), p99: at(0.99) };
}

/** The middle one of several rounds, by how much was done: what else the machine does shows in one of them at most. */
export async function middleOf(rounds: number, round: () => Promise<Measured>): Promise<Measured> {
  const all: Measured[] = [];
  for (let n = 0; n < rounds; n++) all.push(await round());
  const sorted = all.toSorted((a, b) => a.count - b.count);
  return sorted[Math.floor(rounds / 2)] ?? { count: 0, p50: 0, p99: 0 };
}

export const perSecond = (value: number): string =>
  `${Math.round(value).toLocaleString('en').replaceAll(',', ' ')}/s`;
export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
