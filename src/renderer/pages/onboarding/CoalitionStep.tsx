/** Creates a coalition, or takes one up from a file whose fingerprint is shown step by step first. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { fromUtf8, utf8 } from '../../../protocol/bytes/index.ts';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Drop } from '../../parts/Drop.tsx';
import type { Dropped } from '../../parts/Drop.tsx';
import { AreaField, CheckField, Choice, TextField } from '../../parts/Field.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { Derivation } from './Derivation.tsx';
import styles from './Welcome.module.css';

const LIMIT = 256 * 1024;

export function CoalitionStep() {
  const t = useT();
  const [way, setWay] = useState<'create' | 'import'>('create');
  return (
    <>
      <h1 id="page-title" tabIndex={-1}>
        {t('coalition.title')}
      </h1>
      <p>{t('coalition.text')}</p>
      <Choice
        label={t('coalition.way')}
        value={way}
        onChange={setWay}
        options={[
          { value: 'create', label: t('coalition.wayCreate') },
          { value: 'import', label: t('coalition.wayImport') },
        ]}
      />
      {way === 'create' ? <Create /> : <Import />}
    </>
  );
}

/** Asks everything again that a coalition changes. */
function useEntered(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries();
}

function Create() {
  const t = useT();
  const { client } = useNode();
  const entered = useEntered();
  const [name, setName] = useState('');
  const [issue, setIssue] = useState(true);
  const create = useMutation({
    mutationFn: () => client.coalition.create({ name: name.trim(), issueTickets: issue }),
    onSuccess: entered,
  });
  return (
    <form
      className={styles.step}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <TextField
        label={t('coalition.name')}
        help={t('coalition.nameHelp')}
        value={name}
        onChange={setName}
        required
        autoFocus
      />
      <CheckField
        label={t('coalition.issue')}
        help={t('coalition.issueHelp')}
        checked={issue}
        onChange={setIssue}
      />
      <Thrown error={create.error} />
      <div className={styles.buttons}>
        <Button
          kind="primary"
          type="submit"
          busy={create.isPending}
          disabled={name.trim() === '' || name.trim().length > 128}
        >
          {t('coalition.create')}
        </Button>
      </div>
    </form>
  );
}

function Import() {
  const t = useT();
  const { client } = useNode();
  const entered = useEntered();
  const [dropped, setDropped] = useState<Dropped | null>(null);
  const [text, setText] = useState('');
  const preview = useMutation({ mutationFn: (file: string) => client.coalition.preview({ file }) });
  const join = useMutation({
    mutationFn: (file: string) => client.coalition.import({ file }),
    onSuccess: entered,
  });
  const read = (next: string): void => {
    setText(next);
    join.reset();
    if (next.trim() === '') preview.reset();
    else preview.mutate(next);
  };
  return (
    <>
      <Drop
        label={t('coalition.file')}
        hint={t('coalition.fileHint')}
        value={dropped}
        limit={LIMIT}
        accept=".json,.muster-coalition,application/json"
        onChange={(next) => {
          setDropped(next);
          read(next === null ? '' : textOf(next.data));
        }}
      />
      {dropped === null ? (
        <AreaField label={t('coalition.paste')} value={text} onChange={read} rows={4} />
      ) : null}
      <Thrown error={preview.error} />
      {preview.data === undefined ? null : (
        <div className={styles.step} role="status">
          <h2>{t('coalition.preview', { name: preview.data.config.instanceName })}</h2>
          <p>{t('coalition.previewText')}</p>
          <Derivation steps={preview.data.derivation} id={preview.data.id} />
          <Thrown error={join.error} />
          <div className={styles.buttons}>
            <Button kind="primary" busy={join.isPending} onClick={() => join.mutate(text)}>
              {t('coalition.join')}
            </Button>
          </div>
        </div>
      )}
    </>
  );
}

/** Files that are no text are handed on as they are; the node says what is wrong with them. */
function textOf(data: Uint8Array): string {
  try {
    return fromUtf8(data);
  } catch {
    return fromUtf8(utf8('\u0000'));
  }
}
