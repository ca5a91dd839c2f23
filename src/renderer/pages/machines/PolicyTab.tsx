/** The policy lines of a verdict: each rule, its outcome and reason; an override is marked, with its end. */
import { Link } from '@tanstack/react-router';
import type { Machine } from '../../../contract/index.ts';
import { useT } from '../../language/context.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Page.tsx';
import styles from './machines.module.css';
import { dateOf, ruleTitle } from './verdict-lines.tsx';

export function PolicyLines({ machine }: { machine: Machine }) {
  const t = useT();
  const policy = machine.verdict?.policy;
  return (
    <Section
      title={t('machines.tab.policy')}
      aside={
        <Link to="/machines/policy" className={styles.aside}>
          {t('policy.open')}
        </Link>
      }
    >
      {policy === undefined ? (
        <p className={styles.note}>{t('policy.noVerdict')}</p>
      ) : (
        <>
          <p className={styles.why}>
            <Mark kind={policy.outcome === 'passed' ? 'passed' : 'failed'} label="" />
            {t(policy.outcome === 'passed' ? 'policy.allMet' : 'policy.notMet')}
          </p>
          {policy.override === null ? null : (
            <div className={styles.override} role="note">
              <Mark kind="stale" label="" />
              <div>
                <strong>{t('policy.overridden')}</strong>
                <p>
                  {t('policy.overrideText', { ...policy.override, until: dateOf(policy.override.until) })}
                </p>
              </div>
            </div>
          )}
          <PolicyLineList lines={policy.lines} />
        </>
      )}
    </Section>
  );
}

type Lines = NonNullable<Machine['verdict']>['policy']['lines'];

export function PolicyLineList({ lines }: { lines: Lines }) {
  const t = useT();
  if (lines.length === 0) return <p className={styles.note}>{t('evidence.noPolicy')}</p>;
  return (
    <ul className={styles.lines}>
      {lines.map(({ rule, outcome, detail }, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- a rule may give several lines
        <li key={i}>
          <Mark kind={outcome === 'passed' ? 'passed' : 'failed'} label={t(`policy.${outcome}`)} />
          <div>
            <span>
              {ruleTitle(t, rule)} <code className={styles.rule}>{rule}</code>
            </span>
            <p>{detail}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}
