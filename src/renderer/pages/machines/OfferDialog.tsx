/** Offers capacity of a machine; the offer is a signed entry like everything else. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { MAX_CAPACITY } from '../../../contract/index.ts';
import type { Machine } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { cpu, mib } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { CheckField, Fields } from '../../parts/Field.tsx';
import { NumberField, useNumber } from '../../parts/NumberField.tsx';
import { Thrown } from '../../parts/Problem.tsx';

export function OfferDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const t = useT();
  const { client } = useNode();
  const cores = useNumber(machine.offer?.cpuMillicores ?? null, 1, MAX_CAPACITY.cpuMillicores);
  const ram = useNumber(machine.offer?.ramMib ?? null, 1, MAX_CAPACITY.ramMib);
  const storage = useNumber(machine.offer?.storageGib ?? null, 0, MAX_CAPACITY.storageGib);
  const [tdx, setTdx] = useState(machine.offer?.tdx ?? false);
  const [cpuMillicores, ramMib, storageGib] = [cores.value, ram.value, storage.value];
  const evidence = machine.state === 'genuine' || machine.state === 'incomplete';
  const offer = useMutation({
    mutationFn: async () => {
      if (cpuMillicores === null || ramMib === null || storageGib === null)
        throw new Error('a figure is missing');
      return client.machines.offer({
        id: machine.id,
        cpuMillicores,
        ramMib,
        storageGib,
        tdx: tdx && evidence,
      });
    },
    onSuccess: onClose,
  });
  const valid = cpuMillicores !== null && ramMib !== null && storageGib !== null;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('offer.title', { name: machine.name })}
      description={t('offer.text')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" busy={offer.isPending} disabled={!valid} onClick={() => offer.mutate()}>
            {t('offer.now')}
          </Button>
        </>
      }
    >
      <Fields columns={3}>
        <NumberField
          label={t('offer.cpu')}
          unit={t('offer.millicores')}
          number={cores}
          help={cpuMillicores === null ? t('offer.cpuHelp') : cpu(cpuMillicores)}
          autoFocus
        />
        <NumberField
          label={t('offer.ram')}
          unit="MiB"
          number={ram}
          help={ramMib === null ? t('offer.ramHelp') : mib(ramMib)}
        />
        <NumberField label={t('offer.storage')} unit="GiB" number={storage} help={t('offer.storageHelp')} />
      </Fields>
      <CheckField
        label={t('offer.tdx')}
        help={evidence ? t('offer.tdxHelp') : t('offer.tdxNo')}
        checked={tdx && evidence}
        onChange={setTdx}
        disabled={!evidence}
      />
      <Thrown error={offer.error} />
    </Dialog>
  );
}
