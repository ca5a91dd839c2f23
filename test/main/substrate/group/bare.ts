/** A member that says over its bond whatever a test wants it to say: no Group runs on its node. */
import { onTestFinished } from 'vitest';
import { UNIVERSE } from '../../../../src/protocol/bytes/index.ts';
import { HEARTBEAT, membershipDigest, tagOf } from '../../../../src/protocol/group/index.ts';
import { nodeHashes } from '../../../../src/main/hashes.ts';
import { BondClosed, GROUP_PROTOCOL, offerBond, runBond } from '../../../../src/main/substrate/group/bond.ts';
import type { LiveBond } from '../../../../src/main/substrate/group/bond.ts';
import { startNet } from '../../../member/net.ts';
import type { Net, TestNode } from '../../../member/net.ts';
import { scratch } from '../../../scratch.ts';
import { leaderOf, sit } from './table.ts';
import type { Seat } from './table.ts';

/** A Group of three that is online with two; the third voter is a bare node. */
async function tableWithBare(): Promise<{ net: Net; seats: Seat[]; bare: TestNode }> {
  const net = await startNet(scratch, 3);
  onTestFinished(() => net.stop());
  const seats = await Promise.all(net.nodes.slice(0, 2).map((node) => sit(net, node)));
  await Promise.all(seats.map(({ group }) => group.when.online()));
  return { net, seats, bare: net.nodes[2]! };
}

/** What a bare node says and hears over its bond to one of the others. */
export interface Bare {
  readonly bond: LiveBond;
  /** Sessions of the commands that it was given to append, hex. */
  readonly sessions: Set<string>;
  forward(commands: readonly Uint8Array[]): void;
}

/** A bare node bonds. It follows whoever leads: it says that it has what it is sent, and keeps nothing. */
export async function bareBond(net: Net, bare: TestNode, to: Seat): Promise<Bare> {
  const terms = {
    network: UNIVERSE,
    group: to.group.id,
    secret: net.secret,
    genesis: membershipDigest(nodeHashes, net.genesis),
    heartbeat: HEARTBEAT,
    self: bare.self,
    now: Date.now,
    admit: () => null,
  };
  const sessions = new Set<string>();
  for (;;) {
    try {
      const link = await bare.universe.open(to.node.self, GROUP_PROTOCOL);
      const bond = await offerBond(link, terms, new Uint8Array(0));
      runBond(bond, terms, (frame) => {
        if (frame.kind !== 'raft' || frame.message.kind !== 'append') return;
        const { term, round, prev, entries } = frame.message;
        for (const entry of entries) if (entry.kind === 'command') sessions.add(tagOf(entry.data)!.session);
        const index = prev.index + entries.length;
        const message = { kind: 'append-answer', term, round, ok: true, index, conflict: 0 } as const;
        bond.send({ kind: 'raft', message });
      });
      return { bond, sessions, forward: (commands) => void bond.send({ kind: 'forward', commands }) };
    } catch (error) {
      // both dialled at the same moment
      if (!(error instanceof BondClosed)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A bare node that is bonded with the leader of a Group. */
export async function bareMember() {
  const { net, seats, bare } = await tableWithBare();
  const leader = leaderOf(seats);
  return { net, seats, leader, bare, ...(await bareBond(net, bare, leader)) };
}
