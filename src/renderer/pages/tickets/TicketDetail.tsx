/** One ticket: for whom, until when, its token once more, revocation. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Ticket } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { number, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Confirm } from '../../parts/Confirm.tsx';
import { EntityLink, FullId, Glyph } from '../../parts/EntityLink.tsx';
import { TextField } from '../../parts/Field.tsx';
import { FullLadder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { DetailHead, Facts, Section } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { Secret } from '../../parts/Secret.tsx';
import { Time } from '../../parts/Time.tsx';
import { ticketMarks } from './TicketsPage.tsx';

export function TicketDetail({ ticket }: { ticket: Ticket }) {
  const t = useT();
  const { client } = useNode();
  const may = useMay();
  const [revoking, setRevoking] = useState(false);
  const [reason, setReason] = useState('');
  const token = useMutation({ mutationFn: () => client.tickets.token({ id: ticket.id }) });
  const revoke = useMutation({
    mutationFn: () => client.tickets.revoke({ id: ticket.id, reason: reason.trim() }),
    onSuccess: () => setRevoking(false),
  });
  const entry = (index: number) => (
    <EntityLink
      id={String(index)}
      label={number(index)}
      glyph={false}
      copy={false}
      target={{ to: '/chronicle', search: { entry: index } }}
    />
  );
  return (
    <>
      <DetailHead
        title={
          <>
            <Glyph id={ticket.subjectId} size={16} />
            {t('tickets.titleFor', {
              subject: `${ticket.subjectId.slice(0, 12)}…${ticket.subjectId.slice(-6)}`,
            })}
          </>
        }
        state={
          <>
            <span>
              <Mark kind={ticketMarks[ticket.state]} label="" /> {t(`ticket.state.${ticket.state}`)}
            </span>
            {ticket.state === 'valid' ? (
              <span>
                {t('tickets.expires')} <Time at={ticket.expires} />
              </span>
            ) : null}
            <FullLadder stage={ticket.stage} />
          </>
        }
        actions={
          may('operate') ? (
            <>
              <Button icon="copy" busy={token.isPending} onClick={() => token.mutate()}>
                {t('tickets.showToken')}
              </Button>
              <Button
                kind="danger"
                disabled={ticket.state === 'revoked' || ticket.state === 'expired'}
                onClick={() => setRevoking(true)}
              >
                {t('tickets.revoke')}
              </Button>
            </>
          ) : null
        }
      />
      {token.data === undefined && token.error === null ? null : (
        <Section title={t('tickets.token')}>
          {token.data?.token === null ? <p>{t('tickets.tokenGone')}</p> : null}
          {token.data?.token ? <Secret label={t('tickets.token')} text={token.data.token} /> : null}
          <Thrown error={token.error} />
        </Section>
      )}
      {ticket.revoked === null ? null : (
        <Section title={t('tickets.revokedTitle')}>
          <Facts
            rows={[
              [t('tickets.reason'), ticket.revoked.reason],
              [t('tickets.when'), utc(ticket.revoked.at)],
              [t('tickets.entry'), entry(ticket.revoked.index)],
            ]}
          />
        </Section>
      )}
      <Section title={t('tickets.about')}>
        <Facts
          rows={[
            [t('tickets.column.subject'), <FullId key="s" id={ticket.subjectId} />],
            [t('tickets.subjectKey'), <FullId key="k" id={ticket.subject} />],
            [t('tickets.audience'), <FullId key="a" id={ticket.audience} />],
            [t('tickets.column.role'), ticket.role ?? t('tickets.noRole')],
            [t('tickets.column.issued'), utc(ticket.issuedAt)],
            [t('tickets.notBefore'), utc(ticket.notBefore)],
            [t('tickets.column.expires'), utc(ticket.expires)],
            [t('tickets.id'), <FullId key="i" id={ticket.id} />],
            [t('tickets.entry'), entry(ticket.index)],
          ]}
        />
      </Section>
      {revoking ? (
        <Confirm
          title={t('tickets.revokeTitle')}
          text={t('tickets.revokeText')}
          action={t('tickets.revoke')}
          mutation={revoke}
          onClose={() => setRevoking(false)}
          danger
          ready={reason.trim() !== '' && reason.trim().length <= 200}
        >
          <TextField
            label={t('tickets.reason')}
            value={reason}
            onChange={setReason}
            help={t('tickets.reasonHelp')}
            autoFocus
            required
          />
        </Confirm>
      ) : null}
    </>
  );
}
