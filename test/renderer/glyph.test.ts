/** The glyph of an id: the same for the same id, another for nearly every other. */
import { describe, expect, it } from 'vitest';
import { glyphOf } from '../../src/renderer/glyph.ts';

const key = ({ hue, cells }: ReturnType<typeof glyphOf>): string => `${hue}/${cells.map(Number).join('')}`;

describe('glyphs', () => {
  it('are derived from nothing but the id', () => {
    expect(glyphOf('ab'.repeat(32))).toEqual(glyphOf('ab'.repeat(32)));
  });

  it('are mirrored, and never empty', () => {
    for (let i = 0; i < 500; i += 1) {
      const { cells } = glyphOf(`id ${i}`);
      expect(cells).toHaveLength(16);
      expect(cells).toContain(true);
      for (let row = 0; row < 4; row += 1) {
        const [a, b, c, d] = cells.slice(row * 4, row * 4 + 4);
        expect([a, b]).toEqual([d, c]);
      }
    }
  });

  it('change when one digit does', () => {
    const base = 'ab'.repeat(32);
    const changed = Array.from({ length: 64 }, (_, i) => `${base.slice(0, i)}0${base.slice(i + 1)}`);
    const same = changed.filter((id) => key(glyphOf(id)) === key(glyphOf(base)));
    expect(same).toEqual([]);
  });

  it('spread over many forms', () => {
    const forms = new Set(Array.from({ length: 1000 }, (_, i) => key(glyphOf(`id ${i}`))));
    expect(forms.size).toBeGreaterThan(700);
  });
});
