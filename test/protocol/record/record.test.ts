import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSignatureChecker, nodeHashes } from '../../../src/main/hashes.ts';
import {
  encodeCanonical,
  fromBase64url,
  NO_COALITION,
  toHex,
  utf8,
} from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import {
  decodeRecord,
  encodeRecord,
  MAX_RECORD_BYTES,
  recordId,
  signatureJob,
  signedMessage,
} from '../../../src/protocol/record/index.ts';
import type { Record as Entry } from '../../../src/protocol/record/index.ts';
import { codeOf, refusalOf } from '../../refusal.ts';

const base: Entry<Value> = {
  v: 1,
  kind: 'ticket.revoked',
  coalition: NO_COALITION,
  author: new Uint8Array(32).fill(7),
  seq: 3,
  at: 1_760_000_000_000,
  body: { reason: 'It was sold.' },
  evidence: [],
};
const pointer = { origin: 'example.com/log', size: 9, index: 4, leaf: new Uint8Array(32).fill(1) };
/** The envelope with some members replaced, or taken away by undefined. */
const bytesWith = (change: { readonly [key: string]: Value | undefined }): Uint8Array =>
  encodeCanonical(
    Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, v]) => v !== undefined)) as Value,
  );

describe('a record', () => {
  it('reads back as what was written, with and without a tick and evidence', () => {
    const proof = { ...pointer, proof: utf8('c2sp.org/tlog-proof@v1\n') };
    for (const record of [base, { ...base, tick: 12 }, { ...base, evidence: [pointer, proof] }])
      expect(decodeRecord(encodeRecord(record))).toEqual(record);
    // an absent tick is absent from the bytes too
    expect(encodeRecord({ ...base, tick: undefined })).toEqual(encodeRecord(base));
  });

  it('is named by the CID of its bytes', () => {
    expect(recordId(nodeHashes, encodeRecord(base))).toMatch(/^bafyrei/);
    expect(recordId(nodeHashes, encodeRecord({ ...base, seq: 4 }))).not.toBe(
      recordId(nodeHashes, encodeRecord(base)),
    );
  });

  it('may have 16 KiB and not a byte more', () => {
    const room = MAX_RECORD_BYTES - encodeRecord({ ...base, body: new Uint8Array(15_000) }).length + 15_000;
    expect(encodeRecord({ ...base, body: new Uint8Array(room) }).length).toBe(MAX_RECORD_BYTES);
    expect(codeOf(() => encodeRecord({ ...base, body: new Uint8Array(room + 1) }))).toBe('RECORD_SIZE');
    expect(codeOf(() => decodeRecord(bytesWith({ body: new Uint8Array(room + 1) })))).toBe('CBOR_SIZE');
  });

  it('cannot be written with a body that has no canonical spelling', () => {
    expect(codeOf(() => encodeRecord({ ...base, body: 0.5 }))).toBe('CBOR_PROFILE');
    expect(codeOf(() => encodeRecord({ ...base, body: { a: undefined as never } }))).toBe('CBOR_PROFILE');
  });

  const zero = new Uint8Array(32);
  it.each<[string, { readonly [key: string]: Value | undefined }]>([
    ['v', { v: 2 }],
    ['v', { v: undefined }],
    ['v', { v: '1' }],
    ['kind', { kind: undefined }],
    ['kind', { kind: 'ticket' }],
    ['kind', { kind: 'Ticket.revoked' }],
    ['kind', { kind: 'ticket.' }],
    ['kind', { kind: 'ticket.revoked\n' }],
    ['kind', { kind: `a.${'b'.repeat(47)}` }],
    ['coalition', { coalition: zero.subarray(1) }],
    ['coalition', { coalition: toHex(zero) }],
    ['author', { author: new Uint8Array(33) }],
    ['author', { author: undefined }],
    ['seq', { seq: -1 }],
    ['seq', { seq: '3' }],
    ['at', { at: -1 }],
    ['at', { at: null }],
    ['tick', { tick: -1 }],
    ['tick', { tick: null }],
    ['evidence', { evidence: undefined }],
    ['evidence', { evidence: Array.from({ length: 17 }, () => pointer) }],
    ['evidence.0.leaf', { evidence: [{ ...pointer, leaf: zero.subarray(1) }] }],
    ['evidence.0.origin', { evidence: [{ ...pointer, origin: '' }] }],
    ['evidence.0.proof', { evidence: [{ ...pointer, proof: new Uint8Array(8193) }] }],
  ])('whose %s is wrong is refused, and the refusal says so', (member, change) => {
    const refusal = refusalOf(() => decodeRecord(bytesWith(change)));
    expect(refusal.code).toBe('RECORD_FORMAT');
    expect(refusal.message).toContain(`record's ${member} `);
  });

  it('that is no map at all is refused', () => {
    for (const value of [null, 1, 'record', [], new Uint8Array(4)])
      expect(codeOf(() => decodeRecord(encodeCanonical(value)))).toBe('RECORD_FORMAT');
    expect(codeOf(() => decodeRecord(new Uint8Array(0)))).toBe('CBOR_PROFILE');
  });

  it('keeps members of a later version in its bytes, and shows the ones it knows', () => {
    const later = bytesWith({ later: 'member', tick: 4 });
    expect(decodeRecord(later)).toEqual({ ...base, tick: 4 });
    // its name covers what this version does not know
    expect(recordId(nodeHashes, later)).not.toBe(recordId(nodeHashes, bytesWith({ tick: 4 })));
  });
});

describe('a signature on a record', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const author = fromBase64url(String(publicKey.export({ format: 'jwk' }).x));
  const check = createSignatureChecker();
  const bytes = encodeRecord({ ...base, author });
  const signed = (message: Uint8Array) => ({ bytes, sig: new Uint8Array(sign(null, message, privateKey)) });

  it('covers the domain, a zero byte and the record', () => {
    expect(signedMessage(bytes)).toEqual(new Uint8Array([...utf8('muster/record/1'), 0, ...bytes]));
    expect(check(signatureJob(author, signed(signedMessage(bytes))))).toBe(true);
  });

  it('over the bytes alone, or under another domain, is none', () => {
    expect(check(signatureJob(author, signed(bytes)))).toBe(false);
    expect(
      check(signatureJob(author, signed(new Uint8Array([...utf8('muster/record/2'), 0, ...bytes])))),
    ).toBe(false);
    expect(check(signatureJob(author, signed(new Uint8Array([...utf8('muster/record/1'), ...bytes]))))).toBe(
      false,
    );
  });

  it('does not stand for another author or for one changed byte', () => {
    const good = signed(signedMessage(bytes));
    expect(check(signatureJob(new Uint8Array(32).fill(9), good))).toBe(false);
    const changed = bytes.slice();
    changed[changed.length - 1]! ^= 1;
    expect(check(signatureJob(author, { ...good, bytes: changed }))).toBe(false);
    expect(check(signatureJob(author, { ...good, sig: good.sig.subarray(1) }))).toBe(false);
  });
});
