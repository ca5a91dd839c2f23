/** Any longer job: phase, bytes or count, parts, cancel, log, outcome. It lives in the node. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Operation as Shape } from '../../contract/index.ts';
import { useNode } from '../client/context.tsx';
import { bytes, clock, duration, number, shorten } from '../format.ts';
import { useT } from '../language/context.tsx';
import type { Translate } from '../language/translate.ts';
import { Bar } from './Bar.tsx';
import { Button, IconButton } from './Button.tsx';
import { Mark } from './Mark.tsx';
import type { MarkKind } from './Mark.tsx';
import { Problem, Thrown } from './Problem.tsx';
import styles from './Operation.module.css';
import { useNow } from './Time.tsx';

const marks: Readonly<Record<Shape['state'], MarkKind>> = {
  running: 'running',
  done: 'passed',
  failed: 'failed',
  cancelled: 'ended',
};

/** Amount done, `12.4 MiB of 64.2 MiB`. */
function amount(t: Translate, done: number, total: number | null, unit: Shape['unit']): string {
  const say = unit === 'bytes' ? bytes : number;
  return total === null ? say(done) : t('operation.of', { done: say(done), total: say(total) });
}

export function Operation({ operation, compact = false }: { operation: Shape; compact?: boolean }) {
  const t = useT();
  const { client } = useNode();
  const [logShown, setLogShown] = useState(false);
  const now = useNow(1000);
  const cancel = useMutation({ mutationFn: () => client.operations.cancel({ id: operation.id }) });
  const dismiss = useMutation({ mutationFn: () => client.operations.dismiss({ id: operation.id }) });
  const running = operation.state === 'running';
  const elapsed = Math.max(1, (operation.endedAt ?? now) - operation.startedAt);
  const rate = operation.unit === 'bytes' ? (operation.done / elapsed) * 1000 : 0;
  const left =
    running && operation.total !== null && operation.done > 0 && elapsed > 2000
      ? ((operation.total - operation.done) / operation.done) * elapsed
      : null;
  return (
    <article className={styles.operation} aria-label={operation.title}>
      <header className={styles.head}>
        <Mark kind={marks[operation.state]} label={t(`operation.${operation.state}`)} />
        <span className={styles.title}>{operation.title}</span>
        <span className={styles.phase}>{running ? operation.phase : t(`operation.${operation.state}`)}</span>
        {running && operation.cancellable ? (
          <Button kind="quiet" icon="stop" busy={cancel.isPending} onClick={() => cancel.mutate()}>
            {t('action.cancel')}
          </Button>
        ) : null}
        {running ? null : (
          <IconButton icon="close" name={t('operation.dismiss')} onClick={() => dismiss.mutate()} />
        )}
      </header>
      {running ? <Bar done={operation.done} total={operation.total} name={operation.title} /> : null}
      {running || operation.done > 0 ? (
        <p className={styles.figures}>
          {operation.unit === null ? null : (
            <span>{amount(t, operation.done, operation.total, operation.unit)}</span>
          )}
          {running && rate > 0 ? <span>{t('operation.rate', { rate: bytes(rate) })}</span> : null}
          {left === null ? null : <span>{t('operation.left', { span: duration(t, left) })}</span>}
          <span>{duration(t, elapsed)}</span>
          {operation.log.length > 0 && !compact ? (
            <button
              type="button"
              className={styles.toggle}
              aria-expanded={logShown}
              onClick={() => setLogShown(!logShown)}
            >
              {t('operation.log')}
            </button>
          ) : null}
        </p>
      ) : null}
      {!compact && running && operation.parts.length > 0 ? (
        <ul className={styles.parts}>
          {operation.parts.map((part) => (
            <li key={part.id}>
              <code>{shorten(part.id.replace(/^sha256:/, ''), 12, 0)}</code>
              <span>{part.phase}</span>
              <Bar done={part.done} total={part.total} name={part.id} />
              <span className={styles.right}>{amount(t, part.done, part.total, operation.unit)}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {logShown ? (
        <pre className={styles.log}>
          {operation.log.map((line) => `${clock(line.at)}  ${line.text}\n`).join('')}
        </pre>
      ) : null}
      {operation.problem === null || compact ? null : <Problem problem={operation.problem} />}
      <Thrown error={cancel.error ?? dismiss.error} />
    </article>
  );
}
