/** A log on a real etcd when answers are lost, watches break, and the member's own disk is full for a moment. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { fromUtf8, Refusal, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { openEtcdCommittee } from '../../../src/main/substrate/index.ts';
import { openThreadedStore } from '../../../src/main/store/index.ts';
import type { Store } from '../../../src/main/store/index.ts';
import { startEtcd } from '../../etcd.ts';
import type { Etcd } from '../../etcd.ts';
import { memberOf, newKey, newKeys, signerOf } from '../../member/net.ts';
import { describeWith } from '../../parts.ts';
import { keptScratch, scratch } from '../../scratch.ts';

const record = (text: string) => ({ bytes: utf8(text), sig: new Uint8Array(64) });
const openStore = (): Promise<Store> => {
  const folder = scratch();
  return openThreadedStore({
    path: join(folder, 'store.db'),
    headPath: join(folder, 'head'),
    rules: 'none',
  });
};

/** A store that has no room while the test says so. */
async function openDisk(): Promise<{ full: boolean; store: Store }> {
  const real = await openStore();
  const disk = { full: false, store: real };
  disk.store = {
    ...real,
    get health() {
      return real.health;
    },
    append: (...given) =>
      disk.full ? Promise.reject(new Refusal('STORE_FULL', 'No room.')) : real.append(...given),
  };
  return disk;
}

describeWith('etcd', 'a log on etcd', () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd(keptScratch());
  });
  afterAll(() => etcd.stop());

  /** Stands before etcd. `lose`: the answer does not come back; `watched`: a watch has begun, and may be broken. */
  async function front({
    lose = () => false,
    watched = () => undefined,
  }: {
    lose?: (path: string, body: string) => boolean;
    watched?: (key: string, breakIt: () => void) => void;
  }): Promise<string> {
    const server = createServer((request, response) => {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const relay = async (): Promise<void> => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks).toString();
        const path = request.url ?? '';
        const answer = await fetch(`${etcd.endpoints[0]}${path}`, {
          method: 'POST',
          body,
          signal: gone.signal,
        });
        if (lose(path, body)) return void request.socket.destroy();
        response.writeHead(answer.status);
        if (path === '/v3/watch') watched(keyIn(JSON.parse(body)), () => response.destroy());
        for await (const chunk of answer.body!) response.write(chunk);
        response.end();
      };
      relay().catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const keyIn = (watch: { create_request: { key: string } }): string =>
    Buffer.from(watch.create_request.key, 'base64').toString();

  async function member(endpoints: readonly string[], store?: Store) {
    const keys = newKeys();
    const own = store ?? (await openStore());
    const notes: string[] = [];
    const log = await openEtcdCommittee({
      endpoints,
      subject: new Uint8Array(randomBytes(32)),
      self: toHex(keys.node.key),
      members: { voters: [memberOf(keys)], learners: [], operators: [newKey().key] },
      signer: signerOf(keys),
      store: own,
      now: Date.now,
      note: (sentence) => void notes.push(sentence),
    });
    onTestFinished(async () => {
      await log.close();
      await own.close();
    });
    return { log, store: own, notes };
  }

  it.each([1, 2])('has an entry once whose answer was lost, with %i endpoints', async (count) => {
    let armed = false;
    const lossy = await front({
      lose(path, body) {
        if (!armed || path !== '/v3/kv/txn') return false;
        const { success } = JSON.parse(body) as { success: { requestPut: { key: string } }[] };
        armed = !success.some(({ requestPut: { key } }) =>
          Buffer.from(key, 'base64').toString().includes('/log/'),
        );
        return !armed;
      },
    });
    const { log, store } = await member([lossy, etcd.endpoints[0]!].slice(0, count));
    await log.append(record('first')).committed;
    armed = true;
    expect((await log.append(record('second')).sequenced).index).toBe(1);
    await log.append(record('third')).committed;
    const rows = await store.range(0, 10);
    expect(rows.map(({ bytes }) => fromUtf8(bytes))).toEqual(['first', 'second', 'third']);
  });

  it('goes on after the store had no room for a moment', async () => {
    const disk = await openDisk();
    const { log } = await member(etcd.endpoints, disk.store);
    await log.append(record('first')).committed;
    disk.full = true;
    const waiting = log.append(record('second')).committed;
    await new Promise((resolve) => setTimeout(resolve, 300));
    disk.full = false;
    expect((await log.append(record('third')).committed).index).toBe(2);
    expect((await waiting).index).toBe(1);
  });

  it('hears the others again after its watch broke and etcd had forgotten the time between', async () => {
    let breakIt: (() => void) | null = null;
    let watches = 0;
    const address = await front({
      watched(key, end) {
        if (!key.includes('/say/')) return;
        watches += 1;
        breakIt = end;
      },
    });
    const { log, notes } = await member([address]);
    for (let i = 0; i < 20; i++) await log.append(record(`${i}`)).committed;
    const ask = async (path: string, body: unknown): Promise<{ header: { revision: string } }> =>
      (await (
        await fetch(`${etcd.endpoints[0]}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) })
      ).json()) as { header: { revision: string } };
    const { header } = await ask('range', { key: Buffer.from('x').toString('base64') });
    await ask('compaction', { revision: header.revision, physical: true });
    breakIt!();
    await expect.poll(() => watches).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(watches).toBe(2);
    expect(notes.filter((note) => note.includes('has forgotten'))).toEqual([]);
  });

  it('tells who still waits when it is closed that it is', async () => {
    const disk = await openDisk();
    const { log } = await member(etcd.endpoints, disk.store);
    await log.append(record('first')).committed;
    disk.full = true;
    const told = expect(log.append(record('second')).sequenced).rejects.toMatchObject({
      code: 'STORE_CLOSED',
    });
    await log.close();
    await told;
  });
});
