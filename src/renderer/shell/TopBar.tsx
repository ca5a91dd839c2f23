/** The top bar: which coalition this is, one box that finds anything, theme and help. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useNode } from '../client/context.tsx';
import { useCommands } from '../commands/context.ts';
import { useT } from '../language/context.tsx';
import { IconButton } from '../parts/Button.tsx';
import { Glyph } from '../parts/EntityLink.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Menu } from '../parts/Menu.tsx';
import { useSetSettings } from '../pages/settings/use-settings.ts';
import styles from './TopBar.module.css';

const THEMES = ['system', 'light', 'dark', 'contrast'] as const;

export function TopBar() {
  const t = useT();
  const { api } = useNode();
  const { openPalette, openShortcuts } = useCommands();
  const coalition = useQuery(api.coalition.get.queryOptions());
  const settings = useQuery(api.settings.get.queryOptions());
  const set = useSetSettings();
  const current = coalition.data?.current ?? null;
  return (
    <header className={styles.bar}>
      <div className={styles.coalition}>
        {current === null ? (
          <span className={styles.none}>{t('topbar.noCoalition')}</span>
        ) : (
          <Link to="/settings" hash="coalition" className={styles.name} title={current.id}>
            <Glyph id={current.id} size={16} />
            <span className={styles.label}>{current.config.instanceName}</span>
            <code className={styles.id}>
              {current.id.slice(0, 4)}·{current.id.slice(-4)}
            </code>
          </Link>
        )}
      </div>
      <button type="button" className={styles.search} onClick={openPalette} aria-keyshortcuts="Control+K">
        <Icon name="search" size={14} />
        <span>{t('topbar.search')}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className={styles.tools}>
        <Menu
          name={t('topbar.theme')}
          icon="theme"
          items={THEMES.map((theme) => ({
            label: t(`settings.theme.${theme}`),
            checked: settings.data?.theme === theme,
            onSelect: () => set.mutate({ theme }),
          }))}
        />
        <IconButton icon="help" name={t('topbar.help')} onClick={openShortcuts} />
      </div>
    </header>
  );
}
