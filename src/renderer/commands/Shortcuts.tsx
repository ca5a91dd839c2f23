/** The shortcut sheet, drawn from the same table as the keys themselves. */
import { useT } from '../language/context.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { partKeys } from './registry.ts';
import type { Command } from './registry.ts';
import styles from './Shortcuts.module.css';

const GROUPS = ['go', 'do', 'find', 'look'] as const;

export function Keys({ keys }: { keys: readonly string[] }) {
  return (
    <span className={styles.keys}>
      {keys
        .flatMap((key) => key.split('+'))
        .map((key) => (
          <kbd key={key}>{key === 'Control' ? 'Ctrl' : key.length === 1 ? key.toUpperCase() : key}</kbd>
        ))}
    </span>
  );
}

export function Shortcuts({ commands, onClose }: { commands: readonly Command[]; onClose: () => void }) {
  const t = useT();
  return (
    <Dialog open onClose={onClose} title={t('shortcuts.title')} description={t('shortcuts.text')}>
      <div className={styles.sheet}>
        {GROUPS.map((group) => {
          const rows = commands.filter((command) => command.group === group && command.keys !== undefined);
          return rows.length === 0 ? null : (
            <section key={group}>
              <h3>{t(`command.group.${group}`)}</h3>
              <dl>
                {rows.map((command) => (
                  <div key={command.id}>
                    <dt>{t(command.title)}</dt>
                    <dd>
                      <Keys keys={command.keys ?? []} />
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
        <section>
          <h3>{t('command.group.inside')}</h3>
          <dl>
            {partKeys.map(({ keys, title }) => (
              <div key={title}>
                <dt>{t(title)}</dt>
                <dd>
                  <Keys keys={keys} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
