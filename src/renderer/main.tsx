/** Boot: finds the way to the node and starts the app. */
// oxlint-disable-next-line import/no-unassigned-import -- must run before anything else does
import './jitless.ts';
// oxlint-disable-next-line import/no-unassigned-import -- a style file
import './style/base.css';
import { createRoot } from 'react-dom/client';
import { createApp } from './app.tsx';
import { connect, portDial, webSocketDial } from './client/link.ts';
import type { HostBridge } from './client/link.ts';

declare global {
  interface Window {
    /** Put there by the preload of the desktop host. */
    readonly muster?: HostBridge;
  }
}

function dial(): Parameters<typeof connect>[0] {
  if (window.muster !== undefined) return portDial(window.muster, window);
  const address = new URL('./api/ws', location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return webSocketDial(address);
}

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(createApp(connect(dial())));
