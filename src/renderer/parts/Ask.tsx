/** A question to the node: a skeleton while it runs, unknown with a retry when it failed, else the answer. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useT } from '../language/context.tsx';
import { problemOf } from '../client/problem.ts';
import { Problem } from './Problem.tsx';
import styles from './Ask.module.css';

interface Props<T> {
  query: UseQueryResult<T>;
  /** Lines of the skeleton. */
  lines?: number;
  children: (data: T) => ReactNode;
}

/** What was loaded before stays in view while a refresh fails; the status bar says that it is old. */
export function Ask<T>({ query, lines = 6, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null)
    return (
      <div className={styles.problem}>
        <Problem problem={problemOf(query.error)} onRetry={() => void query.refetch()} />
      </div>
    );
  return <Skeleton lines={lines} />;
}

export function Skeleton({ lines = 6 }: { lines?: number }) {
  const t = useT();
  return (
    <div className={styles.skeleton} role="status" aria-label={t('loading')}>
      {Array.from({ length: lines }, (_, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- lines have no identity
        <span key={i} className={styles.line} style={{ width: `${92 - ((i * 37) % 48)}%` }} />
      ))}
    </div>
  );
}
