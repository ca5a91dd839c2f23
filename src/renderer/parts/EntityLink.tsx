/**
 * An id, the same everywhere: its colour-block, both ends of it, the whole on hover, copy on click, and where it
 * leads. The block is derived from the id, so that a mismatch catches the eye.
 */
import { Tooltip } from '@base-ui/react/tooltip';
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { ReactNode } from 'react';
import { shorten } from '../format.ts';
import { glyphOf } from '../glyph.ts';
import { useT } from '../language/context.tsx';
import { useCopy } from './copy.ts';
import styles from './EntityLink.module.css';
import { Icon } from './Icon.tsx';

/** Drawn by the hundred while a list is scrolled, so it is one path and made once per id. */
export const Glyph = memo(function Glyph({ id, size = 14 }: { id: string; size?: number }) {
  const { hue, cells } = glyphOf(id);
  const path = cells
    .map((filled, i) => (filled ? `M${(i % 4) * 2} ${Math.floor(i / 4) * 2}h2v2h-2z` : ''))
    .join('');
  return (
    <svg
      className={styles.glyph}
      width={size}
      height={size}
      viewBox="0 0 8 8"
      shapeRendering="crispEdges"
      aria-hidden="true"
      // a derived colour cannot stand in a style file; React sets it through the CSSOM
      style={{ color: `light-dark(hsl(${hue} 52% 38%), hsl(${hue} 52% 66%))` }}
    >
      <path d="M0 0h8v8H0z" className={styles.ground} />
      <path d={path} fill="currentColor" />
    </svg>
  );
});

export type Target =
  | { to: '/machines'; search: { id: string } }
  | { to: '/compute'; search: { id: string } }
  | { to: '/tickets'; search: { id: string } }
  | { to: '/network'; search: { id: string } | { tab: string } }
  | { to: '/chronicle'; search: { entry: number } | { q: string } };

interface Props {
  /** The whole id: shown on hover, copied on click. */
  id: string;
  /** A name to show instead of the shortened id. */
  label?: ReactNode;
  target?: Target | undefined;
  head?: number;
  tail?: number;
  glyph?: boolean;
  copy?: boolean;
}

export function EntityLink({ id, label, target, head = 8, tail = 4, glyph = true, copy = true }: Props) {
  const t = useT();
  const clipboard = useCopy();
  const text = label ?? <span className={styles.id}>{shorten(id, head, tail)}</span>;
  return (
    <span className={styles.entity}>
      {glyph ? <Glyph id={id} /> : null}
      <Tooltip.Root>
        <Tooltip.Trigger
          delay={300}
          render={
            target === undefined ? (
              <span className={styles.text} />
            ) : (
              <Link className={styles.link} to={target.to} search={target.search as never} />
            )
          }
        >
          {text}
        </Tooltip.Trigger>
        <Tooltip.Portal>
          <Tooltip.Positioner sideOffset={6} className={styles.positioner}>
            <Tooltip.Popup className={styles.tip}>{id}</Tooltip.Popup>
          </Tooltip.Positioner>
        </Tooltip.Portal>
      </Tooltip.Root>
      {copy ? (
        <button
          type="button"
          className={styles.copy}
          title={t('action.copyId', { id: shorten(id) })}
          aria-label={t('action.copyId', { id: shorten(id) })}
          onClick={(event) => {
            event.stopPropagation();
            clipboard.copy(id);
          }}
        >
          <Icon name={clipboard.copied ? 'check' : 'copy'} size={12} />
        </button>
      ) : null}
    </span>
  );
}

/** A long id in full, wrapping, with its glyph and a copy button: for details. `label` is what is shown of it. */
export function FullId({ id, label, glyph = true }: { id: string; label?: string; glyph?: boolean }) {
  const t = useT();
  const clipboard = useCopy();
  return (
    <span className={styles.full}>
      {glyph ? <Glyph id={id} /> : null}
      <code title={label === undefined ? undefined : id}>{label ?? id}</code>
      <button
        type="button"
        className={styles.copyShown}
        aria-label={t('action.copyId', { id: shorten(id) })}
        title={t('action.copyId', { id: shorten(id) })}
        onClick={() => clipboard.copy(id)}
      >
        <Icon name={clipboard.copied ? 'check' : 'copy'} size={12} />
      </button>
    </span>
  );
}
