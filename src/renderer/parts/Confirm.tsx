/** Asks before something that cannot be taken back silently; Cancel is where the focus starts. */
import type { UseMutationResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useT } from '../language/context.tsx';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { Thrown } from './Problem.tsx';

interface Props {
  title: string;
  text: ReactNode;
  action: string;
  // what the mutation answers does not matter here
  mutation: Pick<UseMutationResult<unknown, Error, void>, 'mutate' | 'isPending' | 'error'>;
  onClose: () => void;
  danger?: boolean;
  /** False while something in `children` is missing. */
  ready?: boolean;
  children?: ReactNode;
}

export function Confirm({
  title,
  text,
  action,
  mutation,
  onClose,
  danger = false,
  ready = true,
  children,
}: Props) {
  const t = useT();
  return (
    <Dialog
      open
      onClose={onClose}
      size="small"
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            kind={danger ? 'danger' : 'primary'}
            disabled={!ready}
            busy={mutation.isPending}
            onClick={() => mutation.mutate()}
          >
            {action}
          </Button>
        </>
      }
    >
      <p>{text}</p>
      {children}
      <Thrown error={mutation.error} />
    </Dialog>
  );
}
