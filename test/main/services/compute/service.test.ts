/** Workloads through a whole node: real engine, real registry, real log. */
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../../../../src/protocol/bytes/index.ts';
import type { Workload } from '../../../../src/contract/index.ts';
import type { Client } from '../../../../src/main/api/index.ts';
import type { MusterNode } from '../../../../src/main/node/index.ts';
import { labels, pushTestImage } from '../../../docker/images.ts';
import { testRegistry } from '../../../docker/registry.ts';
import type { TestRegistry } from '../../../docker/registry.ts';
import { openReadyNode, openTestNode, ownerOf, PASSPHRASE } from '../../../node.ts';
import { describeWith, dockerSocket } from '../../../parts.ts';
import { scratch } from '../../../scratch.ts';

const ENGINE = { engine: `unix://${dockerSocket}` };
const LOOP = 'i=0; while true; do echo line $i; i=$((i+1)); sleep 0.2; done';

async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Ready {
  readonly node: MusterNode;
  readonly client: Client;
  readonly machine: string;
  readonly folder: string;
}

async function offering(): Promise<Ready> {
  const folder = scratch();
  const { node, client } = await openReadyNode(folder, ENGINE);
  const { machine } = await client.machines.register({ name: 'here', quote: { kind: 'none' } });
  await client.machines.offer({
    id: machine.id,
    cpuMillicores: 1000,
    ramMib: 512,
    storageGib: 4,
    tdx: false,
  });
  return { node, client, machine: machine.id, folder };
}

const inState =
  (...states: Workload['state'][]) =>
  ({ state }: Workload): boolean =>
    states.includes(state);

const kindsOf = (workload: Workload): string[] => workload.entries.map(({ kind }) => kind).toReversed();

