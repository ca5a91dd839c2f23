/**
 * The allowlist, really enforced: packet filter rules on the engine's host, in place before the container
 * starts. Each allowlisted workload has a bridge of its own with a known name; everything that comes in from
 * that bridge passes one chain, which lets TCP to the listed addresses through and rejects the rest, whether
 * it is meant for elsewhere (DOCKER-USER) or for the host itself (INPUT).
 *
 * Names are resolved once, here, and written into the container's hosts file; the container has no DNS, which
 * would be a way out past any list. Rules only ever return to the host's own rules, so they never open
 * anything that the host keeps closed. It needs root on the engine's host; elsewhere the policy is refused.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { BlockList, isIPv4 } from 'node:net';
import { promisify } from 'node:util';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { AllowedHost } from '../../../protocol/compute/index.ts';

/** One opened way: a name, one of its IPv4 addresses, a TCP port. */
export interface EgressRule {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

export interface EgressFilter {
  /** Refuses where rules could not be set at all. Errors: `NETWORK_POLICY_UNENFORCEABLE`. */
  ready(): Promise<void>;
  /** Puts the rules of a bridge in place, replacing older ones. Errors: `NETWORK_POLICY_UNENFORCEABLE`. */
  open(bridge: string, rules: readonly EgressRule[]): Promise<void>;
  /** True when the bridge's traffic passes exactly these rules. */
  holds(bridge: string, rules: readonly EgressRule[]): Promise<boolean>;
  /** Removes the rules of a bridge; quiet when there are none. */
  close(bridge: string): Promise<void>;
  /** Bridges of this node that have rules. */
  bridges(): Promise<readonly string[]>;
  /** True when the bridge is an interface of this very machine. */
  isHere(bridge: string): boolean;
}

/** Name of the bridge of a workload: 12 characters, as an interface may have 15. */
export const bridgeName = (workload: string): string =>
  `mu${createHash('sha256').update(workload).digest('hex').slice(0, 10)}`;

/** Never opened, whatever a list says: this host itself, link-local (metadata services), multicast and the like. */
const forbidden = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  forbidden.addSubnet(net, bits, 'ipv4');

/** Resolves the listed hosts. Errors: `NETWORK_ALLOW_UNRESOLVED`, `NETWORK_ALLOW_FORBIDDEN`. */
export async function resolveAllowed(
  allow: readonly AllowedHost[],
  resolve: (host: string) => Promise<readonly string[]> = addressesOf,
): Promise<readonly EgressRule[]> {
  const rules: EgressRule[] = [];
  for (const { host, port } of allow) {
    const addresses = isIPv4(host) ? [host] : await resolve(host);
    if (addresses.length === 0)
      throw new Refusal(
        'NETWORK_ALLOW_UNRESOLVED',
        `The image may talk to ${host}, but that name has no address.`,
        { host },
      );
    for (const address of addresses) {
      if (forbidden.check(address, 'ipv4'))
        throw new Refusal(
          'NETWORK_ALLOW_FORBIDDEN',
          `The image may talk to ${host}, but ${address} is an address of this host or of its local link.`,
          { host, address },
        );
      rules.push({ host, address, port });
    }
  }
  return rules.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true, family: 4 })).map((found) => found.address).toSorted();
  } catch {
    return [];
  }
}

const key = (rule: EgressRule): string => `${rule.host} ${rule.address} ${rule.port}`;

const unenforceable = (why: string): Refusal =>
  new Refusal(
    'NETWORK_POLICY_UNENFORCEABLE',
    `The image's network allowlist cannot be enforced here: ${why}.`,
    { why },
  );

const run = promisify(execFile);

const chainOf = (bridge: string): string => `MUSTER-${bridge}`;
const jump = (bridge: string): string[] => ['-i', bridge, '-j', chainOf(bridge)];
/** Traffic to elsewhere, and to the host itself. */
const HOOKS = ['DOCKER-USER', 'INPUT'] as const;

async function iptables(...args: string[]): Promise<string> {
  const options = { timeout: 20_000, env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } };
  return (await run('iptables', ['-w', '10', ...args], options)).stdout;
}

/** True when iptables did it, or said yes. */
const quiet = (...args: string[]): Promise<boolean> =>
  iptables(...args).then(
    () => true,
    () => false,
  );

async function close(bridge: string): Promise<void> {
  for (const hook of HOOKS) while (await quiet('-D', hook, ...jump(bridge)));
  await quiet('-F', chainOf(bridge));
  await quiet('-X', chainOf(bridge));
}

/** Rules by iptables, as Docker's own are. `node` marks them, so that two nodes on one host do not meet. */
export function createIptablesFilter(node: string): EgressFilter {
  const mark = `muster ${createHash('sha256').update(node).digest('hex').slice(0, 16)}`;
  const body = (bridge: string, rules: readonly EgressRule[]): string[][] => [
    ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'RETURN'],
    ...[...new Set(rules.map((rule) => `${rule.address} ${rule.port}`))].map((pair) => {
      const [address = '', port = ''] = pair.split(' ');
      return ['-d', `${address}/32`, '-p', 'tcp', '-m', 'tcp', '--dport', port, '-j', 'RETURN'];
    }),
    [
      '-m',
      'comment',
      '--comment',
      `${mark} ${bridge}`,
      '-j',
      'REJECT',
      '--reject-with',
      'icmp-port-unreachable',
    ],
  ];

  const self: EgressFilter = {
    async ready() {
      if (process.platform !== 'linux') throw unenforceable('it takes a packet filter of Linux');
      if (process.geteuid?.() !== 0) throw unenforceable('setting packet filter rules takes root');
      if (!(await quiet('-S', 'DOCKER-USER')))
        throw unenforceable('the engine keeps no iptables rules on this machine');
    },
    async open(bridge, rules) {
      await close(bridge);
      try {
        await iptables('-N', chainOf(bridge));
        for (const rule of body(bridge, rules)) await iptables('-A', chainOf(bridge), ...rule);
        for (const hook of HOOKS) await iptables('-I', hook, '1', ...jump(bridge));
      } catch (error) {
        await close(bridge);
        throw unenforceable(
          error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'iptables failed',
        );
      }
      if (!(await self.holds(bridge, rules))) {
        await close(bridge);
        throw unenforceable('the rules did not stay in place');
      }
    },
    async holds(bridge, rules) {
      for (const hook of HOOKS) if (!(await quiet('-C', hook, ...jump(bridge)))) return false;
      const wanted = body(bridge, rules);
      for (const rule of wanted) if (!(await quiet('-C', chainOf(bridge), ...rule))) return false;
      const listed = (await iptables('-S', chainOf(bridge)))
        .split('\n')
        .filter((line) => line.startsWith('-A'));
      return listed.length === wanted.length;
    },
    close,
    async bridges() {
      const listed = await iptables('-S').catch(() => '');
      return [...listed.matchAll(/^-A MUSTER-(mu[0-9a-f]{10}) .*--comment "([^"]*)"/gm)].flatMap(
        ([, bridge, comment]) => (bridge !== undefined && comment === `${mark} ${bridge}` ? [bridge] : []),
      );
    },
    isHere: (bridge) => existsSync(`/sys/class/net/${bridge}`),
  };
  return self;
}
