/** What a container is held to, looked at from within it; and what is left of it afterwards. Real Docker. */
import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createIptablesFilter } from '../../../../src/main/services/compute/index.ts';
import type { ContainerEngine, RunSpec, Started } from '../../../../src/main/services/compute/index.ts';
import { bridgeName } from '../../../../src/main/services/compute/egress.ts';
import type { AllowedHost } from '../../../../src/protocol/compute/index.ts';
import { newWorkload, testEngine } from '../../../docker/engine.ts';
import type { TestEngine } from '../../../docker/engine.ts';
import { pushTestImage } from '../../../docker/images.ts';
import type { TestImage } from '../../../docker/images.ts';
import { refusalOf } from '../../../docker/refusal.ts';
import { testRegistry } from '../../../docker/registry.ts';
import type { TestRegistry } from '../../../docker/registry.ts';
import { describeWith } from '../../../parts.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const iptables = (...args: string[]): string =>
  spawnSync('iptables', ['-w', ...args], { encoding: 'utf8' }).stdout;

describeWith(['docker', 'registry'], 'a container', () => {
  let registry: TestRegistry;
  let world: TestEngine;
  let engine: ContainerEngine;

  beforeAll(async () => {
    registry = await testRegistry();
    world = testEngine();
    engine = world.engine;
  });
  afterAll(async () => {
    await world.clean(registry.host);
    await registry.stop();
  });

  async function run(
    image: TestImage,
    spec: Partial<RunSpec> = {},
    using = engine,
  ): Promise<Started & { workload: string }> {
    const { reference, layers } = await pushTestImage(registry.host, image);
    await using.pull({ reference, layers }, () => undefined);
    const { id: imageId } = await using.inspectImage(reference);
    const workload = newWorkload();
    const started = await using.run({
      workload,
      imageId,
      limits: { cpuMillicores: 500, ramMib: 48, storageGib: 0, pids: 20 },
      readOnlyRoot: true,
      network: { mode: 'none' },
      volumes: image.volumes ?? [],
      ...spec,
    });
    return { ...started, workload };
  }

  async function output(id: string, using = engine): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of using.logs(id, { follow: true })) lines.push(line.text);
    return lines;
  }

  it('has no capability, gains no privilege, and is alone', async () => {
    const { id } = await run({
      cmd: 'grep -E "^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; ls /sys/class/net; id -u',
    });
    const told = await output(id);
    const zero = '0000000000000000';
    expect(told).toEqual([
      `CapPrm:\t${zero}`,
      `CapEff:\t${zero}`,
      `CapBnd:\t${zero}`,
      'NoNewPrivs:\t1',
      'Seccomp:\t2',
      'lo',
      '0',
    ]);
  });

  it('is held to its CPU, memory, swap and process limits by the engine', async () => {
    const { id, enforced } = await run({ cmd: 'sleep 60' });
    expect(enforced).toEqual({ storage: true, swap: true });
    const { HostConfig } = await world.docker.getContainer(id).inspect();
    expect(HostConfig).toMatchObject({
      NanoCpus: 500_000_000,
      Memory: 48 * 1024 * 1024,
      MemorySwap: 48 * 1024 * 1024,
      PidsLimit: 20,
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: null,
      Binds: null,
    });
    await engine.remove(id);
  });

  it('cannot start more processes than it may', async () => {
    const { id } = await run({ cmd: 'for i in $(seq 40); do sleep 20 & done; echo all' });
    const told = await output(id);
    expect(told.join('\n')).toMatch(/can't fork|Resource temporarily unavailable/);
    expect(told).not.toContain('all');
  });

  it('writes to /tmp and to declared volumes, in memory, and nowhere else', async () => {
    const command =
      'for d in / /bin /data /tmp; do touch $d/x 2>/dev/null && echo "$d yes" || echo "$d no"; done; grep -cE "^tmpfs (/tmp|/data) " /proc/mounts';
    const { id } = await run({ cmd: command, volumes: ['/data'] });
    expect(await output(id)).toEqual(['/ no', '/bin no', '/data yes', '/tmp yes', '2']);
    const { Mounts } = await world.docker.getContainer(id).inspect();
    expect(Mounts.filter((mount) => mount.Type === 'volume')).toEqual([]);
  });

  it('writes to its root where the image declares that, and leaves no volume behind', async () => {
    const { id, enforced } = await run(
      { cmd: 'touch /x /data/x && echo yes', volumes: ['/data'] },
      { readOnlyRoot: false, limits: { cpuMillicores: 500, ramMib: 48, storageGib: 1, pids: 20 } },
    );
    expect(await output(id)).toEqual(['yes']);
    const seen = await world.docker.getContainer(id).inspect();
    // told, one way or the other: whether the layer is limited depends on the storage driver
    expect(enforced.storage).toBe(
      seen.HostConfig.StorageOpt !== undefined && seen.HostConfig.StorageOpt !== null,
    );
    const volume = seen.Mounts.find((mount) => mount.Type === 'volume')!.Name!;
    expect(volume).toMatch(/^[0-9a-f]{64}$/);
    await engine.remove(id);
    const { Volumes } = await world.docker.listVolumes();
    expect(Volumes.map((one) => one.Name)).not.toContain(volume);
  });

  it('has a network of its own when the image asks for an open one, which goes with it', async () => {
    const { id, workload } = await run({ cmd: 'ls /sys/class/net; sleep 60' }, { network: { mode: 'open' } });
    const mine = (): Promise<{ Name: string }[]> =>
      world.docker.listNetworks({ filters: { label: [`org.muster.workload=${workload}`] } });
    expect((await mine()).map((network) => network.Name)).toEqual([`muster-${bridgeName(workload)}`]);
    await engine.remove(id);
    expect(await mine()).toEqual([]);
  });

  it('keeps its end readable for a node that was away', async () => {
    const { id } = await run({ cmd: 'exit 7' });
    await engine.wait(id);
    const [found] = (await world.again().list()).filter((one) => one.id === id);
    expect(found).toMatchObject({ state: 'ended', ended: { exitCode: 7, oom: false } });
  });
});

