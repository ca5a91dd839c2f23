/** Tabs whose choice lives in the address. */
import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import styles from './Tabs.module.css';

export interface TabItem {
  readonly value: string;
  readonly label: string;
  readonly count?: number;
  readonly content: ReactNode;
  /** The content takes the height that is left and scrolls by itself. */
  readonly fill?: boolean;
}

export function Tabs({
  value,
  onChange,
  items,
  name,
}: {
  value: string;
  onChange: (value: string) => void;
  items: readonly TabItem[];
  name: string;
}) {
  const known = items.some((item) => item.value === value) ? value : (items[0]?.value ?? '');
  return (
    <Base.Root className={styles.root} value={known} onValueChange={(next) => onChange(String(next))}>
      <Base.List className={styles.list} aria-label={name}>
        {items.map((item) => (
          <Base.Tab key={item.value} value={item.value} className={styles.tab}>
            {item.label}
            {item.count === undefined ? null : <span className={styles.count}>{item.count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {items.map((item) => (
        <Base.Panel
          key={item.value}
          value={item.value}
          className={`${styles.panel} ${item.fill === true ? styles.fill : ''}`}
        >
          {item.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
