/** Who is let in and whose writes count, on real Groups: the auth scenarios of coalition.md 13. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { idFrom, toHex, utf8 } from '../../../../src/protocol/bytes/index.ts';
import {
  collectionMessage,
  encodeCollectionCommand,
  encodeCollectionLeaf,
} from '../../../../src/protocol/collection/index.ts';
import type { Outcome } from '../../../../src/protocol/collection/index.ts';
import {
  commandScope,
  defineMap,
  defineVec,
  textSchema,
} from '../../../../src/main/substrate/collection/index.ts';
import type { CollectionReader } from '../../../../src/main/substrate/collection/index.ts';
import { validatorSignature } from '../../../../src/protocol/ticket/index.ts';
import type { Ticket, Validator } from '../../../../src/protocol/ticket/index.ts';
import { memberOf, newKey } from '../../../member/net.ts';
import { jwt, jwtTicket, newIssuer, tokenOf } from '../../../protocol/ticket/tickets.ts';
import type { TestIssuer } from '../../../protocol/ticket/tickets.ts';
import { codeFrom } from '../../../refusal.ts';
import { gateOf, newBoard } from '../tickets/board.ts';
import { kinds, range } from './kinds.ts';
import { newStore, openSpace } from './space.ts';

const space = openSpace(3);
const open: CollectionReader[] = [];
const keep = <T extends CollectionReader>(handle: T): T => {
  open.push(handle);
  return handle;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((handle) => handle.close()));
});

const text = textSchema('test.text/1');

/** Seats behind gates of the same rules, which read one board of tickets. */
function behindGates(validators: readonly Validator[]) {
  const board = newBoard();
  const { member } = space.committee(1, 2);
  const collect = (n: number) => {
    const { groups } = space.nodes[n]!;
    const gate = gateOf(validators, board);
    gate.watch(({ peer }) => groups.review(peer));
    return { ...member(n), admit: gate.admit };
  };
  return {
    board,
    members: range(3).map(collect),
    shared: { validators: validators.map(validatorSignature) },
  };
}
const [issuer, second] = [newIssuer(), newIssuer('ES256')];
const [rules, more] = [jwt([issuer.key]), jwt([second.key])];
const ticketOf = (n: number, by: TestIssuer = issuer): Ticket =>
  jwtTicket(tokenOf(by, { sub: space.nodes[n]!.self, exp: Math.floor(Date.now() / 1000) + 600 }));

