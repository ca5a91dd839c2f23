/** Pins against the quote: each register with its pinned values, and where the quoted one differs from them. */
import type { Machine, Register } from '../../../contract/index.ts';
import { useT } from '../../language/context.tsx';
import { FullId } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Page.tsx';
import styles from './machines.module.css';
import { diffHex, nearest } from './pin-diff.ts';
import type { DiffGroup } from './pin-diff.ts';
import { REGISTERS } from './states.ts';

export function Pins({ machine }: { machine: Machine }) {
  const t = useT();
  const { pins, verdict } = machine;
  return (
    <Section title={t('machines.tab.pins')}>
      <p className={styles.note}>{t('machines.pinsText')}</p>
      <dl className={styles.pins}>
        {REGISTERS.map((name) => {
          const values = pins[name] ?? [];
          const quoted = registerOf(verdict?.report ?? null, name);
          const matches = quoted === null || values.length === 0 ? null : values.includes(quoted);
          return (
            <div key={name}>
              <dt>
                <Mark kind={matches === null ? 'not-checked' : matches ? 'passed' : 'failed'} label="" />{' '}
                {t(`register.${name}`)}
                <span className={styles.outcome}>
                  {t(matches === null ? 'pins.none' : matches ? 'pins.same' : 'pins.differs')}
                </span>
              </dt>
              <dd>
                <Compared values={values} quoted={quoted} />
              </dd>
            </div>
          );
        })}
      </dl>
    </Section>
  );
}

function Compared({ values, quoted }: { values: readonly string[]; quoted: string | null }) {
  const t = useT();
  if (quoted === null || values.length === 0 || values.includes(quoted))
    return (
      <>
        {values.map((value) => (
          <FullId key={value} id={value} />
        ))}
        {values.length > 0 || quoted === null ? null : (
          <p className={styles.now}>
            {t('machines.quoteHas')} <code className={styles.quoted}>{quoted}</code>
          </p>
        )}
      </>
    );
  const pinned = nearest(values, quoted) ?? '';
  const diff = diffHex(pinned, quoted);
  return (
    <div className={styles.diff}>
      <p>{t('pins.diff', { n: diff.differing, of: diff.of, others: values.length - 1 })}</p>
      <Groups label={t('pins.pinned')} groups={diff.left} sign="−" />
      <Groups label={t('pins.quoted')} groups={diff.right} sign="+" />
    </div>
  );
}

/** Differing groups stand out by weight, underline and ground, so that colour is not needed to see them. */
function Groups({ label, groups, sign }: { label: string; groups: readonly DiffGroup[]; sign: string }) {
  return (
    <p className={styles.groups}>
      <span className={styles.side}>
        {sign} {label}
      </span>
      <code>
        {groups.map(({ text, differs }, i) =>
          // oxlint-disable react/no-array-index-key -- a group is its place
          differs ? <mark key={i}>{text}</mark> : <span key={i}>{text}</span>,
        )}
      </code>
    </p>
  );
}

type Report = NonNullable<NonNullable<Machine['verdict']>['report']>;

function registerOf(report: Report | null, name: Register): string | null {
  if (report === null) return null;
  return name === 'mrtd' ? report.mrTd : (report.rtmr[Number(name.slice(4))] ?? null);
}
