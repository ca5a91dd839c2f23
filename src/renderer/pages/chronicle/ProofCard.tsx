/** The named steps of a verification in this browser, and the inclusion path drawn as a short ladder of hashes. */
import type { EntryDetail } from '../../../contract/index.ts';
import { toHex } from '../../../protocol/bytes/index.ts';
import { number, shorten } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { isKey } from '../../language/translate.ts';
import { FullId, Glyph } from '../../parts/EntityLink.tsx';
import { EvidenceCard } from '../../parts/EvidenceCard.tsx';
import { Section } from '../../parts/Page.tsx';
import { Time } from '../../parts/Time.tsx';
import type { Rung } from '../../verify/path.ts';
import { STEPS } from '../../verify/verifier.ts';
import type { Step, Verification } from '../../verify/verifier.ts';
import { markOf } from './marks.ts';
import styles from './ProofCard.module.css';

export function ProofCard({ entry, result }: { entry: EntryDetail; result: Verification | undefined }) {
  const t = useT();
  const steps: readonly Step[] =
    result?.steps ?? STEPS.map((id) => ({ id, outcome: 'not-checked', values: {}, why: null }));
  const detail = (step: Step): string => {
    if (step.why !== null) return step.why;
    if (step.outcome === 'passed') {
      const first = `verify.${step.id}.first`;
      if (step.values['first'] === 'yes' && isKey(first)) return t(first);
      const values = Object.fromEntries(
        Object.entries(step.values).map(([name, value]) => [
          name,
          typeof value === 'string' && value.length > 40
            ? shorten(value, 16, 8)
            : name === 'size'
              ? number(Number(value))
              : value,
        ]),
      );
      return t(`verify.${step.id}.passed`, values);
    }
    if (step.id === 'keys') return t('verify.keys.told');
    if (entry.inclusion === null && ['path', 'checkpoint', 'cosignatures', 'consistency'].includes(step.id))
      return t('verify.noCheckpoint');
    return t('verify.notChecked');
  };
  const mark = markOf(result);
  return (
    <>
      <div className={styles.card}>
        <EvidenceCard
          name={t('verify.card')}
          mark={mark}
          claim={
            mark === 'passed'
              ? t('verify.claimOk')
              : mark === 'failed'
                ? t('verify.claimFailed')
                : t('verify.claimOpen')
          }
          provenance={
            result === undefined ? null : (
              <>
                {t('verify.here')} <Time at={result.at} />
              </>
            )
          }
          lines={steps.map((step) => ({
            id: step.id,
            mark: step.outcome,
            title: t(`verify.${step.id}`),
            detail: result === undefined && step.id !== 'keys' ? undefined : detail(step),
          }))}
        />
      </div>
      {result?.checkpoint === undefined || result.checkpoint === null || result.leaf === null ? null : (
        <Section
          title={t('verify.ladder')}
          aside={t('verify.ladderAside', { n: result.rungs.length, size: number(result.checkpoint.size) })}
        >
          <PathLadder leaf={result.leaf} rungs={result.rungs} root={result.checkpoint.root} />
        </Section>
      )}
    </>
  );
}

/** From the root at the top down to the leaf: ours in the middle, the sibling on its side. */
function PathLadder({ leaf, rungs, root }: { leaf: Uint8Array; rungs: readonly Rung[]; root: Uint8Array }) {
  const t = useT();
  return (
    <ol className={styles.ladder} aria-label={t('verify.ladder')}>
      <li className={styles.end}>
        <span className={styles.name}>{t('verify.root')}</span>
        <Hash value={root} ours />
        <span className={styles.note}>{t('verify.rootNote')}</span>
      </li>
      {rungs.toReversed().map((rung, i) => {
        const below = rungs[rungs.length - 2 - i]?.result ?? leaf;
        return (
          <li key={toHex(rung.sibling)} className={styles.rung}>
            <span className={styles.name}>{number(rungs.length - 1 - i)}</span>
            {rung.side === 'left' ? <Hash value={rung.sibling} /> : <Hash value={below} ours />}
            <span className={styles.join} aria-hidden="true">
              +
            </span>
            {rung.side === 'left' ? <Hash value={below} ours /> : <Hash value={rung.sibling} />}
            <span className="visually-hidden">
              {t(rung.side === 'left' ? 'verify.siblingLeft' : 'verify.siblingRight')}
            </span>
          </li>
        );
      })}
      <li className={styles.end}>
        <span className={styles.name}>{t('verify.leafEnd')}</span>
        <FullId id={toHex(leaf)} />
      </li>
    </ol>
  );
}

function Hash({ value, ours = false }: { value: Uint8Array; ours?: boolean }) {
  const text = toHex(value);
  return (
    <span className={`${styles.hash} ${ours ? styles.ours : ''}`} title={text}>
      <Glyph id={text} size={12} />
      <code>{shorten(text, 8, 4)}</code>
    </span>
  );
}
