/**
 * The one origin of the desktop's window, and the questions asked of it. `app:` is the inner scheme that serves the
 * interface; `muster:` is the outer one, of links that other programs hand over (deep-link.ts).
 */
export const SCHEME = 'app';
export const HOST = 'muster';
export const ORIGIN = `${SCHEME}://${HOST}`;
export const HOME = `${ORIGIN}/`;

/** True for a URL of our own origin. Chromium hands URLs over in canonical form, so the prefix decides. */
export const isOurs = (url: string): boolean => url.startsWith(HOME);

/**
 * What a window may load at all: our own files, and bytes that the page itself made (a download, an image).
 * Everything else is a request to somebody, and the interface asks nobody but its node.
 */
export const mayLoad = (url: string): boolean =>
  isOurs(url) || url.startsWith(`blob:${HOME}`) || url.startsWith('data:');
