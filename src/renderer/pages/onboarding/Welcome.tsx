/**
 * Onboarding: identity, coalition, first machine. It keeps no state of its own: where it stands follows from what
 * the node has, so it can be left and taken up again at any moment.
 */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { Icon } from '../../parts/Icon.tsx';
import { CoalitionStep } from './CoalitionStep.tsx';
import { IdentityStep } from './IdentityStep.tsx';
import { MachineStep } from './MachineStep.tsx';
import styles from './Welcome.module.css';

const STEPS = ['identity', 'coalition', 'machine'] as const;

export function Welcome() {
  const t = useT();
  const { api } = useNode();
  const navigate = useNavigate();
  const identity = useQuery(api.identity.get.queryOptions());
  const coalition = useQuery(api.coalition.get.queryOptions());
  const [begun, setBegun] = useState(false);
  const step = identity.data?.state === 'absent' ? 0 : coalition.data?.current === null ? 1 : 2;
  const leave = (): void => void navigate({ to: '/' });
  if (step === 0 && !begun)
    return (
      <div className={styles.page}>
        <section className={styles.intro}>
          <h1 id="page-title" tabIndex={-1}>
            {t('welcome.title')}
          </h1>
          <p className={styles.lead}>{t('welcome.lead')}</p>
          <ol className={styles.what}>
            {STEPS.map((name) => (
              <li key={name}>
                <Icon name={name === 'identity' ? 'lock' : name === 'coalition' ? 'link' : 'machines'} />
                <div>
                  <strong>{t(`welcome.${name}`)}</strong>
                  <p>{t(`welcome.${name}Text`)}</p>
                </div>
              </li>
            ))}
          </ol>
          <p className={styles.note}>{t('welcome.resume')}</p>
          <div>
            <Button kind="primary" onClick={() => setBegun(true)}>
              {t('welcome.begin')}
            </Button>
          </div>
        </section>
      </div>
    );
  return (
    <div className={styles.page}>
      <div className={styles.columns}>
        <ol className={styles.steps} aria-label={t('welcome.steps')}>
          {STEPS.map((name, i) => (
            <li
              key={name}
              className={i < step ? styles.done : i === step ? styles.now : styles.ahead}
              aria-current={i === step ? 'step' : undefined}
            >
              <span className={styles.number}>{i < step ? <Icon name="check" size={12} /> : i + 1}</span>
              {t(`welcome.${name}`)}
              <span className="visually-hidden">{i < step ? t('welcome.stepDone') : ''}</span>
            </li>
          ))}
        </ol>
        <section className={styles.step}>
          {step === 0 ? <IdentityStep /> : null}
          {step === 1 ? <CoalitionStep /> : null}
          {step === 2 ? <MachineStep onLeave={leave} /> : null}
        </section>
      </div>
    </div>
  );
}
