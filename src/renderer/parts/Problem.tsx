/** What happened, what it means, what to do, the code; always in place, never a passing toast. */
import { useT } from '../language/context.tsx';
import { isKey } from '../language/translate.ts';
import { problemOf } from '../client/problem.ts';
import type { Problem as Shape } from '../../contract/index.ts';
import { Button } from './Button.tsx';
import { useCopy } from './copy.ts';
import { Mark } from './Mark.tsx';
import styles from './Problem.module.css';

interface Props {
  problem: Shape;
  onRetry?: (() => void) | undefined;
}

export function Problem({ problem, onRetry }: Props) {
  const t = useT();
  const { copied, copy } = useCopy();
  const word = (part: 'what' | 'meaning' | 'next', given: string): string => {
    const key = `problem.${problem.code}.${part}`;
    return given === '' && isKey(key) ? t(key) : given;
  };
  const next = word('next', problem.next);
  const meaning = word('meaning', problem.meaning);
  const details = Object.entries(problem.details);
  return (
    <section className={styles.problem} role="alert" aria-label={t('problem.label')}>
      <Mark kind="failed" label="" size={16} />
      <div className={styles.text}>
        <p className={styles.what}>{word('what', problem.what)}</p>
        {meaning === '' ? null : <p>{meaning}</p>}
        {next === '' ? null : <p className={styles.next}>{next}</p>}
        <p className={styles.foot}>
          <code>{problem.code}</code>
          {details.slice(0, 4).map(([name, value]) => (
            <code key={name} className={styles.detail}>
              {name} {String(value)}
            </code>
          ))}
          <button
            type="button"
            className={styles.copy}
            onClick={() => copy(JSON.stringify(problem, null, 2))}
          >
            {copied ? t('action.copied') : t('problem.copy')}
          </button>
        </p>
      </div>
      {onRetry === undefined ? null : (
        <Button icon="retry" onClick={onRetry}>
          {t('action.retry')}
        </Button>
      )}
    </section>
  );
}

/** The same for anything that a call threw; nothing when nothing was thrown. */
export function Thrown({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error === null || error === undefined) return null;
  return <Problem problem={problemOf(error)} onRetry={onRetry} />;
}
