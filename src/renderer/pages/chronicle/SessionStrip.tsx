/** What was verified in this session, and the button that verifies everything that is loaded. */
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useNode } from '../../client/context.tsx';
import { createStore, useStore } from '../../client/store.ts';
import { number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import styles from './SessionStrip.module.css';

/** Entries verified together. */
const TOGETHER = 12;

export function SessionStrip({ total, loaded }: { total: number; loaded: readonly number[] }) {
  const t = useT();
  const announce = useAnnounce();
  const { verifier } = useNode();
  const session = useStore(verifier.session);
  const [progress] = useState(() => createStore<number | null>(null));
  const done = useStore(progress);
  const stop = useRef(false);
  const verify = useMutation({
    mutationFn: async (indexes: readonly number[]) => {
      stop.current = false;
      for (let i = 0; i < indexes.length && !stop.current; i += TOGETHER) {
        progress.set(i);
        await Promise.all(indexes.slice(i, i + TOGETHER).map((index) => verifier.verify(index)));
      }
    },
    onSettled: () => {
      progress.set(null);
      const { verified, failed } = verifier.session.get();
      announce(t('chronicle.session', { total: number(total), verified: number(verified), failed }));
    },
  });
  const open = loaded.filter((index) => verifier.result(index)?.ok !== true);
  return (
    <>
      <div className={styles.strip}>
        <Mark
          kind={session.failed > 0 ? 'failed' : session.verified >= total ? 'passed' : 'not-checked'}
          label=""
          size={12}
        />
        <span className={styles.text}>
          {t('chronicle.session', {
            total: number(total),
            verified: number(session.verified),
            failed: session.failed,
          })}
          {session.head === null ? null : (
            <span className={styles.head}>
              {' '}
              · {t('chronicle.sessionHead', { size: number(session.head.size) })}
            </span>
          )}
        </span>
        {verify.isPending ? (
          <Button kind="quiet" icon="stop" onClick={() => (stop.current = true)}>
            {t('chronicle.verifying', { done: number(done ?? 0) })}
          </Button>
        ) : (
          <Button kind="quiet" icon="check" disabled={open.length === 0} onClick={() => verify.mutate(open)}>
            {t('chronicle.verifyLoaded')}
          </Button>
        )}
      </div>
      <Thrown error={verify.error} />
    </>
  );
}
