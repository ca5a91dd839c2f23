/**
 * What a window may not do, which is nearly everything: no permission, no device, no navigation away, no second
 * window, no web view, no request to anybody (app.md 3, items 5, 11 to 14 and the unnumbered one).
 */
import type { Session, WebContents } from 'electron';
import { HOME, isOurs, mayLoad } from './origin.ts';

/** The only permission: writing text that the browser has sanitised, after a gesture ("Copy"). */
const ALLOWED = 'clipboard-sanitized-write';

/** `inspectable`: developer tools may load their own pages; never in what is packaged. */
export function lockSession(session: Session, inspectable: boolean): void {
  // Chromium asks for some permissions by the one and checks others by the other: both are needed
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(permission === ALLOWED && isOurs(requestingUrl)),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === ALLOWED && isOurs(`${origin.replace(/\/$/, '')}/`),
  );
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !(mayLoad(url) || (inspectable && url.startsWith('devtools:'))) }),
  );
  session.on('will-download', (event, item) => {
    // what the page made itself may be saved; nothing is fetched from elsewhere
    if (!item.getURL().startsWith(`blob:${HOME}`)) event.preventDefault();
  });
}

export function lockContents(contents: WebContents): void {
  const stay = (event: { readonly url: string; preventDefault(): void }): void => {
    if (!isOurs(event.url)) event.preventDefault();
  };
  contents.on('will-navigate', stay);
  contents.on('will-frame-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}
