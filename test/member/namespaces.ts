/**
 * Network namespaces for members: each has an address of its own behind one bridge that lies in a namespace too, so
 * nothing of it is seen outside. Needs root, iproute2 and iptables.
 */
import { execFileSync } from 'node:child_process';

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

const run = (command: string, ...args: readonly string[]): void => {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
};

export function makeNamespaces(count: number): Namespaces {
  const name = (n: number | 'bridge'): string => `muster-${process.pid}-${n}`;
  const address = (n: number): string => `10.77.0.${n + 1}`;
  const all = Array.from({ length: count }, (_, n) => n);
  const made: string[] = [];
  const close = (): void => {
    for (const one of made.splice(0))
      try {
        run('ip', 'netns', 'delete', one);
      } catch {
        // one that is gone already
      }
  };
  try {
    const bridge = name('bridge');
    run('ip', 'netns', 'add', bridge);
    made.push(bridge);
    run('ip', '-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    run('ip', '-n', bridge, 'link', 'set', 'br0', 'up');
    for (const n of all) {
      const own = name(n);
      run('ip', 'netns', 'add', own);
      made.push(own);
      run(
        'ip',
        '-n',
        own,
        'link',
        'add',
        'eth0',
        'type',
        'veth',
        'peer',
        'name',
        `port${n}`,
        'netns',
        bridge,
      );
      run('ip', '-n', bridge, 'link', 'set', `port${n}`, 'master', 'br0', 'up');
      run('ip', '-n', own, 'address', 'add', `${address(n)}/24`, 'dev', 'eth0');
      run('ip', '-n', own, 'link', 'set', 'eth0', 'up');
      run('ip', '-n', own, 'link', 'set', 'lo', 'up');
    }
  } catch (error) {
    close();
    throw error;
  }
  const filter = (n: number, ...rule: readonly string[]): void =>
    run('ip', 'netns', 'exec', name(n), 'iptables', ...rule);
  return {
    address,
    within: (n) => ['ip', 'netns', 'exec', name(n)],
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
    close,
  };
}
