import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import {
  checkName,
  coalitionId,
  MAX_COALITION_FILE,
  readCoalitionFile,
  writeCoalition,
} from '../../../src/protocol/coalition/index.ts';
import { codeOf, refusalOf } from '../../refusal.ts';

const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)];
const whole = {
  schemaVersion: 1,
  instanceName: 'signals.eu',
  lattices: [{ name: 'ethereum', stableId: a }],
  organisms: [
    { name: 'price-feed', stableId: a, contentHash: b },
    { name: 'attest', stableId: b },
  ],
  confluences: [{ name: 'bridge-β', fingerprint: a }],
  ticketIssuer: { name: 'signals.eu.tickets', keys: [a, b], acl: b },
  modules: ['chronicle', 'compute'],
} as const;
const file = (change: object = {}): string => JSON.stringify({ ...whole, ...change });

describe('a coalition file', () => {
  it('reads as the configuration that it writes, and is written as it was read', () => {
    const config = readCoalitionFile(file());
    expect(writeCoalition(config)).toEqual(whole);
    expect(coalitionId(readCoalitionFile(JSON.stringify(writeCoalition(config))))).toEqual(
      coalitionId(config),
    );
  });

  it('needs no more than a version and a name', () => {
    const config = readCoalitionFile('{"schemaVersion":1,"instanceName":"demo.one"}');
    expect(config).toEqual({
      schemaVersion: 1,
      instanceName: 'demo.one',
      lattices: [],
      organisms: [],
      confluences: [],
      modules: [],
    });
  });

  it('may have ids in capitals and members that nobody knows; the id does not change', () => {
    const other = readCoalitionFile(
      file({
        organisms: [{ ...whole.organisms[0], stableId: a.toUpperCase(), note: 'x' }, whole.organisms[1]],
        later: 1,
      }),
    );
    expect(coalitionId(other)).toEqual(coalitionId(readCoalitionFile(file())));
  });

  it('of another version is refused by its version, whatever else it holds', () => {
    for (const version of [0, 2, 255, 1.5, -1])
      expect(codeOf(() => readCoalitionFile(file({ schemaVersion: version, lattices: 'new shape' })))).toBe(
        'COALITION_VERSION',
      );
    expect(refusalOf(() => readCoalitionFile('{"schemaVersion":2}')).message).toContain('version 2');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"schemaVersion":1,'],
    ['no object', '[]'],
    ['null', 'null'],
    ['a number', '1'],
    ['no version', '{"instanceName":"demo.one"}'],
    ['a version in words', file({ schemaVersion: '1' })],
    ['no name', '{"schemaVersion":1}'],
    ['a name that is no text', file({ instanceName: 7 })],
    ['an id of 31 bytes', file({ lattices: [{ name: 'x', stableId: 'aa'.repeat(31) }] })],
    ['an id with a prefix', file({ lattices: [{ name: 'x', stableId: `0x${'aa'.repeat(31)}` }] })],
    ['a reference without a name', file({ lattices: [{ stableId: a }] })],
    ['an empty name of a reference', file({ lattices: [{ name: '', stableId: a }] })],
    ['a confluence without a fingerprint', file({ confluences: [{ name: 'x' }] })],
    ['an issuer without keys', file({ ticketIssuer: { name: 'x', keys: [], acl: a } })],
    ['an issuer without an acl', file({ ticketIssuer: { name: 'x', keys: [a] } })],
    ['a module that nobody knows', file({ modules: ['oracle'] })],
    [
      '257 lattices',
      file({
        lattices: Array.from({ length: 257 }, (_, n) => ({
          name: 'x',
          stableId: n.toString(16).padStart(64, '0'),
        })),
      }),
    ],
    ['more than 256 KiB', JSON.stringify({ ...whole, note: 'x'.repeat(MAX_COALITION_FILE) })],
  ])('with %s is refused', (_what, text) => {
    const refusal = refusalOf(() => readCoalitionFile(text));
    expect(refusal.code).toBe('COALITION_FILE');
    expect(refusal.message).toMatch(/\.$/);
  });

  it.each([
    ['a lattice', { lattices: [whole.lattices[0], { name: 'other', stableId: a }] }],
    [
      'a lattice in two cases',
      { lattices: [whole.lattices[0], { name: 'other', stableId: a.toUpperCase() }] },
    ],
    ['an organism', { organisms: [whole.organisms[0], whole.organisms[0]] }],
    ['a confluence', { confluences: [whole.confluences[0], whole.confluences[0]] }],
    ['a key of the issuer', { ticketIssuer: { ...whole.ticketIssuer, keys: [a, a] } }],
    ['a module', { modules: ['compute', 'compute'] }],
  ])('where %s stands twice is refused', (_what, change) => {
    expect(codeOf(() => readCoalitionFile(file(change)))).toBe('COALITION_DUPLICATE');
  });

  it('may name the same id in two different lists', () => {
    expect(readCoalitionFile(file({ lattices: [{ name: 'x', stableId: b }] })).lattices).toHaveLength(1);
  });
});

describe("a coalition's name", () => {
  it.each(['a', 'signals.eu', 'bridge-β', 'mev.mainnet-q2', '水'.repeat(42), '𐅑'.repeat(32), 'two words'])(
    'may be %s',
    (name) => {
      expect(() => checkName(name)).not.toThrow();
    },
  );

  it.each([
    ['empty', ''],
    ['129 bytes', 'a'.repeat(129)],
    ['129 bytes in 43 characters', '水'.repeat(43)],
    ['not in NFC', 'cafe\u0301'],
    ['a lone surrogate', 'a\ud800'],
    ['a bar', 'a|b'],
    ['a line end', 'a\nb'],
    ['a null character', 'a\u0000'],
    ['a control character of the second set', 'a\u0085b'],
    ['white space before', ' a'],
    ['white space after', 'a\u00a0'],
  ])('may not be %s', (_what, name) => {
    expect(codeOf(() => checkName(name))).toBe('COALITION_NAME');
    expect(codeOf(() => readCoalitionFile(file({ instanceName: name })))).toBe('COALITION_NAME');
  });

  it('counts its bytes as UTF-8 does', () => {
    for (const name of ['é'.repeat(64), '水'.repeat(42), '𐅑'.repeat(32)]) {
      expect(utf8(name).length).toBeLessThanOrEqual(128);
      expect(() => checkName(name)).not.toThrow();
      expect(
        codeOf(() => checkName(`${name}aaa`)),
        toHex(utf8(name)),
      ).toBe('COALITION_NAME');
    }
  });
});
