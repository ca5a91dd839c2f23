/** One machine: what is claimed about it and why, its pins, what it offers, and its history. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Machine, Register } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { cpu, mib } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Confirm } from '../../parts/Confirm.tsx';
import { Glyph } from '../../parts/EntityLink.tsx';
import { Ladder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Menu } from '../../parts/Menu.tsx';
import { DetailHead } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { Tabs } from '../../parts/Tabs.tsx';
import styles from './machines.module.css';
import { OfferDialog } from './OfferDialog.tsx';
import { RecheckDialog } from './RecheckDialog.tsx';
import { markOfMachine, refusedByPolicy, REGISTERS, wordOfMachine } from './states.ts';
import { Evidence } from './MachineEvidence.tsx';
import { Capacity } from './Capacity.tsx';
import { ChallengeConfirm, OpenChallenge, ProveDialog } from './Challenge.tsx';
import { EventLogTab } from './EventLogTab.tsx';
import { History } from './HistoryTab.tsx';
import { Pins } from './PinsTab.tsx';
import { PolicyLines } from './PolicyTab.tsx';
import { Shortfall } from './Shortfall.tsx';

type Ask = 'offer' | 'recheck' | 'challenge' | 'prove' | 'retire' | 'withdraw' | 'unpin' | null;

export function MachineDetail({
  machine,
  tab,
  onTab,
}: {
  machine: Machine;
  tab: string;
  onTab: (tab: string) => void;
}) {
  const t = useT();
  const { client } = useNode();
  const may = useMay();
  const [ask, setAsk] = useState<Ask>(null);
  const close = (): void => setAsk(null);
  const { id } = machine;
  const pin = useMutation({ mutationFn: (registers: Register[]) => client.machines.pin({ id, registers }) });
  const unpin = useMutation({ mutationFn: () => client.machines.unpin({ id }), onSuccess: close });
  const withdraw = useMutation({ mutationFn: () => client.machines.withdraw({ id }), onSuccess: close });
  const retire = useMutation({ mutationFn: () => client.machines.retire({ id }), onSuccess: close });
  const operate = may('operate') && machine.state !== 'retired';
  const pinned = Object.values(machine.pins).some((values) => (values?.length ?? 0) > 0);
  return (
    <>
      <DetailHead
        title={
          <>
            <Glyph id={id} size={16} />
            {machine.name}
          </>
        }
        state={
          <>
            <span className={styles.state}>
              <Mark kind={markOfMachine(machine)} label="" />
              {t(wordOfMachine(machine))}
              {machine.verdict?.status ? ` · ${machine.verdict.status}` : ''}
              {pinned ? ` · ${t('machines.pinned')}` : ''}
            </span>
            {refusedByPolicy(machine) ? (
              <span className={styles.state}>
                <Mark kind="failed" label="" />
                {t('machines.policyRefused')}
              </span>
            ) : null}
            {machine.verdict?.policy.override === null ||
            machine.verdict?.policy.override === undefined ? null : (
              <span className={styles.state}>
                <Mark kind="stale" label="" />
                {t('policy.overrideMark')}
              </span>
            )}
            {machine.offer === null ? (
              <span>{t('machines.notOffered')}</span>
            ) : (
              <span>
                {t('machines.offering', {
                  cpu: cpu(machine.offer.cpuMillicores),
                  ram: mib(machine.offer.ramMib),
                })}
                {machine.offer.tdx ? ` · ${t('offer.tdxYes')}` : ''}
              </span>
            )}
            <Ladder stage={machine.stage} />
          </>
        }
        actions={
          operate ? (
            <>
              <Button kind="primary" onClick={() => setAsk('offer')}>
                {machine.offer === null ? t('machines.offer') : t('machines.changeOffer')}
              </Button>
              {machine.quote === null ? null : (
                <>
                  <Button icon="retry" onClick={() => setAsk('recheck')}>
                    {t('machines.recheck')}
                  </Button>
                  {machine.challenge === null ? (
                    <Button icon="task" onClick={() => setAsk('challenge')}>
                      {t('challenge.now')}
                    </Button>
                  ) : null}
                  <Button icon="pin" busy={pin.isPending} onClick={() => pin.mutate(['mrtd'])}>
                    {t('machines.pinMrtd')}
                  </Button>
                </>
              )}
              <Menu
                name={t('action.more')}
                items={[
                  {
                    label: t('machines.pinAll'),
                    onSelect: () => pin.mutate([...REGISTERS]),
                    disabled: machine.quote === null,
                  },
                  { label: t('machines.unpin'), onSelect: () => setAsk('unpin'), disabled: !pinned },
                  {
                    label: t('machines.withdraw'),
                    onSelect: () => setAsk('withdraw'),
                    disabled: machine.offer === null,
                  },
                  { label: t('machines.retire'), onSelect: () => setAsk('retire'), danger: true },
                ]}
              />
            </>
          ) : null
        }
      />
      {pin.error === null ? null : (
        <div className={styles.inline}>
          <Thrown error={pin.error} />
        </div>
      )}
      {machine.state === 'lapsed' ? (
        <p className={styles.lapsed}>
          <Mark kind="stale" label="" />
          {machine.sentence}
        </p>
      ) : null}
      {machine.challenge === null ? null : (
        <OpenChallenge challenge={machine.challenge} onProve={operate ? () => setAsk('prove') : null} />
      )}
      <Tabs
        name={t('machines.detail')}
        value={tab}
        onChange={onTab}
        items={[
          { value: 'evidence', label: t('machines.tab.evidence'), content: <Evidence machine={machine} /> },
          {
            value: 'policy',
            label: t('machines.tab.policy'),
            content: <PolicyLines machine={machine} />,
          },
          {
            value: 'shortfall',
            label: t('machines.tab.shortfall'),
            content: <Shortfall machine={machine} />,
          },
          { value: 'pins', label: t('machines.tab.pins'), content: <Pins machine={machine} /> },
          {
            value: 'eventLog',
            label: t('eventLog.label'),
            content: <EventLogTab machine={machine} />,
          },
          {
            value: 'capacity',
            label: t('machines.tab.capacity'),
            content: <Capacity machine={machine} onOffer={() => setAsk('offer')} />,
          },
          {
            value: 'history',
            label: t('machines.tab.history'),
            count: machine.history.length,
            content: <History machine={machine} />,
          },
        ]}
      />
      {ask === 'offer' ? <OfferDialog machine={machine} onClose={close} /> : null}
      {ask === 'recheck' ? <RecheckDialog machine={machine} onClose={close} /> : null}
      {ask === 'challenge' ? <ChallengeConfirm machine={machine} onClose={close} /> : null}
      {ask === 'prove' ? <ProveDialog machine={machine} onClose={close} /> : null}
      {ask === 'unpin' ? (
        <Confirm
          title={t('machines.unpinTitle', { name: machine.name })}
          text={t('machines.unpinText')}
          action={t('machines.unpin')}
          mutation={unpin}
          onClose={close}
        />
      ) : null}
      {ask === 'withdraw' ? (
        <Confirm
          title={t('machines.withdrawTitle', { name: machine.name })}
          text={t('machines.withdrawText')}
          action={t('machines.withdraw')}
          mutation={withdraw}
          onClose={close}
        />
      ) : null}
      {ask === 'retire' ? (
        <Confirm
          title={t('machines.retireTitle', { name: machine.name })}
          text={t('machines.retireText')}
          action={t('machines.retire')}
          mutation={retire}
          onClose={close}
          danger
        />
      ) : null}
    </>
  );
}
