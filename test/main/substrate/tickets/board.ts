/** A board of tickets that stands in for the catalogue of peers, and seats of a Group behind gates that read it. */
import { onTestFinished } from 'vitest';
import { createSignatureChecker } from '../../../../src/main/hashes.ts';
import type { Group, GroupConfig } from '../../../../src/main/substrate/group/index.ts';
import { createGate } from '../../../../src/main/substrate/tickets/index.ts';
import type {
  Gate,
  GateOptions,
  StandingChange,
  TicketSource,
} from '../../../../src/main/substrate/tickets/index.ts';
import { UNIVERSE } from '../../../../src/protocol/bytes/index.ts';
import type { Ticket, Validator } from '../../../../src/protocol/ticket/index.ts';
import { listMachine } from '../../../member/machine.ts';
import { QUICK } from '../../../member/net.ts';
import type { Net, TestNode } from '../../../member/net.ts';

export interface Board extends TicketSource {
  put(peer: string, ...tickets: readonly Ticket[]): void;
}

export function newBoard(): Board {
  const held = new Map<string, readonly Ticket[]>();
  const handlers = new Set<(peer: string) => void>();
  return {
    ticketsOf: (peer) => held.get(peer) ?? [],
    subscribe(changed) {
      handlers.add(changed);
      return () => void handlers.delete(changed);
    },
    put(peer, ...tickets) {
      held.set(peer, tickets);
      for (const changed of handlers) changed(peer);
    },
  };
}

/** A gate that is closed when the test ends. */
export function gateOf(
  validators: readonly Validator[],
  source: TicketSource,
  more: Partial<GateOptions> = {},
): Gate & { readonly changes: StandingChange[] } {
  const gate = createGate({
    validators,
    network: UNIVERSE,
    source,
    check: createSignatureChecker(),
    now: Date.now,
    ...more,
  });
  onTestFinished(() => gate.close());
  const changes: StandingChange[] = [];
  gate.watch((change) => void changes.push(change));
  return { ...gate, changes };
}

export interface Seat {
  readonly node: TestNode;
  readonly gate: ReturnType<typeof gateOf>;
  readonly group: Group<number>;
}

/** A node joins the Group of a net behind a gate, whose changes its bonds follow at once. */
export async function sit(
  net: Net,
  node: TestNode,
  gate: Seat['gate'],
  more: Partial<GroupConfig<number>> = {},
): Promise<Seat> {
  gate.watch(({ peer }) => node.groups.review(peer));
  const group = await node.groups.join({
    secret: net.secret,
    genesis: net.genesis,
    machine: listMachine(),
    timing: QUICK,
    validators: gate.signatures(),
    admit: gate.admit,
    ...more,
  });
  return { node, gate, group };
}

export const bondsOf = ({ node }: Seat): string[] => node.groups.bonds().map(({ peer }) => peer);

/** Waits until something holds, looking often. */
export async function until(holds: () => boolean, limit = 40_000): Promise<void> {
  const end = Date.now() + limit;
  while (!holds()) {
    if (Date.now() > end) throw new Error('it did not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
