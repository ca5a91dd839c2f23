/** What a query found, newest first, and how complete the search is. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import type { ChronicleFilter, HeadJson } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useStore } from '../../client/store.ts';
import { number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Skeleton } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { EntryRow } from './EntryRow.tsx';
import styles from './EntryList.module.css';
import { markOf } from './marks.ts';

const ROW = 28;
const PAGE = 200;

interface Props {
  filter: ChronicleFilter;
  head: HeadJson;
  selected: number | null;
  onSelect: (index: number) => void;
  /** The indexes that were found so far. */
  onFound: (indexes: readonly number[]) => void;
}

export function FoundList({ filter, head, selected, onSelect, onFound }: Props) {
  const t = useT();
  const { client, verifier } = useNode();
  useStore(verifier.session);
  const scroller = useRef<HTMLDivElement>(null);
  const query = useInfiniteQuery({
    // a grown log is searched anew
    queryKey: ['found', filter, head.size, head.checkpoint?.size ?? 0],
    queryFn: ({ pageParam }) =>
      client.chronicle.list({ filter, limit: PAGE, ...(pageParam === null ? {} : { from: pageParam }) }),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (previous) => previous,
  });
  const entries = useMemo(() => query.data?.pages.flatMap((page) => page.entries) ?? [], [query.data]);
  const searched = query.data?.pages.reduce((sum, page) => sum + page.searched, 0) ?? 0;
  const size = query.data?.pages[0]?.size ?? head.size;
  useEffect(() => onFound(entries.map(({ index }) => index)), [entries, onFound]);
  // the virtualizer is mutable by design; nothing here is memoized over it
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  // reading to the end of what was found asks for more
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && entries.length > 0 && lastSeen >= entries.length - 20)
      void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, entries.length, lastSeen]);

  const onKey = (event: KeyboardEvent): void => {
    const step = ({ ArrowDown: 1, ArrowUp: -1 } as Record<string, number>)[event.key];
    if (step === undefined || entries.length === 0) return;
    event.preventDefault();
    const at = entries.findIndex(({ index }) => index === selected);
    const next = Math.max(0, Math.min(entries.length - 1, at < 0 ? 0 : at + step));
    const entry = entries[next];
    if (entry === undefined) return;
    onSelect(entry.index);
    virtual.scrollToIndex(next);
  };

  if (query.data === undefined)
    return query.error === null ? (
      <Skeleton />
    ) : (
      <div className={styles.problem}>
        <Thrown error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  return (
    <>
      <p className={styles.coverage} role="status">
        {hasNextPage
          ? t('chronicle.searchedPart', { searched: number(searched), size: number(size), n: entries.length })
          : t('chronicle.searchedAll', { size: number(size), n: entries.length })}
        {hasNextPage ? (
          <Button kind="quiet" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t('chronicle.searchOn')}
          </Button>
        ) : null}
      </p>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label={t('chronicle.found')}
        aria-rowcount={entries.length}
        tabIndex={0}
        onKeyDown={onKey}
      >
        <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const entry = entries[item.index];
            return entry === undefined ? null : (
              <EntryRow
                key={entry.index}
                index={entry.index}
                entry={entry}
                selected={entry.index === selected}
                mark={markOf(verifier.result(entry.index))}
                top={item.start}
                height={ROW}
                rowIndex={item.index + 1}
                onSelect={onSelect}
              />
            );
          })}
        </div>
      </div>
    </>
  );
}
