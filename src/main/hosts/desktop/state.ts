/** Where the window stood: read, fitted to the displays of today, written whole. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { writeFileAtomic } from '../../store/index.ts';

/** Device-independent pixels, as Electron gives them. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const pixels = z.number().int().min(-100_000).max(100_000);
const shape = z.object({
  v: z.literal(1),
  bounds: z.object({ x: pixels, y: pixels, width: pixels.min(1), height: pixels.min(1) }).nullable(),
  maximised: z.boolean(),
  /** The person has been told that closing the window does not stop the node. */
  told: z.boolean(),
});
export type WindowState = Omit<z.infer<typeof shape>, 'v'>;

export const SMALLEST = { width: 880, height: 600 } as const;
const USUAL = { width: 1360, height: 880 } as const;
/** How much of a window must be on a display for a person to be able to drag it. */
const GRIP = 96;

/** A file that is missing or unreadable is a first start: nothing of worth is lost with it. */
export function readWindowState(path: string): WindowState {
  try {
    const { v: _, ...state } = shape.parse(JSON.parse(readFileSync(path, 'utf8')));
    return state;
  } catch {
    return { bounds: null, maximised: false, told: false };
  }
}

/** Errors: `DISK_FULL`. */
export function writeWindowState(path: string, state: WindowState): void {
  writeFileAtomic(path, utf8(`${JSON.stringify({ v: 1, ...state })}\n`));
}

/**
 * Bounds for a new window: as they were when enough of the window would still be seen, else without a place, so
 * that the system centres it. Never larger than the display it opens on. `displays` are work areas, primary first.
 */
export function fitBounds(
  bounds: Rectangle | null,
  displays: readonly Rectangle[],
): { readonly width: number; readonly height: number; readonly x?: number; readonly y?: number } {
  const [primary] = displays;
  const seen = bounds === null ? undefined : displays.find((display) => isReachable(bounds, display));
  const display = seen ?? primary;
  const { width, height } = bounds ?? USUAL;
  const size =
    display === undefined
      ? { width, height }
      : { width: Math.min(width, display.width), height: Math.min(height, display.height) };
  if (bounds === null || seen === undefined) return size;
  return {
    ...size,
    x: clamp(bounds.x, seen.x + GRIP - size.width, seen.x + seen.width - GRIP),
    y: clamp(bounds.y, seen.y, seen.y + seen.height - GRIP),
  };
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** The top edge counts, because that is where a window is held. */
function isReachable(window: Rectangle, display: Rectangle): boolean {
  const across = Math.min(window.x + window.width, display.x + display.width) - Math.max(window.x, display.x);
  return across >= GRIP && window.y >= display.y - GRIP && window.y <= display.y + display.height - GRIP;
}
