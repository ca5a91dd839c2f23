/** The rail: every page, in the order of the chosen lens; nothing is hidden by it. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Settings } from '../../contract/index.ts';
import { useNode } from '../client/context.tsx';
import { useT } from '../language/context.tsx';
import type { Key } from '../language/translate.ts';
import { Icon } from '../parts/Icon.tsx';
import type { IconName } from '../parts/Icon.tsx';
import styles from './Rail.module.css';

export type Place = 'home' | 'machines' | 'compute' | 'tickets' | 'chronicle' | 'network' | 'settings';

export const places: Readonly<
  Record<Place, { to: '/' | `/${Exclude<Place, 'home'>}`; icon: IconName; name: Key }>
> = {
  home: { to: '/', icon: 'home', name: 'nav.home' },
  machines: { to: '/machines', icon: 'machines', name: 'nav.machines' },
  compute: { to: '/compute', icon: 'compute', name: 'nav.compute' },
  tickets: { to: '/tickets', icon: 'tickets', name: 'nav.tickets' },
  chronicle: { to: '/chronicle', icon: 'chronicle', name: 'nav.chronicle' },
  network: { to: '/network', icon: 'network', name: 'nav.network' },
  settings: { to: '/settings', icon: 'settings', name: 'nav.settings' },
};

const orders: Readonly<Record<Settings['lens'], readonly Place[]>> = {
  operator: ['home', 'machines', 'compute', 'tickets', 'chronicle', 'network'],
  mediator: ['home', 'chronicle', 'tickets', 'network', 'machines', 'compute'],
  auditor: ['home', 'chronicle', 'network', 'machines', 'tickets', 'compute'],
};

export function Rail() {
  const t = useT();
  const { api } = useNode();
  const { data } = useQuery(api.settings.get.queryOptions());
  const item = (place: Place) => {
    const { to, icon, name } = places[place];
    return (
      <Link
        key={place}
        to={to}
        className={styles.item}
        activeProps={{ 'data-active': '', 'aria-current': 'page' }}
        activeOptions={{ exact: place === 'home', includeSearch: false }}
      >
        <Icon name={icon} size={18} />
        <span>{t(name)}</span>
      </Link>
    );
  };
  return (
    <nav className={styles.rail} aria-label={t('nav.label')}>
      <div className={styles.brand} aria-hidden="true">
        <svg width="22" height="22" viewBox="0 0 22 22">
          <path d="M3 18V5l4 4 4-5 4 5 4-4v13" className={styles.brandLine} />
          <path d="M7 18v-4M11 18v-7M15 18v-4" className={styles.brandLine} />
        </svg>
      </div>
      {orders[data?.lens ?? 'operator'].map(item)}
      <div className={styles.gap} />
      {item('settings')}
    </nav>
  );
}
