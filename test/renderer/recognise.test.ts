/** One box recognises every id that this project writes. */
import { describe, expect, it } from 'vitest';
import { peerIdText } from '../../src/protocol/bytes/index.ts';
import { recognise } from '../../src/renderer/recognise.ts';

const hex = '0f'.repeat(32);
const peer = peerIdText(new Uint8Array(32).fill(7));

describe('recognising ids', () => {
  it('tells entry numbers, however their thousands are written', () => {
    for (const text of ['48201', '#48201', '48 201', '48,201', '48\u2009201', ' 48201 '])
      expect(recognise(text)).toEqual({ kind: 'index', index: 48_201 });
  });

  it('tells hashes, record ids, peers and digests apart', () => {
    expect(recognise(hex)).toEqual({ kind: 'hex', id: hex });
    expect(recognise(hex.toUpperCase())).toEqual({ kind: 'hex', id: hex });
    expect(recognise(`bafyrei${'q'.repeat(52)}`)).toEqual({ kind: 'cid', id: `bafyrei${'q'.repeat(52)}` });
    expect(recognise(peer)).toEqual({ kind: 'peer', id: peer });
    expect(recognise(`sha256:${hex}`)).toEqual({ kind: 'digest', digest: `sha256:${hex}` });
    expect(recognise(`registry.example/app@sha256:${hex}`)).toEqual({
      kind: 'digest',
      digest: `sha256:${hex}`,
    });
  });

  it.each(['', 'rack-07', hex.slice(1), `${peer}x`, '1 2', 'bafyreiA', 'sha256:12'])(
    'leaves "%s" alone',
    (text) => {
      expect(recognise(text)).toBeNull();
    },
  );
});
