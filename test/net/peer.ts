/** One endpoint of the network as a process of its own, driven over IPC: `test/net/nat.test.ts` forks it. */
import { openUniverse } from '../../src/main/substrate/universe/index.ts';
import type { Universe, UniverseOptions } from '../../src/main/substrate/universe/index.ts';
import { newKey } from '../member/net.ts';
import { serveProcess } from '../process-calls.ts';

export interface PeerCalls {
  start(
    options: Pick<UniverseOptions, 'listen' | 'relay' | 'bootstrap'>,
  ): Promise<{ self: string; addresses: readonly string[] }>;
  addresses(): Promise<readonly string[]>;
  reach(): Promise<string>;
  learn(peer: string, addresses: readonly string[]): Promise<void>;
  /** Sends a frame over a link of its own and answers what comes back. */
  echo(peer: string, text: string): Promise<unknown>;
  /** Ends the connections with this peer. */
  drop(peer: string): Promise<void>;
  /** Connections with this peer. */
  connections(
    peer: string,
  ): Promise<readonly { address: string; relayed: boolean; direction: string; since: number }[]>;
}

const PROTOCOL = '/muster/echo/1';
let universe: Universe;

const calls: PeerCalls = {
  async start(options) {
    const { key, sign } = newKey();
    universe = await openUniverse({
      key,
      sign,
      ...options,
      limits: { retry: { first: 200, longest: 1000 } },
    });
    await universe.serve(PROTOCOL, (link) => link.receive((frame) => void link.send(frame)));
    return { self: universe.self, addresses: universe.addresses() };
  },
  addresses: async () => universe.addresses(),
  reach: async () => universe.stats().reach,
  learn: (peer, addresses) => universe.learn(peer, addresses),
  async echo(peer, text) {
    const link = await universe.open(peer, PROTOCOL);
    link.send(text);
    const answer = await link.next(5000);
    await link.close(200);
    return answer;
  },
  drop: (peer) => universe.disconnect(peer),
  connections: async (peer) =>
    universe
      .stats()
      .connections.filter((one) => one.peer === peer)
      .map(({ address, relayed, direction, since }) => ({ address, relayed, direction, since })),
};

serveProcess(calls);
