/** One line that filters: what it understood is shown as words below, what it did not is named. */
import { useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { useT } from '../language/context.tsx';
import { IconButton } from './Button.tsx';
import { Icon } from './Icon.tsx';
import styles from './QueryBar.module.css';

interface Props {
  label: string;
  placeholder: string;
  /** The query as it stands in the address. */
  value: string;
  onSubmit: (text: string) => void;
  /** Help below the line while it has the focus. */
  help?: ReactNode;
  /** What was not understood. */
  faults?: readonly string[];
  /** Filters while typing instead of on Enter. */
  live?: boolean;
}

export function QueryBar({ label, placeholder, value, onSubmit, help, faults = [], live = false }: Props) {
  const t = useT();
  const [text, setText] = useState(value);
  const [focused, setFocused] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const [seen, setSeen] = useState(value);
  // an address that was pasted, or the way back, brings another query
  if (seen !== value) {
    setSeen(value);
    setText(value);
  }
  return (
    <div className={styles.wrap}>
      <form
        className={styles.bar}
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit(text.trim());
        }}
      >
        <Icon name="search" size={14} />
        <input
          ref={input}
          className={styles.input}
          aria-label={label}
          placeholder={placeholder}
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setText(event.target.value);
            if (live) onSubmit(event.target.value);
          }}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
        />
        {text === '' ? null : (
          <IconButton
            className={styles.clear ?? ''}
            icon="close"
            name={t('query.clear')}
            onClick={() => {
              setText('');
              onSubmit('');
              input.current?.focus();
            }}
          />
        )}
      </form>
      {faults.length > 0 ? (
        <p className={styles.faults} role="alert">
          {faults.join(' ')}
        </p>
      ) : focused && help !== undefined ? (
        <p className={styles.help}>{help}</p>
      ) : null}
    </div>
  );
}
