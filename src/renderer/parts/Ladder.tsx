/** The acknowledgement ladder of one entry: accepted, sequenced, committed, witnessed. */
import { useT } from '../language/context.tsx';
import type { Stage } from '../../contract/index.ts';
import styles from './Ladder.module.css';

const RUNGS: readonly Stage[] = ['accepted', 'sequenced', 'committed', 'witnessed'];

export function Ladder({ stage, words = true }: { stage: Stage; words?: boolean }) {
  const t = useT();
  const reached = RUNGS.indexOf(stage);
  const name = t(`stage.${stage}`);
  return (
    <span className={styles.ladder} title={t(`stage.${stage}.meaning`)}>
      <svg
        width="22"
        height="12"
        viewBox="0 0 22 12"
        {...(words ? { 'aria-hidden': true } : { role: 'img', 'aria-label': name })}
      >
        {RUNGS.map((rung, i) => (
          <rect
            key={rung}
            x={i * 6}
            y={8 - i * 2.5}
            width="4"
            height={4 + i * 2.5}
            className={i <= reached ? styles.on : styles.off}
          />
        ))}
      </svg>
      {words ? name : null}
    </span>
  );
}

/** All four rungs by name, for details. */
export function FullLadder({ stage }: { stage: Stage }) {
  const t = useT();
  const reached = RUNGS.indexOf(stage);
  return (
    <ol className={styles.full}>
      {RUNGS.map((rung, i) => (
        <li
          key={rung}
          className={i <= reached ? styles.reached : styles.ahead}
          title={t(`stage.${rung}.meaning`)}
        >
          {t(`stage.${rung}`)}
          <span className="visually-hidden">{i <= reached ? t('stage.reached') : t('stage.ahead')}</span>
        </li>
      ))}
    </ol>
  );
}
