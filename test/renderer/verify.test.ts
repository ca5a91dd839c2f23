/** Verification as the browser does it: the truth is accepted, and every lie is found at the step that names it. */
import { describe, expect, it } from 'vitest';
import type { EntryDetail } from '../../src/contract/index.ts';
import {
  fromBase64,
  fromBase64url,
  sameBytes,
  toBase64,
  toBase64url,
} from '../../src/protocol/bytes/index.ts';
import { createCrypto } from '../../src/renderer/crypto.ts';
import type { Client } from '../../src/renderer/client/link.ts';
import { pathOf } from '../../src/renderer/verify/path.ts';
import { createVerifier } from '../../src/renderer/verify/verifier.ts';
import { bodyOf, hexOf, kindAt } from '../fakes/node/data.ts';
import { hashes, signedLog } from '../fakes/node/log.ts';

const said = (i: number) => ({
  kind: kindAt(i),
  at: 1_795_000_000_000 + i * 1000,
  body: bodyOf(kindAt(i), i, hexOf('owner')),
});
const logOf = (count: number) =>
  signedLog(
    new Uint8Array(32),
    Array.from({ length: count }, (_, i) => said(i)),
  );

function clientOf(
  log: ReturnType<typeof logOf>,
  change: (entry: EntryDetail) => EntryDetail = (entry) => entry,
) {
  const chronicle = {
    head: async () => ({ policy: log.policy }),
    entry: async ({ index }: { index: number }) => change(log.detail(index)),
    consistency: async ({ from, to }: { from: number; to: number }) => ({
      hashes: log.consistency(from, to),
    }),
  };
  return { chronicle } as unknown as Client;
}
const flip = (text: string): string => {
  const bytes = fromBase64url(text);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  return toBase64url(bytes);
};
const outcomes = (result: Awaited<ReturnType<ReturnType<typeof createVerifier>['verify']>>) =>
  Object.fromEntries(result.steps.map(({ id, outcome }) => [id, outcome]));

describe('verification in the browser', () => {
  it('accepts every entry of an honest log, and never claims to know that the keys are right', async () => {
    const log = logOf(13);
    const verifier = createVerifier(clientOf(log), createCrypto());
    for (let index = 0; index < 13; index += 1) {
      const result = await verifier.verify(index);
      expect(result.ok).toBe(true);
      expect(outcomes(result)).toMatchObject({
        author: 'passed',
        path: 'passed',
        checkpoint: 'passed',
        keys: 'not-checked',
      });
    }
    expect(verifier.session.get()).toMatchObject({ verified: 13, failed: 0, head: { size: 13 } });
    await verifier.verify(3);
    expect(verifier.session.get().verified).toBe(13);
  });

  it.each<[string, string, (entry: EntryDetail) => EntryDetail]>([
    ['another kind in the list', 'shown', (entry) => ({ ...entry, kind: 'ticket.revoked' })],
    [
      'a changed byte of the record',
      'bytes',
      (entry) => ({ ...entry, bytes: toBase64url(fromBase64url(entry.bytes).slice(1)) }),
    ],
    ['another record id', 'cid', (entry) => ({ ...entry, id: `bafyrei${'a'.repeat(52)}` })],
    ['a changed signature', 'author', (entry) => ({ ...entry, sig: flip(entry.sig) })],
    ['another leaf hash', 'leaf', (entry) => ({ ...entry, leaf: toBase64(new Uint8Array(32)) })],
    [
      'a changed proof',
      'path',
      (entry) => ({
        ...entry,
        inclusion: { ...entry.inclusion!, hashes: entry.inclusion!.hashes.toReversed() },
      }),
    ],
    [
      'a changed checkpoint signature',
      'checkpoint',
      (entry) => ({
        ...entry,
        inclusion: {
          ...entry.inclusion!,
          checkpoint: entry.inclusion!.checkpoint.replace(/.{6}\n$/, 'AAAAA=\n'),
        },
      }),
    ],
  ])('finds %s', async (_what, step, change) => {
    const log = logOf(11);
    const result = await createVerifier(clientOf(log, change), createCrypto()).verify(5);
    expect(result.ok).toBe(false);
    expect(outcomes(result)[step]).toBe('failed');
    expect(result.steps.filter(({ outcome }) => outcome === 'failed')).toHaveLength(1);
  });

  it('leaves an entry without checkpoint unverified, but not failed', async () => {
    const log = logOf(4);
    const result = await createVerifier(
      clientOf(log, (entry) => ({ ...entry, inclusion: null })),
      createCrypto(),
    ).verify(2);
    expect(result.ok).toBe(false);
    expect(result.steps.some(({ outcome }) => outcome === 'failed')).toBe(false);
  });

  it('follows a growing log, and catches one that was rewritten', async () => {
    const log = logOf(5);
    const other = logOf(9);
    let current = log;
    const client = {
      chronicle: {
        head: async () => ({ policy: log.policy }),
        entry: async ({ index }: { index: number }) => current.detail(index),
        consistency: async ({ from, to }: { from: number; to: number }) => ({
          hashes: log.consistency(from, to),
        }),
      },
    } as unknown as Client;
    const verifier = createVerifier(client, createCrypto());
    expect((await verifier.verify(1)).ok).toBe(true);
    log.append(said(5));
    const later = await verifier.verify(2);
    expect(later.ok).toBe(true);
    expect(later.steps.find(({ id }) => id === 'consistency')?.values['size']).toBe(5);
    current = other;
    expect((await verifier.verify(2)).ok).toBe(false);
  });

  it('draws the path so that its last rung is the root', () => {
    for (const size of [1, 2, 3, 7, 8, 13])
      for (let index = 0; index < size; index += 1) {
        const log = logOf(size);
        const entry = log.detail(index);
        const rungs = pathOf(
          hashes,
          index,
          size,
          fromBase64(entry.leaf),
          entry.inclusion!.hashes.map(fromBase64),
        );
        const root = fromBase64(log.checkpoints()[0]!.root);
        expect(sameBytes(rungs.at(-1)?.result ?? fromBase64(entry.leaf), root)).toBe(true);
      }
  });

  it('answers the same with WebCrypto and without', async () => {
    const log = logOf(3);
    for (const subtle of [globalThis.crypto.subtle, null]) {
      const crypto = createCrypto(subtle);
      expect((await createVerifier(clientOf(log), crypto).verify(1)).ok).toBe(true);
      expect(crypto.ed25519By()).toBe(subtle === null ? '@noble/curves' : 'WebCrypto');
    }
  });
});
