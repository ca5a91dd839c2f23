/** What happens to a Group when members come, go, fall silent, lie or were restored. Real libp2p, real SQLite. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Refusal, sameBytes, settle, toHex, utf8 } from '../../../../src/protocol/bytes/index.ts';
import type { Membership } from '../../../../src/protocol/group/index.ts';
import {
  cosignature,
  cosignatureMessage,
  formatCheckpoint,
  logSignature,
  checkpointMessage,
  parsePolicy,
  signedCheckpoint,
  verifyEquivocation,
} from '../../../../src/protocol/log/index.ts';
import { createSignatureChecker, nodeHashes } from '../../../../src/main/hashes.ts';
import type { GroupEvent } from '../../../../src/main/substrate/group/index.ts';
import { listMachine } from '../../../member/machine.ts';
import { memberOf, newKey, newKeys, signerOf } from '../../../member/net.ts';
import { scratch } from '../../../scratch.ts';
import { again, entries, codeOf, configOf, leaderOf, newLeader, sit, table, write } from './table.ts';
import type { Seat } from './table.ts';

describe('members come and go', () => {
  it('a member that was away has everything when it is back, and a Group that was stopped goes on', async () => {
    const { net, seats } = await table(3);
    await write(leaderOf(seats), 0, 20);
    const away = seats.find(({ group }) => group.status().role !== 'leader')!;
    const at = seats.indexOf(away);
    await away.node.stop();
    await write(leaderOf(seats.filter((seat) => seat !== away)), 20, 40);
    seats[at] = await again(net, away);
    await seats[at]!.group.when.applied(40);
    expect(seats[at]!.machine.list).toEqual(leaderOf(seats).machine.list);

    // all of them stop and start
    const back = await Promise.all(seats.map((seat) => again(net, seat)));
    await Promise.all(back.map(({ group }) => group.when.online()));
    for (const { group, machine } of back) {
      await group.when.applied(40);
      expect(machine.list).toHaveLength(40);
    }
    expect((await back[0]!.group.execute(utf8('after'))).index).toBe(40);
  });

  it('the others elect one new leader when the leader is gone, and nothing that was acknowledged is lost', async () => {
    const { seats } = await table(3);
    const first = leaderOf(seats);
    const writer = seats.find((seat) => seat !== first)!;
    await write(writer, 0, 10);
    await first.node.stop();
    const rest = seats.filter((seat) => seat !== first);
    const done = await writer.group.execute(utf8('after the loss'));
    expect(done.index).toBe(10);
    const leaders = rest.filter(({ group }) => group.status().role === 'leader');
    expect(leaders).toHaveLength(1);
    expect(leaders[0]!.group.status().term).toBeGreaterThan(1);
  });

  it('without a quorum writes wait, reads may be stale, strong reads say that nobody leads; with it again all finish', async () => {
    const { net, seats } = await table(3);
    await write(leaderOf(seats), 0, 5);
    await Promise.all(seats.map(({ group }) => group.when.applied(5)));
    const [kept, ...gone] = [leaderOf(seats), ...seats.filter((seat) => seat !== leaderOf(seats))];
    for (const seat of gone) await seat.node.stop();
    await kept!.group.when.offline();
    let finished = false;
    const waiting = kept!.group.execute(utf8('waits')).then((done) => {
      finished = true;
      return done;
    });
    expect(await codeOf(kept!.group.barrier(AbortSignal.timeout(3000)))).toBe('GROUP_OFFLINE');
    expect(kept!.machine.list).toHaveLength(5);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(finished).toBe(false);
    await again(net, gone[0]!);
    expect((await waiting).index).toBe(5);
  });

  it('hands the lead over when asked', async () => {
    const { seats } = await table(3);
    const first = leaderOf(seats);
    const next = seats.find((seat) => seat !== first)!;
    first.group.transfer(next.node.self);
    await next.group.when.leading();
    expect((await first.group.execute(utf8('x'))).index).toBe(0);
  });
});

describe('who is a member', () => {
  const without = ({ voters, learners, operators }: Membership, node: Uint8Array): Membership => ({
    voters: voters.filter((member) => !sameBytes(member.node, node)),
    learners: learners.filter((member) => !sameBytes(member.node, node)),
    operators,
  });

  it('changes by an operator: a learner catches up, becomes a voter, another leaves; the id stays', async () => {
    const { net, seats } = await table(3, 1);
    await write(leaderOf(seats), 0, 30);
    const id = seats[0]!.group.id;
    const guest = await sit(net, net.nodes[3]!);
    expect(guest.group.id).toEqual(id);
    const card = memberOf(guest.node.keys);
    const { members } = seats[0]!.group.membership();
    await seats[1]!.group.changeMembers({ ...members, learners: [card] }, net.operator);
    await guest.group.when.applied(30);
    expect(guest.group.status().role).toBe('learner');
    expect(guest.machine.list).toEqual(leaderOf(seats).machine.list);

    await seats[0]!.group.changeMembers({ ...members, voters: [...members.voters, card] }, net.operator);
    await guest.group.when.holds(({ role }) => role !== 'learner');
    await guest.group.when.holds(() => guest.group.membership().members.voters.length === 4);
    expect(guest.group.policy()).toContain('group committee 3 ');

    const leader = leaderOf([...seats, guest]);
    const { members: four } = leader.group.membership();
    await leader.group.changeMembers(without(four, leader.node.keys.node.key), net.operator);
    const rest = [...seats, guest].filter((seat) => seat !== leader);
    await newLeader(rest);
    expect((await guest.group.execute(utf8('entry 30'))).index).toBe(30);
    await guest.group.when.checkpoint(31);
  });

  it('is refused to whoever is no operator, to a second step at once, and to a change that was made before', async () => {
    const { net, seats } = await table(3, 1);
    const { group } = seats[0]!;
    const card = memberOf(newKeys());
    const { members } = group.membership();
    expect(await codeOf(group.changeMembers({ ...members, learners: [card] }, newKey()))).toBe(
      'MEMBERS_OPERATOR',
    );
    const liar = { key: net.operator.key, sign: newKey().sign };
    expect(await codeOf(group.changeMembers({ ...members, learners: [card] }, liar))).toBe(
      'MEMBERS_SIGNATURE',
    );
    const two = { ...members, voters: [...members.voters, memberOf(newKeys()), memberOf(newKeys())] };
    expect(await codeOf(group.changeMembers(two, net.operator))).toBe('MEMBERS_STEP');
    await group.changeMembers({ ...members, learners: [card] }, net.operator);
    expect(seats[0]!.group.membership().members.learners).toHaveLength(1);
  });

  it('a stranger, another secret, another genesis and an unknown Group get no bond', async () => {
    const { net, seats } = await table(2, 1);
    await write(leaderOf(seats), 0, 3);
    const stranger = net.nodes[2]!;
    const own = memberOf(stranger.keys);
    // knows the secret, is in a genesis of its own making
    const forged = { ...net.genesis, voters: [...net.genesis.voters, own] };
    const guest = await stranger.groups.join({ ...configOf(net, listMachine()), genesis: forged });
    // a Group that the others have never heard of
    const unknown = await stranger.groups.join({
      ...configOf(net, listMachine()),
      secret: new Uint8Array(32).fill(9),
      genesis: forged,
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(stranger.groups.bonds()).toEqual([]);
    expect(guest.status().applied).toBe(0);
    expect(unknown.status().online).toBe(false);
    expect(seats[0]!.node.groups.bonds()).toHaveLength(1);
  });

  it('tickets that a peer lacks keep it out; tickets that end, end the bond', async () => {
    let admitted = true;
    const admit = (): number | null => {
      if (!admitted) throw new Refusal('TICKET_MISSING', 'No ticket.');
      return null;
    };
    const { seats } = await table(2, 0, { admit });
    expect(seats[0]!.node.groups.bonds()).toHaveLength(1);
    admitted = false;
    for (const { node } of seats) for (const other of seats) node.groups.review(other.node.self);
    await seats[0]!.group.when.offline();
    expect(seats[0]!.node.groups.bonds()).toEqual([]);
    admitted = true;
    await Promise.all(seats.map(({ group }) => group.when.online()));
  });
});

describe('a member whose machine breaks', () => {
  it('stops: whoever waits on it is told why, whoever asks it later too, and the others go on', async () => {
    const broken = new Set<string>();
    const { net, seats } = await table(3, 0, ({ self }) => {
      const list = listMachine();
      return {
        machine: {
          ...list,
          apply(commands) {
            if (broken.has(self)) throw new Refusal('STORE_IO', 'There is no disk.');
            return list.apply(commands);
          },
        },
      };
    });
    const victim = leaderOf(seats);
    const { group, node } = victim;
    await write(victim, 0, 3);
    broken.add(node.self);
    const offline = group.when.offline();
    const waiting = [group.when.applied(100), group.when.holds(() => false), group.execute(utf8('last'))];
    expect(await Promise.all(waiting.map(codeOf))).toEqual(['STORE_IO', 'STORE_IO', 'OUTCOME_UNKNOWN']);
    await offline;
    expect(group.status()).toMatchObject({ online: false, stopped: 'There is no disk.', applied: 3 });
    expect(node.notes).toEqual(['A Group stopped on this node (STORE_IO): There is no disk.']);
    const { members } = group.membership();
    const asked = [
      group.execute(utf8('x')),
      group.feed(utf8('x')),
      group.barrier(),
      group.changeMembers(members, net.operator),
      group.when.online(),
    ];
    expect(new Set(await Promise.all(asked.map(codeOf)))).toEqual(new Set(['STORE_IO']));

    const rest = seats.filter((seat) => seat !== victim);
    await newLeader(rest);
    expect((await rest[0]!.group.execute(utf8('on'))).index).toBe(4);
  });
});

describe('a machine that is repaired', () => {
  it('is fed from the log when its Group is joined again, and the broken one is no longer answered', async () => {
    let broken = false;
    const { net, seats } = await table(1, 0, () => {
      const list = listMachine();
      return {
        machine: {
          ...list,
          apply(commands) {
            if (broken) throw new Refusal('STORE_IO', 'There is no disk.');
            return list.apply(commands);
          },
        },
      };
    });
    const [seat] = seats as [Seat];
    await write(seat, 0, 3);
    broken = true;
    await codeOf(seat.group.execute(utf8('last')));
    expect(seat.group.status().stopped).not.toBeNull();
    const next = await sit(net, seat.node);
    expect(next.group).not.toBe(seat.group);
    await next.group.when.applied(3);
    expect(next.machine.list.slice(0, 3)).toEqual(entries(0, 3));
    expect(seat.node.groups.list()).toHaveLength(1);
  });
});

describe('whoever listens to a Group', () => {
  it('and throws, harms neither the Group nor those who listen beside', async () => {
    const { seats } = await table(1);
    const [{ group, node }] = seats as [Seat];
    const heard: number[] = [];
    const wrong = (): never => {
      throw new TypeError('Something is undefined.');
    };
    group.subscribe(wrong);
    group.changes(wrong);
    group.subscribe((event) => {
      if (event.kind === 'applied') heard.push(event.commands.length);
    });
    // holds until the first command is there, then it throws as well
    const waiting = group.when.holds(({ applied }) => (applied > 0 ? wrong() : false));
    expect((await group.execute(utf8('x'))).index).toBe(0);
    await expect(waiting).rejects.toThrow('Something is undefined.');
    expect((await group.execute(utf8('y'))).index).toBe(1);
    expect(group.status()).toMatchObject({ stopped: null, online: true });
    expect(heard).toEqual([1, 1]);
    // once of each, however often it throws
    expect(node.notes.filter((note) => note.includes('Something is undefined.'))).toHaveLength(2);
  });

  it('is told so when the wait is called off, whatever it waited for', async () => {
    const { seats } = await table(1);
    const [{ group }] = seats as [Seat];
    const signal = AbortSignal.abort();
    expect(await codeOf(group.barrier(signal))).toBe('CANCELLED');
    expect(await codeOf(group.when.applied(9, signal))).toBe('CANCELLED');
  });
});

describe('a member that was restored from a backup', () => {
  it('follows, and neither votes nor signs, until an operator lists it with a new key', async () => {
    const { net, seats } = await table(3);
    await write(leaderOf(seats), 0, 10);
    const victim = seats.find((seat) => seat !== leaderOf(seats))!;
    await victim.group.when.checkpoint(10);
    const at = seats.indexOf(victim);
    const backup = scratch();
    // taken while it is stopped, so that the copy itself is sound
    const first = await again(net, victim, {}, (folder) => cpSync(folder, backup, { recursive: true }));
    await write(leaderOf(seats.filter((_, n) => n !== at)), 10, 20);
    await first.group.when.checkpoint(20);
    const restored = await again(net, first, {}, (folder) => {
      // the head files stay as they are: backups leave them out
      for (const name of ['groups.db', 'groups.db-wal', 'groups.db-shm']) {
        rmSync(join(folder, name), { force: true });
        if (existsSync(join(backup, name))) cpSync(join(backup, name), join(folder, name));
      }
    });
    seats[at] = restored;
    expect(restored.group.status().muted).toBe(true);
    await restored.group.when.applied(20);
    expect(restored.machine.list).toEqual(leaderOf(seats).machine.list);

    // with one more gone there are two, but only one of them may vote
    const gone = seats.find((seat) => seat !== restored && seat === leaderOf(seats))!;
    const left = seats.find((seat) => seat !== restored && seat !== gone)!;
    await gone.node.stop();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(left.group.status().online).toBe(false);
    expect(restored.group.status().term).toBeLessThanOrEqual(left.group.status().term);
  });

  it('does not lead, even where it has become the only voter since the Group began', async () => {
    const { net, seats } = await table(2);
    const leader = leaderOf(seats);
    await write(leader, 0, 3);
    const { members } = leader.group.membership();
    const alone = members.voters.filter(({ node }) => sameBytes(node, leader.node.keys.node.key));
    await leader.group.changeMembers({ ...members, voters: alone }, net.operator);
    const back = await again(net, leader, {}, (folder) => rmSync(join(folder, 'heads'), { recursive: true }));
    // longer than any election takes here
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(back.group.status()).toMatchObject({ muted: true, role: 'follower', leader: null });
  });
});

describe('two signed heads that contradict each other', () => {
  it('are a proof that verifies by itself, and the node raises it', async () => {
    const { seats } = await table(3);
    await write(leaderOf(seats), 0, 4);
    const honest = seats.find((seat) => seat !== leaderOf(seats))!;
    const { size } = await honest.group.when.checkpoint(4);
    const events: GroupEvent<number>[] = [];
    honest.group.subscribe((event) => events.push(event));

    // a leader and a colluding majority sign another tree of the same size
    const policy = parsePolicy(nodeHashes, utf8(honest.group.policy()));
    const head = { origin: honest.group.origin, size, root: nodeHashes.sha256(utf8('another history')) };
    const text = formatCheckpoint(head);
    const liars = seats.filter((seat) => seat !== honest);
    const keyOf = (seat: Seat, name: 'logs' | 'witnesses') =>
      policy[name].find(({ key }) =>
        sameBytes(key.key, name === 'logs' ? seat.node.keys.log.key : seat.node.keys.cosigner.key),
      )!.key;
    const note = signedCheckpoint(head, [
      logSignature(
        keyOf(liars[0]!, 'logs'),
        signerOf(liars[0]!.node.keys).sign('log', checkpointMessage(head)),
      ),
      ...liars.map((seat) =>
        cosignature(
          keyOf(seat, 'witnesses'),
          1_800_000_000,
          signerOf(seat.node.keys).sign('cosigner', cosignatureMessage(1_800_000_000, text)),
        ),
      ),
    ]);
    honest.group.witness(note);
    await honest.group.when.holds(({ equivocations }) => equivocations > 0);
    const found = events.find((event) => event.kind === 'equivocation');
    const proven = settle(verifyEquivocation(found!.proof, policy), createSignatureChecker());
    expect(proven.size).toBe(size);
    expect(proven.signers.length).toBeGreaterThan(0);
    expect(proven.roots.map(toHex)).toContain(toHex(head.root));
  });
});

describe('a machine that writes its state down', () => {
  it('lets go of the log behind it, and a late member begins with the state and proves the same tree', async () => {
    const { net, seats } = await table(3, 1, { compactAfter: 50 }, true);
    await write(leaderOf(seats), 0, 230);
    await Promise.all(seats.map(({ group }) => group.when.applied(230)));
    // who starts again has the state and the log behind it, and nothing else in memory
    const back: Seat[] = [];
    for (const seat of seats) back.push(await again(net, seat, { compactAfter: 50 }, undefined, true));
    for (const { group, machine } of back) {
      await group.when.applied(230);
      expect(group.status().snapshot.index).toBeGreaterThan(150);
      expect(machine.list).toEqual(seats[0]!.machine.list);
    }
    await Promise.all(back.map(({ group }) => group.when.online()));

    const guest = await sit(net, net.nodes[3]!, { compactAfter: 50 }, true);
    const { members } = back[0]!.group.membership();
    const card = memberOf(guest.node.keys);
    await back[0]!.group.changeMembers({ ...members, learners: [card] }, net.operator);
    await guest.group.when.applied(230);
    expect(guest.machine.list).toEqual(back[0]!.machine.list);
    expect(guest.group.status().snapshot.index).toBeGreaterThan(150);
    await write(back[1]!, 230, 300);
    await guest.group.when.checkpoint(300);
    expect(toHex(await guest.group.proofs.rootAt(300))).toBe(toHex(await back[0]!.group.proofs.rootAt(300)));
  });
});
