/** Members around a table: real nodes in one process, each with its seat in one Group. */
import { onTestFinished } from 'vitest';
import { Refusal, utf8 } from '../../../../src/protocol/bytes/index.ts';
import type { Group, GroupConfig } from '../../../../src/main/substrate/group/index.ts';
import { listMachine } from '../../../member/machine.ts';
import type { ListMachine } from '../../../member/machine.ts';
import { acquaint, QUICK, startNet, startNode } from '../../../member/net.ts';
import type { Net, TestNode } from '../../../member/net.ts';
import { scratch } from '../../../scratch.ts';

export interface Seat {
  readonly node: TestNode;
  readonly machine: ListMachine;
  readonly group: Group<number>;
}

export type More = Partial<GroupConfig<number>>;
export const configOf = (net: Net, machine: ListMachine, more: More = {}): GroupConfig<number> => ({
  secret: net.secret,
  genesis: net.genesis,
  machine,
  timing: QUICK,
  ...more,
});

export async function sit(net: Net, node: TestNode, more: More = {}, snapshots = false): Promise<Seat> {
  const machine = listMachine(snapshots);
  return { node, machine, group: await node.groups.join(configOf(net, machine, more)) };
}

export interface Table {
  readonly net: Net;
  /** Of the voters. */
  readonly seats: Seat[];
}

/**
 * `voters` members of a Group that is online, and `others` nodes that know them; all gone when the test ends. `more`:
 * of the Group's configuration, for all or as each node has it.
 */
export async function table(
  voters: number,
  others = 0,
  more: More | ((node: TestNode) => More) = {},
  snapshots = false,
): Promise<Table> {
  const net = await startNet(scratch, voters, others);
  onTestFinished(() => net.stop());
  const own = typeof more === 'function' ? more : () => more;
  const seats = await Promise.all(
    net.nodes.slice(0, voters).map((node) => sit(net, node, own(node), snapshots)),
  );
  await Promise.all(seats.map(({ group }) => group.when.online()));
  return { net, seats };
}

export const leaderOf = (seats: readonly Seat[]): Seat =>
  seats.find(({ group }) => group.status().role === 'leader' && group.status().online)!;

export const followersOf = (seats: readonly Seat[]): Seat[] =>
  seats.filter((seat) => seat !== leaderOf(seats));

export async function newLeader(seats: readonly Seat[]): Promise<Seat> {
  await Promise.any(seats.map(({ group }) => group.when.leading()));
  return leaderOf(seats);
}

/** Stops a node and starts it again on the same disk, in the same place of the net. */
export async function again(
  net: Net,
  seat: Seat,
  more: More = {},
  between?: (folder: string) => void,
  snapshots = false,
): Promise<Seat> {
  const { keys, folder } = seat.node;
  await seat.node.stop();
  between?.(folder);
  const node = await startNode(folder, keys);
  net.nodes[net.nodes.indexOf(seat.node)] = node;
  await acquaint(net.nodes);
  return sit(net, node, more, snapshots);
}

/** The code of a refusal; `none` when there was no refusal. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

export const entries = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => `entry ${from + n}`);

export const write = async ({ group }: Seat, from: number, to: number): Promise<void> => {
  for (const text of entries(from, to)) await group.execute(utf8(text));
};

export interface Walls {
  /** For the configuration of each member. */
  of(node: TestNode): More;
  /** Ends the bonds between the two sides, at once; none comes up until `heal`. */
  cut(left: readonly Seat[], right: readonly Seat[]): void;
  heal(): void;
}

/** Walls between members, made of tickets that they refuse each other. */
export function walls(): Walls {
  const shut = new Set<string>();
  return {
    of: ({ self }) => ({
      admit(peer) {
        if (shut.has(`${self}/${peer}`)) throw new Refusal('TICKET_MISSING', 'There is a wall.');
        return null;
      },
    }),
    cut(left, right) {
      for (const { node } of left)
        for (const other of right) {
          shut.add(`${node.self}/${other.node.self}`).add(`${other.node.self}/${node.self}`);
          node.groups.review(other.node.self);
          other.node.groups.review(node.self);
        }
    },
    heal: () => shut.clear(),
  };
}
