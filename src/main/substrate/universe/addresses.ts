/**
 * What a multiaddr points at, and which of them may be dialled. Peers tell each other where to connect, so without a
 * rule a stranger could make this node knock at the doors of its own machine or network.
 */
import { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import { multiaddr } from '@multiformats/multiaddr';
import type { Multiaddr } from '@multiformats/multiaddr';
import { Refusal } from '../../../protocol/bytes/index.ts';

/** `never`: unspecified, multicast, reserved, and link-local (where clouds serve credentials). */
export type Reach = 'loopback' | 'private' | 'public' | 'name' | 'never';

export interface DialRules {
  readonly loopback: boolean;
  readonly private: boolean;
  /** DNS names; what they resolve to is not looked at. */
  readonly names: boolean;
}

/** Longest multiaddr that anything here takes, characters. */
export const MAX_ADDRESS = 256;

/** Reads a multiaddr; with `peer` (libp2p text) it must end at that peer or at none. Errors: `ADDRESS_FORMAT`. */
export function readAddress(text: string, peer?: string): Multiaddr {
  let address: Multiaddr;
  try {
    if (text.length > MAX_ADDRESS) throw new Error('too long');
    address = multiaddr(text);
  } catch {
    throw new Refusal('ADDRESS_FORMAT', `“${text.slice(0, 64)}” is not a network address (a multiaddr).`);
  }
  const end = endOf(address);
  if (peer !== undefined && end !== null && end !== peer)
    throw new Refusal('ADDRESS_FORMAT', 'The address belongs to another peer.');
  return address;
}

/** Those that are addresses at all, and no other peer's: what somebody says about itself may hold anything. */
export const readableAddresses = (addresses: readonly string[], peer: string): readonly string[] =>
  addresses.filter((text) => {
    try {
      readAddress(text, peer);
      return true;
    } catch {
      return false;
    }
  });

/** The peer that an address ends at, libp2p text; null when it names none. */
export function endOf(address: Multiaddr): string | null {
  const last = address.getComponents().at(-1);
  return last?.name === 'p2p' ? (last.value ?? null) : null;
}

/** True when the address leads through a relay. */
export const isRelayed = (address: Multiaddr): boolean =>
  address.getComponents().some(({ name }) => name === 'p2p-circuit');

/** Where the first host of an address is: of a relayed one, its relay's. */
export function reachOf(address: Multiaddr): Reach {
  const host = hostOf(address);
  if (host === null) return 'never';
  if (host.kind === 'name') return /(^|\.)localhost$/i.test(host.value) ? 'loopback' : 'name';
  return reachOfIp(host.value);
}

export const mayDial = (address: Multiaddr, rules: DialRules): boolean => {
  switch (reachOf(address)) {
    case 'public':
      return true;
    case 'private':
      return rules.private;
    case 'loopback':
      return rules.loopback;
    case 'name':
      return rules.names;
    default:
      return false;
  }
};

/** The first host of an address; null when it begins with none. */
export function hostOf(address: Multiaddr): { readonly kind: 'ip' | 'name'; readonly value: string } | null {
  for (const { name, value } of address.getComponents()) {
    if (value === undefined) return null;
    if (name === 'ip4' || name === 'ip6') return { kind: 'ip', value };
    if (name === 'dns' || name === 'dns4' || name === 'dns6' || name === 'dnsaddr')
      return { kind: 'name', value };
    if (name !== 'ip6zone') return null;
  }
  return null;
}

/** Under which name connections from there are counted: an IPv4 address, or the /64 of an IPv6 one. */
export function originOf(address: Multiaddr): string {
  const host = hostOf(address);
  if (host === null) return 'elsewhere';
  if (isRelayed(address)) return `through ${host.value}`;
  const words = host.kind === 'ip' && isIP(host.value) === 6 ? wordsOf(host.value) : null;
  return words === null
    ? host.value
    : words
        .slice(0, 4)
        .map((word) => word.toString(16))
        .join(':');
}

export function reachOfIp(ip: string): Reach {
  if (isIP(ip) === 4) return reachOf4(ip.split('.').map(Number));
  if (isIP(ip) !== 6) return 'never';
  const words = wordsOf(ip);
  const [first = 0] = words;
  const zeros = words.findIndex((word) => word !== 0);
  if (zeros === -1) return 'never';
  if (zeros === 7 && words[7] === 1) return 'loopback';
  // ::ffff:a.b.c.d and 64:ff9b::a.b.c.d are IPv4 in other clothes
  const mapped = zeros === 5 && words[5] === 0xffff;
  const translated = first === 0x64 && words[1] === 0xff9b && words.slice(2, 6).every((word) => word === 0);
  if (mapped || translated || zeros >= 6) {
    const [high = 0, low = 0] = words.slice(6);
    return reachOf4([high >> 8, high & 255, low >> 8, low & 255]);
  }
  if ((first & 0xfe00) === 0xfc00) return 'private';
  return (first & 0xe000) === 0x2000 ? 'public' : 'never';
}

function reachOf4([a = 0, b = 0]: readonly number[]): Reach {
  if (a === 127) return 'loopback';
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return 'private';
  if (a === 100 && b >= 64 && b < 128) return 'private';
  return a === 0 || a >= 224 || (a === 169 && b === 254) ? 'never' : 'public';
}

/** The eight 16-bit words of an IPv6 address that `isIP` has passed. */
function wordsOf(ip: string): number[] {
  const [plain = ''] = ip.split('%');
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const hex = (high: string | undefined, low: string | undefined): string =>
    (Number(high) * 256 + Number(low)).toString(16);
  const text =
    dotted === null ? plain : `${dotted[1] ?? ''}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
  const [before = '', after] = text.split('::');
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const left = words(before);
  if (after === undefined) return left;
  const right = words(after);
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}

/**
 * Public addresses of this machine's own interfaces at which it listens. libp2p holds these back until strangers have
 * confirmed them, which a coalition of three never does. `active`: what is listened on, with real ports.
 */
export function ownPublicAddresses(
  listen: readonly string[],
  active: readonly Multiaddr[],
  interfaces = networkInterfaces(),
): string[] {
  const own = Object.values(interfaces).flatMap((list) => list ?? []);
  const found = new Set<string>();
  for (const text of listen) {
    const [host, port] = multiaddr(text).getComponents();
    if ((host?.name !== 'ip4' && host?.name !== 'ip6') || port?.name !== 'tcp') continue;
    const { name, value = '' } = host;
    const everywhere = value === '0.0.0.0' || value === '::';
    const ips = everywhere
      ? own.filter(({ family }) => (family === 'IPv6') === (name === 'ip6')).map(({ address }) => address)
      : [value];
    const ports = port.value === '0' ? portsOf(active, name) : [port.value ?? ''];
    for (const ip of ips)
      if (reachOfIp(ip) === 'public') for (const each of ports) found.add(`/${name}/${ip}/tcp/${each}`);
  }
  return [...found];
}

function portsOf(active: readonly Multiaddr[], family: string): string[] {
  return active.flatMap((address) => {
    const [host, port] = address.getComponents();
    return host?.name === family && port?.name === 'tcp' && port.value !== undefined && !isRelayed(address)
      ? [port.value]
      : [];
  });
}
