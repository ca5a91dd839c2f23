/**
 * URLs here and there. Chromium under a debugger cannot route a scheme of the application's own, so that
 * `app://muster/…` is `https://muster.invalid/…` there; `.invalid` can never be somebody's.
 */
let scheme: string | null = null;

/** The one scheme that is translated. */
export function translateScheme(name: string): void {
  if (scheme !== null && scheme !== name) throw new Error('the stand-in knows one custom scheme');
  scheme = name;
}

/** As Chromium has it. */
export function toWire(url: string): string {
  if (scheme === null || !url.includes(`${scheme}://`)) return url;
  return url.replace(new RegExp(`^(blob:)?${scheme}://([^/?#]*)`), '$1https://$2.invalid');
}

/** As the application has it. */
export function fromWire(url: string): string {
  return scheme === null
    ? url
    : url.replace(/^(blob:)?https:\/\/([^/?#]*)\.invalid(?=[/?#]|$)/, `$1${scheme}://$2`);
}

/** Serialised origin of a URL, as the application has it. */
export function originOf(url: string): string {
  const wire = toWire(url).replace(/^blob:/, '');
  try {
    const { origin } = new URL(wire);
    return fromWire(origin);
  } catch {
    return 'null';
  }
}

export const withoutHash = (url: string): string => url.split('#')[0] ?? url;
