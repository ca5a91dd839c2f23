/** One entry: what it says, who signed it, where it stands in the tree, its neighbours, its proof as a file. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { EntryDetail } from '../../../contract/index.ts';
import { fromBase64, fromBase64url, toHex } from '../../../protocol/bytes/index.ts';
import { decodeRecord } from '../../../protocol/record/index.ts';
import { useNode } from '../../client/context.tsx';
import { useStore } from '../../client/store.ts';
import { bytes, number, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button, IconButton } from '../../parts/Button.tsx';
import { EntityLink, FullId } from '../../parts/EntityLink.tsx';
import { FullLadder } from '../../parts/Ladder.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { DetailHead, Facts, Section } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { saveFile } from '../../parts/save.ts';
import { Time } from '../../parts/Time.tsx';
import { readable } from '../../verify/readable.ts';
import type { Readable } from '../../verify/readable.ts';
import { BodyView } from './BodyView.tsx';
import { markOf } from './marks.ts';
import { ProofCard } from './ProofCard.tsx';

interface Props {
  index: number;
  size: number;
  onVisit: (index: number) => void;
}

export function EntryPane({ index, size, onVisit }: Props) {
  const t = useT();
  const announce = useAnnounce();
  const { api, client, verifier } = useNode();
  useStore(verifier.session);
  const query = useQuery(api.chronicle.entry.queryOptions({ input: { index } }));
  const result = verifier.result(index);
  const verify = useMutation({
    mutationFn: () => verifier.verify(index),
    onSuccess: ({ ok }) => announce(t(ok ? 'verify.ok' : 'verify.notOk', { index: number(index) })),
  });
  const proof = useMutation({
    mutationFn: () => client.chronicle.proof({ index }),
    onSuccess: ({ name, file }) => saveFile(name, [file], 'text/plain'),
  });
  return (
    <Ask query={query}>
      {(entry) => (
        <>
          <DetailHead
            title={
              <>
                <Mark kind={markOf(result)} size={16} />
                {entry.kind}
                <code>{number(index)}</code>
              </>
            }
            state={
              <>
                <FullLadder stage={entry.stage} />
                {entry.at === null ? null : <Time at={entry.at} />}
              </>
            }
            actions={
              <>
                <Button kind="primary" icon="check" busy={verify.isPending} onClick={() => verify.mutate()}>
                  {result === undefined ? t('verify.entry') : t('verify.again')}
                </Button>
                <Button
                  icon="download"
                  disabled={entry.inclusion === null}
                  busy={proof.isPending}
                  onClick={() => proof.mutate()}
                >
                  {t('chronicle.proofFile')}
                </Button>
                <IconButton
                  icon="up"
                  name={t('chronicle.newer')}
                  disabled={index >= size - 1}
                  onClick={() => onVisit(index + 1)}
                />
                <IconButton
                  icon="down"
                  name={t('chronicle.older')}
                  disabled={index === 0}
                  onClick={() => onVisit(index - 1)}
                />
              </>
            }
          />
          {verify.error === null && proof.error === null ? null : (
            <Section title={t('problem.label')}>
              <Thrown error={verify.error ?? proof.error} />
            </Section>
          )}
          {entry.refused === null ? null : (
            <Section title={t('chronicle.refused')}>
              <p>
                <Mark kind="failed" label="" /> <code>{entry.refused}</code> {entry.refusedMessage}
              </p>
              <p>{t('chronicle.refusedText')}</p>
            </Section>
          )}
          <Says entry={entry} />
          <ProofCard entry={entry} result={result} />
          <Envelope entry={entry} />
          <Neighbours index={index} size={size} onVisit={onVisit} />
        </>
      )}
    </Ask>
  );
}

/** The record as this browser decodes it from the signed bytes. */
function Says({ entry }: { entry: EntryDetail }) {
  const t = useT();
  const body = useMemo((): Readable | null => {
    try {
      return readable(decodeRecord(fromBase64url(entry.bytes)).body);
    } catch {
      return null;
    }
  }, [entry.bytes]);
  return (
    <Section
      title={t('chronicle.says')}
      aside={body === null ? t('chronicle.undecodable') : t('chronicle.decodedHere')}
    >
      <BodyView kind={entry.kind} body={body} />
    </Section>
  );
}

function Envelope({ entry }: { entry: EntryDetail }) {
  const t = useT();
  return (
    <Section title={t('chronicle.envelope')}>
      <Facts
        rows={[
          [t('chronicle.record'), <FullId key="id" id={entry.id} />],
          [
            t('chronicle.author'),
            entry.author === null ? (
              t('unknown')
            ) : (
              <EntityLink
                key="author"
                id={entry.author}
                head={16}
                tail={8}
                target={{ to: '/chronicle', search: { q: `by:${entry.author}` } }}
              />
            ),
          ],
          [
            t('chronicle.coalition'),
            entry.coalition === null ? (
              t('unknown')
            ) : /^0+$/.test(entry.coalition) ? (
              t('chronicle.noCoalition')
            ) : (
              <EntityLink key="c" id={entry.coalition} head={16} tail={8} />
            ),
          ],
          [t('chronicle.seq'), entry.seq === null ? t('unknown') : number(entry.seq)],
          [t('chronicle.claimedTime'), entry.at === null ? t('unknown') : utc(entry.at)],
          [t('chronicle.size'), bytes(entry.size)],
          [t('chronicle.leaf'), <FullId key="leaf" id={hexOf(entry.leaf)} glyph={false} />],
        ]}
      />
      {entry.evidence.length === 0 ? null : (
        <Facts
          rows={entry.evidence.map((pointer, i) => [
            t('chronicle.evidence', { n: i + 1 }),
            <span key={pointer.leaf}>
              {pointer.origin} · {number(pointer.index)} / {number(pointer.size)} ·{' '}
              <EntityLink id={pointer.leaf} />
            </span>,
          ])}
        />
      )}
    </Section>
  );
}

function Neighbours({ index, size, onVisit }: Props) {
  const t = useT();
  const { client } = useNode();
  const from = Math.min(size - 1, index + 2);
  const query = useQuery({
    queryKey: ['neighbours', index, from],
    queryFn: () => client.chronicle.list({ from, limit: from - Math.max(0, index - 2) + 1 }),
  });
  return (
    <Section title={t('chronicle.neighbours')}>
      <Ask query={query} lines={3}>
        {({ entries }) => (
          <Facts
            rows={entries.map((one) => [
              number(one.index),
              one.index === index ? (
                <strong key={one.index}>{one.kind}</strong>
              ) : (
                <Button key={one.index} kind="quiet" onClick={() => onVisit(one.index)}>
                  {one.kind}
                </Button>
              ),
            ])}
          />
        )}
      </Ask>
    </Section>
  );
}

function hexOf(hash: string): string {
  try {
    return toHex(fromBase64(hash));
  } catch {
    return hash;
  }
}
