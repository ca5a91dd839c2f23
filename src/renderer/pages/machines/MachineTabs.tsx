/** The other tabs of a machine: capacity, pins, history. */
import type { Machine, Register } from '../../../contract/index.ts';
import { cpu, mib, number, percent } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { isKey } from '../../language/translate.ts';
import { Button } from '../../parts/Button.tsx';
import { EntityLink, FullId } from '../../parts/EntityLink.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Facts, Section } from '../../parts/Page.tsx';
import { Time } from '../../parts/Time.tsx';
import styles from './machines.module.css';
import { REGISTERS, markOfMachine, wordOfMachine } from './states.ts';

export function Capacity({ machine, onOffer }: { machine: Machine; onOffer: () => void }) {
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

export function Pins({ machine }: { machine: Machine }) {
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

function registerOf(report: Report | null, name: Register): string | null {
  if (report === null) return null;
  return name === 'mrtd' ? report.mrTd : (report.rtmr[Number(name.slice(4))] ?? null);
}

export function History({ machine }: { machine: Machine }) {
  const t = useT();
  return (
    <Section title={t('machines.tab.history')}>
      <ol className={styles.history}>
        {machine.history.toReversed().map((item) => {
          const key = `machine.event.${item.event}`;
          return (
            <li key={`${item.index}-${item.event}`}>
              <Mark
                kind={markOfMachine({ state: item.state, simulated: machine.simulated, stale: false })}
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
