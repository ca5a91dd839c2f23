/** A place to drop a file, choose one, or paste text. */
import { useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { bytes } from '../format.ts';
import { useT } from '../language/context.tsx';
import { Button } from './Button.tsx';
import styles from './Drop.module.css';

export interface Dropped {
  readonly name: string;
  readonly data: Uint8Array;
}

interface Props {
  /** The accessible name of the file input. */
  label: string;
  hint: ReactNode;
  value: Dropped | null;
  onChange: (dropped: Dropped | null) => void;
  /** Larger files are refused before they are read. */
  limit: number;
  accept?: string;
}

export function Drop({ label, hint, value, onChange, limit, accept }: Props) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > limit) {
      setFault(t('drop.tooLarge', { size: bytes(file.size), limit: bytes(limit) }));
      return;
    }
    setFault(null);
    onChange({ name: file.name, data: new Uint8Array(await file.arrayBuffer()) });
  };
  return (
    <div
      className={`${styles.drop} ${over ? styles.over : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void take(event.dataTransfer.files[0]);
      }}
    >
      <input
        ref={input}
        className="visually-hidden"
        type="file"
        aria-label={label}
        tabIndex={-1}
        accept={accept}
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = '';
        }}
      />
      {value === null ? (
        <p className={styles.hint}>{hint}</p>
      ) : (
        <p className={styles.file}>
          <code>{value.name}</code> <span>{bytes(value.data.length)}</span>
        </p>
      )}
      <div className={styles.buttons}>
        <Button icon="file" onClick={() => input.current?.click()}>
          {value === null ? t('drop.choose') : t('drop.another')}
        </Button>
        {value === null ? null : (
          <Button kind="quiet" onClick={() => onChange(null)}>
            {t('drop.clear')}
          </Button>
        )}
      </div>
      {fault === null ? null : (
        <p className={styles.fault} role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
