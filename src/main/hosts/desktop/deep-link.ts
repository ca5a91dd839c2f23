/**
 * Links that other programs hand over: `muster://chronicle?entry=12` becomes the address `#/chronicle?entry=12` of
 * the interface. A link may only show something. Parameters that open a form (`do`) do not pass, and neither does
 * anything that is not on these two lists.
 */
const PAGES: ReadonlySet<string> = new Set(['machines', 'compute', 'tickets', 'chronicle', 'settings']);
const PARAMETERS: ReadonlySet<string> = new Set(['id', 'q', 'tab', 'entry']);
const MAX_LINK = 1024;
const MAX_VALUE = 256;

/** The hash of the page that a link names, `#/…`; null when it is not a link of ours. */
export function readDeepLink(text: string): string | null {
  if (text.length > MAX_LINK || !text.startsWith('muster://')) return null;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const clean = url.username === '' && url.password === '' && url.port === '' && url.hash === '';
  if (!clean || (url.pathname !== '' && url.pathname !== '/') || !PAGES.has(url.host)) return null;
  const passed = new URLSearchParams();
  for (const [name, value] of url.searchParams) {
    if (!PARAMETERS.has(name) || passed.has(name)) return null;
    // control characters have no business in an id or a search
    if (value.length > MAX_VALUE || /\p{Cc}/u.test(value)) return null;
    passed.set(name, value);
  }
  return `#/${url.host}${passed.size === 0 ? '' : `?${passed.toString()}`}`;
}

/** The first link among the arguments of a start. */
export function linkAmong(argv: readonly string[]): string | null {
  for (const argument of argv) {
    const hash = readDeepLink(argument);
    if (hash !== null) return hash;
  }
  return null;
}
