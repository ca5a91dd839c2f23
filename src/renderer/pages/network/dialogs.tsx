/** What is asked before this node dials, denies, renames itself, shows a ticket or none, or leaves. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { NetworkPeer, ShownTicket } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Confirm } from '../../parts/Confirm.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { AreaField, TextField } from '../../parts/Field.tsx';
import { NumberField, useNumber } from '../../parts/NumberField.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { useSetSettings } from '../settings/use-settings.ts';
import { looksDialable, shortPeer } from './peers.ts';

export function ConnectDialog({
  initial = '',
  onClose,
  onDone,
}: {
  initial?: string;
  onClose: () => void;
  onDone: (peer: string) => void;
}) {
  const t = useT();
  const { client } = useNode();
  const announce = useAnnounce();
  const [text, setText] = useState(initial);
  const address = text.trim();
  const good = looksDialable(address);
  const connect = useMutation({
    mutationFn: () => client.network.connect({ address }),
    onSuccess: ({ peer, added }) => {
      announce(t('network.connected', { peer: shortPeer(peer), added }));
      onDone(peer);
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('network.connect')}
      description={t('network.connectText')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" form="connect" disabled={!good} busy={connect.isPending}>
            {t('network.connectNow')}
          </Button>
        </>
      }
    >
      <form
        id="connect"
        onSubmit={(event) => {
          event.preventDefault();
          if (good && !connect.isPending) connect.mutate();
        }}
      >
        <TextField
          label={t('network.address')}
          help={t('network.addressHelp')}
          fault={address === '' || good ? null : t('network.addressFault')}
          value={text}
          onChange={setText}
          mono
          autoFocus
        />
      </form>
      <Thrown error={connect.error} onRetry={() => connect.mutate()} />
    </Dialog>
  );
}

/** The most minutes that the contract takes: a week. */
const WEEK = 10_080;

export function DenyDialog({ peer, onClose }: { peer: NetworkPeer; onClose: () => void }) {
  const t = useT();
  const { client } = useNode();
  const announce = useAnnounce();
  const minutes = useNumber(60, 1, WEEK);
  const [reason, setReason] = useState('');
  const said = reason.trim();
  const deny = useMutation({
    mutationFn: async () => {
      if (minutes.value === null) throw new Error('minutes are missing');
      await client.network.deny({ peer: peer.peer, minutes: minutes.value, reason: said });
    },
    onSuccess: () => {
      announce(t('peer.denied', { peer: shortPeer(peer.peer), n: minutes.value ?? 0 }));
      onClose();
    },
  });
  return (
    <Confirm
      title={t('peer.denyTitle', { peer: shortPeer(peer.peer) })}
      text={t('peer.denyText')}
      action={t('peer.deny')}
      mutation={deny}
      onClose={onClose}
      danger
      ready={minutes.value !== null && said !== '' && said.length <= 200}
    >
      <NumberField label={t('peer.denyMinutes')} unit={t('peer.minutes')} number={minutes} />
      <TextField
        label={t('peer.denyReason')}
        help={t('peer.denyReasonHelp')}
        value={reason}
        onChange={setReason}
        required
      />
    </Confirm>
  );
}

export function TagsDialog({ tags, onClose }: { tags: readonly string[]; onClose: () => void }) {
  const t = useT();
  const { client } = useNode();
  const announce = useAnnounce();
  const [text, setText] = useState(tags.join('\n'));
  const list = [
    ...new Set(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    ),
  ];
  const good = list.length <= 32 && list.every((tag) => tag.length <= 64);
  const save = useMutation({
    mutationFn: () => client.network.tags({ tags: list }),
    onSuccess: () => {
      announce(t('network.tagsSaved'));
      onClose();
    },
  });
  return (
    <TextDialog
      title={t('network.tagsTitle')}
      description={t('network.tagsText')}
      action={t('network.tagsSave')}
      label={t('network.tags')}
      help={t('network.tagsHelp')}
      fault={good ? null : t('network.tagsFault')}
      ready={good}
      text={text}
      onText={setText}
      mutation={save}
      onClose={onClose}
    />
  );
}

/** Three parts of base64url, as a person would paste them. */
const looksLikeTicket = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

export function PresentDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const { client } = useNode();
  const announce = useAnnounce();
  const [text, setText] = useState('');
  const ticket = text.trim();
  const good = looksLikeTicket(ticket);
  const present = useMutation({
    mutationFn: () => client.network.present({ ticket }),
    onSuccess: () => {
      announce(t('network.presented'));
      onClose();
    },
  });
  return (
    <TextDialog
      title={t('network.present')}
      description={t('network.presentText')}
      action={t('network.presentNow')}
      label={t('network.ticket')}
      help={t('network.ticketHelp')}
      fault={ticket === '' || good ? null : t('network.ticketFault')}
      ready={good}
      text={text}
      onText={setText}
      mutation={present}
      onClose={onClose}
    />
  );
}

/** One text of several lines, and what is done with it. */
function TextDialog({
  title,
  description,
  action,
  label,
  help,
  fault,
  ready,
  text,
  onText,
  mutation,
  onClose,
}: {
  title: string;
  description: string;
  action: string;
  label: string;
  help: string;
  fault: string | null;
  ready: boolean;
  text: string;
  onText: (text: string) => void;
  mutation: { readonly mutate: () => void; readonly isPending: boolean; readonly error: Error | null };
  onClose: () => void;
}) {
  const t = useT();
  return (
    <Dialog
      open
      onClose={onClose}
      size="small"
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            kind="primary"
            disabled={!ready}
            busy={mutation.isPending}
            onClick={() => mutation.mutate()}
          >
            {action}
          </Button>
        </>
      }
    >
      <AreaField label={label} help={help} fault={fault} value={text} onChange={onText} rows={6} />
      <Thrown error={mutation.error} />
    </Dialog>
  );
}

export function WithdrawConfirm({ ticket, onClose }: { ticket: ShownTicket; onClose: () => void }) {
  const t = useT();
  const { client } = useNode();
  const announce = useAnnounce();
  const withdraw = useMutation({
    mutationFn: async () => void (await client.network.withdraw({ ticket: ticket.id })),
    onSuccess: () => {
      announce(t('network.withdrawn'));
      onClose();
    },
  });
  return (
    <Confirm
      title={t('network.withdrawNamed', { ticket: shortPeer(ticket.id) })}
      text={t(ticket.kind === 'tdx' ? 'network.withdrawTdxText' : 'network.withdrawText')}
      action={t('network.withdraw')}
      mutation={withdraw}
      onClose={onClose}
      danger
    />
  );
}

export function TurnOffConfirm({ onClose }: { onClose: () => void }) {
  const t = useT();
  const set = useSetSettings();
  return (
    <Confirm
      title={t('network.turnOff')}
      text={t('network.turnOffText')}
      action={t('network.turnOff')}
      mutation={{ ...set, mutate: () => set.mutate({ network: false }, { onSuccess: onClose }) }}
      onClose={onClose}
    />
  );
}
