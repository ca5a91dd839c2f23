/** A bug of the interface: says so, keeps the details, and lets the person start over. */
import { useT } from '../language/context.tsx';
import { Button } from '../parts/Button.tsx';
import { Thrown } from '../parts/Problem.tsx';
import styles from './Frame.module.css';

export function Crash({ error }: { error: unknown }) {
  const t = useT();
  return (
    <main className={styles.blocked}>
      <h1>{t('crash.title')}</h1>
      <p>{t('crash.text')}</p>
      <Thrown error={error} />
      <div>
        <Button icon="retry" onClick={() => location.reload()}>
          {t('crash.reload')}
        </Button>
      </div>
    </main>
  );
}
