/** One entry in the list. Kept plain: a hundred of these are drawn while a million are scrolled by. */
import { memo } from 'react';
import type { EntrySummary } from '../../../contract/index.ts';
import { number, shorten, utc, utcShort } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Glyph } from '../../parts/EntityLink.tsx';
import { Ladder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import { gist } from './gist.ts';
import styles from './EntryList.module.css';

interface Props {
  index: number;
  entry: EntrySummary | undefined;
  selected: boolean;
  mark: MarkKind;
  top: number;
  height: number;
  rowIndex: number;
  onSelect: (index: number) => void;
}

export const EntryRow = memo(function EntryRow({
  index,
  entry,
  selected,
  mark,
  top,
  height,
  rowIndex,
  onSelect,
}: Props) {
  const t = useT();
  return (
    // arrow keys are handled by the grid; a click is the same choice by pointer
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={rowIndex}
      aria-selected={selected}
      aria-label={t('chronicle.row', { index, kind: entry?.kind ?? t('loading') })}
      className={styles.row}
      style={{ transform: `translateY(${top}px)`, height }}
      onClick={() => onSelect(index)}
    >
      <span role="gridcell" className={styles.index}>
        {number(index)}
      </span>
      <span role="gridcell" className={styles.mark}>
        <Mark kind={mark} size={12} />
      </span>
      {entry === undefined ? (
        <span role="gridcell" aria-label={t('loading')} className={styles.pending}>
          <span className={styles.bone} />
        </span>
      ) : (
        <>
          <span role="gridcell" className={styles.kind}>
            {entry.kind}
            {entry.refused === null ? null : <code className={styles.refused}>{entry.refused}</code>}
          </span>
          <span role="gridcell" className={styles.gist}>
            {gist(entry)}
          </span>
          <span role="gridcell" className={styles.author}>
            {entry.author === null ? (
              t('unknown')
            ) : (
              <>
                <Glyph id={entry.author} size={12} />
                <code>{shorten(entry.author, 6, 0)}</code>
              </>
            )}
          </span>
          <span role="gridcell" className={styles.time} title={entry.at === null ? '' : utc(entry.at)}>
            {entry.at === null ? t('unknown') : utcShort(entry.at)}
          </span>
          <span role="gridcell" className={styles.stage}>
            <Ladder stage={entry.stage} words={false} />
          </span>
        </>
      )}
    </div>
  );
});
