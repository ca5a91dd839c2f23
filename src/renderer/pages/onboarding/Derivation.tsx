/** Every step of a coalition's fingerprint, so that two people can compare where they differ. */
import { useT } from '../../language/context.tsx';
import { EntityLink, FullId } from '../../parts/EntityLink.tsx';
import styles from './Welcome.module.css';

export function Derivation({
  steps,
  id,
}: {
  steps: readonly { readonly label: string; readonly id: string }[];
  id: string;
}) {
  const t = useT();
  return (
    <table className={styles.derivation}>
      <caption className="visually-hidden">{t('coalition.derivation')}</caption>
      <tbody>
        {steps.map((step) => (
          <tr key={`${step.label}-${step.id}`}>
            <th scope="row">{step.label}</th>
            <td>
              <EntityLink id={step.id} head={20} tail={8} />
            </td>
          </tr>
        ))}
        <tr>
          <th scope="row">
            <strong>{t('coalition.id')}</strong>
          </th>
          <td>
            <FullId id={id} />
          </td>
        </tr>
      </tbody>
    </table>
  );
}
