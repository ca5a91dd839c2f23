/** Evidence of a machine: the card, the platform, the TD report, raw downloads. */
import { useMutation } from '@tanstack/react-query';
import type { Machine } from '../../../contract/index.ts';
import { fromBase64url } from '../../../protocol/bytes/index.ts';
import { useNode } from '../../client/context.tsx';
import { bytes, number, utc } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { EntityLink, FullId } from '../../parts/EntityLink.tsx';
import { Facts, Section, Unknown } from '../../parts/Page.tsx';
import { saveFile } from '../../parts/save.ts';
import { Time } from '../../parts/Time.tsx';
import styles from './machines.module.css';
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
          inputs={{
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
