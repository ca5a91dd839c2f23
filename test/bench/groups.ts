/** Groups of three over libp2p, beside the bare replication floor and a three-node etcd on the same machine. */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { credentials, Client } from '@grpc/grpc-js';
import { startEtcd } from '../etcd.ts';
import { startFleet } from '../member/fleet.ts';
import type { Fleet, Member } from '../member/fleet.ts';
import { onPath } from '../parts.ts';
import { floor } from './floor.ts';
import { latencies, median, middleOf, milliseconds, perSecond } from './measure.ts';
import type { Measured } from './measure.ts';
import type { Bench } from './run.ts';

const TIME = 3000;
/** The middle one counts. */
const ROUNDS = 3;
/** Before it counts: engines compile what runs often. The same for all that are compared. */
const WARM = 5000;
const SIZE = 300;
/** The product's own timing: what a person waits for when a leader dies. */
const TIMING = { heartbeat: 500, election: 2000, jitter: 500, bootstrap: 300 };

export async function groups(bench: Bench): Promise<void> {
  const { print, note } = bench;
  const place = (name: string): string => {
    const folder = join(bench.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const flights = [1, 64, 256];
  const floors: Measured[] = [];
  for (const inFlight of flights)
    floors.push(await floor(place('floor'), { inFlight, warm: WARM, ms: TIME, rounds: ROUNDS, size: SIZE }));
  const peers: (Measured | null)[] = [];
  for (const inFlight of flights) peers.push(await etcdPuts(place(`etcd-${inFlight}`), inFlight));
  const fleet = await startFleet({ folder: place('group'), voters: 3, machine: 'count', timing: TIMING });
  try {
    await Promise.all(fleet.members.map((member) => member.online()));
    const leader = await leaderOf(fleet);
    const rates: number[] = [];
    for (const [n, inFlight] of flights.entries()) {
      await leader.load(inFlight, WARM, SIZE);
      const done = await middleOf(ROUNDS, () => leader.load(inFlight, TIME, SIZE));
      const [bare, etcd] = [floors[n], peers[n]];
      rates.push(done.count);
      print({
        name: `Group of 3, ${SIZE} B, ${inFlight} in flight, durable on every member`,
        value: perSecond((done.count * 1000) / TIME),
        beside: [
          `p50 ${milliseconds(done.p50)}, p99 ${milliseconds(done.p99)}`,
          bare === undefined
            ? ''
            : `floor ${perSecond((bare.count * 1000) / TIME)} (p50 ${milliseconds(bare.p50)}): ${share(done.count, bare.count)}`,
          etcd == null
            ? 'no etcd here'
            : `etcd of 3 ${perSecond((etcd.count * 1000) / TIME)} (p50 ${milliseconds(etcd.p50)}): ${(done.count / etcd.count).toFixed(1)}×`,
        ].join('; '),
      });
    }
    note('target at 64 in flight: 60 % of the floor, and 3 times etcd');
    await failover(fleet, bench);
  } finally {
    await fleet.stop();
  }
  await memory(place('twenty'), bench);
  if (bench.large > 0) await catchUp(place('catch-up'), bench);
}

const share = (part: number, whole: number): string => `${Math.round((part * 100) / whole)} %`;

async function leaderOf(fleet: Fleet): Promise<Member> {
  for (;;) {
    const statuses = await Promise.all(fleet.members.map((member) => member.status()));
    const found = fleet.members[statuses.findIndex(({ role, online }) => role === 'leader' && online)];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Kills the leader while another member writes; how long until that one's next command is committed. */
async function failover(fleet: Fleet, { print }: Bench): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const leader = await leaderOf(fleet);
    const at = fleet.members.indexOf(leader);
    const other = fleet.members[(at + 1) % fleet.members.length];
    if (other === undefined) return;
    await other.execute(`before ${round}`);
    const start = performance.now();
    await leader.kill();
    await other.execute(`after ${round}`);
    times.push(performance.now() - start);
    await (await fleet.restart(at)).online();
  }
  print({
    name: 'from killing the leader to the next commit, median of 3',
    value: milliseconds(median(times)),
    beside: `limit: two election timeouts, ${2 * TIMING.election} ms`,
  });
}

/** Resident memory of a node with 20 Groups beside one with a single Group, all of them with three members. */
async function memory(folder: string, { print }: Bench): Promise<void> {
  const sizes: number[] = [];
  for (const more of [0, 19]) {
    const own = join(folder, String(more));
    mkdirSync(own, { recursive: true });
    const fleet = await startFleet({ folder: own, voters: 3, machine: 'count', timing: TIMING, more });
    await Promise.all(fleet.members.map((member) => member.online()));
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const statuses = await Promise.all(fleet.members.map((member) => member.status()));
    sizes.push(median(statuses.map(({ rss }) => rss)));
    await fleet.stop();
  }
  const [one = 0, twenty = 0] = sizes;
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  print({
    name: 'resident memory of a member process with 20 Groups',
    value: mib(twenty),
    beside: `with 1 Group: ${mib(one)}`,
  });
}

/** A new member fetches a log of `large` entries. */
async function catchUp(folder: string, bench: Bench): Promise<void> {
  const fleet = await startFleet({ folder, voters: 3, others: 1, machine: 'count', timing: TIMING });
  try {
    const [first, second, third, late] = fleet.members;
    if (first === undefined || second === undefined || third === undefined || late === undefined) return;
    await Promise.all([first, second, third].map((member) => member.online()));
    const leader = await leaderOf(fleet);
    let size = 0;
    while (size < bench.large) {
      await leader.load(1024, 5000, SIZE);
      size = (await leader.status()).applied;
    }
    const start = performance.now();
    await leader.members(
      [first, second, third].map(({ seed }) => seed),
      [late.seed],
    );
    await late.applied(size);
    const seconds = (performance.now() - start) / 1000;
    bench.print({
      name: `a new member catches up with ${size.toLocaleString('en').replaceAll(',', ' ')} entries of ${SIZE} B`,
      value: `${seconds.toFixed(1)} s`,
      beside: perSecond(size / seconds),
    });
  } finally {
    await fleet.stop();
  }
}

/** Puts over gRPC to a real cluster of three, as its own clients make them; null where there is no etcd. */
async function etcdPuts(folder: string, inFlight: number): Promise<Measured | null> {
  if (onPath('etcd') === undefined) return null;
  const etcd = await startEtcd(folder, 3);
  const address = etcd.endpoints[0]?.replace('http://', '') ?? '';
  const client = new Client(address, credentials.createInsecure());
  try {
    const value = Buffer.alloc(SIZE);
    let next = 0;
    const one = (): Promise<void> => put(client, `k/${String(next++).padStart(20, '0')}`, value);
    await latencies(WARM, inFlight, one);
    return await middleOf(ROUNDS, () => latencies(TIME, inFlight, one));
  } finally {
    client.close();
    await etcd.stop();
  }
}

/** etcdserverpb.PutRequest { bytes key = 1; bytes value = 2 }, written by hand. */
function put(client: Client, key: string, value: Buffer): Promise<void> {
  const field = (tag: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, ...varint(bytes.length)]), bytes]);
  const request = Buffer.concat([field(0x0a, Buffer.from(key)), field(0x12, value)]);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/etcdserverpb.KV/Put',
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      request,
      (error) => (error === null ? resolve() : reject(error)),
    );
  });
}

const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)]);
