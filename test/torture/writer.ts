/**
 * The process that is killed: a node's own parts (lock, vault, threaded store, committee of one, ledger) without its
 * faces. It creates what is missing, then records tickets as fast as they are committed. Every acknowledgement is
 * one line on stdout, which is a file here: a line that was written stays, whatever happens to this process.
 * It waits for a line on stdin that names its folder and its seed, so that it can be started ahead of time.
 *
 *     ready <entries>
 *     committed <index> <id>
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from '../../src/main/node/lock.ts';
import { createCoalitions, createIdentity } from '../../src/main/services/coalition/index.ts';
import { createEvents } from '../../src/main/services/events/index.ts';
import { createLedger } from '../../src/main/services/ledger/index.ts';
import { openThreadedStore } from '../../src/main/store/threaded.ts';
import { passphraseSeal } from '../../src/main/store/seal.ts';
import { openVault } from '../../src/main/store/vault.ts';
import { nodeOrigin, openCommitteeOfOne } from '../../src/main/substrate/log/index.ts';
import { toHex } from '../../src/protocol/bytes/index.ts';
import { randomFrom } from '../random.ts';
import { CHEAP, PASSPHRASE } from './secrets.ts';

const order = await new Promise<string>((resolve) => process.stdin.setEncoding('utf8').once('data', resolve));
process.stdin.destroy();
const { folder, seed } = JSON.parse(order) as { folder: string; seed: number };
const random = randomFrom(seed);
const now = Date.now;
const say = (line: string): void => void writeSync(1, `${line}\n`);

lockFolder(folder);
const vault = openVault(join(folder, 'vault.json'), passphraseSeal(CHEAP));
const store = await openThreadedStore({
  path: join(folder, 'store.db'),
  headPath: join(folder, 'head'),
  rules: 'kinds',
});
if (!store.health.writable) throw new Error(`not writable: ${JSON.stringify(store.health.checks)}`);
say(`ready ${store.health.size}`);
const events = createEvents(() => ({
  log: { size: 0, committed: 0, committedAt: null, witnesses: 0 },
  runningOperations: 0,
  problems: 0,
  simulated: false,
  now: now(),
}));
const ledger = createLedger({ store, vault, events, now });
const openLog = (): void => {
  const keys = vault.publicKeys();
  if (keys === null) return;
  const open = ledger.log();
  if (open !== null) return open.resume();
  ledger.attach(openCommitteeOfOne({ origin: nodeOrigin(toHex(keys.node)), store, vault, now }));
};
openLog();
const committed = ({ index, id }: { index: number; id: string }): void => say(`committed ${index} ${id}`);

const identity = createIdentity({
  vault,
  ledger,
  openLog: async () => openLog(),
  quietly: async (lock) => lock(),
  changed: () => undefined,
});
const { name } = await identity.get();
if (name === null) committed((await identity.create('rack-07', PASSPHRASE)).receipt);
else await identity.unlock(PASSPHRASE);
const coalitions = createCoalitions({ vault, ledger });
if ((await coalitions.current()) === null) {
  const { receipt } = await coalitions.create({
    name: 'signals.eu',
    lattices: [],
    organisms: [],
    issueTickets: true,
  });
  committed(receipt);
}
const coalition = await coalitions.id();

/** One ticket after the other; several of these run at once, so that batches are of all sizes. */
async function lane(): Promise<never> {
  for (;;) {
    const at = now();
    const receipt = await ledger.submit(
      'ticket.issued',
      {
        ticket: random.bytes(32),
        subject: random.bytes(32),
        audience: coalition,
        notBefore: at,
        expires: at + 86_400_000,
      },
      { coalition },
    );
    committed(receipt);
    if (random.oneIn(20)) await new Promise((resolve) => setTimeout(resolve, random.below(40)));
  }
}
await Promise.all(Array.from({ length: 1 + random.below(12) }, lane));
