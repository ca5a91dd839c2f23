/** Who is bonded with whom, Group by Group (coalition.md 13, Groups). */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { idFrom, toHex, UNIVERSE, utf8 } from '../../../../src/protocol/bytes/index.ts';
import {
  encodeMembersCommand,
  membershipDigest,
  membersMessage,
} from '../../../../src/protocol/group/index.ts';
import type { Membership } from '../../../../src/protocol/group/index.ts';
import { nodeHashes } from '../../../../src/main/hashes.ts';
import type { Group } from '../../../../src/main/substrate/group/index.ts';
import { CLOSE } from '../../../../src/main/substrate/universe/index.ts';
import { listMachine } from '../../../member/machine.ts';
import { eventually, pause } from '../universe/support.ts';
import { acquaint, memberOf, newKey, newKeys, startNet, startNode } from '../../../member/net.ts';
import type { Net, TestKey, TestNode } from '../../../member/net.ts';
import { scratch } from '../../../scratch.ts';
import { codeOf, configOf, entries, followersOf, leaderOf, sit, table, write } from './table.ts';
import type { More } from './table.ts';

const secretOf = (name: string): Uint8Array => idFrom(name);

async function nodes(count: number): Promise<Net> {
  const net = await startNet(scratch, count);
  onTestFinished(() => net.stop());
  return net;
}

/** Peers of a node in one Group, in the order of their keys. */
const bondsIn = ({ groups }: TestNode, id: Uint8Array): string[] =>
  groups
    .bonds()
    .filter(({ group }) => toHex(group) === toHex(id))
    .map(({ peer }) => peer)
    .toSorted();

describe('members_can_see_each_other', () => {
  it('in each Group those who are in it, however memberships overlap; leaving one leaves the others alone', async () => {
    const net = await nodes(4);
    const [a, b, c, d] = net.nodes as [TestNode, TestNode, TestNode, TestNode];
    const groups = await Promise.all(
      [[a, b, c], [b, c, d], [a, d], [c]].map(async (members, n) => {
        const genesis = { ...net.genesis, voters: members.map(({ keys }) => memberOf(keys)) };
        const more = { genesis, secret: secretOf(`group ${n}`) };
        const joined = await Promise.all(
          members.map((node) => node.groups.join(configOf(net, listMachine(), more))),
        );
        return { members, joined, id: joined[0]!.id };
      }),
    );
    const seen = () => groups.map(({ id }) => net.nodes.map((node) => bondsIn(node, id)));
    const wanted = groups.map(({ members }) =>
      net.nodes.map((node) =>
        members.includes(node)
          ? members
              .filter((other) => other !== node)
              .map(({ self }) => self)
              .toSorted()
          : [],
      ),
    );
    await expect.poll(seen, { timeout: 20_000 }).toEqual(wanted);
    await Promise.all(groups.flatMap(({ joined }) => joined.map((group) => group.when.online())));

    await groups[0]!.joined[1]!.close();
    wanted[0] = [[c.self], [], [a.self], []];
    await expect.poll(seen, { timeout: 20_000 }).toEqual(wanted);
    for (const { joined } of groups.slice(1)) await joined[0]!.execute(utf8('goes on'));
  });
});

describe('group_id_derived_from_config', () => {
  it('is the same wherever and however it is kept and led, and another for another key or machine: these never meet', async () => {
    const net = await nodes(2);
    const [here, there] = net.nodes as [TestNode, TestNode];
    const join = (node: TestNode, more: More = {}): Promise<Group<number>> =>
      node.groups.join(configOf(net, listMachine(), more));
    const group = await join(here);
    const same = await join(there, { timing: { election: 5000 }, preference: 'reluctant', compactAfter: 7 });
    expect(same.id).toEqual(group.id);
    // whoever joins what is joined gets what there is
    expect(await join(here)).toBe(group);

    const others: More[] = [
      { secret: secretOf('another key') },
      { machine: { ...listMachine(), signature: idFrom('another machine') } },
      { machine: listMachine(true) },
      { heartbeat: { interval: 500, jitter: 150, maxMissed: 11 } },
      { validators: [idFrom('a validator')] },
    ];
    const apart = await Promise.all(others.map((more) => join(there, more)));
    expect(new Set([group, ...apart].map(({ id }) => toHex(id))).size).toBe(1 + others.length);
    await group.when.online();
    await group.execute(utf8('together'));
    expect(there.groups.bonds().map(({ group: id }) => toHex(id))).toEqual([toHex(group.id)]);
  });
});

