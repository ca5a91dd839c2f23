/**
 * Machines for members, all on one cable, which can be cut and made to lose packets. Needs root, iproute2 and
 * iptables.
 */
import { makeCable } from './cable.ts';

export interface Namespaces {
  /** IPv4 address of member `n`. */
  address(n: number): string;
  /** Command line that runs what follows as if on member `n`'s machine. */
  within(n: number): readonly string[];
  /** Cuts everybody of `left` from everybody of `right`: packets vanish, nothing is told. */
  cut(left: readonly number[], right: readonly number[]): void;
  /** This share of what arrives at every member is dropped, 0 to 1. */
  lose(share: number): void;
  /** Undoes cuts and losses. */
  heal(): void;
  close(): void;
}

export function makeNamespaces(count: number): Namespaces {
  const name = (n: number): string => `member${n}`;
  const address = (n: number): string => `10.77.0.${n + 1}`;
  const all = Array.from({ length: count }, (_, n) => n);
  const cable = makeCable();
  try {
    for (const n of all) cable.join(name(n), address(n));
  } catch (error) {
    cable.close();
    throw error;
  }
  const filter = (n: number, ...rule: readonly string[]): void => cable.run(name(n), 'iptables', ...rule);
  return {
    address,
    within: (n) => cable.within(name(n)),
    cut(left, right) {
      for (const [from, to] of [
        [left, right],
        [right, left],
      ] as const)
        for (const n of from)
          for (const other of to) filter(n, '-A', 'INPUT', '-s', address(other), '-j', 'DROP');
    },
    lose(share) {
      const chance = ['-m', 'statistic', '--mode', 'random', '--probability', String(share)];
      for (const n of all) filter(n, '-A', 'INPUT', '-i', 'eth0', ...chance, '-j', 'DROP');
    },
    heal() {
      for (const n of all) filter(n, '-F', 'INPUT');
    },
    close: cable.close,
  };
}
