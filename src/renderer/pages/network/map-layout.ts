/**
 * Where each peer stands on the map: rings around this node, nearer ones for shorter round trips, the outermost for
 * peers that are only known. Equal input gives an equal picture: nothing is simulated, nothing moves by itself. Pure.
 */
export interface MapPeer {
  readonly peer: string;
  readonly connected: boolean;
  /** Round trip, milliseconds; null: not measured. */
  readonly rtt: number | null;
}

/** Upper ends of the bands of round trips, milliseconds; the last band is open. */
export const BAND_MS = [10, 50, 150] as const;
export type Band = number | 'far' | 'unmeasured' | 'known';

export interface MapNode {
  readonly peer: string;
  readonly x: number;
  readonly y: number;
  readonly band: Band;
  /** Its name fits below it without touching another node or name. */
  readonly label: boolean;
}
export interface MapRing {
  readonly rx: number;
  readonly ry: number;
  readonly band: Band;
  /** The first ring of its band: the one that is named. */
  readonly first: boolean;
}
export interface MapLayout {
  readonly x: number;
  readonly y: number;
  readonly nodes: readonly MapNode[];
  readonly rings: readonly MapRing[];
  /** Radius of a node. */
  readonly size: number;
  /** How far around a node a pointer means it. */
  readonly reach: number;
}

/** Room that a name takes, below its node. */
export const LABEL = { width: 84, height: 14 } as const;

const ORDER: readonly Band[] = [...BAND_MS, 'far', 'unmeasured', 'known'];
export const bandOf = ({ connected, rtt }: MapPeer): Band =>
  !connected ? 'known' : rtt === null ? 'unmeasured' : (BAND_MS.find((end) => rtt < end) ?? 'far');

/** Free space around the outermost ring, for names and the shapes themselves. */
const MARGIN = { x: 52, y: 26 };
/** The top of every ring is kept free: there its band is named. */
export const BAND_LABEL = { width: 104, height: 14 } as const;
/** Wider than this the rings would no longer read as rings. */
const WIDEST = 2.2;
/** Space for this node in the middle. */
const MIDDLE = 46;
/** Distances between neighbours that are tried, widest first. */
const SPACINGS = [56, 48, 42, 36, 32, 28, 26, 24, 20, 16, 13, 11, 9, 7, 5, 4];

interface Filled {
  readonly band: Band;
  readonly first: boolean;
  readonly peers: readonly string[];
}

/** `width` and `height` in pixels of the place to draw in. */
export function layOut(peers: readonly MapPeer[], width: number, height: number): MapLayout {
  const x = width / 2;
  const y = height / 2;
  const most = Math.max(MIDDLE + 10, Math.min(height / 2 - MARGIN.y, width / 2 - MARGIN.x));
  const aspect = Math.max(1, Math.min(WIDEST, (width / 2 - MARGIN.x) / most));
  const bands = ORDER.map((band) => ({
    band,
    peers: peers
      .filter((one) => bandOf(one) === band)
      .map(({ peer }) => peer)
      .toSorted(),
  })).filter((group) => group.peers.length > 0);

  let spacing = SPACINGS[0] ?? 4;
  let filled: readonly Filled[] | null = null;
  for (const next of SPACINGS) {
    spacing = next;
    filled = fill(bands, spacing, most, aspect);
    if (filled !== null) break;
  }
  const rings = filled ?? bands.map(({ band, peers: some }) => ({ band, first: true, peers: some }));
  const size = Math.max(2, Math.min(7, spacing / 4));

  // the rings that are needed share the whole room
  const step = rings.length < 2 ? 0 : (most - ringStart(rings.length, most)) / (rings.length - 1);
  const drawn = rings.map(({ band, first }, i) => {
    const ry = ringStart(rings.length, most) + step * i;
    return { rx: ry * aspect, ry, band, first };
  });
  const placed = rings.flatMap(({ peers: some, band }, i) => {
    const ring = drawn[i];
    if (ring === undefined) return [];
    // each ring begins elsewhere, so that no spokes of names appear
    const points = around(ring.rx, ring.ry, some.length, (0.5 + i * 0.618) % 1);
    return some.map((peer, at) => ({
      peer,
      band,
      x: x + (points[at]?.x ?? 0),
      y: y + (points[at]?.y ?? 0),
    }));
  });
  return {
    x,
    y,
    rings: drawn,
    size,
    reach: Math.max(size + 1, Math.min(12, spacing / 2)),
    nodes: named(placed, drawn, size, { x, y, width, height }),
  };
}

/** A single ring stands well outside; the more there are, the closer to the middle they begin. */
const ringStart = (rings: number, most: number): number =>
  Math.max(
    MIDDLE,
    rings === 1 ? most * 0.68 : rings < 5 ? Math.min(most * 0.38, 96) : Math.min(most * 0.24, 96),
  );

