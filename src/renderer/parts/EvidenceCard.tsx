/**
 * The heart: a claim in words, the shape of its verdict, how, when and by whom it was checked, and the tree of
 * what it rests on, each line with its own shape. Simulated evidence is hatched.
 */
import type { ReactNode } from 'react';
import { useT } from '../language/context.tsx';
import { Mark } from './Mark.tsx';
import type { MarkKind } from './Mark.tsx';
import styles from './EvidenceCard.module.css';

export interface EvidenceLine {
  readonly id: string;
  readonly mark: MarkKind;
  readonly title: string;
  /** What was found, in a sentence. */
  readonly detail?: ReactNode;
  /** Inputs: links, hashes, downloads. */
  readonly inputs?: ReactNode;
  readonly lines?: readonly EvidenceLine[];
}

interface Props {
  mark: MarkKind;
  claim: ReactNode;
  /** `checked by this node 12 s ago` */
  provenance?: ReactNode;
  lines: readonly EvidenceLine[];
  actions?: ReactNode;
  simulated?: boolean;
  /** The accessible name of the card. */
  name: string;
}

export function EvidenceCard({ mark, claim, provenance, lines, actions, simulated = false, name }: Props) {
  const t = useT();
  return (
    <article className={`${styles.card} ${simulated ? styles.simulated : ''}`} aria-label={name}>
      {simulated ? <p className={styles.strip}>{t('simulated.card')}</p> : null}
      <header className={styles.head}>
        <Mark kind={mark} size={16} />
        <p className={styles.claim}>{claim}</p>
        <div className={styles.side}>
          {provenance === undefined ? null : <span className={styles.provenance}>{provenance}</span>}
          {actions}
        </div>
      </header>
      {lines.length === 0 ? null : <Tree lines={lines} />}
    </article>
  );
}

function Tree({ lines }: { lines: readonly EvidenceLine[] }) {
  return (
    <ul className={styles.tree}>
      {lines.map((line) => (
        <li key={line.id} className={styles.branch}>
          <div className={styles.line}>
            <Mark kind={line.mark} />
            <div className={styles.words}>
              <span className={styles.title}>{line.title}</span>
              {line.detail === undefined ? null : <span className={styles.detail}>{line.detail}</span>}
            </div>
            {line.inputs === undefined ? null : <span className={styles.inputs}>{line.inputs}</span>}
          </div>
          {line.lines === undefined || line.lines.length === 0 ? null : <Tree lines={line.lines} />}
        </li>
      ))}
    </ul>
  );
}