function must(command: string): void {
  const [program = '', ...args] = command.split(' ');
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command}: ${done.stderr}`);
}

/** A stretch of network beyond the host: its own namespace, reached over a cable, with two servers in it. */
describeWith(['docker', 'registry', 'netfilter'], 'an allowlist', () => {
  const netns = `mu${newWorkload().slice(0, 8)}`;
  const cable = `mx${netns.slice(2)}`;
  /** Of the range for tests of equipment; any of its stretches, so that two runs do not meet. */
  const net = `198.18.${1 + Math.floor(Math.random() * 250)}`;
  const far = `${net}.2`;
  const near = `${net}.1`;
  let registry: TestRegistry;
  let world: TestEngine;
  let engine: ContainerEngine;
  const servers: { kill(): void }[] = [];
  beforeAll(async () => {
    registry = await testRegistry();
    world = testEngine({ resolve: async (name) => (name === 'outside.example' ? [far] : []) });
    engine = world.engine;
    must(`ip netns add ${netns}`);
    must(`ip link add ${cable} type veth peer name far netns ${netns}`);
    must(`ip addr add ${near}/24 dev ${cable}`);
    must(`ip link set ${cable} up`);
    must(`ip netns exec ${netns} ip addr add ${far}/24 dev far`);
    must(`ip netns exec ${netns} ip link set far up`);
    must(`ip netns exec ${netns} ip route add default via ${near}`);
    const serve =
      "const s=(p,t)=>require('node:net').createServer(c=>{c.on('error',()=>{});c.end(t)}).listen(p,()=>console.log(p));s(8001,'welcome\\n');s(8002,'welcome\\n')";
    for (const prefix of [['ip', 'netns', 'exec', netns], []]) {
      const [program = '', ...args] = [...prefix, process.execPath, '-e', serve];
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      servers.push(child);
      let said = '';
      for await (const chunk of child.stdout) {
        said += String(chunk);
        if (said.includes('8001') && said.includes('8002')) break;
      }
    }
  });
  afterAll(async () => {
    for (const server of servers) server.kill();
    spawnSync('ip', ['link', 'del', cable]);
    spawnSync('ip', ['netns', 'del', netns]);
    await world.clean(registry.host);
    await registry.stop();
  });

  /** Pushes and pulls an image, and says how to run it under an allowlist. */
  async function spec(image: TestImage, allow: readonly AllowedHost[]): Promise<RunSpec> {
    const { reference, layers } = await pushTestImage(registry.host, image);
    await engine.pull({ reference, layers }, () => undefined);
    return {
      workload: newWorkload(),
      imageId: (await engine.inspectImage(reference)).id,
      limits: { cpuMillicores: 500, ramMib: 32, storageGib: 0, pids: 20 },
      readOnlyRoot: true,
      network: { mode: 'allowlist', allow },
      volumes: [],
    };
  }

  /** Runs probes of `host:port` in a container; tells which answered. */
  async function reached(
    network: RunSpec['network'],
    targets: readonly string[],
  ): Promise<Record<string, boolean>> {
    const probes = targets.map((target) => {
      const [host, port] = target.split(':');
      return `nc -w 3 ${host} ${port} </dev/null | grep -q welcome && echo "${target} yes" || echo "${target} no"`;
    });
    const asked: RunSpec = { ...(await spec({ cmd: probes.join('; ') }, [])), network };
    const { workload } = asked;
    const { id } = await engine.run(asked);
    const answers: Record<string, boolean> = {};
    for await (const { text, stream } of engine.logs(id, { follow: true })) {
      if (stream !== 'stdout') continue;
      const [target = '', yes] = text.split(' ');
      answers[target] = yes === 'yes';
    }
    await engine.remove(id);
    expect(iptables('-S')).not.toContain(bridgeName(workload));
    return answers;
  }

  const targets = [`${far}:8001`, `${far}:8002`, `${near}:8001`, `${near}:8002`];

  it('would not be needed if the servers could not be reached anyway', async () => {
    const answers = await reached({ mode: 'open' }, targets);
    expect(answers).toEqual(Object.fromEntries(targets.map((target) => [target, true])));
  });

  it('lets a container reach the listed port of the listed host, and no other port or host', async () => {
    const allow = [{ host: far, port: 8001 }];
    expect(await reached({ mode: 'allowlist', allow }, targets)).toEqual({
      [`${far}:8001`]: true,
      [`${far}:8002`]: false,
      [`${near}:8001`]: false,
      [`${near}:8002`]: false,
    });
  });

  it('covers the host itself', async () => {
    const allow = [{ host: near, port: 8002 }];
    expect(await reached({ mode: 'allowlist', allow }, targets)).toEqual({
      [`${far}:8001`]: false,
      [`${far}:8002`]: false,
      [`${near}:8001`]: false,
      [`${near}:8002`]: true,
    });
  });

  it('resolves listed names for the container, and no others', async () => {
    const allow = [{ host: 'outside.example', port: 8001 }];
    const names = ['outside.example:8001', 'outside.example:8002', 'elsewhere.example:8001'];
    expect(await reached({ mode: 'allowlist', allow }, names)).toEqual({
      'outside.example:8001': true,
      'outside.example:8002': false,
      'elsewhere.example:8001': false,
    });
  });

  it('leaves no other way out: no IPv6, and no server that would pass names on', async () => {
    const { id } = await engine.run(
      await spec({ cmd: 'cat /proc/net/if_inet6; echo end' }, [{ host: far, port: 8001 }]),
    );
    const told: string[] = [];
    for await (const line of engine.logs(id, { follow: true })) told.push(line.text);
    expect(told).toEqual(['end']);
    const { HostConfig } = await world.docker.getContainer(id).inspect();
    // an address of the range for documentation, where nobody is and which the filter rejects
    expect(HostConfig.Dns).toEqual(['192.0.2.1']);
  });

  it('reaches nothing at all without a network', async () => {
    expect(Object.values(await reached({ mode: 'none' }, targets))).toEqual([false, false, false, false]);
  });

  it('leaves nothing when the container cannot be started', async () => {
    const unstartable = await spec({ cmd: ['/no/such/program'] }, [{ host: far, port: 80 }]);
    const { workload } = unstartable;
    expect(await refusalOf(engine.run(unstartable))).toBe('RUN_FAILED');
    expect(
      await world.docker.listNetworks({ filters: { label: [`org.muster.workload=${workload}`] } }),
    ).toEqual([]);
    expect(iptables('-S')).not.toContain(bridgeName(workload));
    expect((await engine.list()).map((found) => found.workload)).not.toContain(workload);
  });

  it('is swept when a crash left the network and its rules without their container', async () => {
    const left = await spec({ cmd: 'sleep 60' }, [{ host: far, port: 80 }]);
    const { workload } = left;
    const { id } = await engine.run(left);
    await world.docker.getContainer(id).remove({ force: true });
    expect(await world.again().sweep()).toBe(1);
    expect(
      await world.docker.listNetworks({ filters: { label: [`org.muster.workload=${workload}`] } }),
    ).toEqual([]);
    expect(iptables('-S')).not.toContain(bridgeName(workload));
  });

  it('is put back when the rules were flushed while the node was away', async () => {
    const held = await spec({ cmd: 'sleep 60' }, [{ host: far, port: 8001 }]);
    const { workload } = held;
    const { id } = await engine.run(held);
    const rules = (): string[] =>
      iptables('-S')
        .split('\n')
        .filter((line) => line.includes(`MUSTER-${bridgeName(workload)}`));
    const before = rules();
    expect(before.length).toBe(6);
    iptables('-F', `MUSTER-${bridgeName(workload)}`);
    iptables('-D', 'INPUT', '-i', bridgeName(workload), '-j', `MUSTER-${bridgeName(workload)}`);
    expect(rules().length).toBeLessThan(before.length);
    expect((await world.again().list()).find((found) => found.id === id)?.state).toBe('running');
    expect(rules().toSorted()).toEqual(before.toSorted());
    await engine.remove(id);
    expect(rules()).toEqual([]);
  });

  it('is refused where it cannot be held, and the container stopped where it can no longer be', async () => {
    const asked = await spec({ cmd: 'sleep 60' }, [{ host: far, port: 8001 }]);
    const real = createIptablesFilter(world.node);
    const elsewhere = world.again({ filter: { ...real, isHere: () => false } });
    expect(await refusalOf(elsewhere.run(asked))).toBe('NETWORK_POLICY_UNENFORCEABLE');
    expect(iptables('-S')).not.toContain(bridgeName(asked.workload));

    const { id } = await engine.run(asked);
    const helpless = world.again({
      filter: {
        ...real,
        holds: async () => false,
        open: async () => {
          throw new Error('no rules today');
        },
      },
    });
    expect((await helpless.list()).find((found) => found.id === id)).toMatchObject({ state: 'ended' });
    await engine.remove(id);
  });

  it('refuses names without an address, and addresses of this host or its link', async () => {
    const asked = await spec({}, []);
    const refused = (host: string): Promise<string> =>
      refusalOf(engine.run({ ...asked, network: { mode: 'allowlist', allow: [{ host, port: 80 }] } }));
    expect(await refused('nowhere.example')).toBe('NETWORK_ALLOW_UNRESOLVED');
    for (const host of ['127.0.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1', '255.255.255.255'])
      expect(await refused(host)).toBe('NETWORK_ALLOW_FORBIDDEN');
  });
});
