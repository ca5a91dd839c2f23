/** The inputs of a judgement: where the quote comes from, where the collateral comes from, and for which moment. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { MAX_COLLATERAL_FILE, MAX_QUOTE_FILE } from '../../../contract/index.ts';
import type { CollateralInput, QuoteInput } from '../../../contract/index.ts';
import { toBase64url, utf8 } from '../../../protocol/bytes/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Drop } from '../../parts/Drop.tsx';
import type { Dropped } from '../../parts/Drop.tsx';
import { AreaField, Choice, TextField } from '../../parts/Field.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { parseMoment } from '../../query.ts';
import styles from './machines.module.css';

export interface QuoteDraft {
  readonly source: 'file' | 'paste' | 'guest' | 'none';
  readonly file: Dropped | null;
  readonly text: string;
}
export const emptyQuote: QuoteDraft = { source: 'file', file: null, text: '' };

/** Null while something is missing. */
export function quoteOf(draft: QuoteDraft): QuoteInput | null {
  if (draft.source === 'guest' || draft.source === 'none') return { kind: draft.source };
  if (draft.source === 'file')
    return draft.file === null ? null : { kind: 'bytes', data: toBase64url(draft.file.data) };
  const text = draft.text.trim();
  return text === '' ? null : { kind: 'bytes', data: toBase64url(utf8(text)) };
}

export interface CollateralDraft {
  readonly source: 'none' | 'file' | 'folder' | 'service';
  readonly file: Dropped | null;
  readonly path: string;
  /** Null until the person types one: the service of the settings then stands there. */
  readonly url: string | null;
}
export const emptyCollateral: CollateralDraft = { source: 'none', file: null, path: '', url: null };

export function collateralOf(draft: CollateralDraft, service: string): CollateralInput | null {
  if (draft.source === 'none') return { kind: 'none' };
  if (draft.source === 'file')
    return draft.file === null ? null : { kind: 'file', data: toBase64url(draft.file.data) };
  if (draft.source === 'folder')
    return draft.path.trim() === '' ? null : { kind: 'folder', path: draft.path.trim() };
  const url = (draft.url ?? service).trim();
  return url === '' ? null : { kind: 'service', url };
}

export function QuoteFields({
  value,
  onChange,
  none = true,
}: {
  value: QuoteDraft;
  onChange: (value: QuoteDraft) => void;
  /** Whether a machine without evidence is a choice. */
  none?: boolean;
}) {
  const t = useT();
  return (
    <>
      <Choice
        label={t('quote.source')}
        value={value.source}
        onChange={(source) => onChange({ ...value, source })}
        options={[
          { value: 'file', label: t('quote.file') },
          { value: 'paste', label: t('quote.paste') },
          { value: 'guest', label: t('quote.guest') },
          ...(none ? [{ value: 'none' as const, label: t('quote.none') }] : []),
        ]}
      />
      {value.source === 'file' ? (
        <Drop
          label={t('quote.fileLabel')}
          hint={t('quote.fileHint')}
          value={value.file}
          onChange={(file) => onChange({ ...value, file })}
          limit={MAX_QUOTE_FILE}
        />
      ) : null}
      {value.source === 'paste' ? (
        <AreaField
          label={t('quote.pasteLabel')}
          help={t('quote.pasteHelp')}
          value={value.text}
          onChange={(text) => onChange({ ...value, text })}
          rows={5}
        />
      ) : null}
      {value.source === 'guest' ? <Guest /> : null}
      {value.source === 'none' ? <p className={styles.note}>{t('quote.noneText')}</p> : null}
    </>
  );
}

/** Says plainly whether this machine is a TD. */
function Guest() {
  const t = useT();
  const { api } = useNode();
  const query = useQuery({ ...api.attestation.detect.queryOptions(), staleTime: 0 });
  return (
    <Ask query={query} lines={1}>
      {({ state, sentence, path }) => (
        <div className={styles.guest} role="status">
          <Mark kind={state === 'in-td' ? 'passed' : state === 'not-in-td' ? 'ended' : 'stale'} label="" />
          <div>
            <strong>{t(`guest.${state}`)}</strong>
            <p>{sentence}</p>
            {path === null ? null : <code>{path}</code>}
          </div>
        </div>
      )}
    </Ask>
  );
}

interface CollateralProps {
  value: CollateralDraft;
  onChange: (value: CollateralDraft) => void;
  service: string;
  /** What it means to give none. */
  noneText?: string;
}

export function CollateralFields({ value, onChange, service, noneText }: CollateralProps) {
  const t = useT();
  return (
    <>
      <Choice
        label={t('collateral.source')}
        value={value.source}
        onChange={(source) => onChange({ ...value, source })}
        options={[
          { value: 'none', label: t('collateral.none') },
          { value: 'file', label: t('collateral.file') },
          { value: 'folder', label: t('collateral.folder') },
          { value: 'service', label: t('collateral.service') },
        ]}
      />
      {value.source === 'none' ? <p className={styles.note}>{noneText ?? t('collateral.noneText')}</p> : null}
      {value.source === 'file' ? (
        <Drop
          label={t('collateral.fileLabel')}
          hint={t('collateral.fileHint')}
          value={value.file}
          onChange={(file) => onChange({ ...value, file })}
          limit={MAX_COLLATERAL_FILE}
        />
      ) : null}
      {value.source === 'folder' ? (
        <TextField
          label={t('collateral.path')}
          help={t('collateral.pathHelp')}
          value={value.path}
          onChange={(path) => onChange({ ...value, path })}
          mono
        />
      ) : null}
      {value.source === 'service' ? (
        <TextField
          label={t('collateral.url')}
          help={t('collateral.urlHelp')}
          value={value.url ?? service}
          onChange={(url) => onChange({ ...value, url })}
          mono
        />
      ) : null}
    </>
  );
}

/** Empty means now. */
export function useMoment(): { field: React.ReactNode; at: number | undefined; valid: boolean } {
  const t = useT();
  const [text, setText] = useState('');
  const at = text.trim() === '' ? undefined : (parseMoment(text.trim().replace(' ', 'T')) ?? null);
  return {
    at: at ?? undefined,
    valid: at !== null,
    field: (
      <TextField
        label={t('moment.label')}
        help={t('moment.help')}
        placeholder={t('moment.now')}
        value={text}
        onChange={setText}
        fault={at === null ? t('moment.fault') : null}
        mono
      />
    ),
  };
}
