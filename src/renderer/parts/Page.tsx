/** The frame of a page: header with one sentence of state and one primary action; a list that keeps its place. */
import type { KeyboardEvent, ReactNode } from 'react';
import { useT } from '../language/context.tsx';
import { IconButton } from './Button.tsx';
import styles from './Page.module.css';

interface PageProps {
  title: string;
  /** The state of this page in one sentence. */
  state?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** The content manages its own scrolling (lists, split views). */
  fixed?: boolean;
}

export function Page({ title, state, actions, children, fixed = false }: PageProps) {
  return (
    <section className={styles.page} aria-labelledby="page-title">
      <header className={styles.header}>
        <h1 id="page-title" tabIndex={-1}>
          {title}
        </h1>
        <p className={styles.state} aria-live="polite">
          {state}
        </p>
        <div className={styles.actions}>{actions}</div>
      </header>
      <div className={fixed ? styles.fixed : styles.scroll}>{children}</div>
    </section>
  );
}

/** Escape closes what is open beside the list; keys of dialogs above it are not its own. */
export const closeOnEscape =
  (close: () => void) =>
  (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (event.target instanceof Node && event.currentTarget.contains(event.target)) close();
  };

interface SplitProps {
  list: ReactNode;
  detail: ReactNode | null;
  /** The accessible name of the detail. */
  name: string;
  onClose: () => void;
}

/** List ┊ detail: the list stays mounted where it was, whatever is open beside it. */
export function Split({ list, detail, name, onClose }: SplitProps) {
  const t = useT();
  return (
    // the close button does the same for everybody else
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className={`${styles.split} ${detail === null ? '' : styles.open}`}
      onKeyDown={detail === null ? undefined : closeOnEscape(onClose)}
    >
      <div className={styles.list}>{list}</div>
      {detail === null ? null : (
        <section className={styles.detail} aria-label={name}>
          <IconButton
            className={styles.closeDetail ?? ''}
            icon="close"
            name={t('action.closeDetail')}
            onClick={onClose}
          />
          {detail}
        </section>
      )}
    </div>
  );
}

/** The head of a detail: what it is, its state, its actions. */
export function DetailHead({
  title,
  state,
  actions,
}: {
  title: ReactNode;
  state?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className={styles.detailHead}>
      <h2 className={styles.detailTitle}>{title}</h2>
      {state === undefined ? null : <p className={styles.detailState}>{state}</p>}
      {actions === undefined ? null : <div className={styles.detailActions}>{actions}</div>}
    </header>
  );
}

/** A titled part of a page or detail. */
export function Section({
  title,
  aside,
  children,
  hatched = false,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  hatched?: boolean;
}) {
  return (
    <section className={`${styles.section} ${hatched ? styles.hatched : ''}`} aria-label={title}>
      <header className={styles.sectionHead}>
        <h3>{title}</h3>
        {aside === undefined ? null : <div className={styles.aside}>{aside}</div>}
      </header>
      <div className={styles.sectionBody}>{children}</div>
    </section>
  );
}

/** Names and values, aligned. */
export function Facts({
  rows,
  columns = 1,
}: {
  rows: readonly (readonly [string, ReactNode] | null)[];
  columns?: 1 | 2;
}) {
  return (
    <dl className={`${styles.facts} ${columns === 2 ? styles.facts2 : ''}`}>
      {rows.map((row) =>
        row === null ? null : (
          <div key={row[0]} className={styles.fact}>
            <dt>{row[0]}</dt>
            <dd>{row[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** Not known is said as such; it is neither zero nor no. */
export function Unknown() {
  const t = useT();
  return <span className={styles.unknown}>{t('unknown')}</span>;
}
