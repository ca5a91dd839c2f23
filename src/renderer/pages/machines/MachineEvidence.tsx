/** Evidence of a machine: the card, the platform, the TD report, raw downloads. */
import { useMutation, useQuery } from '@tanstack/react-query';
import type { Machine } from '../../../contract/index.ts';
import { fromBase64url } from '../../../protocol/bytes/index.ts';
import { useNode } from '../../client/context.tsx';
import { bytes, number, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Deadline } from '../../parts/Deadline.tsx';
import { EntityLink, FullId } from '../../parts/EntityLink.tsx';
import { Facts, Section, Unknown } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { saveFile } from '../../parts/save.ts';
import { Time } from '../../parts/Time.tsx';
import styles from './machines.module.css';
import { whatExpires } from './verdict-lines.tsx';
import { VerdictCard } from './VerdictCard.tsx';

function Raw({ sha256, size, label }: { sha256: string; size: number; label: string }) {
  const t = useT();
  const { client } = useNode();
  const load = useMutation({
    mutationFn: () => client.attestation.raw({ sha256 }),
    onSuccess: ({ data, name }) => saveFile(name, [fromBase64url(data)]),
  });
  return (
    <Button
      kind="quiet"
      icon="download"
      busy={load.isPending}
      title={load.error === null ? sha256 : load.error.message}
      onClick={() => load.mutate()}
    >
      {t('machines.raw', { what: label, size: bytes(size) })}
    </Button>
  );
}

/** Everything the verdict rests on in one file, to be judged again by anybody. */
function BundleButton({ machine }: { machine: Machine }) {
  const t = useT();
  const { client } = useNode();
  const load = useMutation({
    mutationFn: () => client.attestation.bundle({ machine: machine.id }),
    onSuccess: ({ data, name }) => saveFile(name, [fromBase64url(data)]),
  });
  return (
    <div className={styles.bundle}>
      <span>{t('bundle.what')}</span>
      <Button icon="download" busy={load.isPending} onClick={() => load.mutate()}>
        {t('bundle.download')}
      </Button>
      <Thrown error={load.error} />
    </div>
  );
}

const DAY = 86_400_000;

/** How long what Intel says about the platform stays in force, and which part of it ends first. */
function Expiry({ verdict }: { verdict: NonNullable<Machine['verdict']> }) {
  const t = useT();
  const { api } = useNode();
  const settings = useQuery(api.settings.get.queryOptions());
  if (verdict.collateralExpires === null) return null;
  const parts = whatExpires(t, verdict);
  return (
    <Section title={t('expiry.title')}>
      <Deadline
        name={t('machines.expires')}
        from={Date.parse(verdict.verifiedAt)}
        until={Date.parse(verdict.collateralExpires)}
        notice={(settings.data?.alarmDays ?? 7) * DAY}
        text={parts.length === 0 ? t('expiry.unknown') : t('expiry.first', { what: parts.join(', ') })}
      />
    </Section>
  );
}

