/** A machine for tests: remembers every command as text; answers how many there were. */
import { fromUtf8, idFrom, utf8 } from '../../src/protocol/bytes/index.ts';
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
