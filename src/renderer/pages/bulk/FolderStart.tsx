/** Which folder is verified, with which collateral, for which moment. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { TextField } from '../../parts/Field.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { CollateralFields, collateralOf, emptyCollateral, useMoment } from '../machines/evidence-input.tsx';
import styles from './Folder.module.css';

export function FolderStart({ onStarted }: { onStarted: (operation: string) => void }) {
  const t = useT();
  const { client, api } = useNode();
  const settings = useQuery(api.settings.get.queryOptions());
  const [folder, setFolder] = useState('');
  const [collateral, setCollateral] = useState(emptyCollateral);
  const moment = useMoment();
  const service = settings.data?.collateralService ?? '';
  const input = collateralOf(collateral, service);
  const start = useMutation({
    mutationFn: async () => {
      if (input === null) throw new Error('inputs are missing');
      return client.attestation.verifyFolder({
        folder: folder.trim(),
        collateral: input,
        ...(moment.at === undefined ? {} : { at: moment.at }),
      });
    },
    onSuccess: ({ operation }) => onStarted(operation),
  });
  const ready = folder.trim() !== '' && input !== null && moment.valid;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) start.mutate();
      }}
    >
      <p className={styles.note}>{t('folder.text')}</p>
      <TextField
        label={t('folder.path')}
        help={t('collateral.pathHelp')}
        value={folder}
        onChange={setFolder}
        mono
        autoFocus
      />
      <CollateralFields value={collateral} onChange={setCollateral} service={service} />
      {moment.field}
      <Thrown error={start.error} />
      <div>
        <Button kind="primary" type="submit" busy={start.isPending} disabled={!ready}>
          {t('folder.start')}
        </Button>
      </div>
    </form>
  );
}