export function Evidence({ machine }: { machine: Machine }) {
  const t = useT();
  const { verdict, quote, collateral } = machine;
  if (verdict === null)
    return (
      <Section title={t('machines.noEvidence')}>
        <p>{machine.sentence}</p>
        <p className={styles.note}>{t('machines.noEvidenceText')}</p>
        <Identity machine={machine} />
      </Section>
    );
  return (
    <>
      <div className={styles.card}>
        <VerdictCard
          verdict={verdict}
          machine={machine.name}
          stale={machine.stale}
          eventLog={machine.eventLog !== null}
          inputs={{
            'evidence.eventLog':
              machine.eventLog === null ? null : <Raw {...machine.eventLog} label={t('eventLog.label')} />,
            'evidence.quote':
              quote === null ? null : (
                <Raw sha256={quote.sha256} size={quote.size} label={t('machines.quote')} />
              ),
            'evidence.collateral':
              collateral === null ? null : (
                <Raw sha256={collateral.sha256} size={collateral.size} label={t('machines.collateral')} />
              ),
          }}
        />
      </div>
      {quote === null ? null : <BundleButton machine={machine} />}
      <Expiry verdict={verdict} />
      <Section title={t('machines.platform')}>
        <Facts
          rows={[
            ['FMSPC', verdict.platformId?.fmspc ?? <Unknown key="u" />],
            [
              'PPID',
              verdict.platformId?.ppid ? (
                <EntityLink key="p" id={verdict.platformId.ppid} head={12} tail={6} />
              ) : (
                <Unknown key="u" />
              ),
            ],
            [t('machines.tcbStatus'), verdict.status ?? <Unknown key="u" />],
            [t('machines.tcbDate'), verdict.tcbDate?.slice(0, 10) ?? <Unknown key="u" />],
            [
              t('machines.expires'),
              verdict.collateralExpires === null ? (
                <Unknown key="u" />
              ) : (
                <Time key="t" at={Date.parse(verdict.collateralExpires)} />
              ),
            ],
            [
              t('machines.evaluation'),
              verdict.evaluationNumbers.tcbInfo === null ? (
                <Unknown key="u" />
              ) : (
                t('machines.evaluationText', {
                  tcbInfo: verdict.evaluationNumbers.tcbInfo,
                  qeIdentity: verdict.evaluationNumbers.qeIdentity ?? t('unknown'),
                })
              ),
            ],
            [
              t('machines.provedAt'),
              machine.provedAt === null ? t('machines.neverProved') : <Time key="t" at={machine.provedAt} />,
            ],
            [
              t('machines.advisories'),
              verdict.advisories.length === 0
                ? t('machines.noAdvisories')
                : verdict.advisories.map(({ id }) => id).join(', '),
            ],
            [
              t('machines.anchor'),
              <span key="a">
                {verdict.trustAnchor.name} · <EntityLink id={verdict.trustAnchor.sha256} />
              </span>,
            ],
          ]}
        />
        <Identity machine={machine} />
      </Section>
      {verdict.report === null ? null : (
        <Section title={t('machines.report')}>
          <Facts
            rows={reportRows(verdict.report).map(([name, value]) => [
              name,
              value.length > 24 ? (
                <FullId key={name} id={value} glyph={!/^0+$/.test(value)} />
              ) : (
                <code key={name}>{value}</code>
              ),
            ])}
          />
        </Section>
      )}
    </>
  );
}

function Identity({ machine }: { machine: Machine }) {
  const t = useT();
  return (
    <Facts
      rows={[
        [t('machines.id'), <FullId key="id" id={machine.id} />],
        [
          t('machines.owner'),
          <EntityLink
            key="o"
            id={machine.owner}
            head={12}
            tail={6}
            target={{ to: '/chronicle', search: { q: `by:${machine.owner}` } }}
          />,
        ],
        [t('machines.registeredAt'), utc(machine.registeredAt)],
        [
          t('machines.entry'),
          <EntityLink
            key="e"
            id={String(machine.index)}
            label={number(machine.index)}
            glyph={false}
            copy={false}
            target={{ to: '/chronicle', search: { entry: machine.index } }}
          />,
        ],
      ]}
    />
  );
}

type Report = NonNullable<NonNullable<Machine['verdict']>['report']>;

/** All fields of a TD report by the names that its specification gives them. */
function reportRows(report: Report): readonly (readonly [string, string])[] {
  return Object.entries(report).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((one, i) => [`RTMR ${i}`, one] as const)
      : value === undefined
        ? []
        : [[REPORT_NAMES[name] ?? name, value] as const],
  );
}

const REPORT_NAMES: Readonly<Record<string, string>> = {
  teeTcbSvn: 'TEE_TCB_SVN',
  mrSeam: 'MR_SEAM',
  mrSignerSeam: 'MR_SIGNER_SEAM',
  seamAttributes: 'SEAM_ATTRIBUTES',
  tdAttributes: 'TD_ATTRIBUTES',
  xfam: 'XFAM',
  mrTd: 'MR_TD',
  mrConfigId: 'MR_CONFIG_ID',
  mrOwner: 'MR_OWNER',
  mrOwnerConfig: 'MR_OWNER_CONFIG',
  reportData: 'REPORT_DATA',
  teeTcbSvn2: 'TEE_TCB_SVN_2',
  mrServiceTd: 'MR_SERVICE_TD',
};
