/** The one box that finds anything: ids are recognised, commands and machines are found by their words. */
import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useMemo, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { readPeer, toHex } from '../../protocol/bytes/index.ts';
import { useNode } from '../client/context.tsx';
import { number, shorten } from '../format.ts';
import { useT } from '../language/context.tsx';
import { Glyph } from '../parts/EntityLink.tsx';
import { Icon } from '../parts/Icon.tsx';
import type { IconName } from '../parts/Icon.tsx';
import { recognise } from '../recognise.ts';
import styles from './Palette.module.css';
import type { Command, CommandHost } from './registry.ts';
import { Keys } from './Shortcuts.tsx';

interface Hit {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly icon: IconName;
  readonly glyph?: string;
  readonly keys?: readonly string[];
  readonly run: () => void;
}

interface Props {
  commands: readonly Command[];
  host: CommandHost;
  onClose: () => void;
}

export function Palette({ commands, host, onClose }: Props) {
  const t = useT();
  const listId = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const ids = useIdHits(text);
  const hits = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = commands
      .filter((command) => command.id !== 'find.palette')
      .map((command): Hit => ({
        id: command.id,
        title: t(command.title),
        note: t(`command.group.${command.group}`),
        icon:
          command.group === 'go'
            ? 'right'
            : command.group === 'do'
              ? 'plus'
              : command.group === 'look'
                ? 'theme'
                : 'search',
        ...(command.keys === undefined ? {} : { keys: command.keys }),
        run: () => command.run(host),
      }))
      .filter((hit) => words.every((word) => `${hit.title} ${hit.note}`.toLowerCase().includes(word)));
    return [...ids, ...found];
  }, [text, commands, host, ids, t]);
  const chosen = Math.min(active, Math.max(0, hits.length - 1));
  const run = (hit: Hit | undefined): void => {
    if (hit === undefined) return;
    onClose();
    hit.run();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setActive(Math.min(chosen + 1, hits.length - 1));
    else if (event.key === 'ArrowUp') setActive(Math.max(chosen - 1, 0));
    else if (event.key === 'Enter') run(hits[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog.Root open onOpenChange={(next) => (next ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={styles.popup} aria-label={t('command.palette')}>
          <div className={styles.box}>
            <Icon name="search" />
            <input
              className={styles.input}
              role="combobox"
              aria-expanded="true"
              aria-controls={listId}
              aria-activedescendant={hits[chosen] === undefined ? undefined : `${listId}-${chosen}`}
              aria-label={t('topbar.search')}
              placeholder={t('topbar.search')}
              value={text}
              spellCheck={false}
              onChange={(event) => {
                setText(event.target.value);
                setActive(0);
              }}
              onKeyDown={onKey}
            />
          </div>
          <div id={listId} role="listbox" aria-label={t('command.results')} className={styles.list}>
            {hits.map((hit, i) => (
              // keys are handled by the box that owns the focus
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <div
                key={hit.id}
                id={`${listId}-${i}`}
                role="option"
                aria-selected={i === chosen}
                tabIndex={-1}
                className={styles.hit}
                onPointerMove={() => setActive(i)}
                onClick={() => run(hit)}
              >
                {hit.glyph === undefined ? <Icon name={hit.icon} size={14} /> : <Glyph id={hit.glyph} />}
                <span className={styles.title}>{hit.title}</span>
                <span className={styles.note}>{hit.note}</span>
                {hit.keys === undefined ? null : <Keys keys={hit.keys} />}
              </div>
            ))}
          </div>
          {hits.length === 0 ? <p className={styles.none}>{t('command.none')}</p> : null}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What a recognised id leads to; lists that are not loaded yet simply add nothing. */
function useIdHits(text: string): readonly Hit[] {
  const t = useT();
  const navigate = useNavigate();
  const { api } = useNode();
  const machines = useQuery(api.machines.list.queryOptions());
  const tickets = useQuery(api.tickets.list.queryOptions({ input: {} }));
  const peers = useQuery(api.network.peers.queryOptions({ input: {} }));
  const workloads = useQuery(api.compute.list.queryOptions());
  return useMemo(() => {
    const hits: Hit[] = [];
    const entries = (id: string, q: string, title: string): void => {
      hits.push({
        id: `q:${q}`,
        title,
        note: t('nav.chronicle'),
        icon: 'chronicle',
        glyph: id,
        run: () => void navigate({ to: '/chronicle', search: { q } }),
      });
    };
    const found = recognise(text);
    if (found?.kind === 'index')
      hits.push({
        id: 'entry',
        title: t('palette.entry', { index: number(found.index) }),
        note: t('nav.chronicle'),
        icon: 'chronicle',
        run: () => void navigate({ to: '/chronicle', search: { entry: found.index } }),
      });
    if (found?.kind === 'cid')
      entries(found.id, `id:${found.id}`, t('palette.record', { id: shorten(found.id, 12, 6) }));
    if (found?.kind === 'digest')
      entries(
        found.digest.slice(7),
        `mentions:${found.digest.slice(7)}`,
        t('palette.mentions', { id: shorten(found.digest, 15, 4) }),
      );
    const hex = found?.kind === 'hex' ? found.id : found?.kind === 'peer' ? peerHexOf(found.id) : null;
    if (hex !== null) {
      if (peers.data?.peers.some(({ peer }) => peer === hex) === true)
        hits.push({
          id: `p:${hex}`,
          title: t('palette.networkPeer', { id: shorten(hex) }),
          note: t('nav.network'),
          icon: 'network',
          glyph: hex,
          run: () => void navigate({ to: '/network', search: { id: hex } }),
        });
      for (const ticket of tickets.data?.tickets ?? [])
        if (ticket.id === hex)
          hits.push({
            id: `t:${hex}`,
            title: t('palette.ticket', { id: shorten(hex) }),
            note: t('nav.tickets'),
            icon: 'tickets',
            glyph: hex,
            run: () => void navigate({ to: '/tickets', search: { id: hex } }),
          });
      if (tickets.data?.tickets.some(({ subject }) => subject === hex) === true)
        hits.push({
          id: `ts:${hex}`,
          title: t('palette.ticketsFor', { id: shorten(hex) }),
          note: t('nav.tickets'),
          icon: 'tickets',
          glyph: hex,
          run: () => void navigate({ to: '/tickets', search: { q: hex } }),
        });
      entries(hex, `by:${hex}`, t('palette.by', { id: shorten(hex) }));
      entries(hex, `mentions:${hex}`, t('palette.mentions', { id: shorten(hex) }));
    }
    const words = text.trim().toLowerCase();
    if (words.length > 1) {
      for (const machine of machines.data?.machines ?? [])
        if (machine.id.startsWith(words) || machine.name.toLowerCase().includes(words)) {
          hits.push({
            id: `m:${machine.id}`,
            title: machine.name,
            note: t('nav.machines'),
            icon: 'machines',
            glyph: machine.id,
            run: () => void navigate({ to: '/machines', search: { id: machine.id } }),
          });
          if (hits.length > 12) break;
        }
      for (const workload of workloads.data?.workloads ?? [])
        if (workload.id.startsWith(words) || workload.image.toLowerCase().includes(words)) {
          hits.push({
            id: `w:${workload.id}`,
            title: workload.image.replace(/@.*/, ''),
            note: `${t('nav.compute')} ${shorten(workload.id, 6, 0)}`,
            icon: 'compute',
            glyph: workload.id,
            run: () => void navigate({ to: '/compute', search: { id: workload.id } }),
          });
          if (hits.length > 18) break;
        }
    }
    return hits;
  }, [text, t, navigate, machines.data, tickets.data, peers.data, workloads.data]);
}

function peerHexOf(peerId: string): string | null {
  try {
    return toHex(readPeer(peerId));
  } catch {
    return null;
  }
}
