/** The query bar: what it understands, and that it names what it does not. */
import { describe, expect, it } from 'vitest';
import { isEmptyFilter, parseMoment, parseQuery } from '../../src/renderer/query.ts';

const id = 'ab'.repeat(32);

describe('the query bar', () => {
  it('understands every filter of a line at once', () => {
    expect(
      parseQuery(
        `kind:ticket.* by:8F2C after:2026-11-01 before:2026-12-01T08:30 id:bafy mentions:${id} refused:yes`,
      ),
    ).toEqual({
      filter: {
        kind: 'ticket.*',
        author: '8f2c',
        after: Date.UTC(2026, 10, 1),
        before: Date.UTC(2026, 11, 1, 8, 30),
        id: 'bafy',
        mentions: id,
        refused: true,
      },
      goTo: null,
      faults: [],
    });
  });

  it('takes a bare number as the place to go to', () => {
    expect(parseQuery(' 48201 ')).toEqual({ filter: {}, goTo: 48_201, faults: [] });
    expect(parseQuery('#7').goTo).toBe(7);
  });

  it('takes a bare id as a filter by that id', () => {
    expect(parseQuery(id).filter).toEqual({ mentions: id });
    expect(parseQuery(`sha256:${id}`).filter).toEqual({ mentions: id });
    expect(parseQuery(`bafyrei${'a'.repeat(52)}`).filter).toEqual({ id: `bafyrei${'a'.repeat(52)}` });
  });

  it.each([
    ['colour:red', 'key'],
    ['hello', 'key'],
    ['kind:Ticket', 'value'],
    ['by:xyz', 'value'],
    ['after:2026-11-31', 'value'],
    ['mentions:12', 'value'],
    ['refused:perhaps', 'value'],
  ])('names "%s" as not understood', (word, why) => {
    const { faults, filter } = parseQuery(word);
    expect(faults).toEqual([{ word, why }]);
    expect(isEmptyFilter(filter)).toBe(true);
  });

  it('does not let a second filter of the same kind replace the first', () => {
    const { filter, faults } = parseQuery('kind:a.b kind:c.d');
    expect(filter).toEqual({ kind: 'a.b' });
    expect(faults).toEqual([{ word: 'kind:c.d', why: 'twice' }]);
  });

  it('reads moments as UTC', () => {
    expect(parseMoment('2026-02-28T23:59:30Z')).toBe(Date.UTC(2026, 1, 28, 23, 59, 30));
    expect(parseMoment('2026-02-30')).toBeNull();
    expect(parseMoment('yesterday')).toBeNull();
  });
});
