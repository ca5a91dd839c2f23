/** What a machine offers, and how much of it is taken. */
import type { Machine } from '../../../contract/index.ts';
import { cpu, mib, number, percent } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { Facts, Section } from '../../parts/Page.tsx';
import { Time } from '../../parts/Time.tsx';
import styles from './machines.module.css';

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
