/**
 * Verifies an evidence bundle in this browser: at its own time and now, side by side. The node is not asked for a
 * verdict; it only gives the policy in force, to be applied beside the bundle's own.
 */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { VerdictJson } from '../../../contract/index.ts';
import { LARGEST_BUNDLE } from '../../../protocol/attestation/index.ts';
import type { Policy, Verdict } from '../../../protocol/attestation/index.ts';
import { useNode } from '../../client/context.tsx';
import { createCrypto } from '../../crypto.ts';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Drop } from '../../parts/Drop.tsx';
import type { Dropped } from '../../parts/Drop.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page, Section } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { verifyBundle } from '../../verify/bundle.ts';
import type { VerifiedBundle } from '../../verify/bundle.ts';
import { EventLogReport } from '../machines/EventLogTab.tsx';
import { PolicyLineList } from '../machines/PolicyTab.tsx';
import { VerdictCard } from '../machines/VerdictCard.tsx';
import styles from './Bundle.module.css';

export function BundlePage() {
  const t = useT();
  const { api } = useNode();
  const announce = useAnnounce();
  const crypto = useMemo(() => createCrypto(), []);
  const policy = useQuery(api.attestation.policy.queryOptions());
  const [file, setFile] = useState<Dropped | null>(null);
  const verify = useMutation({
    mutationFn: ({ data }: Dropped) =>
      verifyBundle(data, crypto, Math.floor(Date.now() / 1000), policy.data?.policy as Policy | undefined),
    onSuccess: ({ now }) => announce(t(`verdict.${now.evidence}`, { status: now.status ?? '' })),
  });
  return (
    <Page
      title={t('bundle.title')}
      state={t('bundle.state')}
      actions={<Link to="/machines">{t('policy.back')}</Link>}
    >
      <div className={styles.page}>
        <Drop
          label={t('bundle.file')}
          hint={t('bundle.hint')}
          value={file}
          onChange={(next) => {
            setFile(next);
            if (next === null) verify.reset();
            else verify.mutate(next);
          }}
          limit={LARGEST_BUNDLE}
        />
        {verify.isPending ? <p role="status">{t('bundle.checking')}</p> : null}
        <Thrown error={verify.error} />
        {verify.data === undefined || verify.isPending ? null : <Result result={verify.data} />}
      </div>
    </Page>
  );
}

/** The verdict of the rules is the one of the contract: the same members, only not writable. */
const shown = (verdict: Verdict): VerdictJson => verdict as unknown as VerdictJson;

function Result({ result }: { result: VerifiedBundle }) {
  const t = useT();
  const { then, now, own, sameAsRecorded, differences, eventLog } = result;
  return (
    <>
      <div className={styles.pair}>
        <div className={styles.side}>
          <h2>{t('bundle.then')}</h2>
          <VerdictCard
            verdict={shown(then)}
            machine={null}
            by="browser"
            name={t('bundle.then')}
            eventLog={eventLog !== null}
          />
        </div>
        <div className={styles.side}>
          <h2>{t('bundle.now')}</h2>
          <VerdictCard
            verdict={shown(now)}
            machine={null}
            by="browser"
            name={t('bundle.now')}
            eventLog={eventLog !== null}
          />
        </div>
      </div>
      <Section title={t('bundle.recorded')}>
        <p className={styles.line}>
          <Mark kind={sameAsRecorded ? 'passed' : 'failed'} label="" />
          {t(sameAsRecorded ? 'bundle.same' : 'bundle.differs', { n: differences.length })}
        </p>
        {differences.length === 0 ? null : (
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">{t('bundle.member')}</th>
                <th scope="col">{t('bundle.claimed')}</th>
                <th scope="col">{t('bundle.computed')}</th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ member, recorded, computed }) => (
                <tr key={member}>
                  <th scope="row">
                    <code>{member}</code>
                  </th>
                  <td>{recorded === null ? t('bundle.missing') : <code>{recorded}</code>}</td>
                  <td>{computed === null ? t('bundle.missing') : <code>{computed}</code>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Section>
      <Section title={t('bundle.own')}>
        {own === null ? (
          <p className={styles.line}>
            <Mark kind="not-checked" label="" />
            {t('bundle.noOwn')}
          </p>
        ) : (
          <>
            <p className={styles.line}>
              <Mark kind={own.policy.outcome === 'passed' ? 'passed' : 'failed'} label="" />
              {t(own.policy.outcome === 'passed' ? 'policy.allMet' : 'policy.notMet')}
            </p>
            <PolicyLineList lines={shown(own).policy.lines} />
          </>
        )}
      </Section>
      {eventLog === null ? null : (
        <EventLogReport
          log={
            { ...eventLog, total: eventLog.events.length } as unknown as Parameters<
              typeof EventLogReport
            >[0]['log']
          }
        />
      )}
    </>
  );
}
