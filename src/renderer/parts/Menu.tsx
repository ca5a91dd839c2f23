/** A menu behind a button. */
import { Menu as Base } from '@base-ui/react/menu';
import { Icon } from './Icon.tsx';
import type { IconName } from './Icon.tsx';
import buttons from './Button.module.css';
import styles from './Menu.module.css';

export interface MenuItem {
  readonly label: string;
  readonly onSelect: () => void;
  readonly disabled?: boolean;
  readonly danger?: boolean;
  readonly checked?: boolean;
}

export function Menu({
  name,
  icon = 'more',
  items,
}: {
  name: string;
  icon?: IconName;
  items: readonly MenuItem[];
}) {
  return (
    <Base.Root>
      <Base.Trigger className={buttons.icon} aria-label={name} title={name}>
        <Icon name={icon} />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className={styles.positioner} sideOffset={4} align="end">
          <Base.Popup className={styles.popup}>
            {items.map((item) => (
              <Base.Item
                key={item.label}
                className={`${styles.item} ${item.danger === true ? styles.danger : ''}`}
                disabled={item.disabled === true}
                onClick={item.onSelect}
              >
                {item.label}
                {item.checked === true ? <Icon name="check" size={14} /> : null}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
