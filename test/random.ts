/** Chance that can be repeated: the same seed gives the same run (mulberry32). */
export interface Random {
  /** 0 ≤ x < n, whole. */
  below(n: number): number;
  pick<T>(from: readonly T[]): T;
  /** True once in `n` times. */
  oneIn(n: number): boolean;
  bytes(n: number): Uint8Array;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    pick: (from) => from[below(from.length)]!,
    oneIn: (n) => below(n) === 0,
    bytes: (n) => Uint8Array.from({ length: n }, () => below(256)),
  };
}
