/** One machine: what is claimed about it and why, its pins, what it offers, and its history. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Machine, Register } from '../../../contract/index.ts';
import { fromBase64url } from '../../../protocol/bytes/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { bytes, cpu, mib, number, percent, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { isKey } from '../../language/translate.ts';
import { Button } from '../../parts/Button.tsx';
import { Confirm } from '../../parts/Confirm.tsx';
import { EntityLink, FullId, Glyph } from '../../parts/EntityLink.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { Ladder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Menu } from '../../parts/Menu.tsx';
import { DetailHead, Facts, Section, Unknown } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { saveFile } from '../../parts/save.ts';
import { Tabs } from '../../parts/Tabs.tsx';
import { Time } from '../../parts/Time.tsx';
import styles from './machines.module.css';
import { OfferDialog } from './OfferDialog.tsx';
import { RecheckDialog } from './RecheckDialog.tsx';
import { markOfMachine, wordOfMachine } from './states.ts';
import { VerdictCard } from './VerdictCard.tsx';

const REGISTERS: readonly Register[] = ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'];

type Ask = 'offer' | 'recheck' | 'retire' | 'withdraw' | 'unpin' | null;

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
      <Tabs
        name={t('machines.detail')}
        value={tab}
        onChange={onTab}
        items={[
          { value: 'evidence', label: t('machines.tab.evidence'), content: <Evidence machine={machine} /> },
          {
            value: 'capacity',
            label: t('machines.tab.capacity'),
            content: <Capacity machine={machine} onOffer={() => setAsk('offer')} />,
          },
          { value: 'pins', label: t('machines.tab.pins'), content: <Pins machine={machine} /> },
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

function Raw({ sha256, size, label }: { sha256: string; size: number; label: string }) {
  const t = useT();
  const { client } = useNode();
  const load = useMutation({
    mutationFn: () => client.attestation.raw({ sha256 }),
    onSuccess: ({ data, name }) => saveFile(name, [fromBase64url(data)]),
  });
  return (
    <Button
      kind="quiet"
      icon="download"
      busy={load.isPending}
      title={load.error === null ? sha256 : load.error.message}
      onClick={() => load.mutate()}
    >
      {t('machines.raw', { what: label, size: bytes(size) })}
    </Button>
  );
}

function Evidence({ machine }: { machine: Machine }) {
  const t = useT();
  const { verdict, quote, collateral } = machine;
  if (verdict === null)
    return (
      <Section title={t('machines.noEvidence')}>
        <p>{machine.sentence}</p>
        <p className={styles.note}>{t('machines.noEvidenceText')}</p>
        <Identity machine={machine} />
      </Section>
    );
  return (
    <>
      <div className={styles.card}>
        <VerdictCard
          verdict={verdict}
          machine={machine.name}
          inputs={{
            'evidence.quote':
              quote === null ? null : (
                <Raw sha256={quote.sha256} size={quote.size} label={t('machines.quote')} />
              ),
            'evidence.collateral':
              collateral === null ? null : (
                <Raw sha256={collateral.sha256} size={collateral.size} label={t('machines.collateral')} />
              ),
          }}
        />
      </div>
      <Section title={t('machines.platform')}>
        <Facts
          rows={[
            ['FMSPC', verdict.platformId?.fmspc ?? <Unknown key="u" />],
            [
              'PPID',
              verdict.platformId?.ppid ? (
                <EntityLink key="p" id={verdict.platformId.ppid} head={12} tail={6} />
              ) : (
                <Unknown key="u" />
              ),
            ],
            [t('machines.tcbStatus'), verdict.status ?? <Unknown key="u" />],
            [t('machines.tcbDate'), verdict.tcbDate?.slice(0, 10) ?? <Unknown key="u" />],
            [
              t('machines.expires'),
              verdict.collateralExpires === null ? (
                <Unknown key="u" />
              ) : (
                <Time key="t" at={Date.parse(verdict.collateralExpires)} />
              ),
            ],
            [
              t('machines.advisories'),
              verdict.advisories.length === 0
                ? t('machines.noAdvisories')
                : verdict.advisories.map(({ id }) => id).join(', '),
            ],
            [
              t('machines.anchor'),
              <span key="a">
                {verdict.trustAnchor.name} · <EntityLink id={verdict.trustAnchor.sha256} />
              </span>,
            ],
          ]}
        />
        <Identity machine={machine} />
      </Section>
      {verdict.report === null ? null : (
        <Section title={t('machines.report')}>
          <Facts
            rows={reportRows(verdict.report).map(([name, value]) => [
              name,
              value.length > 24 ? (
                <FullId key={name} id={value} glyph={!/^0+$/.test(value)} />
              ) : (
                <code key={name}>{value}</code>
              ),
            ])}
          />
        </Section>
      )}
    </>
  );
}

function Identity({ machine }: { machine: Machine }) {
  const t = useT();
  return (
    <Facts
      rows={[
        [t('machines.id'), <FullId key="id" id={machine.id} />],
        [
          t('machines.owner'),
          <EntityLink
            key="o"
            id={machine.owner}
            head={12}
            tail={6}
            target={{ to: '/chronicle', search: { q: `by:${machine.owner}` } }}
          />,
        ],
        [t('machines.registeredAt'), utc(machine.registeredAt)],
        [
          t('machines.entry'),
          <EntityLink
            key="e"
            id={String(machine.index)}
            label={number(machine.index)}
            glyph={false}
            copy={false}
            target={{ to: '/chronicle', search: { entry: machine.index } }}
          />,
        ],
      ]}
    />
  );
}

function Capacity({ machine, onOffer }: { machine: Machine; onOffer: () => void }) {
  const t = useT();
  const { offer, inUse } = machine;
  if (offer === null)
    return (
      <Empty
        icon="machines"
        title={t('machines.notOffered')}
        text={t('machines.notOfferedText')}
        action={
          machine.state === 'retired' ? null : (
            <Button kind="primary" onClick={onOffer}>
              {t('machines.offer')}
            </Button>
          )
        }
      />
    );
  const rows = [
    { name: t('machines.column.cpu'), used: inUse.cpuMillicores, all: offer.cpuMillicores, say: cpu },
    { name: t('machines.column.ram'), used: inUse.ramMib, all: offer.ramMib, say: mib },
    {
      name: t('offer.storage'),
      used: inUse.storageGib,
      all: offer.storageGib,
      say: (value: number) => `${number(value)} GiB`,
    },
  ];
  return (
    <Section title={t('machines.tab.capacity')} aside={<Time at={offer.since} />}>
      <dl className={styles.meters}>
        {rows.map(({ name, used, all, say }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <meter min={0} max={Math.max(1, all)} value={used} aria-label={name} />
            </dd>
            <dd>{t('machines.inUse', { used: say(used), all: say(all), percent: percent(used, all) })}</dd>
          </div>
        ))}
      </dl>
      <Facts
        rows={[[t('machines.column.tdx'), offer.tdx ? t('offer.tdxLong') : t('offer.tdxWithoutLong')]]}
      />
    </Section>
  );
}

function Pins({ machine }: { machine: Machine }) {
  const t = useT();
  const { pins, verdict } = machine;
  return (
    <Section title={t('machines.tab.pins')}>
      <p className={styles.note}>{t('machines.pinsText')}</p>
      <dl className={styles.pins}>
        {REGISTERS.map((name) => {
          const values = pins[name] ?? [];
          const now = registerOf(verdict?.report ?? null, name);
          const matches = now === null || values.length === 0 ? null : values.includes(now);
          return (
            <div key={name}>
              <dt>
                <Mark kind={matches === null ? 'not-checked' : matches ? 'passed' : 'failed'} label="" />{' '}
                {t(`register.${name}`)}
              </dt>
              <dd>
                {values.length === 0 ? (
                  <span className={styles.note}>{t('machines.notPinned')}</span>
                ) : (
                  values.map((value) => <FullId key={value} id={value} />)
                )}
                {now === null || values.includes(now) ? null : (
                  <p className={styles.now}>
                    {t('machines.quoteHas')} <EntityLink id={now} head={16} tail={8} />
                  </p>
                )}
              </dd>
            </div>
          );
        })}
      </dl>
    </Section>
  );
}

type Report = NonNullable<NonNullable<Machine['verdict']>['report']>;

/** All fields of a TD report by the names that its specification gives them. */
function reportRows(report: Report): readonly (readonly [string, string])[] {
  return Object.entries(report).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((one, i) => [`RTMR ${i}`, one] as const)
      : value === undefined
        ? []
        : [[REPORT_NAMES[name] ?? name, value] as const],
  );
}

