/** Members as processes: started, asked, killed. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '../../src/protocol/bytes/index.ts';
import type { Timing } from '../../src/protocol/raft/index.ts';
import { callProcess } from '../process-calls.ts';
import type { MemberCalls, MemberSetup } from './member.ts';
import { keysFrom, QUICK } from './net.ts';

export type Member = {
  readonly [K in keyof MemberCalls]: MemberCalls[K];
} & {
  readonly self: string;
  readonly seed: string;
  readonly process: ChildProcess;
  /** What `begin` submitted and the Group acknowledged, with its leaf: known here even after a kill. */
  readonly acknowledged: [text: string, index: number][];
  /** Rejections nobody handled, and other trouble. */
  readonly trouble: string[];
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
};

export interface FleetOptions {
  /** Empty; each member gets a folder in it. */
  readonly folder: string;
  readonly voters: number;
  /** Members that are started and are not in the Group at first. */
  readonly others?: number;
  readonly machine?: MemberSetup['machine'];
  readonly timing?: Partial<Timing>;
  readonly more?: number;
  /** Flags for node itself. */
  readonly flags?: readonly string[];
  /** Address that member `n` listens on; default a free port of 127.0.0.1. */
  readonly listen?: (n: number) => string;
  /** Command line before node's own, for member `n`: `ip netns exec …`. */
  readonly within?: (n: number) => readonly string[];
}

export interface Fleet {
  readonly members: Member[];
  /** Starts member `n` again, on the same disk and with the same keys. */
  restart(n: number): Promise<Member>;
  stop(): Promise<void>;
}

const seedOf = (name: string): string => createHash('sha256').update(name).digest('hex');

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const count = options.voters + (options.others ?? 0);
  const seeds = Array.from({ length: count }, (_, n) => seedOf(`${options.folder}/${n}`));
  const setupOf = (n: number): MemberSetup => {
    const folder = join(options.folder, `member-${n}`);
    mkdirSync(folder, { recursive: true });
    return {
      seed: seeds[n] ?? '',
      voters: seeds.slice(0, options.voters),
      operator: seedOf('operator'),
      secret: seedOf('secret'),
      folder,
      listen: options.listen?.(n) ?? '/ip4/127.0.0.1/tcp/0',
      machine: options.machine ?? 'list',
      timing: options.timing ?? QUICK,
      more: options.more ?? 0,
    };
  };
  const addresses = new Map<string, readonly string[]>();
  const known = () => [...addresses].map(([self, list]) => ({ self, addresses: list }));
  const spawn = async (n: number): Promise<Member> => {
    const member = forkMember(seeds[n] ?? '', options.within?.(n) ?? [], options.flags ?? []);
    const { self, addresses: own } = await member.start(setupOf(n));
    addresses.set(self, own);
    await member.learn(known());
    return member;
  };
  const members = await Promise.all(seeds.map((_, n) => spawn(n)));
  await Promise.all(members.map((member) => member.learn(known())));
  return {
    members,
    async restart(n) {
      const member = await spawn(n);
      members[n] = member;
      await Promise.all(
        members
          .filter(({ process }) => process.exitCode === null && process.signalCode === null)
          .map((other) => other.learn(known())),
      );
      return member;
    },
    async stop() {
      await Promise.all(
        members.map(async (member) => {
          if (member.process.exitCode !== null || member.process.signalCode !== null) return;
          const exited = new Promise((done) => member.process.once('exit', done));
          member.stop().catch(() => undefined);
          await Promise.race([exited, new Promise((done) => setTimeout(done, 5000))]);
          await member.kill();
        }),
      );
    },
  };
}

function forkMember(seed: string, within: readonly string[], flags: readonly string[]): Member {
  const [command, ...before] = within;
  const file = join(import.meta.dirname, 'member.ts');
  const child =
    command === undefined
      ? fork(file, { execArgv: [...flags], serialization: 'advanced' })
      : fork(file, {
          execPath: command,
          execArgv: [...before, process.execPath, ...flags],
          serialization: 'advanced',
        });
  const trouble: string[] = [];
  const acknowledged: [string, number][] = [];
  const { ask, gone } = callProcess(child, ({ id, value, error }) => {
    if (id === 0) acknowledged.push(value as [string, number]);
    else trouble.push(error ?? '');
  });
  const own = {
    self: toHex(keysFrom(fromHex(seed, 32)).node.key),
    seed,
    process: child,
    trouble,
    acknowledged,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
  return new Proxy(own as Member, {
    get: (target, name, receiver) =>
      name in own
        ? (Reflect.get(target, name, receiver) as unknown)
        : name === 'then'
          ? undefined
          : (...args: unknown[]) => ask(String(name), args),
  });
}
