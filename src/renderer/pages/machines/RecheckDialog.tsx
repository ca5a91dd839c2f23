/** Judges the stored quote again, with new collateral or for another moment. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Machine } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { CheckField } from '../../parts/Field.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { CollateralFields, collateralOf, emptyCollateral, useMoment } from './evidence-input.tsx';

export function RecheckDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const t = useT();
  const { client, api } = useNode();
  const settings = useQuery(api.settings.get.queryOptions());
  const [keep, setKeep] = useState(machine.collateral !== null);
  const [collateral, setCollateral] = useState(emptyCollateral);
  const moment = useMoment();
  const service = settings.data?.collateralService ?? '';
  const input = keep ? undefined : collateralOf(collateral, service);
  const recheck = useMutation({
    mutationFn: () =>
      client.machines.recheck({
        id: machine.id,
        ...(input === undefined || input === null ? {} : { collateral: input }),
        ...(moment.at === undefined ? {} : { at: moment.at }),
      }),
    onSuccess: onClose,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('machines.recheckTitle', { name: machine.name })}
      description={t('machines.recheckText')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            kind="primary"
            busy={recheck.isPending}
            disabled={input === null || !moment.valid}
            onClick={() => recheck.mutate()}
          >
            {t('machines.recheckNow')}
          </Button>
        </>
      }
    >
      {machine.collateral === null ? null : (
        <CheckField label={t('collateral.keep')} checked={keep} onChange={setKeep} />
      )}
      {keep ? null : <CollateralFields value={collateral} onChange={setCollateral} service={service} />}
      {moment.field}
      <Thrown error={recheck.error} />
    </Dialog>
  );
}
