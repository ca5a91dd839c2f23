/** A bar: how much of a whole is done or gone. The words that say the same stand beside it. */
import styles from './Bar.module.css';

interface Props {
  done: number;
  /** Null where it is not known: the bar then only says that something moves. */
  total: number | null;
  /** What a screen reader calls it. */
  name: string;
  /** Of time that runs out: the end is near, or it was. */
  tone?: 'near' | 'over' | undefined;
}

export function Bar({ done, total, name, tone }: Props) {
  const max = Math.max(1, total ?? 0);
  return (
    <progress
      className={`${styles.bar} ${tone === undefined ? '' : styles[tone]}`}
      {...(total === null ? {} : { value: Math.min(max, Math.max(0, done)), max })}
      aria-label={name}
    />
  );
}
