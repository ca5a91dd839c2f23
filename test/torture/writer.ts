/** The child: writes without end, and says on stdout what was acknowledged as committed, each line before the next. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../../src/protocol/bytes/index.ts';
import { encodeRecord, signedMessage } from '../../src/protocol/record/index.ts';
import { openThreadedStore, openVault, passphraseSeal } from '../../src/main/store/index.ts';
import { nodeOrigin, openCommitteeOfOne } from '../../src/main/substrate/index.ts';
import { PASSPHRASE } from './support.ts';

const folder = process.argv[2] ?? '';
const inFlight = Number(process.argv[3] ?? 8);
const vault = openVault(join(folder, 'vault.json'), passphraseSeal({ N: 2 ** 10, r: 8, p: 1 }));
await vault.unlock(PASSPHRASE);
const keys = vault.publicKeys();
if (keys === null) throw new Error('no keys');
const store = await openThreadedStore({
  path: join(folder, 'store.db'),
  headPath: join(folder, 'head'),
  rules: 'kinds',
});
const log = openCommitteeOfOne({ origin: nodeOrigin(toHex(keys.node)), store, vault, now: Date.now });
writeSync(1, 'ready\n');

const coalition = new Uint8Array(32).fill(1);
let seq = log.head().size;
const write = async (): Promise<void> => {
  for (;;) {
    seq += 1;
    const body = { note: 'x'.repeat(200 + (seq % 97)) };
    const bytes = encodeRecord({
      v: 1,
      kind: 'torture.note',
      coalition,
      author: keys.node,
      seq,
      at: Date.now(),
      body,
      evidence: [],
    });
    const { index, id } = await log.append({ bytes, sig: vault.sign('node', signedMessage(bytes)) })
      .committed;
    writeSync(1, `${index} ${id}\n`);
  }
};
await Promise.all(Array.from({ length: inFlight }, write));
