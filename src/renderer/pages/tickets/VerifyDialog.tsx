/** Verifies a pasted token against this coalition's keys and revocations. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { isKey } from '../../language/translate.ts';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { EvidenceCard } from '../../parts/EvidenceCard.tsx';
import { AreaField } from '../../parts/Field.tsx';
import { Facts } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';

/** Claims whose values are Unix seconds. */
const TIMES = new Set(['iat', 'nbf', 'exp']);

export function VerifyDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const { client } = useNode();
  const [token, setToken] = useState('');
  const verify = useMutation({ mutationFn: (text: string) => client.tickets.verify({ token: text }) });
  const result = verify.data;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('tickets.verify')}
      description={t('tickets.verifyText')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.close')}</Button>
          <Button
            kind="primary"
            busy={verify.isPending}
            disabled={token.trim() === ''}
            onClick={() => verify.mutate(token.trim())}
          >
            {t('tickets.verifyNow')}
          </Button>
        </>
      }
    >
      <AreaField
        label={t('tickets.token')}
        value={token}
        onChange={(text) => {
          setToken(text);
          verify.reset();
        }}
        rows={5}
        placeholder="eyJhbGciOiJFZERTQSIs…"
      />
      {result === undefined ? null : (
        <div role="status">
          <EvidenceCard
            name={t('tickets.verdict')}
            mark={result.ok ? 'passed' : 'failed'}
            claim={
              <>
                {t(result.ok ? 'tickets.verdictOk' : 'tickets.verdictBad')}{' '}
                {result.code === null ? null : <code>{result.code}</code>}
              </>
            }
            provenance={t('tickets.byNode')}
            lines={result.checks.map((check) => {
              const key = `ticket.check.${check.id}`;
              return {
                id: check.id,
                mark: check.outcome,
                title: isKey(key) ? t(key) : check.id,
                detail: check.detail,
              };
            })}
          />
        </div>
      )}
      {result?.claims === undefined || result.claims === null ? null : (
        <Facts
          rows={Object.entries(result.claims).map(([name, value]) => [
            name,
            <code key={name}>
              {TIMES.has(name) && typeof value === 'number'
                ? utc(value * 1000)
                : typeof value === 'string'
                  ? value
                  : JSON.stringify(value)}
            </code>,
          ])}
        />
      )}
      <Thrown error={verify.error} />
    </Dialog>
  );
}
