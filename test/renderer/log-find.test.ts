/** Finding in logs. */
import { describe, expect, it } from 'vitest';
import { findAll, pieces } from '../../src/renderer/parts/log-find.ts';

const lines = [{ text: 'Error: error again' }, { text: 'fine' }, { text: 'ERROR' }];

describe('finding in a log', () => {
  it('finds every place, whatever its case', () => {
    expect(findAll(lines, 'error')).toEqual([
      { line: 0, start: 0 },
      { line: 0, start: 7 },
      { line: 2, start: 0 },
    ]);
    expect(findAll(lines, '')).toEqual([]);
    expect(findAll(lines, 'r', 3)).toHaveLength(3);
  });

  it('cuts a line without losing a letter', () => {
    for (const wanted of ['', 'error', 'x', 'rr'])
      expect(
        pieces('Error: error again', wanted)
          .map(({ text }) => text)
          .join(''),
      ).toBe('Error: error again');
    expect(pieces('an error', 'error')).toEqual([
      { text: 'an ', hit: false, start: 0 },
      { text: 'error', hit: true, start: 3 },
    ]);
  });
});
