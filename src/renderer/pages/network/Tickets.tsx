/** Tickets in the entry of a peer or of this node: what they say of themselves, which is not checked here. */
import { useState } from 'react';
import type { NetworkPeer, ShownTicket } from '../../../contract/index.ts';
import { useMay } from '../../client/may.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Time, useNow } from '../../parts/Time.tsx';
import { PresentDialog, WithdrawConfirm } from './dialogs.tsx';
import styles from './network.module.css';
import { shortPeer } from './peers.ts';

type Ticket = NetworkPeer['tickets'][number];

export function Tickets({ tickets }: { tickets: readonly Ticket[] }) {
  const t = useT();
  if (tickets.length === 0) return <p className={styles.note}>{t('peer.noTickets')}</p>;
  return (
    <ul className={styles.tickets}>
      {tickets.map((ticket) => (
        <li key={ticket.id}>
          <Row ticket={ticket} />
        </li>
      ))}
    </ul>
  );
}

function Row({ ticket: { id, kind, expires }, kept = false }: { ticket: Ticket; kept?: boolean }) {
  const t = useT();
  const now = useNow(30_000);
  const over = expires !== null && expires <= now;
  return (
    <>
      <Mark kind={over || kept ? 'stale' : 'not-checked'} label="" />
      <span>{t(`peer.ticket.${kind}`)}</span>
      <EntityLink id={id} />
      <span className={styles.when}>
        {expires === null ? (
          t('peer.ticketEndless')
        ) : (
          <>
            {t(over ? 'peer.ticketExpired' : 'peer.ticketExpires')} <Time at={expires} />
          </>
        )}
        {kept && !over ? t('network.ticketKept') : null}
      </span>
    </>
  );
}

/** Those of this node, which a person can show and withdraw. */
export function OwnTickets({ tickets }: { tickets: readonly ShownTicket[] }) {
  const t = useT();
  const may = useMay();
  const [presenting, setPresenting] = useState(false);
  const [leaving, setLeaving] = useState<ShownTicket | null>(null);
  return (
    <>
      {tickets.length === 0 ? (
        <p className={styles.note}>{t('peer.noTickets')}</p>
      ) : (
        <ul className={`${styles.tickets} ${styles.own}`}>
          {tickets.map((ticket) => (
            <li key={ticket.id}>
              <Row ticket={ticket} kept={ticket.state === 'kept'} />
              <Issuer issuer={ticket.issuer} />
              {may('operate') ? (
                <Button
                  kind="quiet"
                  onClick={() => setLeaving(ticket)}
                  aria-label={t('network.withdrawNamed', { ticket: shortPeer(ticket.id) })}
                >
                  {t('network.withdraw')}
                </Button>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {may('operate') ? <Button onClick={() => setPresenting(true)}>{t('network.present')}</Button> : null}
      {presenting ? <PresentDialog onClose={() => setPresenting(false)} /> : null}
      {leaving === null ? null : <WithdrawConfirm ticket={leaving} onClose={() => setLeaving(null)} />}
    </>
  );
}

function Issuer({ issuer }: { issuer: string | null }) {
  const t = useT();
  if (issuer === null) return <span />;
  const short = /^[0-9a-f]{64}$/.test(issuer) ? shortPeer(issuer) : issuer;
  return (
    <span className={styles.issuer} title={issuer}>
      {t('network.ticketBy', { issuer: short })}
    </span>
  );
}
