/** An open challenge: until when, what the fresh quote must carry, and the way to hand it in. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { MAX_EVENT_LOG_FILE } from '../../../contract/index.ts';
import type { Challenge, Machine } from '../../../contract/index.ts';
import { toBase64url } from '../../../protocol/bytes/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Confirm } from '../../parts/Confirm.tsx';
import { Deadline } from '../../parts/Deadline.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { Drop } from '../../parts/Drop.tsx';
import type { Dropped } from '../../parts/Drop.tsx';
import { FullId } from '../../parts/EntityLink.tsx';
import { Facts } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import {
  CollateralFields,
  collateralOf,
  emptyCollateral,
  emptyQuote,
  QuoteFields,
  quoteOf,
} from './evidence-input.tsx';
import styles from './machines.module.css';

export function OpenChallenge({
  challenge,
  onProve,
}: {
  challenge: Challenge;
  onProve: (() => void) | null;
}) {
  const t = useT();
  return (
    <section className={styles.challenge} aria-label={t('challenge.open')}>
      <Deadline
        name={t('challenge.open')}
        from={challenge.at}
        until={challenge.expires}
        notice={(challenge.expires - challenge.at) / 4}
        text={t('challenge.text')}
        waiting
      />
      <Facts
        rows={[[t('challenge.reportData'), <FullId key="r" id={challenge.reportData} glyph={false} />]]}
      />
      {onProve === null ? null : (
        <div>
          <Button kind="primary" onClick={onProve}>
            {t('challenge.prove')}
          </Button>
        </div>
      )}
    </section>
  );
}

export function ChallengeConfirm({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const t = useT();
  const { client, api } = useNode();
  const announce = useAnnounce();
  const settings = useQuery(api.settings.get.queryOptions());
  const challenge = useMutation({
    mutationFn: () => client.machines.challenge({ id: machine.id }),
    onSuccess: ({ machine: now }) => {
      announce(t(now.challenge === null ? 'challenge.answered' : 'challenge.asked', { name: now.name }));
      onClose();
    },
  });
  return (
    <Confirm
      title={t('challenge.title', { name: machine.name })}
      text={
        settings.data === undefined
          ? t('challenge.confirm')
          : `${t('challenge.confirm')} ${t('challenge.time', { n: settings.data.challengeMinutes })}`
      }
      action={t('challenge.now')}
      mutation={challenge}
      onClose={onClose}
    />
  );
}

export function ProveDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const t = useT();
  const { client, api } = useNode();
  const announce = useAnnounce();
  const settings = useQuery(api.settings.get.queryOptions());
  const [quote, setQuote] = useState(emptyQuote);
  const [collateral, setCollateral] = useState(emptyCollateral);
  const [eventLog, setEventLog] = useState<Dropped | null>(null);
  const service = settings.data?.collateralService ?? '';
  const quoteInput = quoteOf(quote);
  const collateralInput = collateralOf(collateral, service);
  const prove = useMutation({
    mutationFn: async () => {
      if (quoteInput === null || collateralInput === null) throw new Error('inputs are missing');
      return client.machines.prove({
        id: machine.id,
        quote: quoteInput,
        ...(collateralInput.kind === 'none' ? {} : { collateral: collateralInput }),
        ...(eventLog === null ? {} : { eventLog: toBase64url(eventLog.data) }),
      });
    },
    onSuccess: ({ machine: now }) => {
      announce(t('challenge.answered', { name: now.name }));
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('challenge.proveTitle', { name: machine.name })}
      description={t('challenge.proveText')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            kind="primary"
            busy={prove.isPending}
            disabled={quoteInput === null || collateralInput === null}
            onClick={() => prove.mutate()}
          >
            {t('challenge.proveNow')}
          </Button>
        </>
      }
    >
      {machine.challenge === null ? null : (
        <Facts
          rows={[
            [t('challenge.reportData'), <FullId key="r" id={machine.challenge.reportData} glyph={false} />],
          ]}
        />
      )}
      <QuoteFields value={quote} onChange={setQuote} none={false} />
      <CollateralFields
        value={collateral}
        onChange={setCollateral}
        service={service}
        noneText={t('challenge.noCollateral')}
      />
      <EventLogField value={eventLog} onChange={setEventLog} />
      <Thrown error={prove.error} />
    </Dialog>
  );
}

/** An event log beside a quote: may be left out. */
export function EventLogField({
  value,
  onChange,
}: {
  value: Dropped | null;
  onChange: (value: Dropped | null) => void;
}) {
  const t = useT();
  return (
    <fieldset className={styles.eventLog}>
      <legend>{t('eventLog.label')}</legend>
      <Drop
        label={t('eventLog.file')}
        hint={t('eventLog.hint')}
        value={value}
        onChange={onChange}
        limit={MAX_EVENT_LOG_FILE}
      />
    </fieldset>
  );
}