const REPORT_NAMES: Readonly<Record<string, string>> = {
  teeTcbSvn: 'TEE_TCB_SVN',
  mrSeam: 'MR_SEAM',
  mrSignerSeam: 'MR_SIGNER_SEAM',
  seamAttributes: 'SEAM_ATTRIBUTES',
  tdAttributes: 'TD_ATTRIBUTES',
  xfam: 'XFAM',
  mrTd: 'MR_TD',
  mrConfigId: 'MR_CONFIG_ID',
  mrOwner: 'MR_OWNER',
  mrOwnerConfig: 'MR_OWNER_CONFIG',
  reportData: 'REPORT_DATA',
  teeTcbSvn2: 'TEE_TCB_SVN_2',
  mrServiceTd: 'MR_SERVICE_TD',
};

function registerOf(report: Report | null, name: Register): string | null {
  if (report === null) return null;
  return name === 'mrtd' ? report.mrTd : (report.rtmr[Number(name.slice(4))] ?? null);
}

function History({ machine }: { machine: Machine }) {
  const t = useT();
  return (
    <Section title={t('machines.tab.history')}>
      <ol className={styles.history}>
        {machine.history.toReversed().map((item) => {
          const key = `machine.event.${item.event}`;
          return (
            <li key={`${item.index}-${item.event}`}>
              <Mark
                kind={markOfMachine({ state: item.state, simulated: machine.simulated })}
                label={t(wordOfMachine({ state: item.state, simulated: machine.simulated }))}
              />
              <span>{isKey(key) ? t(key) : item.event}</span>
              {item.code === null ? null : <code>{item.code}</code>}
              <span className={styles.when}>
                <Time at={item.at} />
              </span>
              <EntityLink
                id={String(item.index)}
                label={t('machines.entryOf', { index: number(item.index) })}
                glyph={false}
                copy={false}
                target={{ to: '/chronicle', search: { entry: item.index } }}
              />
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
