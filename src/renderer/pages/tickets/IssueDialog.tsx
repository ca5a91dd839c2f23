/** Issues an admission ticket, then shows the token once for handing over. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { DEFAULT_TICKET_SECONDS, MAX_TICKET_SECONDS } from '../../../contract/index.ts';
import { peerIdText, readPeer, toHex } from '../../../protocol/bytes/index.ts';
import { useNode } from '../../client/context.tsx';
import { shorten, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { parseCount } from '../../numbers.ts';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { Fields, SelectField, TextField } from '../../parts/Field.tsx';
import { Glyph } from '../../parts/EntityLink.tsx';
import { Facts } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { Secret } from '../../parts/Secret.tsx';

const UNITS = { minutes: 60, hours: 3600, days: 86_400 } as const;
type Unit = keyof typeof UNITS;

function readPeerText(text: string): { hex: string; id: string } | null {
  try {
    const key = readPeer(text);
    return { hex: toHex(key), id: peerIdText(key) };
  } catch {
    return null;
  }
}

interface Props {
  onClose: () => void;
  onIssued: () => void;
  onShow: (id: string) => void;
}

export function IssueDialog({ onClose, onIssued, onShow }: Props) {
  const t = useT();
  const announce = useAnnounce();
  const { client } = useNode();
  const [peer, setPeer] = useState('');
  const [amount, setAmount] = useState(String(DEFAULT_TICKET_SECONDS / UNITS.hours));
  const [unit, setUnit] = useState<Unit>('hours');
  const [role, setRole] = useState('');
  const read = readPeerText(peer);
  const count = parseCount(amount);
  const seconds = count === null ? null : count * UNITS[unit];
  const lifetimeOk = seconds !== null && seconds >= 60 && seconds <= MAX_TICKET_SECONDS;
  const roleOk = role.trim().length <= 32;
  const issue = useMutation({
    mutationFn: async () => {
      if (seconds === null) throw new Error('the lifetime is missing');
      return client.tickets.issue({
        peer: peer.trim(),
        lifetimeSeconds: seconds,
        ...(role.trim() === '' ? {} : { role: role.trim() }),
      });
    },
    onSuccess: () => {
      announce(t('tickets.issued'));
      onIssued();
    },
  });
  if (issue.data !== undefined) {
    const { ticket, token } = issue.data;
    return (
      <Dialog
        open
        onClose={onClose}
        title={t('tickets.issuedTitle')}
        description={t('tickets.issuedText')}
        footer={
          <>
            <Button onClick={() => onShow(ticket.id)}>{t('tickets.show')}</Button>
            <Button kind="primary" onClick={onClose}>
              {t('tickets.done')}
            </Button>
          </>
        }
      >
        <Secret label={t('tickets.token')} text={token} />
        <Facts
          rows={[
            [t('tickets.column.subject'), shorten(ticket.subjectId, 16, 8)],
            [t('tickets.column.expires'), utc(ticket.expires)],
            [t('tickets.column.role'), ticket.role ?? t('tickets.noRole')],
          ]}
        />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('tickets.issue')}
      description={t('tickets.issueText')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            kind="primary"
            busy={issue.isPending}
            disabled={read === null || !lifetimeOk || !roleOk}
            onClick={() => issue.mutate()}
          >
            {t('tickets.issueNow')}
          </Button>
        </>
      }
    >
      <TextField
        label={t('tickets.peer')}
        value={peer}
        onChange={setPeer}
        mono
        autoFocus
        placeholder="12D3Koo…"
        fault={peer.trim() !== '' && read === null ? t('tickets.peerFault') : null}
        help={
          read === null ? (
            t('tickets.peerHelp')
          ) : (
            <>
              <Glyph id={read.id} size={12} /> {peer.trim().startsWith('12D3') ? read.hex : read.id}
            </>
          )
        }
      />
      <Fields columns={3}>
        <TextField
          label={t('tickets.lifetime')}
          value={amount}
          onChange={setAmount}
          inputMode="numeric"
          fault={lifetimeOk ? null : t('tickets.lifetimeFault')}
        />
        <SelectField
          label={t('tickets.unit')}
          value={unit}
          onChange={setUnit}
          options={[
            { value: 'minutes', label: t('tickets.minutes') },
            { value: 'hours', label: t('tickets.hours') },
            { value: 'days', label: t('tickets.days') },
          ]}
        />
        <TextField
          label={t('tickets.role')}
          value={role}
          onChange={setRole}
          help={t('tickets.roleHelp')}
          fault={roleOk ? null : t('tickets.roleFault')}
        />
      </Fields>
      <Thrown error={issue.error} />
    </Dialog>
  );
}
