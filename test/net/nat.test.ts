/**
 * Nodes behind routers that translate addresses and let nothing in by itself: real processes, real NAT of the kernel,
 * in namespaces. They are reached over a relay, and directly as soon as one side can be dialled (DCUtR's first way:
 * the hidden side dials back). Two hidden sides stay with the relay: libp2p's TCP here cannot dial from the port that
 * it listens on, which punching a hole needs.
 */
import { execFileSync, fork } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../parts.ts';
import { makeInternet } from '../member/internet.ts';
import type { Internet } from '../member/internet.ts';
import { callProcess } from '../process-calls.ts';
import { eventually } from '../main/substrate/universe/support.ts';
import type { PeerCalls } from './peer.ts';

/** Connections over TCP that a machine has taken since it is there, as its kernel counts them. */
function accepted([command = '', ...before]: readonly string[]): number {
  const lines = execFileSync(command, [...before, 'cat', '/proc/net/snmp'], { encoding: 'utf8' }).split('\n');
  const [names, values] = lines.filter((line) => line.startsWith('Tcp:')).map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('PassiveOpens') ?? -1]);
}

type Connection = Awaited<ReturnType<PeerCalls['connections']>>[number];
type Peer = { readonly [K in keyof PeerCalls]: PeerCalls[K] } & { readonly self: string };

describeWith('netfilter', 'behind a NAT', () => {
  let internet: Internet | undefined;
  const processes: ReturnType<typeof fork>[] = [];
  let relay: { readonly self: string; readonly at: readonly string[] } | undefined;

  const start = async (
    within: readonly string[],
    options: Parameters<PeerCalls['start']>[0],
  ): Promise<Peer> => {
    const [command = '', ...before] = within;
    const child = fork(`${import.meta.dirname}/peer.ts`, {
      execPath: command,
      execArgv: [...before, process.execPath],
    });
    processes.push(child);
    const { ask } = callProcess(child);
    const { self } = (await ask('start', [options])) as { self: string };
    return new Proxy({ self } as Peer, {
      get: (target, name) =>
        name === 'self'
          ? target.self
          : name === 'then'
            ? undefined
            : (...args: unknown[]) => ask(String(name), args),
    });
  };
  /** A node at home: it listens, but no router lets anybody in to it. */
  const hidden = async (home: number): Promise<Peer> => {
    const peer = await start(internet!.home(home), {
      listen: ['/ip4/0.0.0.0/tcp/4001'],
      relay: { seek: 1 },
      bootstrap: relay!.at,
    });
    await eventually('a reservation', async () => (await peer.reach()) === 'relayed', 30_000);
    return peer;
  };
  /** Its addresses over the relay. */
  const relayed = async (peer: Peer): Promise<string[]> =>
    (await peer.addresses()).filter((address) => address.includes('/p2p-circuit'));

  beforeAll(async () => {
    internet = makeInternet({ hosts: 3, homes: 3 });
    const peer = await start(internet.host(0), {
      listen: [`/ip4/${internet.address(0)}/tcp/4001`],
      relay: { serve: true },
    });
    relay = { self: peer.self, at: await peer.addresses() };
  });
  afterAll(() => {
    for (const child of processes) child.kill('SIGKILL');
    internet?.close();
  });

  it('being asked to dial back costs nobody a connection', async () => {
    const asker = await start(internet!.host(2), { listen: [`/ip4/${internet!.address(2)}/tcp/4001`] });
    const asked = await start(internet!.host(1), {
      listen: [`/ip4/${internet!.address(1)}/tcp/4002`],
      bootstrap: await asker.addresses(),
    });
    const now = (): Promise<readonly Connection[]> => asked.connections(asker.self);
    const first = await eventually('a connection', async () => (await now())[0]);
    // its own connection, and the one that dialled back
    await eventually('the dial back', async () => {
      expect(await now()).toContainEqual(first);
      return accepted(internet!.host(2)) === 2;
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await expect.poll(now).toEqual([first]);
  }, 60_000);

  it('a node is reached over a relay, and directly once it has dialled back', async () => {
    const inside = await hidden(0);
    const outside = await start(internet!.host(1), {
      listen: [`/ip4/${internet!.address(1)}/tcp/4001`],
      bootstrap: relay!.at,
    });
    await outside.learn(inside.self, await relayed(inside));
    const direct = async (): Promise<Connection | undefined> =>
      (await outside.connections(inside.self)).find((one) => !one.relayed);
    // it is tried once for each relayed connection, with what the two know of each other by then
    let found: Connection | undefined;
    const answers: unknown[] = [];
    for (let attempt = 0; found === undefined && attempt < 8; attempt++) {
      if (attempt > 0) await outside.drop(inside.self);
      // the relayed connection may end under it, once there is a direct one
      answers.push(await outside.echo(inside.self, 'hello').catch(() => null));
      found = await eventually('a direct connection', direct, 6000).catch(() => undefined);
    }
    expect(answers).toContain('hello');
    // the router's address is what the outside sees, and the inside is who dialled
    expect(found?.address).toContain(`/ip4/${internet!.router(0)}/`);
    expect(found?.direction).toBe('inbound');
    await eventually(
      'an answer',
      async () => (await outside.echo(inside.self, 'again').catch(() => '')) === 'again',
    );
  }, 90_000);

  it('two nodes meet over the relay, and stay there', async () => {
    const [left, right] = [await hidden(1), await hidden(2)];
    await left.learn(right.self, await relayed(right));
    for (let n = 0; n < 20; n++)
      await expect(left.echo(right.self, `frame ${n}`)).resolves.toBe(`frame ${n}`);
    const connections = await left.connections(right.self);
    expect(connections.length).toBeGreaterThan(0);
    expect(connections.every((one) => one.relayed)).toBe(true);
  });
});
