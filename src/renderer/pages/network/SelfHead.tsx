/** This node on the network: its key in both spellings, where it is reached, what it shows, what is wrong with it. */
import type { NetworkStatus } from '../../../contract/index.ts';
import { duration, number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { EntityLink, FullId } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Facts } from '../../parts/Page.tsx';
import { Time } from '../../parts/Time.tsx';
import styles from './network.module.css';
import { OwnTickets } from './Tickets.tsx';

/** A clock that is off by more than this is said; entries and tickets are judged by it. */
const SKEW_MS = 5000;
/** Addresses that are shown at once. */
const SHOWN = 2;

export function SelfHead({ status }: { status: NetworkStatus }) {
  const t = useT();
  const { peer, peerId, addresses, reach, tags } = status;
  const on = status.state === 'on';
  return (
    <section className={styles.self} aria-label={t('network.self')}>
      <Facts
        rows={[
          [t('network.key'), peer === null ? t('unknown') : <FullId key="k" id={peer} />],
          [
            t('network.peerId'),
            peerId === null ? t('unknown') : <FullId key="p" id={peerId} glyph={false} />,
          ],
          on ? [t('network.tags'), <Tags key="t" tags={tags} />] : null,
          on ? [t('network.network'), <EntityLink key="n" id={status.network} />] : null,
        ]}
      />
      {on ? (
        <Facts
          rows={[
            [t('network.reach'), t(`network.reach.${reach}`)],
            [
              t('network.addresses'),
              addresses.length === 0 ? t('network.noAddress') : <Addresses key="a" addresses={addresses} />,
            ],
          ]}
        />
      ) : null}
      {on ? (
        <div className={styles.shown}>
          <Facts rows={[[t('peers.column.tickets'), <OwnTickets key="t" tickets={status.tickets} />]]} />
        </div>
      ) : null}
      <Faults status={status} />
    </section>
  );
}

function Addresses({ addresses }: { addresses: readonly string[] }) {
  const t = useT();
  const line = (address: string) => {
    // the peer id stands above; without it the address fits a line
    const short = address.replace(/\/p2p\/[^/]+$/, '');
    return (
      <li key={address}>
        <FullId id={address} label={short} glyph={false} />
      </li>
    );
  };
  return (
    <>
      <ul>{addresses.slice(0, SHOWN).map(line)}</ul>
      {addresses.length > SHOWN ? (
        <details className={styles.more}>
          <summary>{t('network.moreAddresses', { n: addresses.length - SHOWN })}</summary>
          <ul>{addresses.slice(SHOWN).map(line)}</ul>
        </details>
      ) : null}
    </>
  );
}

export function Tags({ tags }: { tags: readonly string[] }) {
  const t = useT();
  return tags.length === 0 ? (
    t('network.noTags')
  ) : (
    <span className={styles.tags}>
      {tags.map((tag) => (
        <span key={tag} className={styles.tag} title={tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}

/** What should not be so: another node with this key, a wrong clock, things that were refused. */
function Faults({ status: { twin, skew, refused } }: { status: NetworkStatus }) {
  const t = useT();
  const total = refused.reduce((sum, { count }) => sum + count, 0);
  const off = skew !== null && Math.abs(skew) > SKEW_MS;
  if (twin === null && !off && total === 0) return null;
  return (
    <ul className={styles.faults}>
      {twin === null ? null : (
        <li>
          <Mark kind="failed" label="" />
          <span>
            {t('network.twin')} <Time at={twin} />.
          </span>
        </li>
      )}
      {off ? (
        <li>
          <Mark kind="stale" label="" />
          <span>
            {t('network.skew', { span: duration(t, Math.abs(skew)), ahead: skew > 0 ? 'yes' : 'no' })}
          </span>
        </li>
      ) : null}
      {total === 0 ? null : (
        <li>
          <Mark kind="not-checked" label="" />
          <span>
            {t('network.refused', {
              n: total,
              codes: refused.map(({ code, count }) => `${code} ${number(count)}`).join(', '),
            })}
          </span>
        </li>
      )}
    </ul>
  );
}
