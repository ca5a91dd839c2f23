/** Finding text in log lines: where it is, and how a line is cut for highlighting. Pure. */
export interface Match {
  /** Place of the line among the lines shown. */
  readonly line: number;
  readonly start: number;
}

/** All places, without regard to case; at most `limit`, so that a letter in a long log does no harm. */
export function findAll(
  lines: readonly { readonly text: string }[],
  wanted: string,
  limit = 10_000,
): readonly Match[] {
  const needle = wanted.toLowerCase();
  const found: Match[] = [];
  if (needle === '') return found;
  for (const [line, { text }] of lines.entries()) {
    const hay = text.toLowerCase();
    for (let start = hay.indexOf(needle); start >= 0; start = hay.indexOf(needle, start + needle.length)) {
      found.push({ line, start });
      if (found.length >= limit) return found;
    }
  }
  return found;
}

export interface Piece {
  readonly text: string;
  readonly hit: boolean;
  readonly start: number;
}

/** The line in pieces that alternate between hits and the rest; never empty. */
export function pieces(text: string, wanted: string): readonly Piece[] {
  const needle = wanted.toLowerCase();
  if (needle === '') return [{ text, hit: false, start: 0 }];
  const hay = text.toLowerCase();
  const out: Piece[] = [];
  let at = 0;
  for (let start = hay.indexOf(needle); start >= 0; start = hay.indexOf(needle, at)) {
    if (start > at) out.push({ text: text.slice(at, start), hit: false, start: at });
    out.push({ text: text.slice(start, start + needle.length), hit: true, start });
    at = start + needle.length;
  }
  if (at < text.length || out.length === 0) out.push({ text: text.slice(at), hit: false, start: at });
  return out;
}
