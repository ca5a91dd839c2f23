/** A token or link to hand over: shown whole, selected by one click, copied by another. */
import { useId } from 'react';
import { useT } from '../language/context.tsx';
import { Button } from './Button.tsx';
import { useCopy } from './copy.ts';
import styles from './Secret.module.css';

export function Secret({ label, text }: { label: string; text: string }) {
  const t = useT();
  const id = useId();
  const { copied, copy } = useCopy();
  return (
    <div className={styles.secret}>
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className={styles.text}
        readOnly
        rows={Math.min(8, Math.max(1, Math.ceil(text.length / 76)))}
        value={text}
        onFocus={(event) => event.target.select()}
      />
      <Button icon={copied ? 'check' : 'copy'} onClick={() => copy(text)}>
        {copied ? t('action.copied') : t('action.copy')}
      </Button>
    </div>
  );
}
