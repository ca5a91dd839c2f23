/**
 * A small internet in namespaces: hosts with addresses of their own on one cable, and homes behind routers that
 * translate addresses and let in nothing that was not asked for. The addresses look public and are seen nowhere else.
 */
import { makeCable } from './cable.ts';

export interface Internet {
  address(host: number): string;
  /** Address of the router of a home, as the others see it. */
  router(home: number): string;
  /** Command lines that run what follows there. */
  host(n: number): readonly string[];
  home(n: number): readonly string[];
  close(): void;
}

const PREFIX = '45.77.0';

export function makeInternet({ hosts, homes }: { hosts: number; homes: number }): Internet {
  const cable = makeCable();
  const hostName = (n: number): string => `host${n}`;
  const routerName = (n: number): string => `router${n}`;
  const homeName = (n: number): string => `home${n}`;
  const address = (n: number): string => `${PREFIX}.${n + 1}`;
  const router = (n: number): string => `${PREFIX}.${100 + n}`;
  try {
    for (let n = 0; n < hosts; n++) cable.join(hostName(n), address(n));
    for (let n = 0; n < homes; n++) {
      cable.join(routerName(n), router(n));
      cable.behind(routerName(n), homeName(n), '192.168.77.1', '192.168.77.2');
      const here = (...command: readonly string[]): void => cable.run(routerName(n), ...command);
      here('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
      here('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-o', 'eth0', '-j', 'MASQUERADE');
      here('iptables', '-A', 'FORWARD', '-i', 'eth0', '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'DROP');
    }
  } catch (error) {
    cable.close();
    throw error;
  }
  return {
    address,
    router,
    host: (n) => cable.within(hostName(n)),
    home: (n) => cable.within(homeName(n)),
    close: cable.close,
  };
}
