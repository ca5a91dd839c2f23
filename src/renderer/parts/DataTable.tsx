/**
 * A table for lists of hundreds: sorted by its headers, drawn only where it is seen, walked by arrow keys. Sort
 * and selection come from outside, because they live in the address.
 */
import { createSortedRowModel, rowSortingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import type { ColumnDef, SortingState } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useT } from '../language/context.tsx';
import { Icon } from './Icon.tsx';
import styles from './DataTable.module.css';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  /** A CSS grid track, such as `minmax(120px, 2fr)` or `96px`. */
  readonly width: string;
  readonly cell: (row: T) => ReactNode;
  /** What the column is sorted by; a column without it is not sorted. */
  readonly sort?: (row: T) => string | number;
  readonly right?: boolean;
}

interface Props<T> {
  name: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowId: (row: T) => string;
  /** What a screen reader calls the row. */
  rowName: (row: T) => string;
  selected: string | null;
  onSelect: (id: string) => void;
  /** `column` or `-column`. */
  sort: string;
  onSort: (sort: string) => void;
  rowHeight?: number;
}

const compare = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true });

export function DataTable<T extends object>(props: Props<T>) {
  const { name, columns, rows, rowId, rowName, selected, onSelect, sort, onSort } = props;
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const defs = useMemo(
    () =>
      columns.map((column): ColumnDef<typeof features, T> => ({
        id: column.id,
        accessorFn: (row) => column.sort?.(row) ?? '',
        enableSorting: column.sort !== undefined,
        sortFn: (a, b, id) => compare(a.getValue<string | number>(id), b.getValue<string | number>(id)),
      })),
    [columns],
  );
  const sorting: SortingState = useMemo(
    () => [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }],
    [sort],
  );
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable({ features, columns: defs, data, getRowId: rowId, state: { sorting } });
  const sorted = table.getRowModel().rows;
  const height = props.rowHeight ?? 32;
  // the virtualizer is mutable by design; nothing here is memoized over it
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 8,
  });
  const template = columns.map(({ width }) => width).join(' ');

  const move = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 12,
      PageUp: -12,
      Home: -1e9,
      End: 1e9,
    };
    const step = steps[event.key];
    if (step === undefined || sorted.length === 0) return;
    event.preventDefault();
    const at = sorted.findIndex((row) => row.id === selected);
    const next = Math.min(sorted.length - 1, Math.max(0, at < 0 ? 0 : at + step));
    const row = sorted[next];
    if (row === undefined) return;
    virtual.scrollToIndex(next);
    onSelect(row.id);
  };

  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      aria-label={name}
      aria-rowcount={sorted.length + 1}
      tabIndex={0}
      onKeyDown={move}
    >
      <div className={styles.head} role="row" style={{ gridTemplateColumns: template }}>
        {columns.map((column) => {
          const by = sorting[0]?.id === column.id;
          const desc = by && sorting[0]?.desc === true;
          return (
            <div
              key={column.id}
              role="columnheader"
              className={`${styles.th} ${column.right === true ? styles.right : ''}`}
              aria-sort={by ? (desc ? 'descending' : 'ascending') : 'none'}
            >
              {column.sort === undefined ? (
                column.header
              ) : (
                <button
                  type="button"
                  className={styles.sort}
                  title={t('table.sortBy', { column: column.header })}
                  onClick={() => onSort(by && !desc ? `-${column.id}` : column.id)}
                >
                  {column.header}
                  {by ? <Icon name={desc ? 'down' : 'up'} size={12} /> : null}
                </button>
              )}
            </div>
          );
        })}
      </div>
      <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = sorted[item.index];
          if (row === undefined) return null;
          return (
            // arrow keys are handled by the grid; a click is the same choice by pointer
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={row.id}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={row.id === selected}
              aria-label={rowName(row.original)}
              tabIndex={-1}
              className={styles.row}
              style={{ gridTemplateColumns: template, height, transform: `translateY(${item.start}px)` }}
              onClick={() => onSelect(row.id)}
            >
              {columns.map((column) => (
                <div
                  key={column.id}
                  role="gridcell"
                  className={`${styles.cell} ${column.right === true ? styles.right : ''}`}
                >
                  {column.cell(row.original)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
