/** Network namespaces joined by one bridge that lies in a namespace too, so nothing of it is seen outside. */
import { execFileSync } from 'node:child_process';

export interface Cable {
  /** A machine of this name with an IPv4 address on the cable (a /24). */
  join(name: string, address: string): void;
  /** A machine that hangs on `router` only, over a cable of its own, and sends everything there. */
  behind(router: string, name: string, gateway: string, address: string): void;
  /** Command line that runs what follows as if on that machine. */
  within(name: string): readonly string[];
  run(name: string, ...command: readonly string[]): void;
  close(): void;
}

let cables = 0;

export function makeCable(): Cable {
  const prefix = `muster-${process.pid}-${cables++}`;
  const full = (name: string): string => `${prefix}-${name}`;
  const made: string[] = [];
  let ports = 0;
  const call = (command: string, ...args: readonly string[]): void => {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const ip = (name: string, ...args: readonly string[]): void => call('ip', '-n', full(name), ...args);
  const machine = (name: string): void => {
    call('ip', 'netns', 'add', full(name));
    made.push(full(name));
    ip(name, 'link', 'set', 'lo', 'up');
  };
  /** Two ends of one wire. */
  const wire = (name: string, device: string, other: string, port: string): void => {
    const peer = ['type', 'veth', 'peer', 'name', port, 'netns', full(other)];
    ip(name, 'link', 'add', device, ...peer);
  };
  const up = (name: string, device: string, address: string): void => {
    ip(name, 'address', 'add', `${address}/24`, 'dev', device);
    ip(name, 'link', 'set', device, 'up');
  };
  const close = (): void => {
    for (const one of made.splice(0))
      try {
        call('ip', 'netns', 'delete', one);
      } catch {
        // one that is gone already
      }
  };
  const within = (name: string): readonly string[] => ['ip', 'netns', 'exec', full(name)];
  try {
    machine('bridge');
    ip('bridge', 'link', 'add', 'br0', 'type', 'bridge');
    ip('bridge', 'link', 'set', 'br0', 'up');
  } catch (error) {
    close();
    throw error;
  }
  return {
    join(name, address) {
      machine(name);
      const port = `port${ports++}`;
      wire(name, 'eth0', 'bridge', port);
      ip('bridge', 'link', 'set', port, 'master', 'br0', 'up');
      up(name, 'eth0', address);
    },
    behind(router, name, gateway, address) {
      machine(name);
      wire(name, 'eth0', router, 'lan0');
      up(router, 'lan0', gateway);
      up(name, 'eth0', address);
      ip(name, 'route', 'add', 'default', 'via', gateway);
    },
    within,
    run(name, ...command) {
      const [program = '', ...args] = [...within(name), ...command];
      call(program, ...args);
    },
    close,
  };
}
