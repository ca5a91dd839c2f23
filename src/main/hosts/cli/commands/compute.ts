/** Workloads on the running node. */
import type { Operation, Workload } from '../../../../contract/index.ts';
import type { Client } from '../../../api/index.ts';
import type { Command, Invocation } from '../command.ts';
import { argument, number, text } from '../input.ts';
import { no, short, table, UsageError, utc, yes } from '../output.ts';

const row = (workload: Workload): string[] => [
  short(workload.id),
  workload.state,
  workload.machineName,
  workload.image.split('@')[0] ?? '',
  utc(workload.submittedAt),
  workload.end?.sentence ?? workload.reasons.map(({ sentence }) => sentence).join(' '),
];

/** The machine by id or name; the only one that offers capacity when none is named. */
async function machineOf(client: Client, named: string | undefined): Promise<string> {
  const { machines } = await client.machines.list();
  const found =
    named === undefined
      ? machines.filter(({ offer, state }) => offer !== null && state !== 'retired')
      : machines.filter(({ id, name }) => id === named || name === named);
  const [one] = found;
  if (one === undefined)
    throw new UsageError(
      named === undefined ? 'No machine offers capacity.' : `There is no machine ${named}.`,
    );
  if (found.length > 1)
    throw new UsageError('More than one machine offers capacity: name one with --machine.');
  return one.id;
}

async function follow(client: Client, id: string, { say, signal }: Invocation): Promise<Operation> {
  let phase = '';
  for (;;) {
    const operation = await client.operations.get({ id });
    const now =
      operation.total === null ? operation.phase : `${operation.phase} ${operation.done}/${operation.total}`;
    if (now !== phase) say(now);
    phase = now;
    if (operation.state !== 'running' || signal.aborted) return operation;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const submit: Command = {
  name: 'compute submit',
  usage: 'IMAGE',
  summary: 'Submit a workload by image digest; waits until it runs.',
  options: {
    machine: {
      type: 'string',
      value: 'NAME|ID',
      help: 'machine to run on (default: the only one that offers)',
    },
    detach: { type: 'boolean', help: 'do not wait until it runs' },
  },
  examples: ['muster compute submit 127.0.0.1:5000/demo@sha256:4f53… --machine rack-07'],
  async run(invocation) {
    const image = argument(invocation, 0, 'IMAGE');
    const { client, close } = await invocation.connect();
    try {
      const machine = await machineOf(client, text(invocation, 'machine'));
      const { workload, operation } = await client.compute.submit({ image, machine });
      if (operation === null) {
        const reasons = workload.reasons.map(({ sentence, code }) => `${sentence} (${code})`);
        return no({ workload }, `refused: ${reasons.join('\n')}`);
      }
      if (invocation.options['detach'] === true) return yes({ workload, operation }, workload.id);
      const ended = await follow(client, operation, invocation);
      const after = await client.compute.get({ id: workload.id });
      return ended.state === 'done'
        ? yes({ workload: after }, workload.id)
        : no({ workload: after, problem: ended.problem }, ended.problem?.what ?? ended.state);
    } finally {
      close();
    }
  },
};

const list: Command = {
  name: 'compute list',
  usage: '',
  summary: 'List workloads.',
  examples: ['muster compute list'],
  async run(invocation) {
    const { client, close } = await invocation.connect();
    try {
      const { workloads } = await client.compute.list();
      return yes({ workloads }, workloads.length === 0 ? 'No workloads.' : table(workloads.map(row)));
    } finally {
      close();
    }
  },
};

const logs: Command = {
  name: 'compute logs',
  usage: 'ID',
  summary: 'Print the output of a workload.',
  options: {
    follow: { type: 'boolean', help: 'go on until it ends' },
    tail: { type: 'string', value: 'N', help: 'only the last N lines' },
  },
  examples: ['muster compute logs 5b1c… --follow'],
  async run(invocation) {
    const id = argument(invocation, 0, 'ID');
    const tail = text(invocation, 'tail');
    const { client, close } = await invocation.connect();
    const lines: unknown[] = [];
    try {
      const stream = await client.compute.logs(
        {
          id,
          follow: invocation.options['follow'] === true,
          ...(tail === undefined ? {} : { tail: number(tail, '--tail') }),
        },
        { signal: invocation.signal },
      );
      for await (const { lines: batch } of stream) {
        if (invocation.json) lines.push(...batch);
        else for (const line of batch) invocation.print(`${line.text}\n`);
      }
      return yes({ lines }, '');
    } finally {
      close();
    }
  },
};

const stop: Command = {
  name: 'compute stop',
  usage: 'ID',
  summary: 'Stop a workload.',
  options: {
    grace: {
      type: 'string',
      value: 'SECONDS',
      help: 'time to end by itself before it is killed (default 10)',
    },
  },
  examples: ['muster compute stop 5b1c… --grace 30'],
  async run(invocation) {
    const id = argument(invocation, 0, 'ID');
    const grace = text(invocation, 'grace');
    const { client, close } = await invocation.connect();
    try {
      const graceSeconds = grace === undefined ? {} : { graceSeconds: number(grace, '--grace') };
      const workload = await client.compute.stop({ id, ...graceSeconds });
      return yes({ workload }, workload.end?.sentence ?? workload.state);
    } finally {
      close();
    }
  },
};

export const computeCommands: readonly Command[] = [submit, list, logs, stop];
