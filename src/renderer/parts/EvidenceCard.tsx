/**
 * The heart: a claim in words, the shape of its verdict, how, when and by whom it was checked, and the tree of
 * what it rests on, each line with its own shape. Simulated evidence is hatched.
 */
import { createContext, useContext, useState } from 'react';
import type { ReactNode } from 'react';
import { useT } from '../language/context.tsx';
import { Icon } from './Icon.tsx';
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

/** Whether every line of the tree stands open. */
const AllOpen = createContext(false);

export function EvidenceCard({ mark, claim, provenance, lines, actions, simulated = false, name }: Props) {
  const t = useT();
  const [all, setAll] = useState(false);
  const foldable = lines.some((line) => (line.lines ?? []).length > 0);
  return (
    <article className={`${styles.card} ${simulated ? styles.simulated : ''}`} aria-label={name}>
      {simulated ? <p className={styles.strip}>{t('simulated.card')}</p> : null}
      <header className={styles.head}>
        <Mark kind={mark} size={16} />
        <p className={styles.claim}>{claim}</p>
        <div className={styles.side}>
          {provenance === undefined ? null : <span className={styles.provenance}>{provenance}</span>}
          {foldable ? (
            <button type="button" className={styles.all} aria-pressed={all} onClick={() => setAll(!all)}>
              {all ? t('evidence.fewer') : t('evidence.all')}
            </button>
          ) : null}
          {actions}
        </div>
      </header>
      {lines.length === 0 ? null : (
        // a new key lets every branch forget what was chosen before
        <AllOpen.Provider value={all}>
          <Tree key={String(all)} lines={lines} />
        </AllOpen.Provider>
      )}
    </article>
  );
}

/** Lines that rest on others open; what passed starts closed, what did not starts open. */
function Tree({ lines }: { lines: readonly EvidenceLine[] }) {
  return (
    <ul className={styles.tree}>
      {lines.map((line) => (
        <Branch key={line.id} line={line} />
      ))}
    </ul>
  );
}

function Branch({ line }: { line: EvidenceLine }) {
  const t = useT();
  const all = useContext(AllOpen);
  const below = line.lines ?? [];
  const [chosen, setChosen] = useState<boolean | null>(null);
  const open = chosen ?? (all || line.mark !== 'passed');
  return (
    <li className={styles.branch}>
      <div className={styles.line}>
        <Mark kind={line.mark} />
        <div className={styles.words}>
          {below.length === 0 ? (
            <span className={styles.title}>{line.title}</span>
          ) : (
            <button
              type="button"
              className={styles.opener}
              aria-expanded={open}
              onClick={() => setChosen(!open)}
            >
              {line.title}{' '}
              <span className={styles.count}>
                {t('evidence.checks', { n: below.length })}
                <Icon name={open ? 'up' : 'down'} size={12} />
              </span>
            </button>
          )}
          {line.detail === undefined ? null : <span className={styles.detail}>{line.detail}</span>}
        </div>
        {line.inputs === undefined ? null : <span className={styles.inputs}>{line.inputs}</span>}
      </div>
      {below.length > 0 && open ? <Tree lines={below} /> : null}
    </li>
  );
}
