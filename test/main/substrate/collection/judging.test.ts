/** Long batches of commands: checked beside the event loop, judged in the order of the log. */
import { describe, expect, it } from 'vitest';
import { settle } from '../../../../src/protocol/bytes/index.ts';
import {
  collectionMessage,
  createVecMachine,
  encodeCollectionCommand,
  encodeCollectionLeaf,
} from '../../../../src/protocol/collection/index.ts';
import type { Outcome } from '../../../../src/protocol/collection/index.ts';
import { createSignatureChecker } from '../../../../src/main/hashes.ts';
import { commandScope, defineVec, numberSchema } from '../../../../src/main/substrate/collection/index.ts';
import type { Command, Group, GroupConfig, Groups } from '../../../../src/main/substrate/group/index.ts';
import { memberOf, newKey, newKeys } from '../../../member/net.ts';
import type { TestKey } from '../../../member/net.ts';
import { range } from './kinds.ts';
import { newStore, openSpace } from './space.ts';

const number = numberSchema('test.number/1');
const nonce = new Uint8Array(8);
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A reader whose Group is the test: it hands over what is committed, and says how much is applied. */
async function stage(compactAfter = 0) {
  const vec = defineVec({ id: newStore(), value: number });
  const genesis = { voters: [memberOf(newKeys())], learners: [], operators: [] };
  let config: GroupConfig<Outcome> | undefined;
  let applied = 0;
  const groups = {
    join(given: GroupConfig<Outcome>) {
      config = given;
      const group = {
        id: vec.group,
        status: () => ({ applied, leaves: applied, online: true }),
        changes: () => () => undefined,
        when: { holds: () => new Promise(() => undefined) },
      };
      return Promise.resolve(group as unknown as Group<Outcome>);
    },
  } as unknown as Groups;
  const reader = await vec.reader({ groups, genesis, compactAfter });
  const { machine } = config!;
  const scope = commandScope(vec.group, genesis);
  return {
    reader,
    machine,
    /** The same rules without a Group, and every signature checked in place. */
    plainly(commands: readonly Command[]): readonly Outcome[] {
      const plan = createVecMachine(vec.definition, scope).plan(commands.map(({ leaf }) => leaf));
      return settle(plan, createSignatureChecker());
    },
    /** Commands that append their numbers, by these signers in turn, from a number on. */
    commands(count: number, from = 0, author = newKey(), signer: (n: number) => TestKey = () => author) {
      return range(from, from + count).map((n, at): Command => {
        const command = { operation: 'push-back', args: [n], author: author.key, counter: at + 1, nonce };
        const bytes = encodeCollectionCommand(command);
        const leaf = encodeCollectionLeaf(bytes, signer(n).sign(collectionMessage(scope, bytes)));
        return { leaf, index: n, position: { term: 1, index: n + 1 } };
      });
    },
    async apply(commands: readonly Command[]): Promise<readonly Outcome[]> {
      const answers = await machine.apply(commands);
      applied = (commands.at(-1)?.index ?? -1) + 1;
      return answers;
    },
  };
}

/** Whether anybody else had a turn before this was done. */
async function givesWay(work: () => Promise<unknown>): Promise<boolean> {
  let done = false;
  let gave = false;
  setImmediate(() => {
    gave = !done;
  });
  await work();
  done = true;
  await turn();
  return gave;
}

describe('a long batch', () => {
  it('is judged in slices: whoever reads in between sees the state of the version it is told', async () => {
    const { reader, commands, apply } = await stage();
    const batch = commands(1000);
    let judging = true;
    const seen = new Set<number>();
    const looks = (async () => {
      for (; judging; await turn()) {
        expect([...reader]).toEqual(range(reader.version() + 1));
        seen.add(reader.version());
      }
    })();
    const answers = await apply(batch);
    judging = false;
    await looks;
    expect(answers.map((answer) => answer.kind === 'applied' && answer.counter)).toEqual(range(1, 1001));
    expect([...reader]).toEqual(range(1000));
    // before it, several times within it
    expect(seen.size).toBeGreaterThan(3);
  });

  it('has the outcomes that it has in one go: forged, foreign and repeated commands among the others', async () => {
    const { commands, apply, plainly } = await stage();
    const [ann, ben, eve] = [newKey(), newKey(), newKey()];
    const good = commands(300, 0, ann);
    const forged = commands(200, 300, ben, (n) => (n === 420 ? eve : ben));
    const batch = [...good, ...forged, ...good.slice(290), ...commands(200, 500, eve)].map(
      (command, index) => ({ ...command, index }),
    );
    const answers = await apply(batch);
    expect(answers).toEqual(plainly(batch));
    const codes = new Set(answers.map((answer) => (answer.kind === 'refused' ? answer.code : null)));
    expect(codes).toEqual(new Set([null, 'COLLECTION_SIGNATURE', 'COLLECTION_GAP', 'COLLECTION_REPLAYED']));
  });

  it('gives way to others; a few commands are judged at once', async () => {
    const { commands, apply } = await stage();
    expect(await givesWay(() => apply(commands(300)))).toBe(true);
    expect(await givesWay(() => apply(commands(8, 300)))).toBe(false);
  });

  it('gives way no more when a state is to be written down, until it was', async () => {
    const { machine, commands, apply } = await stage(100);
    expect(await givesWay(() => apply(commands(200)))).toBe(true);
    expect(await givesWay(() => apply(commands(200, 200)))).toBe(false);
    machine.snapshot?.();
    expect(await givesWay(() => apply(commands(200, 400)))).toBe(true);
  });
});

describe('on a real Group', () => {
  const space = openSpace(1);

  it('a handle that is closed while much is judged keeps all that was committed, in its order', async () => {
    const vec = defineVec({ id: newStore(), value: number });
    const { member } = space.committee(1);
    const writer = await vec.writer(member(0));
    await writer.when.online();
    let done = 0;
    const writes = range(4000).map((n) =>
      writer.pushBack(n).then(
        () => {
          done += 1;
          return null;
        },
        (error: { code: string }) => error.code,
      ),
    );
    // some are told, and most are not
    while (done < 100) await turn();
    await writer.close();
    const codes = await Promise.all(writes);
    expect(codes).toContain('GROUP_CLOSED');
    for (const code of codes) expect([null, 'GROUP_CLOSED', 'OUTCOME_UNKNOWN']).toContain(code);
    const again = await vec.writer(member(0));
    await again.when.online();
    expect(again.size).toBeGreaterThanOrEqual(done);
    expect([...again]).toEqual(range(again.size));
    await again.pushBack(again.size);
    expect(again.back()).toBe(again.size - 1);
    await again.close();
  });
});