describe('a member that was away while everybody else changed', () => {
  it('is reached by the new ones, who show that an operator has listed them', async () => {
    const { net, seats } = await table(3, 2);
    const guests = await Promise.all(net.nodes.slice(3).map((node) => sit(net, node)));
    const away = seats.find((seat) => seat !== leaderOf(seats))!;
    await write(leaderOf(seats), 0, 5);
    await away.node.stop();
    const { keys, folder } = away.node;

    const stay = seats.filter((seat) => seat !== away);
    const cards = (of: readonly { node: TestNode }[]) => of.map(({ node }) => memberOf(node.keys));
    const change = async (from: number, voters: Membership['voters']): Promise<void> => {
      const present = [...stay, ...guests];
      const { group } = present[from]!;
      // a leader that is new takes none before it has committed something of its own
      await eventually('the change', async () => {
        await group.when.online();
        const code = await codeOf(group.changeMembers({ ...net.genesis, voters }, net.operator));
        expect(['none', 'MEMBERS_PENDING']).toContain(code);
        return code === 'none';
      });
    };
    const [old] = cards([away]);
    await change(0, [old!, ...cards(stay), ...cards(guests.slice(0, 1))]);
    await change(0, [old!, ...cards(stay), ...cards(guests)]);
    // the guests are two of four, then two of three: they can do without who founded it
    await Promise.all(guests.map(({ group }) => group.when.online()));
    await change(2, [old!, ...cards(stay.slice(1)), ...cards(guests)]);
    await stay[0]!.node.stop();
    await change(2, [old!, ...cards(guests)]);
    await stay[1]!.node.stop();
    await write(guests[0]!, 5, 9);

    const node = await startNode(folder, keys);
    net.nodes.splice(0, 3, node);
    await acquaint(net.nodes);
    const back = await sit(net, node);
    await back.group.when.applied(9);
    expect(back.machine.list).toEqual(entries(0, 9));
    expect(back.group.membership().members.voters).toHaveLength(3);
  });
});

describe('a member that is taken off the list', () => {
  it('loses its bonds when that is committed, and nothing that it submits is taken any more', async () => {
    const { net, seats } = await table(3);
    const gone = followersOf(seats)[0]!;
    const rest = seats.filter((seat) => seat !== gone);
    await write(gone, 0, 3);
    const voters = rest.map(({ node }) => memberOf(node.keys));
    await rest[0]!.group.changeMembers({ ...net.genesis, voters }, net.operator);
    // the bonds last a moment longer, so that it hears of it
    const late = codeOf(gone.group.execute(utf8('from outside')));
    const bonds = () => seats.map(({ node }) => node.groups.bonds().length).toSorted();
    await expect.poll(bonds, { timeout: 20_000 }).toEqual([0, 1, 1]);
    await gone.group.when.holds(() => gone.group.membership().members.voters.length === 2);
    await write(rest[0]!, 3, 6);
    await Promise.all(rest.map(({ group }) => group.when.applied(6)));
    for (const { machine } of rest) expect(machine.list).toEqual(entries(0, 6));
    expect(gone.group.status()).toMatchObject({ online: false, open: 1 });
    await gone.group.close();
    expect(await late).toBe('OUTCOME_UNKNOWN');
  });
});

