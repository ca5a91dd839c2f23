/** A state as a shape and a colour, never colour alone: circle verified, octagon failed, dashed ring not checked. */
import { useT } from '../language/context.tsx';
import type { Key } from '../language/translate.ts';
import styles from './Mark.module.css';

export type MarkKind = 'passed' | 'failed' | 'not-checked' | 'stale' | 'running' | 'simulated' | 'ended';

const words: Readonly<Record<MarkKind, Key>> = {
  passed: 'mark.passed',
  failed: 'mark.failed',
  'not-checked': 'mark.notChecked',
  stale: 'mark.stale',
  running: 'mark.running',
  simulated: 'mark.simulated',
  ended: 'mark.ended',
};

/** `label` replaces the shape's own word for screen readers; `''` when words beside it say the same. */
export function Mark({ kind, label, size = 14 }: { kind: MarkKind; label?: string; size?: number }) {
  const t = useT();
  const name = label ?? t(words[kind]);
  return (
    <svg
      className={`${styles.mark} ${styles[kind]}`}
      width={size}
      height={size}
      viewBox="0 0 14 14"
      {...(name === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': name })}
    >
      {shapes[kind]}
    </svg>
  );
}

const shapes: Readonly<Record<MarkKind, React.ReactNode>> = {
  passed: (
    <>
      <circle cx="7" cy="7" r="6" className={styles.fill} />
      <path d="m4.2 7.2 2 2 3.7-4.2" className={styles.cut} />
    </>
  ),
  failed: (
    <>
      <path d="M4.6 1h4.8L13 4.6v4.8L9.4 13H4.6L1 9.4V4.6z" className={styles.fill} />
      <path d="m4.8 4.8 4.4 4.4M9.2 4.8 4.8 9.2" className={styles.cut} />
    </>
  ),
  'not-checked': <circle cx="7" cy="7" r="5.4" className={styles.dashed} />,
  stale: (
    <>
      <circle cx="7" cy="7" r="5.4" className={styles.line} />
      <path d="M7 3.8V7l2.2 1.4" className={styles.line} />
    </>
  ),
  running: (
    <>
      <circle cx="7" cy="7" r="5.4" className={styles.faint} />
      <path d="M7 1.6A5.4 5.4 0 0 1 12.4 7" className={styles.line} />
    </>
  ),
  simulated: (
    <>
      <path d="M1.5 1.5h11v11h-11z" className={styles.line} />
      <path d="M1.5 8.5l7-7M1.5 12.5l11-11M5.5 12.5l7-7" className={styles.line} />
    </>
  ),
  ended: <path d="M3 3h8v8H3z" className={styles.line} />,
};
