/** What an image asks for beside what the machine has, line by line; what does not fit says why. */
import type { Machine, RequirementsJson, Unfit } from '../../../contract/index.ts';
import { cpu, mib, number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Mark } from '../../parts/Mark.tsx';
import styles from './compute.module.css';

/** Of a refused workload only the sentence is on record; a check gives both figures. */
type Reason = Pick<Unfit, 'code' | 'sentence'> & Partial<Unfit>;

interface Props {
  requirements: RequirementsJson;
  reasons: readonly Reason[];
  machine: Machine | null;
}

export function Needs({ requirements, reasons, machine }: Props) {
  const t = useT();
  const offer = machine?.offer ?? null;
  const free = (of: number | undefined, used: number): number | null =>
    of === undefined ? null : Math.max(0, of - used);
  const cpuFree = free(offer?.cpuMillicores, machine?.inUse.cpuMillicores ?? 0);
  const ramFree = free(offer?.ramMib, machine?.inUse.ramMib ?? 0);
  const storageFree = free(offer?.storageGib, machine?.inUse.storageGib ?? 0);
  const amounts = [
    { name: t('needs.cpu'), need: requirements.minCpuMillicores, have: cpuFree, say: cpu },
    { name: t('needs.ram'), need: requirements.minRamMib, have: ramFree, say: mib },
    {
      name: t('needs.storage'),
      need: requirements.minStorageGib,
      have: storageFree,
      say: (value: number) => `${number(value)} GiB`,
    },
  ];
  return (
    <>
      <table className={styles.needs}>
        <thead>
          <tr>
            <th scope="col">{t('needs.what')}</th>
            <th scope="col">{t('needs.need')}</th>
            {machine === null ? null : <th scope="col">{t('needs.have')}</th>}
          </tr>
        </thead>
        <tbody>
          {amounts.map(({ name, need, have, say }) => (
            <tr key={name}>
              <th scope="row">
                {machine === null ? null : (
                  <Mark kind={have === null ? 'not-checked' : need <= have ? 'passed' : 'failed'} size={12} />
                )}{' '}
                {name}
              </th>
              <td>{need === 0 ? t('needs.any') : say(need)}</td>
              {machine === null ? null : (
                <td>{have === null ? t('unknown') : t('needs.free', { amount: say(have) })}</td>
              )}
            </tr>
          ))}
          <tr>
            <th scope="row">
              {machine === null ? null : (
                <Mark
                  kind={
                    requirements.tdx === 'none' || offer?.tdx === true
                      ? 'passed'
                      : offer === null
                        ? 'not-checked'
                        : requirements.tdx === 'required'
                          ? 'failed'
                          : 'stale'
                  }
                  size={12}
                />
              )}{' '}
              TDX
            </th>
            <td>{t(`needs.tdx.${requirements.tdx}`)}</td>
            {machine === null ? null : (
              <td>
                {offer === null ? t('unknown') : offer.tdx ? t('offer.tdxLong') : t('offer.tdxWithoutLong')}
              </td>
            )}
          </tr>
          <tr>
            <th scope="row">{t('needs.network')}</th>
            <td colSpan={2}>
              {t(`needs.network.${requirements.network}`)}
              {requirements.networkAllow.length === 0 ? null : (
                <code> {requirements.networkAllow.join(', ')}</code>
              )}
            </td>
          </tr>
          <tr>
            <th scope="row">{t('needs.root')}</th>
            <td colSpan={2}>{t(requirements.readOnly ? 'needs.readOnly' : 'needs.writable')}</td>
          </tr>
        </tbody>
      </table>
      <Reasons reasons={reasons} />
    </>
  );
}

export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  const t = useT();
  if (reasons.length === 0) return null;
  return (
    <ul className={styles.reasons} aria-label={t('needs.reasons')}>
      {reasons.map((reason) => (
        <li key={reason.code}>
          <Mark kind="failed" label="" />
          <div>
            <p>{reason.sentence}</p>
            <p className={styles.code}>
              <code>{reason.code}</code>
              {reason.need === undefined || reason.need === '' ? null : (
                <span>{t('needs.needHave', { need: reason.need, have: reason.have ?? '' })}</span>
              )}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
