/** The gate over a real catalogue of peers: what an entry says is what its peer stands by. */
import { describe, expect, it } from 'vitest';
import { ticketsIn } from '../../../../src/main/substrate/tickets/index.ts';
import { jwt, jwtTicket, newIssuer, tokenOf } from '../../../protocol/ticket/tickets.ts';
import { member, NETWORK } from '../discovery/support.ts';
import { gateOf, until } from './board.ts';

const issuer = newIssuer();

describe('a ticket in a peer’s entry', () => {
  it('admits it elsewhere, and no more once it is taken out', async () => {
    const [here, there] = [await member(), await member()];
    const gate = gateOf([jwt([issuer.key])], ticketsIn(here.discovery), { network: NETWORK });
    await here.discovery.introduce(there.discovery.self, there.universe.addresses());
    await here.discovery.sync(there.discovery.self);
    const peer = there.discovery.self;
    expect(gate.standing(peer)).toMatchObject({ code: 'TICKET_MISSING' });
    const exp = Math.floor(Date.now() / 1000) + 600;
    const id = there.discovery.own.addTicket(jwtTicket(tokenOf(issuer, { sub: peer, exp })));
    await until(() => gate.standing(peer).state === 'admitted');
    there.discovery.own.removeTicket(id);
    await until(() => gate.changes.at(-1)?.ended === true);
    expect(gate.standing(peer)).toMatchObject({ code: 'TICKET_MISSING' });
  });

  it('is gone with the peer', async () => {
    const [here, there] = [await member(), await member()];
    const gate = gateOf([jwt([issuer.key], { allowNonExpiring: true })], ticketsIn(here.discovery), {
      network: NETWORK,
    });
    const peer = there.discovery.self;
    there.discovery.own.addTicket(jwtTicket(tokenOf(issuer, { sub: peer })));
    await here.discovery.introduce(peer, there.universe.addresses());
    await here.discovery.sync(peer);
    await until(() => gate.standing(peer).state === 'admitted');
    // once it is heard by gossip, its goodbye is heard as well
    here.events.length = 0;
    await until(() => here.events.some(({ kind }) => kind === 'updated'));
    await there.discovery.close();
    await until(() => gate.standing(peer).state === 'refused');
    expect(gate.changes.at(-1)).toMatchObject({ peer, ended: true });
  });
});
