/**
 * The glyph of an id: a 4×4 block, mirrored left to right, in one of twelve hues, derived from the id's own
 * digits, so that the same id looks the same everywhere and a mismatch catches the eye. It is an aid, not a check.
 */
export interface Glyph {
  /** Degrees on the colour circle. */
  readonly hue: number;
  /** Sixteen cells, row by row; true where filled. */
  readonly cells: readonly boolean[];
}

/** FNV-1a over UTF-16 units: spreads ids of any alphabet; two seeds make 64 bits of it. */
function spread(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  // the last step mixes high bits down, as the low ones alone are weak
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}

export function glyphOf(id: string): Glyph {
  const pattern = spread(id, 1);
  const cells: boolean[] = [];
  for (let row = 0; row < 4; row += 1) {
    const left = (pattern >>> (row * 2)) & 1;
    const inner = (pattern >>> (row * 2 + 1)) & 1;
    cells.push(left === 1, inner === 1, inner === 1, left === 1);
  }
  // an empty block would be no glyph
  if (!cells.includes(true)) cells[5] = cells[6] = cells[9] = cells[10] = true;
  return { hue: (spread(id, 2) % 12) * 30, cells };
}
