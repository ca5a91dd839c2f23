import { getEventMeta } from '@orpc/client';
import { describe, expect, it } from 'vitest';
import { allows, contract, scope } from '../../../src/contract/index.ts';
import type { ProcedureMeta } from '../../../src/contract/index.ts';
import type { Client } from '../../../src/main/api/index.ts';
import { openReadyNode, openTestNode } from '../../node.ts';
import { transports } from './links.ts';
import { scopeOf, steps } from './procedures.ts';
import type { Seen, Step } from './procedures.ts';

type Call = (input?: unknown, options?: { signal?: AbortSignal }) => Promise<unknown>;
const callOf = (client: Client, path: string): Call => {
  const [area, name] = path.split('.') as [keyof Client, string];
  return (client[area] as unknown as Record<string, Call>)[name] as Call;
};
const paths = Object.entries(contract).flatMap(([area, procedures]) =>
  Object.keys(procedures).map((name) => `${area}.${name}`),
);
const codeOf = (error: unknown): string | undefined => (error as { data?: { code?: string } }).data?.code;

async function take(client: Client, step: Step, seen: Seen): Promise<unknown> {
  const answer = await callOf(client, step.path)(step.input?.(seen));
  if (step.stream !== true) return answer;
  const iterator = (answer as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  try {
    return (await iterator.next()).value;
  } finally {
    await iterator.return?.();
  }
}

it('the table names every procedure of the contract, with the scope it asks for', () => {
  expect([...new Set(steps.map(({ path }) => path))].toSorted()).toEqual(paths.toSorted());
  const asked = Object.fromEntries(
    Object.entries(contract).flatMap(([area, procedures]) =>
      Object.entries(procedures).map(([name, procedure]) => {
        const meta = procedure['~orpc'].meta as unknown as ProcedureMeta;
        return [`${area}.${name}`, meta.scope] as const;
      }),
    ),
  );
  expect(asked).toEqual(scopeOf);
});

describe.each(transports)('over %s', (_name, connect) => {
  it('every procedure answers, or refuses with the code it should', async () => {
    const node = await openTestNode();
    const client = await connect(node, { scopes: ['admin'], door: 'test' });
    const seen: Seen = {};
    for (const step of steps) {
      let code: string | undefined;
      try {
        const answer = await take(client, step, seen);
        if (step.keep !== undefined) seen[step.keep] = answer;
      } catch (error) {
        code = codeOf(error) ?? String(error);
      }
      expect(`${step.path} ${code ?? 'ok'}`).toBe(`${step.path} ${step.problem ?? 'ok'}`);
    }
  });

  it.each(scope.options)(
    'a session with scope %s may call what its scope allows, and nothing else',
    async (held) => {
      const node = await openTestNode();
      const client = await connect(node, { scopes: [held], door: 'test' });
      for (const path of paths) {
        // the scope is checked before the input is read, so no procedure needs a valid one here
        const answer = callOf(client, path)({ impossible: true });
        const iterator = answer.then((value) => (value as AsyncIterator<unknown>)?.return?.());
        const code = await iterator.then(
          () => 'ok',
          (error: unknown) => codeOf(error) ?? String(error),
        );
        expect(`${path} ${code === 'SCOPE'}`).toBe(`${path} ${!allows([held], scopeOf[path]!)}`);
      }
    },
  );

  it('refuses a session without any scope everywhere', async () => {
    const node = await openTestNode();
    const client = await connect(node, { scopes: [], door: 'test' });
    for (const path of paths)
      await expect(callOf(client, path)(undefined), path).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('a stream begins with a snapshot, goes on with changes, and ends when it is aborted', async () => {
    const { node } = await openReadyNode();
    const client = await connect(node, { scopes: ['admin'], door: 'test' });
    const abort = new AbortController();
    const kinds: string[] = [];
    let issued: Promise<unknown> = Promise.resolve();
    const done = (async () => {
      for await (const event of await client.events.watch(undefined, { signal: abort.signal })) {
        kinds.push(event.kind === 'changed' ? `changed ${event.topic}` : event.kind);
        if (event.kind === 'snapshot') issued = client.tickets.issue({ peer: 'cd'.repeat(32) });
        if (event.kind === 'changed' && event.topic === 'tickets') abort.abort();
      }
    })();
    // an aborted stream ends with the abort as its error, on every transport alike
    await expect(done).rejects.toBeDefined();
    await issued;
    expect(kinds[0]).toBe('snapshot');
    expect(kinds).toContain('changed tickets');
  });

  it('a stream resumes after the last event that was seen, without another snapshot', async () => {
    const { node } = await openReadyNode();
    const client = await connect(node, { scopes: ['admin'], door: 'test' });
    const first = await client.events.watch();
    const iterator = first[Symbol.asyncIterator]();
    const snapshot = await iterator.next();
    const lastEventId = getEventMeta(snapshot.value as object)?.id;
    await iterator.return?.();
    await client.tickets.issue({ peer: 'cd'.repeat(32) });
    const again = await client.events.watch(undefined, { lastEventId });
    const missed = await again[Symbol.asyncIterator]().next();
    expect(missed.value).toMatchObject({ kind: 'changed' });
  });
});
