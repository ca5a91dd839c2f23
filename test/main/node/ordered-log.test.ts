/** A node whose log moves to etcd and back: nothing is lost, and nothing stops while etcd is away. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openReadyNode, openTestNode, ownerOf, PASSPHRASE } from '../../node.ts';
import { startEtcd } from '../../etcd.ts';
import type { Etcd } from '../../etcd.ts';
import { describeWith } from '../../parts.ts';
import { keptScratch, scratch } from '../../scratch.ts';

describeWith('etcd', 'a node with --ordered-log', () => {
  let etcd: Etcd;
  let address: string;
  beforeAll(async () => {
    etcd = await startEtcd(keptScratch());
    address = etcd.endpoints.join(',').replaceAll('http://', '');
    address = `etcd://${address}`;
  });
  afterAll(() => etcd.stop());

  const peer = (n: number): string => String(n).repeat(64);
  const issue = async (client: ReturnType<typeof ownerOf>, n: number): Promise<number> =>
    (await client.tickets.issue({ peer: peer(n), lifetimeSeconds: 3600 })).receipt.index;

  it('takes its log to etcd and back without losing an entry', async () => {
    const folder = scratch();
    const first = await openReadyNode(folder);
    const before = await issue(first.client, 1);
    await first.node.close();

    const second = await openTestNode(folder, undefined, address);
    const there = ownerOf(second);
    await there.identity.unlock({ passphrase: PASSPHRASE });
    expect(await issue(there, 2)).toBe(before + 1);
    const head = await there.chronicle.head();
    expect(head.checkpoint?.size).toBe(before + 2);
    await second.close();

    const third = await openTestNode(folder);
    const back = ownerOf(third);
    await back.identity.unlock({ passphrase: PASSPHRASE });
    expect(await issue(back, 3)).toBe(before + 2);
    const { size } = await back.chronicle.head();
    expect(size).toBe(before + 3);
    expect((await back.tickets.list({ limit: 10 })).tickets).toHaveLength(3);
    const { startup } = await back.chronicle.health();
    expect(startup.every(({ outcome }) => outcome === 'passed')).toBe(true);
    await third.close();

    // and once more: what was written here meanwhile goes there first
    const fourth = await openTestNode(folder, undefined, address);
    const again = ownerOf(fourth);
    await again.identity.unlock({ passphrase: PASSPHRASE });
    expect(await issue(again, 4)).toBe(before + 3);
  });

  it('starts while etcd is away, says so, and refuses to write until it is there', async () => {
    const folder = scratch();
    const first = await openReadyNode(folder);
    await first.node.close();
    const node = await openTestNode(folder, undefined, 'etcd://127.0.0.1:1');
    const client = ownerOf(node);
    await client.identity.unlock({ passphrase: PASSPHRASE });
    const { problems } = await client.settings.about();
    expect(problems.map(({ code }) => code)).toContain('ETCD_UNREACHABLE');
    await expect(issue(client, 5)).rejects.toMatchObject({ data: { code: 'ETCD_UNREACHABLE' } });
  });

  it('says at once when the address cannot be read', async () => {
    await expect(openTestNode(scratch(), undefined, 'postgres://x')).rejects.toMatchObject({
      code: 'ORDERED_LOG_ADDRESS',
    });
  });
});
