/** A deadline: what ends, how long is left, and a bar from its beginning to its end. Never told by colour alone. */
import type { ReactNode } from 'react';
import { useT } from '../language/context.tsx';
import { Bar } from './Bar.tsx';
import styles from './Deadline.module.css';
import { Mark } from './Mark.tsx';
import { Time, useNow } from './Time.tsx';

const DAY = 86_400_000;

interface Props {
  /** What it is the deadline of. */
  name: string;
  /** Unix milliseconds. */
  from: number;
  until: number;
  /** What ends then, who must act, what happens if nobody does. */
  text?: ReactNode;
  /** Milliseconds before the end at which the clock is shown as a warning. */
  notice?: number;
  /** It is not in force until then but waits for somebody. */
  waiting?: boolean;
}

export function Deadline({ name, from, until, text, notice = 0, waiting = false }: Props) {
  const t = useT();
  const now = useNow(until - from <= DAY ? 1000 : 30_000);
  const over = now >= until;
  const near = !over && until - now <= notice;
  const tone = over ? 'over' : near ? 'near' : undefined;
  return (
    <div className={`${styles.deadline} ${tone === undefined ? '' : styles[tone]}`}>
      <p className={styles.head}>
        <Mark
          kind={over ? 'failed' : near || waiting ? 'stale' : 'passed'}
          label={waiting && !over ? '' : t(over ? 'deadline.over' : near ? 'deadline.near' : 'deadline.far')}
        />
        <strong>{name}</strong>
        <span className={styles.when}>
          <Time at={until} />
        </span>
      </p>
      <Bar done={now - from} total={until - from} name={name} tone={tone} />
      {text === undefined ? null : <div className={styles.text}>{text}</div>}
    </div>
  );
}
