/** Tickets at the bonds of real Groups: libp2p, SQLite, and JWTs that end (coalition.md 13, Auth and Tickets). */
import { afterEach, describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../../src/main/hashes.ts';
import { createRevokedSet } from '../../../../src/main/substrate/tickets/index.ts';
import { toHex, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { anyOf, ticketId, validatorSignature } from '../../../../src/protocol/ticket/index.ts';
import type { Ticket, Validator } from '../../../../src/protocol/ticket/index.ts';
import { startNet } from '../../../member/net.ts';
import type { Net, TestNode } from '../../../member/net.ts';
import { jwt, jwtTicket, newIssuer, tokenOf } from '../../../protocol/ticket/tickets.ts';
import { scratch } from '../../../scratch.ts';
import { bondsOf, gateOf, newBoard, pause, sit, until } from './board.ts';
import type { Board, Seat } from './board.ts';

let net: Net | undefined;
afterEach(async () => {
  await net?.stop();
  net = undefined;
});

const issuer = newIssuer();
const second = newIssuer('ES256');
const rules = jwt([issuer.key], { issuers: ['root'] });
const token = (node: TestNode, by = issuer, seconds = 600, more: object = {}): Ticket =>
  jwtTicket(
    tokenOf(by, { iss: 'root', sub: node.self, exp: Math.floor(Date.now() / 1000) + seconds, ...more }),
  );

/** Nodes of a net, each with the tickets that it is given, behind gates of the same rules. */
async function table(
  count: number,
  validators: readonly Validator[],
  give: (node: TestNode, i: number) => readonly Ticket[],
  revoked = createRevokedSet(),
): Promise<{ seats: Seat[]; board: Board }> {
  net = await startNet(scratch, count);
  const of = net;
  const board = newBoard();
  of.nodes.forEach((node, i) => board.put(node.self, ...give(node, i)));
  const seats = await Promise.all(
    of.nodes.map((node) => sit(of, node, gateOf(validators, board, { revoked }))),
  );
  return { seats, board };
}
const bonded = (seats: readonly Seat[]): boolean =>
  seats.every((seat) => bondsOf(seat).length === seats.length - 1);
/** Long enough for every member to have dialled every other. */
const LONG = 2500;

describe('members with JWT tickets', () => {
  it('jwt_authorized_peers_can_bond: they bond and commit; of two issuers as well as of one', async () => {
    const { seats } = await table(3, [anyOf(rules, jwt([second.key]))], (node, i) => [
      token(node, i === 1 ? second : issuer),
    ]);
    await until(() => bonded(seats));
    expect((await seats[0]!.group.execute(utf8('hello'))).index).toBe(0);
  });

  it('do not bond without one, with an expired one, or with that of another', async () => {
    const { seats } = await table(
      4,
      [rules],
      (node, i) => [[token(node)], [], [token(node, issuer, -5)], [token(net!.nodes[0]!)]][i]!,
    );
    await pause(LONG);
    // whoever has a good ticket is admitted by the others, and admits none of them
    for (const seat of seats) expect(bondsOf(seat)).toEqual([]);
    const codes = seats.slice(1).map(({ node }) => seats[0]!.gate.standing(node.self));
    expect(codes).toMatchObject([
      { code: 'TICKET_MISSING' },
      { code: 'TICKET_TIME' },
      { code: 'TICKET_SUBJECT' },
    ]);
  });

  it('multiple_ticket_validators: need one for every validator', async () => {
    const { seats } = await table(3, [rules, jwt([second.key])], (node, i) => [
      token(node),
      ...(i < 2 ? [token(node, second)] : []),
    ]);
    await until(() => bondsOf(seats[0]!).length === 1);
    await pause(LONG);
    expect(seats.map((seat) => bondsOf(seat))).toEqual([[seats[1]!.node.self], [seats[0]!.node.self], []]);
  });

  it('bond_terminated_on_jwt_ticket_revocation: when the ticket leaves the entry; a new one brings it back', async () => {
    const { seats, board } = await table(2, [rules], (node) => [token(node)]);
    await until(() => bonded(seats));
    board.put(seats[1]!.node.self);
    await until(() => bondsOf(seats[0]!).length === 0);
    await pause(1000);
    expect(bondsOf(seats[0]!)).toEqual([]);
    board.put(seats[1]!.node.self, token(seats[1]!.node, issuer, 900));
    await until(() => bonded(seats));
  });

  it('lose the bond when the ticket is taken back', async () => {
    const revoked = createRevokedSet();
    const { seats } = await table(
      2,
      [rules],
      (node, i) => [token(node, issuer, 600, { jti: `ticket ${i}` })],
      revoked,
    );
    await until(() => bonded(seats));
    revoked.add(ticketId(nodeHashes, 'ticket 1'));
    await until(() => bondsOf(seats[0]!).length === 0, 1000);
    expect(seats[0]!.gate.changes.at(-1)).toMatchObject({
      peer: seats[1]!.node.self,
      ended: true,
      standing: { code: 'TICKET_REVOKED' },
    });
  });

  it('lose the bond when the ticket expires, and not before', async () => {
    let end = 0;
    const { seats } = await table(2, [rules], (node, i) => {
      if (i === 0) return [token(node)];
      end = Math.floor(Date.now() / 1000) + 8;
      return [jwtTicket(tokenOf(issuer, { iss: 'root', sub: node.self, exp: end }))];
    });
    await until(() => bonded(seats), 7000);
    await until(() => bondsOf(seats[0]!).length === 0);
    expect(Date.now()).toBeGreaterThanOrEqual(end * 1000);
  });
});

describe('ids of Groups', () => {
  it('mismatched_jwt_auth_config_prevents_bonding: they differ with the validators, and members never meet', async () => {
    net = await startNet(scratch, 3);
    const of = net;
    const board = newBoard();
    for (const node of of.nodes) board.put(node.self, token(node));
    const others = [rules, rules, jwt([issuer.key], { issuers: ['root'], maxLifetime: 3600 })];
    const seats = await Promise.all(of.nodes.map((node, i) => sit(of, node, gateOf([others[i]!], board))));
    const ids = seats.map(({ group }) => toHex(group.id));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
    await until(() => bondsOf(seats[0]!).length === 1);
    await pause(LONG);
    expect(bondsOf(seats[2]!)).toEqual([]);
    // any of the tickets would have admitted it
    expect(seats[0]!.gate.standing(of.nodes[2]!.self).state).toBe('admitted');
  });

  it('group_key_derived_from_jwt_validator: who knows the validator alone has the key, and bonds', async () => {
    net = await startNet(scratch, 2);
    const of = net;
    const board = newBoard();
    for (const node of of.nodes) board.put(node.self, token(node));
    const secret = validatorSignature(rules);
    const seats = await Promise.all(
      of.nodes.map((node) => sit(of, node, gateOf([rules], board), { secret: validatorSignature(rules) })),
    );
    await until(() => bonded(seats));
    expect(seats[0]!.group.id).toEqual(seats[1]!.group.id);
    expect(secret).not.toEqual(of.secret);
  });
});
