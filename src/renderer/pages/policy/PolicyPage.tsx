/** The attestation policy: what is in force in sentences, and an editor that shows its effect before it is signed. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useNode } from '../../client/context.tsx';
import { number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { Ask } from '../../parts/Ask.tsx';
import { Page } from '../../parts/Page.tsx';
import { Editor } from './Editor.tsx';

export function PolicyPage() {
  const t = useT();
  const { api } = useNode();
  const query = useQuery(api.attestation.policy.queryOptions());
  const { data } = query;
  return (
    <Page
      title={t('policy.title')}
      state={
        data === undefined
          ? null
          : data.index === null
            ? t('policy.stateDefault')
            : t('policy.state', { name: data.policy.name ?? t('policy.unnamed'), index: number(data.index) })
      }
      actions={<Link to="/machines">{t('policy.back')}</Link>}
      fixed
    >
      <Ask query={query} lines={10}>
        {(state) => <Editor state={state} />}
      </Ask>
    </Page>
  );
}
