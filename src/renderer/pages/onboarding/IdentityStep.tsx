/** Creates the node's identity: what the key is, how it is protected, what losing it means. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { Fields, TextField } from '../../parts/Field.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import styles from './Welcome.module.css';

const SHORTEST = 10;

export function IdentityStep() {
  const t = useT();
  const { client, api } = useNode();
  const queries = useQueryClient();
  const query = useQuery(api.identity.get.queryOptions());
  const [name, setName] = useState('');
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const needs = query.data?.vault.needsPassphrase ?? true;
  const long = first.length >= SHORTEST;
  const same = first === second;
  const create = useMutation({
    mutationFn: () => client.identity.create({ name: name.trim(), ...(needs ? { passphrase: first } : {}) }),
    onSuccess: ({ identity }) => queries.setQueryData(api.identity.get.queryKey(), identity),
  });
  return (
    <Ask query={query}>
      {({ vault }) => (
        <form
          className={styles.step}
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate();
          }}
        >
          <h1 id="page-title" tabIndex={-1}>
            {t('identity.title')}
          </h1>
          <p>{t('identity.text')}</p>
          <ul className={styles.points}>
            <li>
              <strong>{t('identity.protection')}</strong> {vault.protection}
            </li>
            <li>
              <strong>{t('identity.losing')}</strong> {t('identity.losingText')}
            </li>
          </ul>
          <TextField
            label={t('identity.name')}
            help={t('identity.nameHelp')}
            value={name}
            onChange={setName}
            autoFocus
            required
            fault={name.trim().length > 64 ? t('identity.nameFault') : null}
          />
          {needs ? (
            <Fields>
              <TextField
                label={t('identity.passphrase')}
                type="password"
                value={first}
                onChange={setFirst}
                autoComplete="new-password"
                fault={first !== '' && !long ? t('identity.short', { n: SHORTEST }) : null}
                help={t('identity.passphraseHelp', { n: SHORTEST })}
              />
              <TextField
                label={t('identity.again')}
                type="password"
                value={second}
                onChange={setSecond}
                autoComplete="new-password"
                fault={second !== '' && !same ? t('identity.different') : null}
              />
            </Fields>
          ) : null}
          <Thrown error={create.error} />
          <div className={styles.buttons}>
            <Button
              kind="primary"
              type="submit"
              busy={create.isPending}
              disabled={name.trim() === '' || name.trim().length > 64 || (needs && !(long && same))}
            >
              {t('identity.create')}
            </Button>
          </div>
        </form>
      )}
    </Ask>
  );
}
