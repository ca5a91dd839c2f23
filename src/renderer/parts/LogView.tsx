/**
 * A log as it is written: follows until the reader scrolls up, finds with a count and next and previous, shows
 * one stream or both, wraps, downloads. Only what is seen is drawn.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { LogLine } from '../../contract/index.ts';
import { clock, number } from '../format.ts';
import { useT } from '../language/context.tsx';
import { Button, IconButton } from './Button.tsx';
import { Choice } from './Field.tsx';
import { findAll, pieces } from './log-find.ts';
import styles from './LogView.module.css';
import { saveFile } from './save.ts';

const ROW = 18;

interface Props {
  lines: readonly LogLine[];
  /** The stream has ended: nothing more will come. */
  ended: boolean;
  /** Lines that were let go at the front. */
  dropped: number;
  /** Name of the file that a download makes. */
  fileName: string;
}

export function LogView({ lines, ended, dropped, fileName }: Props) {
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const finder = useRef<HTMLInputElement>(null);
  const [stream, setStream] = useState<'all' | 'stdout' | 'stderr'>('all');
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(true);
  const [wanted, setWanted] = useState('');
  const [current, setCurrent] = useState(0);
  const shown = useMemo(
    () => (stream === 'all' ? lines : lines.filter((line) => line.stream === stream)),
    [lines, stream],
  );
  const matches = useMemo(() => findAll(shown, wanted), [shown, wanted]);
  const at = matches.length === 0 ? -1 : Math.min(current, matches.length - 1);
  const now = matches[at];
  // the virtualizer is mutable by design; nothing here is memoized over it
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 30,
    getItemKey: (i) => shown[i]?.seq ?? i,
  });

  useEffect(() => {
    if (follow && shown.length > 0) virtual.scrollToIndex(shown.length - 1, { align: 'end' });
  }, [follow, shown.length, wrap, virtual]);
  const step = (by: number): void => {
    if (matches.length === 0) return;
    const next = (at + by + matches.length) % matches.length;
    setCurrent(next);
    setFollow(false);
    virtual.scrollToIndex(matches[next]?.line ?? 0, { align: 'center' });
  };
  /** Only the reader's own hand lets go: the wheel, a finger, a key or the scroll bar. */
  const letGo = (): void => {
    const element = scroller.current;
    if (element === null) return;
    setFollow(element.scrollHeight - element.scrollTop - element.clientHeight < ROW * 2);
  };
  const onKey = (event: KeyboardEvent): void => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') {
      event.preventDefault();
      finder.current?.focus();
    }
  };
  const download = (): void =>
    saveFile(
      fileName,
      shown.map((line) => `${new Date(line.at).toISOString()} ${line.stream} ${line.text}\n`),
      'text/plain',
    );

  return (
    // the keys are an addition to controls that all can be reached by themselves
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className={styles.view} onKeyDown={onKey}>
      <div className={styles.tools}>
        <Choice
          label={t('log.stream')}
          value={stream}
          onChange={setStream}
          options={[
            { value: 'all', label: t('log.all') },
            { value: 'stdout', label: t('log.stdout') },
            { value: 'stderr', label: t('log.stderr') },
          ]}
        />
        <div className={styles.find} role="search">
          <input
            ref={finder}
            aria-label={t('log.find')}
            placeholder={t('log.findHint')}
            value={wanted}
            spellCheck={false}
            onChange={(event) => {
              setWanted(event.target.value);
              setCurrent(0);
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
            }}
          />
          <span className={styles.count} role="status">
            {wanted === '' ? '' : t('log.matches', { n: matches.length, at: number(at + 1) })}
          </span>
          <IconButton
            icon="up"
            name={t('log.previous')}
            disabled={matches.length === 0}
            onClick={() => step(-1)}
          />
          <IconButton
            icon="down"
            name={t('log.next')}
            disabled={matches.length === 0}
            onClick={() => step(1)}
          />
        </div>
        <span className={styles.gap} />
        <IconButton icon="wrap" name={t('log.wrap')} aria-pressed={wrap} onClick={() => setWrap(!wrap)} />
        <IconButton
          icon="download"
          name={t('log.download')}
          onClick={download}
          disabled={lines.length === 0}
        />
        <Button
          icon="follow"
          aria-pressed={follow}
          className={follow ? styles.on : ''}
          onClick={() => setFollow(!follow)}
        >
          {t('log.follow')}
        </Button>
      </div>
      <div
        ref={scroller}
        className={`${styles.scroller} ${wrap ? styles.wrap : ''}`}
        role="log"
        aria-live="off"
        aria-label={t('log.name')}
        // what scrolls must be reachable by keys
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onWheel={(event) => {
          if (event.deltaY < 0) setFollow(false);
        }}
        onScroll={letGo}
      >
        <div className={styles.body} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const line = shown[item.index];
            return line === undefined ? null : (
              <div
                key={item.key}
                ref={wrap ? virtual.measureElement : null}
                data-index={item.index}
                className={`${styles.line} ${line.stream === 'stderr' ? styles.stderr : ''}`}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <span className={styles.time}>{clock(line.at)}</span>
                <span className={styles.stream} title={line.stream}>
                  {line.stream === 'stderr' ? 'err' : 'out'}
                </span>
                <span className={styles.text}>
                  {pieces(line.text, wanted).map((piece) =>
                    piece.hit ? (
                      <mark
                        key={piece.start}
                        className={
                          now?.line === item.index && now.start === piece.start ? styles.now : styles.hit
                        }
                      >
                        {piece.text}
                      </mark>
                    ) : (
                      piece.text
                    ),
                  )}
                </span>
              </div>
            );
          })}
        </div>
        {shown.length === 0 ? <p className={styles.empty}>{t('log.empty')}</p> : null}
      </div>
      <p className={styles.foot}>
        <span>{t('log.lines', { n: shown.length, lines: number(shown.length) })}</span>
        {dropped > 0 ? <span>{t('log.dropped', { n: number(dropped) })}</span> : null}
        {ended ? <span>{t('log.ended')}</span> : null}
      </p>
    </div>
  );
}
