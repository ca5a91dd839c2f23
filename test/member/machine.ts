/** A machine for tests: remembers every command as text; answers how many there were. */
import { concat, fromUtf8, idFrom, toHex, utf8 } from '../../src/protocol/bytes/index.ts';
import { nodeHashes } from '../../src/main/hashes.ts';
import { logReplaySync, snapshotSync } from '../../src/protocol/group/index.ts';
import type { StateMachine } from '../../src/main/substrate/group/index.ts';

export interface ListMachine extends StateMachine<number> {
  readonly list: string[];
}

/** `snapshots`: it can write its state down, so that its Group compacts. */
export function listMachine(snapshots = false): ListMachine {
  const list: string[] = [];
  const tag = 'muster.test.list/1';
  return {
    signature: idFrom(tag),
    sync: snapshots ? snapshotSync(tag) : logReplaySync(tag),
    applied: 0,
    list,
    apply: (commands) => commands.map(({ leaf }) => list.push(fromUtf8(leaf))),
    ...(snapshots
      ? {
          snapshot: () => utf8(JSON.stringify(list)),
          restore: (state: Uint8Array) => {
            list.length = 0;
            list.push(...(JSON.parse(fromUtf8(state)) as string[]));
          },
        }
      : {}),
  };
}

export interface ChainMachine extends StateMachine<number> {
  /** How many commands there were, and a hash over all of them in their order. */
  chain(): { readonly count: number; readonly sha256: string };
}

/** Remembers a hash over all commands, and none of them: for runs of days. */
export function chainMachine(): ChainMachine {
  let count = 0;
  let head: Uint8Array = new Uint8Array(32);
  return {
    signature: idFrom('muster.test.chain/1'),
    sync: logReplaySync('muster.test.chain/1'),
    applied: 0,
    chain: () => ({ count, sha256: toHex(head) }),
    apply: (commands) =>
      commands.map(({ leaf }) => {
        head = nodeHashes.sha256(concat(head, leaf));
        return (count += 1);
      }),
  };
}

/** Counts commands and keeps none: for figures. */
export function countMachine(): StateMachine<number> {
  let count = 0;
  return {
    signature: idFrom('muster.test.count/1'),
    sync: logReplaySync('muster.test.count/1'),
    applied: 0,
    apply: (commands) => commands.map(() => (count += 1)),
  };
}
