/** Whether this node takes part in the network, where it listens, and whom it begins with. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Settings } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { AreaField, CheckField, TextField } from '../../parts/Field.tsx';
import { Section } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { looksDialable } from '../network/peers.ts';
import styles from './Settings.module.css';
import { useSetSettings } from './use-settings.ts';

export function NetworkPart({ current }: { current: Settings }) {
  const t = useT();
  const { api } = useNode();
  const set = useSetSettings();
  const status = useQuery(api.network.status.queryOptions());
  const [on, setOn] = useState(current.network);
  const [before, setBefore] = useState(current.network);
  const [listen, setListen] = useState(current.networkListen);
  const [nodes, setNodes] = useState(current.networkBootstrap.join('\n'));
  const [local, setLocal] = useState(current.networkLocal);
  const [relay, setRelay] = useState(current.networkRelay);
  const [quote, setQuote] = useState(current.networkQuote);
  // the network page has the same switch
  if (before !== current.network) {
    setBefore(current.network);
    setOn(current.network);
  }
  const list = nodes.split(/\s+/).filter(Boolean);
  const address = listen.trim();
  const goodListen = address === '' || (/^\/\S+$/.test(address) && address.length <= 256);
  const goodNodes = list.length <= 32 && list.every(looksDialable);
  const next = {
    network: on,
    networkListen: address,
    networkBootstrap: list,
    networkLocal: local,
    networkRelay: relay,
    networkQuote: quote,
  };
  const changed =
    on !== current.network ||
    address !== current.networkListen ||
    list.join(' ') !== current.networkBootstrap.join(' ') ||
    local !== current.networkLocal ||
    relay !== current.networkRelay ||
    quote !== current.networkQuote;
  return (
    <div id="settings-network">
      <Section
        title={t('settings.network')}
        aside={
          status.data === undefined
            ? t('unknown')
            : t(`network.state.${status.data.state}`, {
                known: status.data.known,
                connected: status.data.connected,
              })
        }
      >
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (goodListen && goodNodes) set.mutate(next);
          }}
        >
          <CheckField
            label={t('settings.network.on')}
            help={t('settings.network.onHelp')}
            checked={on}
            onChange={setOn}
          />
          <TextField
            label={t('settings.network.listen')}
            help={t('settings.network.listenHelp')}
            fault={goodListen ? null : t('settings.network.listenFault')}
            value={listen}
            onChange={setListen}
            mono
          />
          <AreaField
            label={t('settings.network.bootstrap')}
            help={t('settings.network.bootstrapHelp')}
            fault={goodNodes ? null : t('settings.network.bootstrapFault')}
            value={nodes}
            onChange={setNodes}
            rows={2}
          />
          <CheckField
            label={t('settings.network.local')}
            help={t('settings.network.localHelp')}
            checked={local}
            onChange={setLocal}
          />
          <CheckField
            label={t('settings.network.relay')}
            help={t('settings.network.relayHelp')}
            checked={relay}
            onChange={setRelay}
          />
          <CheckField
            label={t('settings.network.quote')}
            help={t('settings.network.quoteHelp')}
            checked={quote}
            onChange={setQuote}
          />
          <Thrown error={set.error} />
          <div>
            <Button type="submit" disabled={!changed || !goodListen || !goodNodes} busy={set.isPending}>
              {t('settings.network.save')}
            </Button>
          </div>
        </form>
      </Section>
    </div>
  );
}
