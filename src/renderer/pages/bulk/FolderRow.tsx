/** One quote of a folder: its shape, and everything that is known of it. */
import type { BulkRow } from '../../../contract/index.ts';
import { useT } from '../../language/context.tsx';
import { FullId } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import { DetailHead, Facts, Unknown } from '../../parts/Page.tsx';
import { BULK_COLUMNS } from '../machines/bulk-csv.ts';
import styles from './Folder.module.css';

const marks: Readonly<Record<BulkRow['evidence'], MarkKind>> = {
  genuine: 'passed',
  incomplete: 'not-checked',
  refused: 'failed',
  unreadable: 'failed',
};
/** Simulated evidence never wears the shape of the real thing. */
export const markOf = ({ evidence, simulated }: BulkRow): MarkKind =>
  simulated && (evidence === 'genuine' || evidence === 'incomplete') ? 'simulated' : marks[evidence];

/** How a row is counted and filtered: each in one group, as its shape says, so simulated evidence stands apart. */
export type Group = BulkRow['evidence'] | 'simulated';
export const groupOf = (row: BulkRow): Group => (markOf(row) === 'simulated' ? 'simulated' : row.evidence);

export function FolderRow({ row }: { row: BulkRow }) {
  const t = useT();
  return (
    <>
      <DetailHead
        title={row.file}
        state={
          <>
            <Mark kind={markOf(row)} label="" />
            {t(`folder.outcome.${row.evidence}`)}
            {row.simulated ? ` · ${t('simulated.word')}` : ''}
          </>
        }
      />
      <div className={styles.facts}>
        <Facts
          rows={BULK_COLUMNS.filter((name) => name !== 'file' && name !== 'simulated').map((name) => {
            const value = row[name];
            return [
              t(`folder.column.${name}`),
              value === null ? (
                <Unknown key={name} />
              ) : value.length > 24 && /^[0-9a-f]+$/.test(value) ? (
                <FullId key={name} id={value} />
              ) : (
                value
              ),
            ];
          })}
        />
      </div>
    </>
  );
}