describeWith(['docker', 'registry'], 'workloads through a whole node', () => {
  let registry: TestRegistry;
  const docker = new Docker({ socketPath: dockerSocket });
  beforeAll(async () => {
    registry = await testRegistry();
  });
  afterAll(async () => {
    for (const { RepoDigests } of await docker.listImages())
      for (const name of RepoDigests ?? [])
        if (name.startsWith(`${registry.host}/`) || name.startsWith(`${registry.stallingHost}/`))
          await docker
            .getImage(name)
            .remove({ force: true })
            .catch(() => undefined);
    await registry.stop();
  });
  const containersOf = async (node: MusterNode): Promise<number> => {
    const { peer } = await node.identity.get();
    const found = await docker.listContainers({ all: true });
    return found.filter((one) => Object.values(one.Labels).includes(peer ?? '')).length;
  };

  it('runs, streams its output and load, stops, records what was used, and leaves nothing behind', async () => {
    const { node, client, machine } = await offering();
    const image = await pushTestImage(registry.host, { cmd: LOOP });
    const { workload, operation } = await client.compute.submit({ image: image.reference, machine });
    expect(operation).not.toBeNull();
    const running = await until(() => client.compute.get({ id: workload.id }), inState('running', 'ended'));
    expect(running.state).toBe('running');
    const seen: string[] = [];
    for await (const { lines } of await client.compute.logs({ id: workload.id })) {
      seen.push(...lines.map((line) => line.text));
      if (seen.length >= 3) break;
    }
    expect(seen.slice(0, 3)).toEqual(['line 0', 'line 1', 'line 2']);
    for await (const { samples } of await client.compute.load({ id: workload.id }))
      if (samples.some((sample) => sample.memoryMib > 0)) break;
    expect((await client.machines.get({ id: machine })).inUse.cpuMillicores).toBe(250);
    const stopped = await client.compute.stop({ id: workload.id, graceSeconds: 0 });
    expect(stopped.end).toMatchObject({ reason: 'stopped' });
    expect(stopped.usage?.ramMibSec).toBeGreaterThanOrEqual(0);
    expect((await client.machines.get({ id: machine })).inUse.cpuMillicores).toBe(0);
    const removed = await client.compute.remove({ id: workload.id });
    expect(removed.present).toBe(false);
    expect(kindsOf(removed)).toEqual([
      'compute.submitted',
      'compute.started',
      'compute.usage',
      'compute.ended',
      'compute.removed',
    ]);
    expect(await containersOf(node)).toBe(0);
  });

  it('a pull can be cancelled, and then there is neither a container nor a claim on capacity', async () => {
    const { node, client, machine } = await offering();
    const image = await pushTestImage(registry.host, { cmd: LOOP, layers: [8 * 1024 * 1024] });
    const reference = image.reference.replace(registry.host, registry.stallingHost);
    const { workload, operation } = await client.compute.submit({ image: reference, machine });
    const pulling = await until(
      () => client.operations.get({ id: operation! }),
      ({ parts }) => parts.some((part) => part.phase === 'downloading' && part.done > 0),
    );
    expect(pulling.parts.length).toBe(2);
    expect(pulling.total).toBe(image.layers.reduce((sum, layer) => sum + layer.size, 0));
    await client.operations.cancel({ id: operation! });
    await until(
      () => client.operations.get({ id: operation! }),
      ({ state }) => state === 'cancelled',
    );
    const ended = await client.compute.get({ id: workload.id });
    expect(ended.end?.reason).toBe('stopped');
    expect((await client.machines.get({ id: machine })).inUse.ramMib).toBe(0);
    expect(await containersOf(node)).toBe(0);
  });

  it('a node that comes back finds its running container again, and one that ended meanwhile', async () => {
    const { node, client, machine, folder } = await offering();
    const forever = await pushTestImage(registry.host, { cmd: LOOP });
    const brief = await pushTestImage(registry.host, { cmd: 'sleep 3; exit 7' });
    const one = await client.compute.submit({ image: forever.reference, machine });
    const two = await client.compute.submit({ image: brief.reference, machine });
    for (const { workload } of [one, two])
      await until(() => client.compute.get({ id: workload.id }), inState('running'));
    await node.close();
    await new Promise((resolve) => setTimeout(resolve, 4000));

    const again = await openTestNode(folder, ENGINE);
    const back = ownerOf(again);
    // locked at first: it watches, but the end of the second cannot be signed yet
    await back.identity.unlock({ passphrase: PASSPHRASE });
    const ended = await until(() => back.compute.get({ id: two.workload.id }), inState('ended'));
    expect(ended.end).toMatchObject({ reason: 'exited', exitCode: 7 });
    const running = await back.compute.get({ id: one.workload.id });
    expect(running).toMatchObject({ state: 'running', present: true });
    await back.compute.stop({ id: one.workload.id, graceSeconds: 0 });
    for (const { workload } of [one, two]) await back.compute.remove({ id: workload.id });
    expect(await containersOf(again)).toBe(0);
  });

  it('a container that somebody else removed is told as lost', async () => {
    const { node, client, machine } = await offering();
    const image = await pushTestImage(registry.host, { cmd: LOOP });
    const { workload } = await client.compute.submit({ image: image.reference, machine });
    await until(() => client.compute.get({ id: workload.id }), inState('running'));
    const { peer } = await node.identity.get();
    for (const { Id, Labels } of await docker.listContainers())
      if (Object.values(Labels).includes(peer ?? '')) await docker.getContainer(Id).remove({ force: true });
    const ended = await until(() => client.compute.get({ id: workload.id }), inState('ended'));
    expect(['lost', 'exited']).toContain(ended.end?.reason);
  });

  it('a workload that needs more memory than its limit is ended by the kernel, and the entry says so', async () => {
    const { client, machine } = await offering();
    const image = await pushTestImage(registry.host, { cmd: ['sh', '-c', 'tail /dev/zero'] });
    const { workload } = await client.compute.submit({ image: image.reference, machine });
    const ended = await until(() => client.compute.get({ id: workload.id }), inState('ended'));
    expect(ended.end?.reason).toBe('oom');
    await client.compute.remove({ id: workload.id });
  });

  it('refusals that an image earns are recorded with their reason; what cannot be named is a problem', async () => {
    const { client, machine } = await offering();
    const plain = await pushTestImage(registry.host, { labels: {} });
    const greedy = await pushTestImage(registry.host, {
      labels: labels({ 'org.muster.min-cpu-millicores': '64000' }),
    });
    const tdx = await pushTestImage(registry.host, { labels: labels({ 'org.muster.tdx': 'required' }) });
    const open = await pushTestImage(registry.host, {
      labels: labels({ 'org.muster.network': 'allowlist' }),
    });
    for (const [image, code] of [
      [plain, 'IMAGE_UNLABELLED'],
      [greedy, 'CPU_SHORT'],
      [tdx, 'TDX_NOT_OFFERED'],
      [open, 'NETWORK_ALLOW_MISSING'],
    ] as const) {
      const { workload, operation } = await client.compute.submit({ image: image.reference, machine });
      expect(operation).toBeNull();
      expect(workload.state).toBe('refused');
      expect(workload.reasons.map((reason) => reason.code)).toContain(code);
      expect(kindsOf(workload)).toEqual(['compute.refused']);
    }
    const missing = `${registry.host}/test/image@sha256:${toHex(new Uint8Array(32))}`;
    const codeOf = async (reference: string): Promise<string> =>
      client.compute.submit({ image: reference, machine }).then(
        () => 'none',
        (error: { data: { code: string } }) => error.data.code,
      );
    expect(await codeOf(missing)).toBe('IMAGE_NOT_FOUND');
    expect(await codeOf(`${registry.host}/test/image:latest`)).toBe('IMAGE_NO_DIGEST');
    expect(await codeOf(missing.replace(registry.host, '127.0.0.1:1'))).toBe('REGISTRY_UNREACHABLE');
  });
});
