/** The records about who a node is and where it stands, folded as every replica folds them. */
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { NO_COALITION, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { coalitionId, coalitionKinds, readCoalitionFile } from '../../../src/protocol/coalition/index.ts';
import type { CoalitionRow } from '../../../src/protocol/coalition/index.ts';
import { encodeRecord, foldInto, memberKey, memoryView } from '../../../src/protocol/record/index.ts';

const kinds = new Map(coalitionKinds.map((kind) => [kind.name, kind]));
const [alice, bob] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const keys = { log: alice, cosigner: bob, issuer: new Uint8Array(32).fill(3) };
const text = '{"schemaVersion":1,"instanceName":"demo.one"}';
const id = coalitionId(readCoalitionFile(text));

function world() {
  const view = memoryView();
  let seq = 0;
  const say = (kind: string, body: Value, coalition: Uint8Array, author = alice): string => {
    const bytes = encodeRecord({ v: 1, kind, coalition, author, seq: seq++, at: 7, body, evidence: [] });
    return foldInto(kinds, nodeHashes, view, bytes, seq - 1).refused?.code ?? 'taken';
  };
  return {
    view,
    say,
    coalition: () => view.get(`coalition/${toHex(id)}`) as unknown as CoalitionRow | undefined,
  };
}

describe('an identity', () => {
  it('is recorded once, before every coalition', () => {
    const { say, view } = world();
    expect(say('identity.created', { name: 'rack-07', ...keys }, NO_COALITION)).toBe('taken');
    expect(view.get(`identity/${toHex(alice)}`)).toEqual({ name: 'rack-07', ...keys, at: 7, index: 0 });
    expect(say('identity.created', { name: 'again', ...keys }, NO_COALITION)).toBe('IDENTITY_EXISTS');
    expect(say('identity.created', { name: 'rack-08', ...keys }, NO_COALITION, bob)).toBe('taken');
  });

  it('is refused inside a coalition, and without its keys or a plain name', () => {
    const { say } = world();
    expect(say('identity.created', { name: 'x', ...keys }, id)).toBe('COALITION_MISPLACED');
    for (const body of [
      { name: 'x', log: alice, cosigner: bob },
      { ...keys, name: '' },
      { ...keys, name: ' x' },
      { ...keys, name: 'x\n' },
      { ...keys, name: 'x'.repeat(65) },
      { ...keys, name: 'x', log: alice.subarray(1) },
    ])
      expect(say('identity.created', body as Value, NO_COALITION)).toBe('BODY_FORMAT');
  });
});

describe('a coalition', () => {
  it.each([
    ['coalition.published', 'operator', alice],
    ['coalition.joined', 'joined', null],
  ] as const)('that was %s makes its author a member', (kind, role, operator) => {
    const { say, view, coalition } = world();
    expect(say(kind, { config: utf8(text) }, id)).toBe('taken');
    expect(coalition()).toEqual({ config: utf8(text), operator, role, at: 7, index: 0 });
    expect(view.get(memberKey(id, alice))).toEqual({ since: 7 });
    expect(view.get(memberKey(id, bob))).toBeUndefined();
  });

  it('is recorded once', () => {
    for (const first of ['coalition.published', 'coalition.joined'])
      for (const second of ['coalition.published', 'coalition.joined']) {
        const { say } = world();
        expect(say(first, { config: utf8(text) }, id)).toBe('taken');
        expect(say(second, { config: utf8(text) }, id, bob)).toBe('COALITION_EXISTS');
      }
  });

  it('stands under the id that its configuration gives and no other', () => {
    const { say } = world();
    expect(say('coalition.published', { config: utf8(text) }, NO_COALITION)).toBe('COALITION_MISPLACED');
    expect(say('coalition.published', { config: utf8(text) }, new Uint8Array(32).fill(9))).toBe(
      'COALITION_MISPLACED',
    );
  });

  it.each<[string, Value, string]>([
    ['a configuration that is no JSON', { config: utf8('{}}') }, 'COALITION_FILE'],
    ['a configuration that is no text', { config: new Uint8Array([0xff, 0xfe]) }, 'TEXT_UTF8'],
    ['a later version', { config: utf8('{"schemaVersion":2}') }, 'COALITION_VERSION'],
    ['a text instead of bytes', { config: text }, 'BODY_FORMAT'],
    ['more than 12 KiB', { config: new Uint8Array(12 * 1024 + 1) }, 'BODY_FORMAT'],
    ['nothing', {}, 'BODY_FORMAT'],
  ])('with %s is refused', (_what, body, code) => {
    const { say, view } = world();
    expect(say('coalition.published', body, id)).toBe(code);
    expect(view.rows.size).toBe(0);
  });
});
