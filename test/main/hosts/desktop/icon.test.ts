import { describe, expect, it } from 'vitest';
import { drawMark } from '../../../../src/main/hosts/desktop/icon.ts';

/** Opacity of the pixel at parts of the width and height. */
const opacity = ({ size, pixels }: ReturnType<typeof drawMark>, u: number, v: number): number =>
  pixels[(Math.floor(v * size) * size + Math.floor(u * size)) * 4 + 3] ?? -1;

describe('the mark of the tray', () => {
  it.each([16, 22, 32, 256])('is a bitmap of %i pixels with clear corners and a ring', (size) => {
    const mark = drawMark(size, false);
    expect(mark.pixels).toHaveLength(size * size * 4);
    expect(opacity(mark, 0, 0)).toBe(0);
    expect(opacity(mark, 0.5, 0.1)).toBe(255);
  });

  it('tells trouble by its shape, not only by its colour', () => {
    const [well, troubled] = [drawMark(64, false), drawMark(64, true)];
    expect(opacity(well, 0.36, 0.5)).toBe(255);
    expect(opacity(troubled, 0.36, 0.5)).toBe(0);
  });

  it('is premultiplied, as the system wants it', () => {
    const { pixels } = drawMark(22, true);
    for (let at = 0; at < pixels.length; at += 4)
      for (const channel of [0, 1, 2]) expect(pixels[at + channel]).toBeLessThanOrEqual(pixels[at + 3] ?? 0);
  });
});