describe.each(kinds)('$name', ({ name, define, expected }) => {
  const title = name.replace(/(?<=[a-z])(?=[A-Z])/, '_').toLowerCase();

  /** The first two have all their tickets; the third is let in when it has got the last of its own. */
  async function letsIn(
    validators: readonly Validator[],
    tickets: (n: number) => readonly Ticket[],
  ): Promise<void> {
    const { board, members, shared } = behindGates(validators);
    const collection = define({ id: newStore(), ...shared });
    for (const n of [0, 1]) board.put(space.nodes[n]!.self, ...tickets(n));
    board.put(space.nodes[2]!.self, ...tickets(2).slice(1));
    const writer = keep(await collection.writer(members[0]!));
    const reader = keep(await collection.reader(members[1]!));
    const outside = keep(await collection.reader(members[2]!));
    const { version } = await writer.writeMany(range(3));
    await reader.when.reaches(version);
    expect(reader.shows()).toEqual(expected(range(3)));
    await expect(outside.when.reaches(version, AbortSignal.timeout(300))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(outside.shows()).toEqual(expected([]));
    expect(space.nodes[0]!.groups.bonds().some(({ peer }) => peer === space.nodes[2]!.self)).toBe(false);
    board.put(space.nodes[2]!.self, ...tickets(2));
    await outside.when.reaches(version);
    expect(outside.shows()).toEqual(expected(range(3)));
  }

  it(`${title}_auth_tickets, collection_macro_with_require_ticket: without a ticket nobody is let in`, () =>
    letsIn([rules], (n) => [ticketOf(n)]));

  it('collection_macro_with_multiple_tickets: nor with some of those that are asked for', () =>
    letsIn([rules, more], (n) => [ticketOf(n), ticketOf(n, second)]));
});

describe('ids', () => {
  it('different_auths_produce_different_group_ids, macros_different_validators_group_ids: validators, writers, tags, secret and timing', () => {
    const id = newStore();
    const base = { id, key: text, value: text };
    const [one, other] = [idFrom('validator one'), idFrom('validator two')];
    const [ann, ben] = [newKey().key, newKey().key];
    const heartbeat = { interval: 400, jitter: 150, maxMissed: 10 };
    const ids = [
      base,
      { ...base, validators: [one] },
      { ...base, validators: [other] },
      { ...base, validators: [one, other] },
      { ...base, validators: [other, one] },
      { ...base, writers: [ann] },
      { ...base, writers: [ann, ben] },
      { ...base, value: textSchema('test.text/2') },
      { ...base, secret: newStore() },
      { ...base, heartbeat },
      { ...base, id: 'by name' },
    ].map((options) => toHex(defineMap(options).group));
    expect(new Set(ids).size).toBe(ids.length);
    expect(toHex(defineMap({ ...base, writers: [ben, ann] }).group)).toBe(ids[6]);
    expect(toHex(defineMap({ ...base, id: idFrom('by name') }).group)).toBe(ids[10]);
  });

  it('members whose tags differ never meet', async () => {
    const id = newStore();
    const { member } = space.committee(1, 1);
    const writer = keep(await defineVec({ id, value: textSchema('test.text/1') }).writer(member(0)));
    const reader = keep(await defineVec({ id, value: textSchema('test.text/2') }).reader(member(1)));
    await writer.pushBack('x');
    expect(await codeFrom(reader.when.reaches(0, AbortSignal.timeout(300)))).toBe('CANCELLED');
    expect(reader.size).toBe(0);
  });
});

describe('writes that do not count', () => {
  /** Three members with equal rights to write as `writers` says, and what each of them was told of the log. */
  async function three(writers: 'anyone' | readonly Uint8Array[]) {
    const vec = defineVec({ id: newStore(), value: text, writers });
    const committee = space.committee(3);
    const handles = await Promise.all(range(3).map(async (n) => keep(await vec.writer(committee.member(n)))));
    const told = handles.map((handle) => {
      const outcomes: Outcome[] = [];
      handle.group.subscribe((event) => {
        if (event.kind === 'applied') outcomes.push(...event.answers);
      });
      return outcomes;
    });
    await Promise.all(handles.map((handle) => handle.when.online()));
    return { vec, ...committee, handles, told };
  }
  const author = (n: number) => space.nodes[n]!.keys.node;

  /** The first command, as soon as the log on the disk has it. */
  const firstOf = ({ group }: CollectionReader): Promise<Uint8Array> =>
    vi.waitFor(async () => {
      const [first] = await group.proofs.leaves(0, 1);
      return first!.leaf;
    });

  it('those of a stranger are committed and refused identically everywhere', async () => {
    const { handles, told } = await three([author(0).key]);
    const [owner, stranger, third] = handles;
    await owner!.pushBack('mine');
    await expect(stranger!.pushBack('theirs')).rejects.toMatchObject({
      code: 'COLLECTION_WRITER',
      given: 'theirs',
    });
    await owner!.pushBack('mine too');
    await Promise.all(handles.map((handle) => handle.when.reaches(2)));
    for (const handle of handles) expect([...handle]).toEqual(['mine', 'mine too']);
    expect(told[0]!.map(({ kind }) => kind)).toEqual(['applied', 'refused', 'applied']);
    for (const outcomes of told) expect(outcomes).toEqual(told[0]);
    expect(third!.digest()).toEqual(owner!.digest());
  });

  it('a forged signature is', async () => {
    const { vec, genesis, handles, told } = await three('anyone');
    const bytes = encodeCollectionCommand({
      operation: 'push-back',
      args: ['forged'],
      author: author(0).key,
      counter: 1,
      nonce: new Uint8Array(8),
    });
    const scope = commandScope(vec.group, genesis);
    const forged = encodeCollectionLeaf(bytes, author(1).sign(collectionMessage(scope, bytes)));
    const { answer } = await handles[1]!.group.execute(forged);
    expect(answer).toMatchObject({ kind: 'refused', code: 'COLLECTION_SIGNATURE' });
    await handles[0]!.pushBack('true');
    await Promise.all(handles.map((handle) => handle.when.reaches(1)));
    for (const [n, handle] of handles.entries()) {
      expect([...handle]).toEqual(['true']);
      expect(told[n]).toEqual(told[0]);
    }
  });

  it('a replayed command is, by whom and however often it is submitted', async () => {
    const { handles, told } = await three('anyone');
    const [ann, ben] = handles;
    await ann!.pushBack('once');
    await ann!.popBack();
    const old = await firstOf(ann!);
    for (const handle of handles) {
      const { answer } = await handle.group.execute(old);
      expect(answer).toMatchObject({ kind: 'refused', code: 'COLLECTION_REPLAYED' });
    }
    await ben!.pushBack('other');
    await Promise.all(handles.map((handle) => handle.when.reaches(5)));
    for (const [n, handle] of handles.entries()) {
      expect([...handle]).toEqual(['other']);
      expect(told[n]).toEqual(told[0]);
    }
  });

  it('a command from another Group is, even one of the same id with other founders', async () => {
    const id = newStore();
    const vec = defineVec({ id, value: text });
    const { member, genesis } = space.committee(1);
    const before = await vec.writer(member(0));
    await before.pushBack('then');
    const old = await firstOf(before);
    await before.close();
    const founders = { ...genesis, voters: [memberOf(space.nodes[1]!.keys)] };
    const now = keep(await vec.writer({ ...member(1), genesis: founders }));
    expect(toHex(now.id)).toBe(toHex(before.id));
    const { answer } = await now.group.execute(old);
    expect(answer).toMatchObject({ kind: 'refused', code: 'COLLECTION_SIGNATURE' });
    expect(now.size).toBe(0);
  });

  it('what is no command at all is not even ordered', async () => {
    const { handles } = await three('anyone');
    expect(await codeFrom(handles[0]!.group.execute(utf8('rubbish')))).toBe('COLLECTION_COMMAND');
    expect(handles[0]!.version()).toBe(-1);
  });
});

describe('the type of a handle', () => {
  it('a reader has no way to write', async () => {
    const { member } = space.committee(1);
    const reader = keep(await defineMap({ id: newStore(), key: text, value: text }).reader(member(0)));
    for (const method of ['insert', 'extend', 'remove', 'removeMany', 'compareExchange', 'clear'])
      expect(method in reader).toBe(false);
    // @ts-expect-error readers do not write
    expect(() => reader.insert('a', 'b')).toThrow(TypeError);
    // a voter that only reads never stands, so a committee of it alone has no leader
    await vi.waitFor(() => expect(reader.group.status().role).not.toBe('leader'));
    expect(await codeFrom(reader.when.online(AbortSignal.timeout(300)))).toBe('CANCELLED');
  });
});
