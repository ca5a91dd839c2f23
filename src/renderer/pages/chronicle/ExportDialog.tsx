/** Exports entries as a bundle that can be verified offline; the pieces are joined here, in order. */
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { bytes, number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { Choice, Fields, TextField } from '../../parts/Field.tsx';
import { Bar } from '../../parts/Bar.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { saveFile } from '../../parts/save.ts';

export function ExportDialog({ size, onClose }: { size: number; onClose: () => void }) {
  const t = useT();
  const announce = useAnnounce();
  const { client } = useNode();
  const [range, setRange] = useState<'all' | 'part'>('all');
  const [from, setFrom] = useState('0');
  const [to, setTo] = useState(String(size - 1));
  const [progress, setProgress] = useState<{ done: number; total: number; bytes: number } | null>(null);
  const [cancelled, setCancelled] = useState(false);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const low = Number(from);
  const high = Number(to);
  const valid = range === 'all' || (/^\d+$/.test(from) && /^\d+$/.test(to) && low <= high && high < size);
  const run = useMutation({
    mutationFn: async () => {
      const controller = new AbortController();
      abort.current = controller;
      setCancelled(false);
      const parts: string[] = [];
      let length = 0;
      const input = range === 'all' ? {} : { from: low, to: high };
      for await (const piece of await client.chronicle.export(input, { signal: controller.signal })) {
        parts.push(piece.text);
        length += piece.text.length;
        setProgress({ done: piece.done, total: piece.total, bytes: length });
      }
      const name = range === 'all' ? 'chronicle.muster-bundle' : `chronicle-${low}-${high}.muster-bundle`;
      saveFile(name, parts, 'text/plain');
      return length;
    },
    onSuccess: () => announce(t('export.done')),
  });
  const stop = (): void => {
    abort.current?.abort();
    setCancelled(true);
    setProgress(null);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      size="small"
      title={t('export.title')}
      description={t('export.text')}
      footer={
        run.isPending ? (
          <Button icon="stop" onClick={stop}>
            {t('action.cancel')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t('action.close')}</Button>
            <Button kind="primary" icon="download" disabled={!valid} onClick={() => run.mutate()}>
              {t('export.start')}
            </Button>
          </>
        )
      }
    >
      <Choice
        label={t('export.range')}
        value={range}
        onChange={setRange}
        options={[
          { value: 'all', label: t('export.all', { n: number(size) }) },
          { value: 'part', label: t('export.part') },
        ]}
      />
      {range === 'part' ? (
        <Fields>
          <TextField
            label={t('export.from')}
            value={from}
            onChange={setFrom}
            inputMode="numeric"
            fault={valid ? null : t('export.badRange', { last: number(size - 1) })}
          />
          <TextField label={t('export.to')} value={to} onChange={setTo} inputMode="numeric" />
        </Fields>
      ) : null}
      {progress === null ? null : (
        <div aria-live="polite">
          <Bar done={progress.done} total={progress.total} name={t('export.title')} />
          <p>
            {run.isSuccess
              ? t('export.saved', { n: number(progress.total), size: bytes(progress.bytes) })
              : t('export.progress', {
                  done: number(progress.done),
                  total: number(progress.total),
                  size: bytes(progress.bytes),
                })}
          </p>
        </div>
      )}
      <Thrown error={cancelled ? null : run.error} onRetry={() => run.mutate()} />
    </Dialog>
  );
}
