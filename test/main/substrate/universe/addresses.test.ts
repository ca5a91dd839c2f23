import { describe, expect, it } from 'vitest';
import { multiaddr } from '@multiformats/multiaddr';
import {
  mayDial,
  originOf,
  ownPublicAddresses,
  reachOf,
  reachOfIp,
  readAddress,
} from '../../../../src/main/substrate/universe/addresses.ts';

describe('an address', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.3.4', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['100.128.0.1', 'public'],
    ['8.8.8.8', 'public'],
    ['0.0.0.0', 'never'],
    ['169.254.169.254', 'never'],
    ['224.0.0.1', 'never'],
    ['255.255.255.255', 'never'],
    ['::1', 'loopback'],
    ['::', 'never'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:169.254.169.254', 'never'],
    ['::ffff:a00:1', 'private'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['::7f00:1', 'loopback'],
    ['fe80::1', 'never'],
    ['fd00::1', 'private'],
    ['ff02::1', 'never'],
    ['2001:db8::1', 'public'],
    ['1.2.3', 'never'],
  ])('%s is %s', (ip, reach) => expect(reachOfIp(ip)).toBe(reach));

  it('of a name is a name, except for this machine’s own', () => {
    expect(reachOf(multiaddr('/dns4/example.org/tcp/1'))).toBe('name');
    expect(reachOf(multiaddr('/dns4/localhost/tcp/1'))).toBe('loopback');
    expect(reachOf(multiaddr('/dns/x.localhost/tcp/1'))).toBe('loopback');
    expect(reachOf(multiaddr('/unix/tmp%2fx'))).toBe('never');
  });

  it('is dialled by the rules, and by those of its relay', () => {
    const rules = { loopback: false, private: true, names: false };
    const relayed = (ip: string): string =>
      `/ip4/${ip}/tcp/1/p2p/12D3KooWCVLRxHrpvhMLfVKDgLRydQc544WGXrjyEcgkCA5ZTqUR/p2p-circuit`;
    expect(mayDial(multiaddr('/ip4/10.0.0.1/tcp/1'), rules)).toBe(true);
    expect(mayDial(multiaddr('/ip4/127.0.0.1/tcp/1'), rules)).toBe(false);
    expect(mayDial(multiaddr('/dns4/example.org/tcp/1'), rules)).toBe(false);
    expect(mayDial(multiaddr(relayed('127.0.0.1')), rules)).toBe(false);
    expect(mayDial(multiaddr(relayed('9.9.9.9')), rules)).toBe(true);
  });

  it('that is none, too long, or another peer’s is refused', () => {
    const peer = '12D3KooWCVLRxHrpvhMLfVKDgLRydQc544WGXrjyEcgkCA5ZTqUR';
    expect(() => readAddress('nonsense')).toThrow(expect.objectContaining({ code: 'ADDRESS_FORMAT' }));
    expect(() => readAddress(`/dns4/${'a'.repeat(300)}/tcp/1`)).toThrow(
      expect.objectContaining({ code: 'ADDRESS_FORMAT' }),
    );
    expect(() => readAddress(`/ip4/1.2.3.4/tcp/1/p2p/${peer}`, 'another')).toThrow(
      expect.objectContaining({ code: 'ADDRESS_FORMAT' }),
    );
    expect(readAddress(`/ip4/1.2.3.4/tcp/1/p2p/${peer}`, peer).toString()).toContain(peer);
  });

  it('is counted by host, and by network where a host has a whole one', () => {
    expect(originOf(multiaddr('/ip4/1.2.3.4/tcp/1'))).toBe('1.2.3.4');
    expect(originOf(multiaddr('/ip6/2001:db8:1:2:3::4/tcp/1'))).toBe(
      originOf(multiaddr('/ip6/2001:db8:1:2:ffff::1/tcp/9')),
    );
    expect(originOf(multiaddr('/ip6/2001:db8:1:3::4/tcp/1'))).not.toBe(
      originOf(multiaddr('/ip6/2001:db8:1:2::4/tcp/1')),
    );
  });

  it('of an own public interface is told to others, of a private one is left to libp2p', () => {
    const card = (address: string, family: 'IPv4' | 'IPv6'): never =>
      ({ address, family, internal: false }) as never;
    const interfaces = {
      lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true } as never],
      eth: [card('203.0.113.5', 'IPv4'), card('10.0.0.5', 'IPv4'), card('2001:db8::5', 'IPv6')],
    };
    const active = [multiaddr('/ip4/127.0.0.1/tcp/4711'), multiaddr('/ip4/10.0.0.5/tcp/4711')];
    expect(ownPublicAddresses(['/ip4/0.0.0.0/tcp/0'], active, interfaces)).toEqual([
      '/ip4/203.0.113.5/tcp/4711',
    ]);
    expect(ownPublicAddresses(['/ip6/::/tcp/99'], active, interfaces)).toEqual(['/ip6/2001:db8::5/tcp/99']);
    expect(ownPublicAddresses(['/ip4/203.0.113.5/tcp/7'], active, interfaces)).toEqual([
      '/ip4/203.0.113.5/tcp/7',
    ]);
    expect(ownPublicAddresses(['/ip4/127.0.0.1/tcp/0'], active, interfaces)).toEqual([]);
  });
});
