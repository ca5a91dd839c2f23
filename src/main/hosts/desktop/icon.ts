/**
 * The mark of the tray and the window, drawn here so that its state is a shape and not only a colour: a ring with
 * a full centre when all is well, a ring with a bar and a point when there are problems.
 */
export interface Bitmap {
  readonly size: number;
  /** BGRA, premultiplied, size * size * 4 bytes. */
  readonly pixels: Buffer;
}

/** Samples per pixel and axis: enough for clean edges at 22 px. */
const SAMPLES = 4;
const WELL = [0x8f, 0xb4, 0x2f] as const;
const TROUBLED = [0x1f, 0x9a, 0xe8] as const;

/** `size` in pixels. */
export function drawMark(size: number, troubled: boolean): Bitmap {
  const pixels = Buffer.alloc(size * size * 4);
  const inside = troubled ? barAndPoint : centre;
  const colour = troubled ? TROUBLED : WELL;
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) {
      let hits = 0;
      for (let s = 0; s < SAMPLES * SAMPLES; s += 1) {
        const u = ((x + ((s % SAMPLES) + 0.5) / SAMPLES) / size) * 2 - 1;
        const v = ((y + (Math.floor(s / SAMPLES) + 0.5) / SAMPLES) / size) * 2 - 1;
        if (ring(u, v) || inside(u, v)) hits += 1;
      }
      const alpha = hits / (SAMPLES * SAMPLES);
      const at = (y * size + x) * 4;
      colour.forEach((part, channel) => (pixels[at + channel] = Math.round(part * alpha)));
      pixels[at + 3] = Math.round(255 * alpha);
    }
  return { size, pixels };
}

const ring = (u: number, v: number): boolean => Math.abs(Math.hypot(u, v) - 0.8) < 0.14;
const centre = (u: number, v: number): boolean => Math.hypot(u, v) < 0.36;
const barAndPoint = (u: number, v: number): boolean =>
  (Math.abs(u) < 0.12 && v > -0.46 && v < 0.12) || Math.hypot(u, v - 0.36) < 0.14;