/** Fills rings from the inside; null when they do not fit at this distance between neighbours. */
function fill(
  bands: readonly { readonly band: Band; readonly peers: readonly string[] }[],
  spacing: number,
  most: number,
  aspect: number,
): readonly Filled[] | null {
  // how many rings are needed depends on how large they are, and the other way round
  for (let count = bands.length; ; count += 1) {
    const start = ringStart(count, most);
    const step = count < 2 ? 0 : (most - start) / (count - 1);
    if (count > 1 && step < spacing) return null;
    const roomOf = (ring: number): number => {
      const ry = start + step * ring;
      return Math.max(1, Math.floor((lengthOf(ry * aspect, ry) - BAND_LABEL.width) / spacing));
    };
    const rings: Filled[] = [];
    for (const { band, peers } of bands) {
      const rooms: number[] = [];
      let sum = 0;
      while (sum < peers.length && rings.length + rooms.length < count) {
        const next = roomOf(rings.length + rooms.length);
        rooms.push(next);
        sum += next;
      }
      if (sum < peers.length) {
        rings.length = 0;
        break;
      }
      // a band of several rings fills them alike
      let before = 0;
      rooms.forEach((_, i) => {
        const end = Math.round(
          (peers.length * rooms.slice(0, i + 1).reduce((all, one) => all + one, 0)) / sum,
        );
        rings.push({ band, first: i === 0, peers: peers.slice(before, end) });
        before = end;
      });
    }
    if (rings.length > 0 || bands.length === 0) return rings;
  }
}

const STEPS = 360;
interface Point {
  readonly x: number;
  readonly y: number;
}

/** Corners of an ellipse and how far along it each lies. */
function walk(
  rx: number,
  ry: number,
): { readonly points: readonly Point[]; readonly along: readonly number[] } {
  const points: Point[] = [];
  const along: number[] = [];
  let total = 0;
  for (let i = 0; i <= STEPS; i += 1) {
    const angle = (i / STEPS) * 2 * Math.PI - Math.PI / 2;
    const point = { x: rx * Math.cos(angle), y: ry * Math.sin(angle) };
    const before = points.at(-1);
    if (before !== undefined) total += Math.hypot(point.x - before.x, point.y - before.y);
    points.push(point);
    along.push(total);
  }
  return { points, along };
}

const lengthOf = (rx: number, ry: number): number => walk(rx, ry).along.at(-1) ?? 0;

/** `n` points with equal distances along an ellipse without its top; `turn` from 0 to 1 is where the first stands. */
function around(rx: number, ry: number, n: number, turn: number): readonly Point[] {
  const { points, along } = walk(rx, ry);
  const total = along.at(-1) ?? 0;
  return Array.from({ length: n }, (_, i) => {
    const at = BAND_LABEL.width / 2 + ((i + turn) / n) * Math.max(0, total - BAND_LABEL.width);
    const next = Math.max(
      1,
      along.findIndex((one) => one >= at),
    );
    const from = points[next - 1] ?? { x: 0, y: 0 };
    const to = points[next] ?? from;
    const span = (along[next] ?? 0) - (along[next - 1] ?? 0);
    const part = span === 0 ? 0 : (at - (along[next - 1] ?? 0)) / span;
    return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
  });
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const square = (x: number, y: number, half: number): Box => ({
  left: x - half,
  top: y - half,
  right: x + half,
  bottom: y + half,
});

export const labelBox = (x: number, y: number, size: number): Box => ({
  left: x - LABEL.width / 2,
  right: x + LABEL.width / 2,
  top: y + size + 2,
  bottom: y + size + 2 + LABEL.height,
});

export const bandBox = (x: number, y: number): Box => ({
  left: x - BAND_LABEL.width / 2,
  right: x + BAND_LABEL.width / 2,
  top: y - BAND_LABEL.height / 2,
  bottom: y + BAND_LABEL.height / 2,
});

/** The part of the peers for whose names there must be room; with less room nobody is named. */
const FEWEST = 0.25;

/** Gives names from the inside outwards, as long as there is room for them. */
function named(
  nodes: readonly Omit<MapNode, 'label'>[],
  rings: readonly MapRing[],
  size: number,
  room: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): readonly MapNode[] {
  const taken: Box[] = [
    square(room.x, room.y, 12),
    labelBox(room.x, room.y, 12),
    ...rings.filter(({ first }) => first).map(({ ry }) => bandBox(room.x, room.y - ry)),
    ...nodes.map((node) => square(node.x, node.y, size + 1)),
  ];
  const tried = nodes.map((node) => {
    const box = labelBox(node.x, node.y, size);
    const label =
      box.left >= 0 &&
      box.right <= room.width &&
      box.bottom <= room.height &&
      !taken.some((other) => overlap(box, other));
    if (label) taken.push(box);
    return { ...node, label };
  });
  // a few names in a crowd would look as if those peers were special
  const enough = tried.filter(({ label }) => label).length >= tried.length * FEWEST;
  return enough ? tried : tried.map((node) => ({ ...node, label: false }));
}
