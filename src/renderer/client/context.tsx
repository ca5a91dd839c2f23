/** What every page may reach: the client, its query helpers, live data and the session's verifier. */
import type { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { createContext, useContext } from 'react';
import type { Verifier } from '../verify/verifier.ts';
import type { Client, Connection } from './link.ts';
import type { Live } from './live.ts';

export type Api = ReturnType<typeof createTanstackQueryUtils<Client>>;

export interface Node {
  readonly client: Client;
  readonly api: Api;
  readonly connection: Connection;
  readonly live: Live;
  readonly verifier: Verifier;
}

const NodeContext = createContext<Node | null>(null);
export const NodeProvider = NodeContext.Provider;

export function useNode(): Node {
  const node = useContext(NodeContext);
  if (node === null) throw new Error('useNode outside of NodeProvider');
  return node;
}
