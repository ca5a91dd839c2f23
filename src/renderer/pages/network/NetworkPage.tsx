/** Network: this node on it, the peers as list or map, the Groups it is a member of, its streams. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { NetworkPeer, NetworkStatus } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { Ask } from '../../parts/Ask.tsx';
import { Button } from '../../parts/Button.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { Menu } from '../../parts/Menu.tsx';
import { Page, Split } from '../../parts/Page.tsx';
import { Problem, Thrown } from '../../parts/Problem.tsx';
import { Tabs } from '../../parts/Tabs.tsx';
import { useSetSettings } from '../settings/use-settings.ts';
import { ConnectDialog, TagsDialog, TurnOffConfirm } from './dialogs.tsx';
import { GroupsTab } from './GroupsTab.tsx';
import styles from './network.module.css';
import { PeerDetail } from './PeerDetail.tsx';
import { PeersTab } from './PeersTab.tsx';
import { SelfHead } from './SelfHead.tsx';
import { StreamsTab } from './StreamsTab.tsx';

const route = getRouteApi('/network');

export function NetworkPage() {
  const t = useT();
  const { api } = useNode();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const status = useQuery(api.network.status.queryOptions());
  const on = status.data?.state === 'on';
  const peers = useQuery({ ...api.network.peers.queryOptions({ input: {} }), enabled: on });
  const groups = useQuery({ ...api.network.groups.queryOptions(), enabled: on });
  const streams = useQuery({ ...api.network.streams.queryOptions(), enabled: on });
  const own = useMemo(
    () => new Set([...(groups.data?.groups ?? []), ...(streams.data?.streams ?? [])].map((one) => one.id)),
    [groups.data, streams.data],
  );
  const [asking, setAsking] = useState<'tags' | 'off' | null>(null);
  const [address, setAddress] = useState('');
  const set = (change: Partial<typeof search>, replace = true): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const id = on ? search.id : undefined;
  const open = peers.data?.peers.find(({ peer }) => peer === id) ?? null;
  const dial = (to: string): void => {
    setAddress(to);
    set({ do: 'connect' });
  };
  const connect = may('operate') ? (
    <Button kind="primary" icon="link" onClick={() => dial('')}>
      {t('network.connect')}
    </Button>
  ) : null;
  return (
    <Page
      title={t('nav.network')}
      state={status.data === undefined ? null : stateOf(t, status.data)}
      actions={
        <>
          <Menu
            name={t('network.tools')}
            items={[
              {
                label: t('network.tagsTitle'),
                onSelect: () => setAsking('tags'),
                disabled: !on || !may('operate'),
              },
              {
                label: t('network.settings'),
                onSelect: () => void navigate({ to: '/settings', hash: 'network' }),
              },
              {
                label: t('network.turnOff'),
                onSelect: () => setAsking('off'),
                disabled: status.data === undefined || status.data.state === 'off' || !may('operate'),
                danger: true,
              },
            ]}
          />
          {on ? connect : null}
        </>
      }
      fixed
    >
      <Split
        name={t('peers.detail')}
        onClose={() => set({ id: undefined })}
        detail={
          id === undefined || peers.data === undefined ? null : open === null ? (
            <Empty
              icon="network"
              title={t('peers.gone')}
              text={t(peers.data.more ? 'peers.goneMore' : 'peers.goneText')}
            />
          ) : (
            <PeerDetail key={open.peer} peer={open} own={own} onDial={() => dial(dialable(open))} />
          )
        }
        list={
          <div className={styles.column}>
            <Ask query={status}>
              {(self) =>
                self.state === 'on' ? (
                  <>
                    {self.problem === null ? null : (
                      <div className={styles.problem}>
                        <Problem problem={self.problem} />
                      </div>
                    )}
                    {id === undefined ? <SelfHead status={self} /> : null}
                    <Tabs
                      name={t('nav.network')}
                      value={search.tab ?? 'peers'}
                      onChange={(tab) => set({ tab })}
                      items={[
                        {
                          value: 'peers',
                          label: t('peers.title'),
                          count: self.known,
                          fill: true,
                          content: (
                            <Ask query={peers} lines={10}>
                              {({ peers: all, more }) => (
                                <PeersTab
                                  status={self}
                                  peers={all}
                                  more={more}
                                  selected={id ?? null}
                                  query={search.q ?? ''}
                                  sort={search.sort ?? 'state'}
                                  view={search.view === 'map' ? 'map' : 'list'}
                                  onSelect={(peer) => set({ id: peer }, id !== undefined)}
                                  onQuery={(q) => set({ q })}
                                  onSort={(sort) => set({ sort })}
                                  onView={(view) => set({ view: view === 'map' ? view : undefined })}
                                  connect={connect}
                                />
                              )}
                            </Ask>
                          ),
                        },
                        {
                          value: 'groups',
                          label: t('groups.title'),
                          ...(groups.data === undefined ? {} : { count: groups.data.groups.length }),
                          content: (
                            <Ask query={groups}>{({ groups: all }) => <GroupsTab groups={all} />}</Ask>
                          ),
                        },
                        {
                          value: 'streams',
                          label: t('streams.title'),
                          ...(streams.data === undefined ? {} : { count: streams.data.streams.length }),
                          content: (
                            <Ask query={streams}>{({ streams: all }) => <StreamsTab streams={all} />}</Ask>
                          ),
                        },
                      ]}
                    />
                  </>
                ) : (
                  <>
                    {self.peer === null ? null : <SelfHead status={self} />}
                    <NotOn status={self} />
                  </>
                )
              }
            </Ask>
          </div>
        }
      />
      {search.do === 'connect' && on && may('operate') ? (
        <ConnectDialog
          initial={address}
          onClose={() => set({ do: undefined })}
          onDone={(peer) => {
            void peers.refetch();
            set({ do: undefined, id: peer, tab: undefined });
          }}
        />
      ) : null}
      {asking === 'tags' && status.data !== undefined ? (
        <TagsDialog tags={status.data.tags} onClose={() => setAsking(null)} />
      ) : null}
      {asking === 'off' ? <TurnOffConfirm onClose={() => setAsking(null)} /> : null}
    </Page>
  );
}

const stateOf = (t: Translate, { state, known, connected }: NetworkStatus): string =>
  state === 'on' ? t('network.state.on', { known, connected }) : t(`network.state.${state}`);

/** An address that names its peer at the end, to begin with; a person may choose another. */
function dialable({ addresses, peerId }: NetworkPeer): string {
  const first = addresses[0] ?? '';
  return first === '' || first.endsWith(`/p2p/${peerId}`) ? first : `${first}/p2p/${peerId}`;
}

