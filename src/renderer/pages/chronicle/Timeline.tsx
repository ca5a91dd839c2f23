/** Checkpoints, newest first: size, time, and a shape for every signature on them. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { CheckpointJson } from '../../../contract/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { parseSignedCheckpoint } from '../../../protocol/log/index.ts';
import { useNode } from '../../client/context.tsx';
import { useStore } from '../../client/store.ts';
import { number, shorten, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Skeleton } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { Time } from '../../parts/Time.tsx';
import styles from './Timeline.module.css';

export function Timeline({ onVisit }: { onVisit: (index: number) => void }) {
  const t = useT();
  const { client, api, verifier } = useNode();
  useStore(verifier.session);
  const head = useQuery(api.chronicle.head.queryOptions());
  const query = useInfiniteQuery({
    queryKey: ['checkpoints'],
    queryFn: ({ pageParam }) =>
      client.chronicle.checkpoints({ limit: 60, ...(pageParam === null ? {} : { before: pageParam }) }),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
  });
  const newest = head.data?.checkpoint?.size;
  const { refetch } = query;
  useEffect(() => {
    if (newest !== undefined) void refetch();
  }, [newest, refetch]);
  const checkpoints = query.data?.pages.flatMap((page) => page.checkpoints) ?? [];
  return (
    <nav className={styles.timeline} aria-label={t('chronicle.checkpoints')}>
      <h2 className={styles.title}>{t('chronicle.checkpoints')}</h2>
      {query.data === undefined && query.error === null ? <Skeleton lines={5} /> : null}
      <Thrown error={query.data === undefined ? query.error : null} onRetry={() => void query.refetch()} />
      <ol className={styles.list}>
        {checkpoints.map((checkpoint) => (
          <li key={checkpoint.size}>
            <button
              type="button"
              className={styles.item}
              onClick={() => onVisit(Math.max(0, checkpoint.size - 1))}
              title={`${utc(checkpoint.at)}\n${checkpoint.root}`}
            >
              <span className={styles.dot}>
                <Mark
                  kind={verifier.isVerifiedCheckpoint(checkpoint.note) ? 'passed' : 'not-checked'}
                  size={12}
                />
              </span>
              <span className={styles.size}>{number(checkpoint.size)}</span>
              <span className={styles.time}>
                <Time at={checkpoint.at} />
              </span>
              <code className={styles.root}>{shorten(checkpoint.root, 8, 3)}</code>
              <Signers checkpoint={checkpoint} />
            </button>
          </li>
        ))}
      </ol>
      {query.hasNextPage ? (
        <Button kind="quiet" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('chronicle.olderCheckpoints')}
        </Button>
      ) : null}
    </nav>
  );
}

/** One square per signature line; the names on hover. */
function Signers({ checkpoint }: { checkpoint: CheckpointJson }) {
  const t = useT();
  let names: readonly string[];
  try {
    names = parseSignedCheckpoint(utf8(checkpoint.note)).note.signatures.map(({ name }) => name);
  } catch {
    return <Mark kind="failed" size={12} label={t('chronicle.badNote')} />;
  }
  const text = t('chronicle.signers', { n: names.length });
  return (
    <span className={styles.signers} title={names.join('\n')}>
      <span className="visually-hidden">{text}</span>
      {names.slice(0, 6).map((_, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- a log and its cosigner may share a name
        <span key={i} className={i === 0 ? styles.log : styles.cosigner} aria-hidden="true" />
      ))}
    </span>
  );
}
