/** What a machine lacks for a better level: number by number have and need, and which advisories would go. */
import type { Machine, VerdictJson } from '../../../contract/index.ts';
import { useT } from '../../language/context.tsx';
import type { Translate } from '../../language/translate.ts';
import { Mark } from '../../parts/Mark.tsx';
import { Facts, Section } from '../../parts/Page.tsx';
import styles from './machines.module.css';
import { dateOf } from './verdict-lines.tsx';

type Step = NonNullable<NonNullable<VerdictJson['shortfall']>['next']>;

export function Shortfall({ machine }: { machine: Machine }) {
  const t = useT();
  const { verdict } = machine;
  const shortfall = verdict?.shortfall ?? null;
  if (shortfall === null)
    return (
      <Section title={t('shortfall.title')}>
        <p className={styles.why}>
          <Mark kind={verdict?.status === 'UpToDate' ? 'passed' : 'not-checked'} label="" />
          {t(`shortfall.${whyNone(verdict)}`)}
        </p>
      </Section>
    );
  const { reached, next, best } = shortfall;
  const same = next !== null && best !== null && JSON.stringify(next) === JSON.stringify(best);
  return (
    <>
      <Section title={t('shortfall.title')}>
        <Facts
          rows={[
            [
              t('shortfall.reached'),
              reached === null
                ? t('shortfall.below')
                : t('shortfall.level', { status: reached.status, date: dateOf(reached.tcbDate) }),
            ],
          ]}
        />
        {next === null && best === null ? <p className={styles.note}>{t('shortfall.noStep')}</p> : null}
      </Section>
      {next === null ? null : (
        <StepTable step={next} title={t(same ? 'shortfall.nextAndBest' : 'shortfall.next')} />
      )}
      {best === null || same ? null : <StepTable step={best} title={t('shortfall.best')} />}
    </>
  );
}

/** Nothing to gain, or nothing known: the two are never mixed up. */
const whyNone = (verdict: VerdictJson | null): 'none' | 'noEvidence' | 'unknown' =>
  verdict === null ? 'noEvidence' : verdict.status === 'UpToDate' ? 'none' : 'unknown';

function StepTable({ step, title }: { step: Step; title: string }) {
  const t = useT();
  return (
    <Section title={title} aside={t('shortfall.level', { status: step.status, date: dateOf(step.tcbDate) })}>
      {step.relaunch ? (
        <p className={styles.why}>
          <Mark kind="passed" label="" />
          {t('shortfall.relaunch')}
        </p>
      ) : null}
      {step.needs.length === 0 ? null : (
        <table className={styles.needs}>
          <thead>
            <tr>
              <th scope="col">{t('shortfall.component')}</th>
              <th scope="col">{t('shortfall.have')}</th>
              <th scope="col">{t('shortfall.need')}</th>
            </tr>
          </thead>
          <tbody>
            {step.needs.map(({ component, have, need, category }) => (
              <tr key={component}>
                <th scope="row">
                  {componentName(t, component)}
                  {category === undefined ? null : <span className={styles.note}> {category}</span>}
                </th>
                <td>{have}</td>
                <td>{need}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Facts
        rows={[
          [
            t('shortfall.gone'),
            step.advisoriesGone.length === 0 ? t('shortfall.noneGone') : step.advisoriesGone.join(', '),
          ],
        ]}
      />
    </Section>
  );
}

/** `sgx[7]` → `SGX component 8 sgx[7]`: people count from one, the documents from zero, so both are shown. */
function componentName(t: Translate, component: string): string {
  const [, kind, index] = /^(sgx|tdx)\[(\d+)\]$/.exec(component) ?? [];
  if (kind === 'sgx' || kind === 'tdx') return t(`shortfall.${kind}`, { n: Number(index) + 1, component });
  if (component === 'pcesvn' || component === 'module' || component === 'qe')
    return t(`shortfall.${component}`);
  return component;
}
