/** The three buttons: primary (one per page), plain, quiet; and one that is only an icon with a name. */
import type { ComponentProps, ReactNode } from 'react';
import { Icon } from './Icon.tsx';
import type { IconName } from './Icon.tsx';
import styles from './Button.module.css';

interface Props extends ComponentProps<'button'> {
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  icon?: IconName;
  /** While true the button waits: it cannot be pressed and says so. */
  busy?: boolean;
  children?: ReactNode;
}

export function Button({
  kind = 'plain',
  icon,
  busy = false,
  children,
  className,
  disabled,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      {...rest}
      className={`${styles.button} ${styles[kind]} ${className ?? ''}`}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {icon === undefined ? null : <Icon name={icon} size={14} />}
      {children}
    </button>
  );
}

interface IconProps extends ComponentProps<'button'> {
  icon: IconName;
  /** The accessible name, shown on hover as well. */
  name: string;
}

export function IconButton({ icon, name, className, ...rest }: IconProps) {
  return (
    <button
      type="button"
      title={name}
      {...rest}
      aria-label={name}
      className={`${styles.icon} ${className ?? ''}`}
    >
      <Icon name={icon} />
    </button>
  );
}
