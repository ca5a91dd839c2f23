/** Registers a machine: name, evidence, collateral; the verdict is seen before anything is recorded. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Machine } from '../../../contract/index.ts';
import { toBase64url } from '../../../protocol/bytes/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { Fields, TextField } from '../../parts/Field.tsx';
import type { Dropped } from '../../parts/Drop.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { EventLogField } from './Challenge.tsx';
import {
  CollateralFields,
  collateralOf,
  emptyCollateral,
  emptyQuote,
  QuoteFields,
  quoteOf,
  useMoment,
} from './evidence-input.tsx';
import styles from './machines.module.css';
import { VerdictCard } from './VerdictCard.tsx';

interface Props {
  onClose: () => void;
  onDone: (machine: Machine) => void;
}

export function RegisterDialog({ onClose, onDone }: Props) {
  const t = useT();
  const form = useRegisterForm(onDone);
  return (
    <Dialog
      open
      onClose={onClose}
      size="medium"
      title={t('machines.register')}
      description={t('machines.registerText')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          {form.buttons}
        </>
      }
    >
      {form.body}
    </Dialog>
  );
}

/** The form itself, for the dialog and for onboarding. */
export function useRegisterForm(onDone: (machine: Machine) => void): {
  body: React.ReactNode;
  buttons: React.ReactNode;
} {
  const t = useT();
  const announce = useAnnounce();
  const { client, api } = useNode();
  const settings = useQuery(api.settings.get.queryOptions());
  const [name, setName] = useState('');
  const [quote, setQuote] = useState(emptyQuote);
  const [collateral, setCollateral] = useState(emptyCollateral);
  const [eventLog, setEventLog] = useState<Dropped | null>(null);
  const moment = useMoment();
  const service = settings.data?.collateralService ?? '';

  const quoteInput = quoteOf(quote);
  const collateralInput =
    quote.source === 'none' ? ({ kind: 'none' } as const) : collateralOf(collateral, service);
  const ready = quoteInput !== null && collateralInput !== null && moment.valid;
  const at = quote.source === 'none' || moment.at === undefined ? {} : { at: moment.at };
  const log = quote.source === 'none' || eventLog === null ? {} : { eventLog: toBase64url(eventLog.data) };
  // the preview belongs to exactly these inputs
  const inputs = JSON.stringify([
    quote.source,
    quote.file?.name,
    quote.text,
    collateral,
    eventLog?.name,
    moment.at,
  ]);

  const preview = useMutation({
    mutationFn: async () => {
      if (quoteInput === null || collateralInput === null) throw new Error('inputs are missing');
      const { verdict } = await client.attestation.verify({
        quote: quoteInput,
        collateral: collateralInput,
        ...log,
        ...at,
      });
      return { verdict, inputs };
    },
    onSuccess: ({ verdict }) => announce(t(`verdict.${verdict.evidence}`, { status: verdict.status ?? '' })),
  });
  const register = useMutation({
    mutationFn: async () => {
      if (quoteInput === null || collateralInput === null) throw new Error('inputs are missing');
      return client.machines.register({
        name: name.trim(),
        quote: quoteInput,
        collateral: collateralInput,
        ...log,
        ...at,
      });
    },
    onSuccess: ({ machine }) => {
      announce(t('machines.registered', { name: machine.name }));
      onDone(machine);
    },
  });
  const seen = quote.source === 'none' || preview.data?.inputs === inputs;
  const refused = quote.source !== 'none' && preview.data?.verdict.evidence === 'refused';
  return {
    body: (
      <>
        <TextField
          label={t('machines.name')}
          help={t('machines.nameHelp')}
          value={name}
          onChange={setName}
          autoFocus
          required
        />
        <QuoteFields value={quote} onChange={setQuote} />
        {quote.source === 'none' ? null : (
          <>
            <CollateralFields value={collateral} onChange={setCollateral} service={service} />
            <EventLogField value={eventLog} onChange={setEventLog} />
            <Fields>{moment.field}</Fields>
          </>
        )}
        {preview.data !== undefined && seen && quote.source !== 'none' ? (
          <div className={styles.preview}>
            <VerdictCard verdict={preview.data.verdict} machine={null} />
            <p className={styles.note}>{t(`machines.preview.${preview.data.verdict.evidence}`)}</p>
          </div>
        ) : null}
        <Thrown error={preview.error} onRetry={() => preview.mutate()} />
        <Thrown error={register.error} onRetry={() => register.mutate()} />
      </>
    ),
    buttons: seen ? (
      <Button
        kind="primary"
        busy={register.isPending}
        disabled={!ready || refused || name.trim() === ''}
        onClick={() => register.mutate()}
      >
        {t('machines.registerNow')}
      </Button>
    ) : (
      <Button kind="primary" busy={preview.isPending} disabled={!ready} onClick={() => preview.mutate()}>
        {t('machines.check')}
      </Button>
    ),
  };
}
