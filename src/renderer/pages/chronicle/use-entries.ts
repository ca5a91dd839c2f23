/**
 * The entries of the log by index, in blocks of 200 that are fetched when they are seen and kept. A block that is
 * full and committed never changes; only the others are asked again when the log grows.
 */
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import type { EntrySummary, HeadJson } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';

export const BLOCK = 200;
const KEY = 'entries';

const settled = (entries: readonly EntrySummary[] | undefined): boolean =>
  entries?.length === BLOCK && entries.every(({ stage }) => stage === 'committed' || stage === 'witnessed');

export interface Entries {
  /** Undefined while its block is on the way. */
  at(index: number): EntrySummary | undefined;
  readonly error: unknown;
  retry(): void;
}

/** `from` to `to`: the lowest and highest index in view. */
export function useEntries(size: number, from: number, to: number, head: HeadJson | undefined): Entries {
  const { client } = useNode();
  const queries = useQueryClient();
  const blocks = useMemo(() => {
    if (size === 0) return [];
    const first = Math.max(0, Math.floor(from / BLOCK));
    const last = Math.min(Math.floor((size - 1) / BLOCK), Math.floor(to / BLOCK));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  }, [size, from, to]);

  const results = useQueries({
    queries: blocks.map((block) => ({
      queryKey: [KEY, block],
      gcTime: 120_000,
      queryFn: async () => {
        const low = block * BLOCK;
        const high = Math.min(low + BLOCK, size) - 1;
        const answer = await client.chronicle.list({ from: high, limit: high - low + 1 });
        return answer.entries;
      },
    })),
  });

  useEffect(() => {
    void queries.invalidateQueries({
      queryKey: [KEY],
      predicate: (query) => !settled(query.state.data as readonly EntrySummary[] | undefined),
    });
  }, [queries, head?.size, head?.checkpoint?.size]);

  const byBlock = useMemo(() => {
    const map = new Map<number, ReadonlyMap<number, EntrySummary>>();
    blocks.forEach((block, i) => {
      const data = results[i]?.data;
      if (data !== undefined) map.set(block, new Map(data.map((entry) => [entry.index, entry])));
    });
    return map;
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the data of the results is what counts
  }, [blocks, ...results.map(({ data }) => data)]);

  const at = useCallback((index: number) => byBlock.get(Math.floor(index / BLOCK))?.get(index), [byBlock]);
  const failed = results.find(({ error, data }) => error !== null && data === undefined);
  return {
    at,
    error: failed?.error ?? null,
    retry: () => void failed?.refetch(),
  };
}
