/** Offers capacity of a machine; the offer is a signed entry like everything else. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Machine } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { cpu, mib } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { parseCount } from '../../numbers.ts';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { CheckField, Fields, TextField } from '../../parts/Field.tsx';
import { Thrown } from '../../parts/Problem.tsx';

export function OfferDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const t = useT();
  const { client } = useNode();
  const text = (value: number | undefined): string => (value === undefined ? '' : String(value));
  const [cores, setCores] = useState(text(machine.offer?.cpuMillicores));
  const [ram, setRam] = useState(text(machine.offer?.ramMib));
  const [storage, setStorage] = useState(text(machine.offer?.storageGib));
  const [tdx, setTdx] = useState(machine.offer?.tdx ?? false);
  const cpuMillicores = parseCount(cores);
  const ramMib = parseCount(ram);
  const storageGib = parseCount(storage);
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
  const fault = (typed: string, value: number | null, least: number): string | null =>
    typed !== '' && (value === null || value < least) ? t('offer.fault', { least }) : null;
  const valid =
    cpuMillicores !== null && cpuMillicores > 0 && ramMib !== null && ramMib > 0 && storageGib !== null;
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
        <TextField
          label={t('offer.cpu')}
          unit={t('offer.millicores')}
          value={cores}
          onChange={setCores}
          inputMode="numeric"
          fault={fault(cores, cpuMillicores, 1)}
          help={cpuMillicores === null ? t('offer.cpuHelp') : cpu(cpuMillicores)}
          autoFocus
        />
        <TextField
          label={t('offer.ram')}
          unit="MiB"
          value={ram}
          onChange={setRam}
          inputMode="numeric"
          fault={fault(ram, ramMib, 1)}
          help={ramMib === null ? t('offer.ramHelp') : mib(ramMib)}
        />
        <TextField
          label={t('offer.storage')}
          unit="GiB"
          value={storage}
          onChange={setStorage}
          inputMode="numeric"
          fault={fault(storage, storageGib, 0)}
          help={t('offer.storageHelp')}
        />
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
