/** The Chronicle: checkpoints at the left, entries in the middle, the entry at the right. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { number, shorten } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Button, IconButton } from '../../parts/Button.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { closeOnEscape, Page } from '../../parts/Page.tsx';
import { QueryBar } from '../../parts/QueryBar.tsx';
import { saveFile } from '../../parts/save.ts';
import { isEmptyFilter, parseQuery, QUERY_KEYS } from '../../query.ts';
import styles from './ChroniclePage.module.css';
import { EntryList } from './EntryList.tsx';
import { EntryPane } from './EntryPane.tsx';
import { ExportDialog } from './ExportDialog.tsx';
import { FoundList } from './FoundList.tsx';
import { SessionStrip } from './SessionStrip.tsx';
import { Timeline } from './Timeline.tsx';

/** An origin names a key in hex; both ends of it are enough in a sentence. */
const shortenOrigin = (origin: string): string => origin.replace(/[0-9a-f]{32,}/, (hex) => shorten(hex));

const route = getRouteApi('/chronicle');

export function ChroniclePage() {
  const t = useT();
  const { api } = useNode();
  const { q = '', entry } = route.useSearch();
  // an address may name an entry that is far from the top
  const [goTo, setGoTo] = useState(entry === undefined ? null : { index: entry });
  const navigate = route.useNavigate();
  const head = useQuery(api.chronicle.head.queryOptions());
  const [exporting, setExporting] = useState(false);
  const [view, setView] = useState<readonly number[]>([]);
  const parsed = useMemo(() => parseQuery(q), [q]);
  const selected = entry ?? null;

  const select = useCallback(
    (index: number | undefined) =>
      void navigate({ search: (before) => ({ ...before, entry: index }), replace: true }),
    [navigate],
  );
  const visit = useCallback(
    (index: number) => {
      select(index);
      setGoTo({ index });
    },
    [select],
  );
  const onView = useCallback((low: number, high: number) => {
    setView((before) =>
      before[0] === low && before.length === high - low + 1
        ? before
        : Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => low + i),
    );
  }, []);
  const submit = (text: string): void => {
    const { goTo: index, filter, faults } = parseQuery(text);
    if (index !== null && isEmptyFilter(filter) && faults.length === 0) {
      void navigate({ search: { entry: index } });
      setGoTo({ index });
    } else void navigate({ search: (before) => ({ ...before, q: text === '' ? undefined : text }) });
  };

  return (
    <Page
      title={t('nav.chronicle')}
      state={
        head.data === undefined
          ? null
          : head.data.checkpoint === null
            ? t('chronicle.stateOpen', { n: head.data.size, size: number(head.data.size) })
            : t('chronicle.state', {
                n: head.data.size,
                size: number(head.data.size),
                all: head.data.checkpoint.size >= head.data.size ? 'yes' : 'no',
                committed: number(head.data.checkpoint.size),
                origin: shortenOrigin(head.data.origin),
              })
      }
      actions={
        <>
          <Button
            icon="file"
            disabled={(head.data?.policy ?? null) === null}
            onClick={() => saveFile('chronicle.tlog-policy', [head.data?.policy ?? ''], 'text/plain')}
          >
            {t('chronicle.policyFile')}
          </Button>
          <Button icon="download" onClick={() => setExporting(true)} disabled={(head.data?.size ?? 0) === 0}>
            {t('chronicle.export')}
          </Button>
        </>
      }
      fixed
    >
      <Ask query={head}>
        {(log) =>
          log.size === 0 ? (
            <Empty icon="chronicle" title={t('chronicle.empty')} text={t('chronicle.emptyText')} />
          ) : (
            // the close button does the same for everybody else
            // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
            <div
              className={`${styles.columns} ${selected === null ? '' : styles.open}`}
              onKeyDown={selected === null ? undefined : closeOnEscape(() => select(undefined))}
            >
              <Timeline onVisit={visit} />
              <div className={styles.middle}>
                <QueryBar
                  label={t('chronicle.query')}
                  placeholder={t('chronicle.queryHint')}
                  value={q}
                  onSubmit={submit}
                  help={<code>{t('chronicle.queryHelp')}</code>}
                  faults={parsed.faults.map(({ word, why }) =>
                    t(`query.fault.${why}`, { word, keys: QUERY_KEYS.join(', ') }),
                  )}
                />
                <SessionStrip total={log.size} loaded={view} />
                {isEmptyFilter(parsed.filter) ? (
                  <EntryList head={log} selected={selected} onSelect={select} onView={onView} goTo={goTo} />
                ) : (
                  <FoundList
                    filter={parsed.filter}
                    head={log}
                    selected={selected}
                    onSelect={select}
                    onFound={setView}
                  />
                )}
              </div>
              {selected === null ? null : (
                <section
                  className={styles.pane}
                  aria-label={t('chronicle.entry', { index: number(selected) })}
                >
                  <IconButton
                    className={styles.close ?? ''}
                    icon="close"
                    name={t('action.closeDetail')}
                    onClick={() => select(undefined)}
                  />
                  <EntryPane key={selected} index={selected} size={log.size} onVisit={visit} />
                </section>
              )}
            </div>
          )
        }
      </Ask>
      {exporting && head.data !== undefined ? (
        <ExportDialog size={head.data.size} onClose={() => setExporting(false)} />
      ) : null}
    </Page>
  );
}
