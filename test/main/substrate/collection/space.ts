/** Nodes on 127.0.0.1 in which tests open collections: the first are voters, those after them learners. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { Membership } from '../../../../src/protocol/group/index.ts';
import type { CollectionMember, WritingMember } from '../../../../src/main/substrate/collection/index.ts';
import { acquaint, memberOf, newKey, QUICK, startNode } from '../../../member/net.ts';
import type { TestKey, TestNode } from '../../../member/net.ts';
import { keptScratch } from '../../../scratch.ts';

export interface Committee {
  readonly genesis: Membership;
  readonly operator: TestKey;
  /** What node `n` brings; its author is the node. */
  member(n: number): WritingMember;
}

export interface Space {
  readonly nodes: TestNode[];
  /** The first `voters` nodes vote; the `learners` after them follow. */
  committee(voters: number, learners?: number, more?: Partial<CollectionMember>): Committee;
  /** Stops a node and starts it again on the same disk. */
  restart(n: number): Promise<void>;
}

/** Opens the nodes before the tests of a file and stops them after. */
export function openSpace(count: number): Space {
  const space: Space = {
    nodes: [],
    committee(voters, learners = 0, more = {}) {
      const operator = newKey();
      const keys = space.nodes.slice(0, voters + learners).map((node) => memberOf(node.keys));
      const genesis = {
        voters: keys.slice(0, voters),
        learners: keys.slice(voters),
        operators: [operator.key],
      };
      return {
        genesis,
        operator,
        member(n) {
          const node = space.nodes[n]!;
          return { groups: node.groups, genesis, timing: QUICK, author: node.keys.node, ...more };
        },
      };
    },
    async restart(n) {
      const { folder, keys, stop } = space.nodes[n]!;
      await stop();
      space.nodes[n] = await startNode(folder, keys);
      await acquaint(space.nodes);
    },
  };
  beforeAll(async () => {
    space.nodes.push(...(await Promise.all(Array.from({ length: count }, () => startNode(keptScratch())))));
    await acquaint(space.nodes);
  });
  afterAll(async () => {
    await Promise.all(space.nodes.map((node) => node.stop()));
  });
  return space;
}

export const newStore = (): Uint8Array => new Uint8Array(randomBytes(32));