describe('a handshake', () => {
  /** Two members of one Group, the one with the smaller key first, connected. */
  async function pair(): Promise<{ net: Net; small: TestNode; large: TestNode }> {
    const net = await nodes(2);
    const [small, large] = net.nodes.toSorted((a, b) => (a.self < b.self ? -1 : 1)) as [TestNode, TestNode];
    await small.universe.connect(large.self);
    return { net, small, large };
  }

  it('during which the Group is left leaves no bond behind, and both meet again', async () => {
    const { net, small, large } = await pair();
    const { open } = small.universe;
    vi.spyOn(small.universe, 'open').mockImplementationOnce(async (...given) => {
      const link = await open(...given);
      let words = 0;
      const send = (frame: unknown): boolean => {
        words += 1;
        // the second word takes its time, as on a slow line
        if (words !== 2) return link.send(frame);
        setTimeout(() => link.send(frame), 1000);
        return true;
      };
      return { ...link, send };
    });
    const join = (node: TestNode) => node.groups.join(configOf(net, listMachine()));
    const left = await join(large);
    const stays = await join(small);
    await pause(400);
    await left.close();
    await pause(1200);
    expect(small.groups.bonds()).toEqual([]);
    const back = await join(large);
    await Promise.all([back.when.online(), stays.when.online()]);
  });

  it('that crosses another one is not tried again once there is a bond', async () => {
    const { net, small, large } = await pair();
    const { open } = large.universe;
    const dials = vi.spyOn(large.universe, 'open').mockImplementationOnce(async (...given) => {
      await pause(600);
      return open(...given);
    });
    const join = (node: TestNode) => node.groups.join(configOf(net, listMachine()));
    const first = await join(large);
    // its first dial is under way when the other one offers
    await pause(700);
    const second = await join(small);
    await Promise.all([first.when.online(), second.when.online()]);
    await pause(1500);
    const before = dials.mock.calls.length;
    await pause(6000);
    expect(dials.mock.calls.length).toBe(before);
  });
});

describe('an offer of a bond', () => {
  it('by whoever is not listed is refused, whatever it shows', async () => {
    const { net, seats } = await table(1, 1);
    const [{ group, node }] = seats as [(typeof seats)[0]];
    const stranger = net.nodes[1]!;
    const own = memberOf(stranger.keys);
    const members = { ...net.genesis, learners: [own] };
    const listing = (of: { by?: TestKey; sign?: TestKey; list?: Membership; id?: Uint8Array } = {}) => {
      const { by = net.operator, sign = by, list = members, id = group.id } = of;
      const sig = sign.sign(membersMessage(id, 0, list));
      return encodeMembersCommand({ group: id, replaces: 0, members: list, operator: by.key, sig });
    };
    const genesis = membershipDigest(nodeHashes, net.genesis);
    const codeFor = async (...offer: unknown[]): Promise<number | undefined> => {
      const link = await stranger.universe.open(node.self, '/muster/group/1');
      link.send([UNIVERSE, group.id, genesis, new Uint8Array(32), ...offer]);
      // an answer is the acceptor's nonce and proof: it would bond
      const answer = await link.next(10_000).catch(() => null);
      if (answer !== null) await link.close(CLOSE.success);
      return answer === null ? link.reason()?.code : CLOSE.success;
    };
    // one that an operator has signed and that is not yet in the log here
    expect(await codeFor(listing())).toBe(CLOSE.success);
    for (const bad of [
      new Uint8Array(0),
      utf8('nonsense'),
      listing({ by: newKey() }),
      listing({ sign: newKey() }),
      listing({ list: { ...net.genesis, learners: [memberOf(newKeys())] } }),
      listing({ id: secretOf('another Group') }),
    ])
      expect(await codeFor(bad)).toBe(CLOSE.groupNotAllowed);
    for (const offer of [[], ['text'], [7], [null], [listing(), 1]])
      expect(await codeFor(...offer)).toBe(CLOSE.protocolViolation);

    // once its leaving is in the log, the listing from before does not help it any more
    await group.changeMembers(members, net.operator);
    await group.changeMembers(net.genesis, net.operator);
    expect(await codeFor(listing())).toBe(CLOSE.groupNotAllowed);
    expect(node.notes).toEqual([]);
  });
});
