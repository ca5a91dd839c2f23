/** Changes settings of the node; the answer is what stands now. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { UseMutationResult } from '@tanstack/react-query';
import type { Settings } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';

export function useSetSettings(): UseMutationResult<Settings, Error, Partial<Settings>> {
  const { client, api } = useNode();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: Partial<Settings>) => client.settings.set(change),
    onSuccess: (settings) => queries.setQueryData(api.settings.get.queryKey(), settings),
  });
}
