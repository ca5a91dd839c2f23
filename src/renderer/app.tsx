/** Puts the app together: client, live data, verifier, router, theme and language. */
import { CSPProvider } from '@base-ui/react/csp-provider';
import { Tooltip } from '@base-ui/react/tooltip';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import type { ReactElement } from 'react';
import { NodeProvider } from './client/context.tsx';
import type { Node } from './client/context.tsx';
import type { Client, Connection } from './client/link.ts';
import { startLive } from './client/live.ts';
import { createCrypto } from './crypto.ts';
import { createAppRouter } from './router.tsx';
import { Appearance } from './shell/Appearance.tsx';
import { createVerifier } from './verify/verifier.ts';

export interface AppParts {
  readonly client: Client;
  readonly connection: Connection;
}

export function createApp({ client, connection }: AppParts): ReactElement {
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        // events say when something changed; nothing is asked again on a guess
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: 'always',
        retry: false,
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
  const node: Node = {
    client,
    api: createTanstackQueryUtils(client),
    connection,
    live: startLive(client, connection, queries, new AbortController().signal),
    verifier: createVerifier(client, createCrypto()),
  };
  const router = createAppRouter();
  return (
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queries}>
          <NodeProvider value={node}>
            <Appearance>
              <Tooltip.Provider delay={300}>
                <RouterProvider router={router} />
              </Tooltip.Provider>
            </Appearance>
          </NodeProvider>
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>
  );
}
