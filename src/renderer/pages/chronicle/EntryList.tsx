/**
 * The virtual list: any of a million entries is addressed directly, as row i is entry top - i. It keeps its place
 * when new entries arrive above.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { HeadJson } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useStore } from '../../client/store.ts';
import { useT } from '../../language/context.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { EntryRow } from './EntryRow.tsx';
import styles from './EntryList.module.css';
import { markOf } from './marks.ts';
import { useEntries } from './use-entries.ts';

const ROW = 28;
/** Browsers clip an element at about 33 million pixels; more entries than this are shown by moving the window. */
export const WINDOW = 1_000_000;

interface Props {
  head: HeadJson;
  selected: number | null;
  onSelect: (index: number) => void;
  /** Tells which indexes are in view, for "verify what is loaded". */
  onView: (low: number, high: number) => void;
  /** A place to go to; a new object each time. */
  goTo: { readonly index: number } | null;
}

export function EntryList({ head, selected, onSelect, onView, goTo }: Props) {
  const t = useT();
  const { verifier } = useNode();
  useStore(verifier.session);
  const { size } = head;
  const scroller = useRef<HTMLDivElement>(null);
  /** Entries above the window; 0 unless the log is larger than the window. */
  const [above, setAbove] = useState(0);
  const top = size - 1 - above;
  const count = Math.min(WINDOW, top + 1);
  // the virtualizer is mutable by design; nothing here is memoized over it
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  // rows that leave the view are drawn again as those that come: no element is made while scrolling
  const slots = useRef(0);
  slots.current = Math.max(slots.current, items.length);
  const high = top - (items[0]?.index ?? 0);
  const low = top - (items.at(-1)?.index ?? 0);
  const entries = useEntries(size, low, high, head);
  // what is in view is only told when the list has come to rest
  useEffect(() => {
    const timer = setTimeout(() => onView(low, high), 150);
    return () => clearTimeout(timer);
  }, [low, high, onView]);

  // new entries arrive above: who reads further down keeps the place
  const before = useRef(size);
  useLayoutEffect(() => {
    const grown = size - before.current;
    before.current = size;
    const element = scroller.current;
    if (grown > 0 && element !== null && element.scrollTop > ROW) element.scrollTop += grown * ROW;
  }, [size]);

  const show = (index: number, align: 'auto' | 'center' = 'auto'): void => {
    if (index > top || index <= top - count) {
      const next = Math.max(0, Math.min(size - WINDOW, size - 1 - index - WINDOW / 2));
      setAbove(next);
      requestAnimationFrame(() => virtual.scrollToIndex(size - 1 - next - index, { align: 'center' }));
    } else virtual.scrollToIndex(top - index, { align });
  };
  const shown = useRef(show);
  useEffect(() => {
    shown.current = show;
  });
  useEffect(() => {
    if (goTo !== null) shown.current(Math.min(goTo.index, before.current - 1), 'center');
  }, [goTo]);

  const onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / ROW) - 2);
    const steps: Record<string, number> = {
      ArrowDown: -1,
      ArrowUp: 1,
      PageDown: -page,
      PageUp: page,
      Home: size,
      End: -size,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(size - 1, (selected ?? high + 1) + step));
    onSelect(next);
    show(next);
  };

  return (
    <>
      {entries.error === null ? null : (
        <div className={styles.problem}>
          <Thrown error={entries.error} onRetry={entries.retry} />
        </div>
      )}
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label={t('chronicle.entries')}
        aria-rowcount={size}
        tabIndex={0}
        onKeyDown={onKey}
      >
        <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const index = top - item.index;
            return (
              <EntryRow
                key={item.index % slots.current}
                index={index}
                entry={entries.at(index)}
                selected={index === selected}
                mark={markOf(verifier.result(index))}
                top={item.start}
                height={ROW}
                rowIndex={size - index}
                onSelect={onSelect}
              />
            );
          })}
        </div>
      </div>
    </>
  );
}
