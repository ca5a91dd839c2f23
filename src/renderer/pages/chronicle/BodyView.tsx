/** A body as names and values; ids lead to what they name. */
import type { ReactNode } from 'react';
import { utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import type { Target } from '../../parts/EntityLink.tsx';
import type { Readable } from '../../verify/readable.ts';
import styles from './BodyView.module.css';

const isObject = (value: Readable): value is { readonly [key: string]: Readable } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function BodyView({ kind, body }: { kind: string; body: Readable | null }) {
  const t = useT();
  if (body === null) return <p>{t('chronicle.noBody')}</p>;
  return <Value name={kind} value={body} />;
}

function Value({ name, value }: { name: string; value: Readable }): ReactNode {
  const t = useT();
  if (isObject(value)) {
    const rows = Object.entries(value);
    if (rows.length === 0) return <span className={styles.none}>{t('chronicle.nothing')}</span>;
    return (
      <dl className={styles.rows}>
        {rows.map(([key, inner]) => (
          <div key={key} className={isObject(inner) ? styles.nested : styles.row}>
            <dt>{key}</dt>
            <dd>
              <Value name={key} value={inner} />
            </dd>
          </div>
        ))}
      </dl>
    );
  }
  if (Array.isArray(value))
    return value.length === 0 ? (
      <span className={styles.none}>{t('chronicle.nothing')}</span>
    ) : (
      <ul className={styles.list}>
        {value.map((inner: Readable, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- a list in a record has no other identity
          <li key={i}>
            <Value name={name} value={inner} />
          </li>
        ))}
      </ul>
    );
  if (typeof value === 'string' && /^([0-9a-f]{64}|[0-9a-f]{96})$/.test(value))
    return <EntityLink id={value} head={16} tail={8} target={targetOf(name, value)} />;
  if (typeof value === 'number' && value > 1e12 && value < 4e12)
    return <span title={String(value)}>{utc(value)}</span>;
  if (typeof value === 'number' && name === 'judgedFor')
    return <span title={String(value)}>{utc(value * 1000)}</span>;
  return <code className={styles.value}>{String(value)}</code>;
}

function targetOf(name: string, id: string): Target | undefined {
  if (name === 'machine') return { to: '/machines', search: { id } };
  if (name === 'workload') return { to: '/compute', search: { id } };
  if (name === 'ticket') return { to: '/tickets', search: { id } };
  return { to: '/chronicle', search: { q: `mentions:${id}` } };
}