/** Off, locked, opening or failed: what it is, and the one next step. */
function NotOn({ status }: { status: NetworkStatus }) {
  const t = useT();
  const { api } = useNode();
  const may = useMay();
  const settings = useQuery(api.settings.get.queryOptions());
  const set = useSetSettings();
  if (status.state === 'opening')
    return <Empty icon="network" title={t('network.opening')} text={t('network.openingText')} />;
  if (status.state === 'locked')
    return (
      <>
        {status.problem === null ? null : (
          <div className={styles.problem}>
            <Problem problem={status.problem} />
          </div>
        )}
        <Empty
          icon="lock"
          title={t('network.locked')}
          text={t('network.lockedText')}
          action={<Link to="/welcome">{t('locked.unlock')}</Link>}
        />
      </>
    );
  if (status.state === 'failed')
    return (
      <div className={styles.problem}>
        {status.problem === null ? null : <Problem problem={status.problem} />}
        <Link to="/settings" hash="network">
          {t('network.settings')}
        </Link>
      </div>
    );
  return (
    <Ask query={settings}>
      {({ networkListen }) => (
        <Empty
          icon="network"
          title={t('network.off')}
          text={
            networkListen === '' ? t('network.offDialText') : t('network.offText', { listen: networkListen })
          }
          action={
            may('operate') ? (
              <>
                <span className={styles.buttons}>
                  <Button kind="primary" busy={set.isPending} onClick={() => set.mutate({ network: true })}>
                    {t('network.turnOn')}
                  </Button>
                  <Link to="/settings" hash="network">
                    {t('network.change')}
                  </Link>
                </span>
                <Thrown error={set.error} />
              </>
            ) : null
          }
        />
      )}
    </Ask>
  );
}
