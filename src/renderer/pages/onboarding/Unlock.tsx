/** The keys are locked: unlock them, or look without being able to sign. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { TextField } from '../../parts/Field.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import styles from './Welcome.module.css';

export function Unlock({ onView }: { onView: () => void }) {
  const t = useT();
  const { client, api } = useNode();
  const queries = useQueryClient();
  const [passphrase, setPassphrase] = useState('');
  const unlock = useMutation({
    mutationFn: () => client.identity.unlock({ passphrase }),
    onSuccess: (identity) => {
      queries.setQueryData(api.identity.get.queryKey(), identity);
      void queries.invalidateQueries();
    },
  });
  return (
    <main className={styles.page}>
      <form
        className={styles.lock}
        onSubmit={(event) => {
          event.preventDefault();
          unlock.mutate();
        }}
      >
        <h1>{t('unlock.title')}</h1>
        <p>{t('unlock.text')}</p>
        <TextField
          label={t('identity.passphrase')}
          type="password"
          value={passphrase}
          onChange={setPassphrase}
          autoComplete="current-password"
          autoFocus
        />
        <Thrown error={unlock.error} />
        <div className={styles.buttons}>
          <Button kind="primary" type="submit" busy={unlock.isPending} disabled={passphrase === ''}>
            {t('unlock.now')}
          </Button>
          <Button kind="quiet" onClick={onView}>
            {t('unlock.view')}
          </Button>
        </div>
      </form>
    </main>
  );
}
