/** The first machine: register it now, or later. */
import { useQuery } from '@tanstack/react-query';
import { useNode } from '../../client/context.tsx';
import { useT } from '../../language/context.tsx';
import { Button } from '../../parts/Button.tsx';
import { useRegisterForm } from '../machines/RegisterDialog.tsx';
import styles from './Welcome.module.css';

export function MachineStep({ onLeave }: { onLeave: () => void }) {
  const t = useT();
  const { api } = useNode();
  const machines = useQuery(api.machines.list.queryOptions());
  const form = useRegisterForm(onLeave);
  const some = (machines.data?.machines.length ?? 0) > 0;
  return (
    <>
      <h1 id="page-title" tabIndex={-1}>
        {t('firstMachine.title')}
      </h1>
      <p>{some ? t('firstMachine.some') : t('firstMachine.text')}</p>
      {some ? null : form.body}
      <div className={styles.buttons}>
        {some ? (
          <Button kind="primary" onClick={onLeave}>
            {t('firstMachine.go')}
          </Button>
        ) : (
          <>
            {form.buttons}
            <Button kind="quiet" onClick={onLeave}>
              {t('firstMachine.skip')}
            </Button>
          </>
        )}
      </div>
    </>
  );
}
