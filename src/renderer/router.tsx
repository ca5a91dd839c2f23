/**
 * Addresses. They live in the hash, so that the same ones work under http and under the desktop's own scheme;
 * filters, sort and selection are plain search parameters, so that an address can be read, pasted and typed.
 */
import { createHashHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { z } from 'zod';
import { FolderPage } from './pages/bulk/FolderPage.tsx';
import { BundlePage } from './pages/bundle/BundlePage.tsx';
import { ChroniclePage } from './pages/chronicle/ChroniclePage.tsx';
import { ComputePage } from './pages/compute/ComputePage.tsx';
import { HomePage } from './pages/home/HomePage.tsx';
import { MachinesPage } from './pages/machines/MachinesPage.tsx';
import { Welcome } from './pages/onboarding/Welcome.tsx';
import { NetworkPage } from './pages/network/NetworkPage.tsx';
import { PolicyPage } from './pages/policy/PolicyPage.tsx';
import { SettingsPage } from './pages/settings/SettingsPage.tsx';
import { TicketsPage } from './pages/tickets/TicketsPage.tsx';
import { Crash } from './shell/Crash.tsx';
import { Frame } from './shell/Frame.tsx';
import { NotFound } from './shell/NotFound.tsx';

const word = z.string().max(512).optional().catch(undefined);
/** What every list page keeps in its address. */
const listSearch = z.object({ id: word, q: word, sort: word, tab: word, do: word });
const networkSearch = z.object({ id: word, q: word, sort: word, tab: word, view: word, do: word });
const folderSearch = z.object({ operation: word, outcome: word, id: word, q: word, sort: word });
const chronicleSearch = z.object({
  q: word,
  entry: z.coerce.number().int().min(0).optional().catch(undefined),
});

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: NotFound, errorComponent: Crash });
const routes = [
  createRoute({ getParentRoute: () => rootRoute, path: '/', component: HomePage }),
  createRoute({ getParentRoute: () => rootRoute, path: '/welcome', component: Welcome }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/machines',
    component: MachinesPage,
    validateSearch: listSearch,
  }),
  createRoute({ getParentRoute: () => rootRoute, path: '/machines/policy', component: PolicyPage }),
  createRoute({ getParentRoute: () => rootRoute, path: '/machines/bundle', component: BundlePage }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/machines/folder',
    component: FolderPage,
    validateSearch: folderSearch,
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/compute',
    component: ComputePage,
    validateSearch: listSearch,
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/tickets',
    component: TicketsPage,
    validateSearch: listSearch,
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/chronicle',
    component: ChroniclePage,
    validateSearch: chronicleSearch,
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/network',
    component: NetworkPage,
    validateSearch: networkSearch,
  }),
  createRoute({ getParentRoute: () => rootRoute, path: '/settings', component: SettingsPage }),
] as const;

export function createAppRouter() {
  return createRouter({
    routeTree: rootRoute.addChildren(routes),
    history: createHashHistory(),
    // plain text instead of JSON: an id of digits stays an id
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
      const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
      return text === '' ? '' : `?${text}`;
    },
    defaultPreload: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
