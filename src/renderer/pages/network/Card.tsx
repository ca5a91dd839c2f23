/** A card of the network page: its sentence first, then facts beside a table of those at the other end. */
import type { ReactNode } from 'react';
import { Glyph } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import type { MarkKind } from '../../parts/Mark.tsx';
import styles from './network.module.css';

export interface CardProps {
  readonly id: string;
  readonly name: string;
  readonly mark: MarkKind;
  readonly sentence: string;
  /** Facts and table, side by side. */
  readonly children: ReactNode;
  readonly foot?: ReactNode;
}

export function Card({ id, name, mark, sentence, children, foot }: CardProps) {
  return (
    <article className={styles.group} aria-label={name}>
      <header className={styles.groupHead}>
        <h2>
          <Glyph id={id} size={16} />
          {name}
        </h2>
        <p>
          <Mark kind={mark} label="" />
          <span>{sentence}</span>
        </p>
      </header>
      <div className={styles.groupBody}>{children}</div>
      {foot}
    </article>
  );
}

/** A table that may be wider than its card: the keys scroll it as well. `note` stands below it. */
export function WideTable({
  label,
  children,
  note,
}: {
  label: string;
  children: ReactNode;
  note: string | null;
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.wide} tabIndex={0} role="group" aria-label={label}>
      <table className={styles.members}>{children}</table>
      {note === null ? null : <p className={styles.note}>{note}</p>}
    </div>
  );
}
