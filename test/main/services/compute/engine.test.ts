/** Both implementations of the ContainerEngine port keep its rules. */
import { describe, vi } from 'vitest';
import { containerEngineCompliance } from '../../../compliance/container-engine.ts';
import type { EngineHarness, Program } from '../../../compliance/container-engine.ts';
import { testEngine } from '../../../docker/engine.ts';
import { pushTestImage } from '../../../docker/images.ts';
import type { PushedImage } from '../../../docker/images.ts';
import { testRegistry } from '../../../docker/registry.ts';
import { createFakeHost } from '../../../fakes/engine.ts';
import type { FakeScript } from '../../../fakes/engine.ts';
import { describeWith } from '../../../parts.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const MIB = 1024 * 1024;

const commands: Readonly<Record<Exclude<Program, 'absent'>, string>> = {
  talk: 'echo one; echo two; echo three >&2; printf four; exit 3',
  sleep: 'trap "exit 0" TERM; while :; do sleep 0.1; done',
  stubborn: 'trap "" TERM; while :; do sleep 0.1; done',
  eat: 'exec dd if=/dev/zero of=/dev/null bs=200M count=1',
  spin: 'echo spinning; while :; do :; done',
  stalled: 'true',
};

async function dockerHarness(): Promise<EngineHarness> {
  const registry = await testRegistry();
  const { again, clean } = testEngine();
  const pushed = new Map<Program, Promise<PushedImage>>();
  const push = (program: Program): Promise<PushedImage> =>
    pushTestImage(registry.host, {
      name: `test/${program}`,
      cmd: program === 'absent' ? [] : commands[program],
      layers: program === 'stalled' ? [40 * MIB] : [1024, 2048],
    });
  return {
    engine: (node) => again({ node }),
    async image(program) {
      const image = await (pushed.get(program) ?? pushed.set(program, push(program)).get(program)!);
      const host = program === 'stalled' ? registry.stallingHost : registry.host;
      const digest = program === 'absent' ? `sha256:${'0d'.repeat(32)}` : image.digest;
      const reference = `${host}/test/${program}@${digest}`;
      return { pull: { reference, layers: image.layers }, configDigest: image.configDigest };
    },
    async close() {
      await clean(registry.host, registry.stallingHost);
      await registry.stop();
    },
  };
}

const out = (text: string): { stream: 'stdout'; text: string } => ({ stream: 'stdout', text });

const scripts: Readonly<Record<Exclude<Program, 'absent'>, FakeScript>> = {
  talk: {
    lines: [out('one'), out('two'), { stream: 'stderr', text: 'three' }, out('four')],
    exit: { code: 3 },
  },
  sleep: { polite: true },
  stubborn: {},
  eat: { exit: { code: 137, oom: true } },
  spin: { lines: [out('spinning')] },
  stalled: { stalls: true },
};

async function fakeHarness(): Promise<EngineHarness> {
  const host = createFakeHost();
  const programs: readonly Program[] = ['talk', 'sleep', 'stubborn', 'eat', 'spin', 'stalled', 'absent'];
  const images = new Map(
    programs.map((program, i) => {
      const digest = (n: number): string =>
        `sha256:${String(i * 10 + n)
          .padStart(64, '0')
          .split('')
          .toReversed()
          .join('')}`;
      const pull = {
        reference: `registry.example/test/${program}@${digest(1)}`,
        layers: [
          { digest: digest(2), size: 1024 },
          { digest: digest(3), size: 2048 },
        ],
      };
      if (program !== 'absent') host.publish(pull, digest(4), scripts[program]);
      return [program, { pull, configDigest: digest(4) }] as const;
    }),
  );
  return {
    engine: host.engine,
    image: async (program) => images.get(program)!,
    close: async () => undefined,
  };
}

describe('the engine in memory', () => containerEngineCompliance(fakeHarness));
describeWith(['docker', 'registry'], 'Docker', () => containerEngineCompliance(dockerHarness));
