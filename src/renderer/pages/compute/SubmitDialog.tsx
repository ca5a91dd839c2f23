/** Submits a workload: image by digest, a machine, a look at what it needs, then go. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Workload } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { bytes } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import styles from './compute.module.css';
import { Needs } from './Needs.tsx';

interface Props {
  onClose: () => void;
  onDone: (workload: Workload) => void;
}

export function SubmitDialog({ onClose, onDone }: Props) {
  const t = useT();
  const announce = useAnnounce();
  const { client, api } = useNode();
  const machines = useQuery(api.machines.list.queryOptions());
  const [image, setImage] = useState('');
  const [machine, setMachine] = useState<string | null>(null);
  const reference = image.trim();
  const byDigest = /@sha256:[0-9a-f]{64}$/.test(reference);
  const offering = (machines.data?.machines ?? []).filter(
    ({ offer, state }) => offer !== null && state !== 'retired',
  );
  const inputs = `${reference} ${machine ?? ''}`;
  const check = useMutation({
    mutationFn: async () => {
      if (machine === null) throw new Error('no machine is chosen');
      return { inputs, ...(await client.compute.check({ image: reference, machine })) };
    },
    onSuccess: ({ fits }) => announce(t(fits ? 'submit.fits' : 'submit.fitsNot')),
  });
  const submit = useMutation({
    mutationFn: async () => {
      if (machine === null) throw new Error('no machine is chosen');
      return client.compute.submit({ image: reference, machine });
    },
    onSuccess: ({ workload }) => onDone(workload),
  });
  const seen = check.data?.inputs === inputs ? check.data : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('compute.submit')}
      description={t('submit.text')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          {seen === undefined ? (
            <Button
              kind="primary"
              busy={check.isPending}
              disabled={!byDigest || machine === null}
              onClick={() => check.mutate()}
            >
              {t('submit.check')}
            </Button>
          ) : (
            <Button kind="primary" busy={submit.isPending} onClick={() => submit.mutate()}>
              {t(seen.fits ? 'submit.now' : 'submit.anyway')}
            </Button>
          )}
        </>
      }
    >
      <TextField
        label={t('submit.image')}
        help={t('submit.imageHelp')}
        value={image}
        onChange={setImage}
        mono
        autoFocus
        placeholder="registry.example/team/app@sha256:…"
        fault={reference !== '' && !byDigest ? t('submit.imageFault') : null}
      />
      <SelectField
        label={t('submit.machine')}
        help={machines.data !== undefined && offering.length === 0 ? t('submit.noMachine') : undefined}
        placeholder={t('submit.machineHint')}
        value={machine}
        onChange={setMachine}
        options={offering.map(({ id, name, offer }) => ({
          value: id,
          label: name,
          note: offer?.tdx === true ? t('offer.tdxYes') : '',
        }))}
      />
      {seen === undefined ? null : (
        <section className={styles.fit} aria-label={t('submit.result')}>
          <p className={styles.verdict}>
            <Mark kind={seen.fits ? 'passed' : 'failed'} label="" size={16} />
            <strong>{t(seen.fits ? 'submit.fits' : 'submit.fitsNot')}</strong>
            <span>{t('submit.weight', { layers: seen.layers, size: bytes(seen.sizeBytes) })}</span>
          </p>
          <Needs
            requirements={seen.requirements}
            reasons={seen.reasons}
            machine={offering.find(({ id }) => id === machine) ?? null}
          />
          {seen.fits ? null : <p className={styles.note}>{t('submit.anywayText')}</p>}
        </section>
      )}
      <Thrown error={check.error} onRetry={() => check.mutate()} />
      <Thrown error={submit.error} />
    </Dialog>
  );
}
