/** What this session may do; while it is not known, nothing is offered. */
import { useQuery } from '@tanstack/react-query';
import { allows } from '../../contract/index.ts';
import type { Scope } from '../../contract/index.ts';
import { useNode } from './context.tsx';

export function useMay(): (scope: Scope) => boolean {
  const { api } = useNode();
  const { data } = useQuery(api.settings.about.queryOptions());
  return (scope) => data !== undefined && allows(data.session.scopes, scope);
}
