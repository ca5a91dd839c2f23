/** Keys: sequences and chords lead to the commands of the one table. */
import { describe, expect, it } from 'vitest';
import { commands, keyName, matchKeys } from '../../src/renderer/commands/registry.ts';

const key = (name: string, more: Partial<Parameters<typeof keyName>[0]> = {}) =>
  keyName({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...more });

describe('the command registry', () => {
  it('follows a sequence to its command', () => {
    expect(matchKeys(['g'], commands)).toBe('more');
    expect(matchKeys(['g', 'm'], commands)).toMatchObject({ id: 'go.machines' });
    expect(matchKeys(['g', 'x'], commands)).toBeNull();
  });

  it('takes Control and Command alike', () => {
    expect(matchKeys([key('k', { ctrlKey: true })], commands)).toMatchObject({ id: 'find.palette' });
    expect(matchKeys([key('K', { metaKey: true })], commands)).toMatchObject({ id: 'find.palette' });
    expect(matchKeys([key('?')], commands)).toMatchObject({ id: 'find.shortcuts' });
  });

  it('gives no two commands the same keys, nor one the beginning of another', () => {
    const all = commands.flatMap(({ keys }) => (keys === undefined ? [] : [keys.join(' ')]));
    expect(new Set(all).size).toBe(all.length);
    for (const one of all) expect(all.filter((other) => other.startsWith(`${one} `))).toEqual([]);
  });
});
