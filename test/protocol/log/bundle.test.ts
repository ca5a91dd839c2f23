/** The export bundle: the original is accepted, every single byte counts, and damage is found where it is. */
import { describe, expect, it } from 'vitest';
import { Refusal, settle } from '../../../src/protocol/bytes/index.ts';
import type { SignatureJob } from '../../../src/protocol/bytes/index.ts';
import {
  bundleLines,
  bundleSides,
  committeePolicy,
  completeNodes,
  formatPolicy,
  parseNote,
  readBundle,
  recordLeafHash,
  rootOf,
  signedCheckpoint,
  verifyBundle,
  verifyBundleAsync,
  writeBundle,
} from '../../../src/protocol/log/index.ts';
import type { BundleOptions, BundleResult, BundleSource } from '../../../src/protocol/log/index.ts';
import { check, committee, hashes, refusal, signerNamed, text, toText } from './support.ts';

const ENTRIES = 200;
const origin = 'muster.example/chronicle';
const author = signerNamed('author');
const house = committee(origin, ['one', 'two', 'three', 'four']);
const policy = committeePolicy([house.logKey], house.cosignerKeys, 3);

const entries = Array.from({ length: ENTRIES }, (_, i) => {
  // lengths that need one, two and no padding characters
  const bytes = text(`record ${i} ${'.'.repeat(i % 7)}`);
  return { bytes, sig: author.sign(bytes) };
});
const leaves = entries.map(({ bytes, sig }) => recordLeafHash(hashes, bytes, sig));
const read = completeNodes(hashes, leaves);
const head = { origin, size: ENTRIES, root: rootOf(hashes, leaves) };

const sourceOf = (first: number, end: number): BundleSource => ({
  first,
  end,
  ...bundleSides(read, first, end, ENTRIES),
  policy,
  checkpoint: house.checkpoint(head),
});
const fileOf = (first: number, end: number): Uint8Array =>
  writeBundle(hashes, sourceOf(first, end), entries.slice(first, end));
const file = fileOf(0, ENTRIES);

const checkRecord = (bytes: Uint8Array, signature: Uint8Array): SignatureJob => ({
  alg: 'ed25519',
  key: author.key,
  message: bytes,
  signature,
});
const options: BundleOptions = { hashes, checkRecord };
const verdict = (bytes: Uint8Array, more: Partial<BundleOptions> = {}): BundleResult =>
  verifyBundle(bytes, { ...options, ...more }, check);
const damageOf = (result: BundleResult) =>
  result.ok ? expect.fail('the bundle was accepted') : result.damage;

const renumbered = (line: string, index: number): string => line.replace(/^[0-9]+/u, String(index));

/** The bundle with another letter at one place. */
function changed(at: number): Uint8Array {
  const spoilt = Uint8Array.from(file);
  spoilt[at] = spoilt[at] === 0x41 ? 0x42 : 0x41;
  return spoilt;
}

const buggy = (): SignatureJob => {
  throw new TypeError('a bug');
};

/** Where each part of a bundle stands in its file. */
function partsOf(bytes: Uint8Array) {
  const whole = toText(bytes);
  const policyAt = whole.indexOf('\n\n') + 2;
  const entriesAt = whole.indexOf('\n\n', policyAt) + 2;
  const checkpointAt = whole.indexOf('\n\n', entriesAt) + 2;
  const lines: { start: number; end: number }[] = [];
  for (let start = entriesAt; start < checkpointAt - 1;) {
    const end = whole.indexOf('\n', start) + 1;
    lines.push({ start, end });
    start = end;
  }
  return { policyAt, entriesAt, checkpointAt, lines };
}

describe('a bundle of 200 entries', () => {
  const parts = partsOf(file);

  it('is accepted, alike by the plan and by both verifiers', async () => {
    const expected = {
      ok: true,
      origin,
      first: 0,
      entries: ENTRIES,
      head: { size: ENTRIES, root: head.root },
      keys: 'bundle',
    };
    const plan = readBundle(file, options);
    // the log, four cosigners, every record
    expect(plan.jobs).toHaveLength(1 + 4 + ENTRIES);
    expect(settle(plan, check)).toMatchObject(expected);
    expect(verdict(file)).toMatchObject(expected);
    expect(await verifyBundleAsync(file, options, async (job) => check(job), 7)).toMatchObject(expected);
  });

  it('has one line for each entry and nothing beside the range', () => {
    expect(parts.lines).toHaveLength(ENTRIES);
    const opening = toText(file.subarray(0, parts.entriesAt));
    expect(opening.split('\n').slice(0, 3)).toEqual([
      'muster/chronicle-bundle/1',
      `origin ${origin}`,
      'range 0..200 of 200',
    ]);
    expect(opening).toContain(formatPolicy(hashes, policy));
    expect(opening).not.toMatch(/^(before|after) /mu);
    expect(file.subarray(parts.checkpointAt)).toEqual(new Uint8Array(house.checkpoint(head)));
  });

  it('is refused after any change of one byte, and the damage is found where it is', () => {
    const spoilt = Uint8Array.from(file);
    const whereOf = (at: number): { index: number | null; what: readonly string[] } => {
      const index = parts.lines.findIndex(({ start, end }) => at >= start && at < end);
      if (index >= 0) return { index, what: ['entry', 'record', 'leaf hash'] };
      if (at < parts.policyAt) return { index: null, what: ['header'] };
      if (at < parts.entriesAt) return { index: null, what: ['policy'] };
      return { index: null, what: ['checkpoint'] };
    };
    let refused = 0;
    let signatures = 0;
    const counting = (job: SignatureJob): boolean => {
      signatures += 1;
      return check(job);
    };
    for (let at = 0; at < file.length; at++) {
      const where = whereOf(at);
      for (const mask of [0x01, 0x80]) {
        spoilt[at]! ^= mask;
        const result = verifyBundle(spoilt, options, counting);
        // plain comparisons: a hundred thousand matchers would take longer than the reader
        if (result.ok || result.damage.index !== where.index || !where.what.includes(result.damage.what))
          expect.fail(`byte ${at} ^ ${mask}: ${JSON.stringify(result)}, expected ${JSON.stringify(where)}`);
        refused += 1;
        spoilt[at]! ^= mask;
      }
    }
    expect(refused).toBe(2 * file.length);
    expect(verdict(spoilt).ok).toBe(true);
    // hashes come first: no signature was checked but for damage in the checkpoint itself
    expect(signatures).toBeLessThanOrEqual(5 * 2 * (file.length - parts.checkpointAt));
    expect(signatures).toBeGreaterThan(0);
  }, 300_000);

  it('is refused when cut anywhere near a line end, or continued', () => {
    const ends = [
      parts.policyAt,
      parts.entriesAt,
      parts.checkpointAt,
      ...parts.lines.map(({ end }) => end),
      file.length,
    ];
    for (const end of ends)
      for (const cut of [end - 2, end - 1, ...(end < file.length ? [end] : [])])
        expect(verdict(file.subarray(0, cut)).ok, `cut at ${cut}`).toBe(false);
    expect(verdict(new Uint8Array(0)).ok).toBe(false);
    for (const more of ['\n', 'x', '— a AAAAAAA=\n', toText(file)])
      expect(verdict(text(toText(file) + more)).ok, JSON.stringify(more)).toBe(false);
  });

  it('is refused when entries are swapped, dropped, repeated or numbered anew', () => {
    const lines = toText(file).split('\n');
    const at = lines.findIndex((line) => line.startsWith('100 '));
    const swapped = lines.with(at, renumbered(lines[at + 1]!, 100)).with(at + 1, renumbered(lines[at]!, 101));
    expect(damageOf(verdict(text(swapped.join('\n'))))).toMatchObject({ index: null, what: 'entries' });
    expect(damageOf(verdict(text(lines.toSpliced(at, 1).join('\n'))))).toMatchObject({
      index: 100,
      what: 'entry',
    });
    expect(damageOf(verdict(text(lines.toSpliced(at, 0, lines[at]!).join('\n'))))).toMatchObject({
      index: 101,
    });
    const last = lines.findIndex((line) => line.startsWith('199 '));
    const longer = lines.toSpliced(last + 1, 0, renumbered(lines[last]!, 200));
    expect(damageOf(verdict(text(longer.join('\n'))))).toMatchObject({ index: null, what: 'checkpoint' });
  });

  it('tells which of an entry’s fields was damaged, by the root', () => {
    const { start } = parts.lines[57]!;
    expect(damageOf(verdict(changed(start + 5)))).toMatchObject({ index: 57, what: 'leaf hash' });
    expect(damageOf(verdict(changed(start + 50)))).toMatchObject({ index: 57, what: 'record' });
    expect(damageOf(verdict(changed(start)))).toMatchObject({ index: 57, what: 'entry' });
  });

  it('is refused when a record was replaced together with its leaf hash', () => {
    const forged = { bytes: text('forged'), sig: author.sign(text('forged')) };
    const leaf = recordLeafHash(hashes, forged.bytes, forged.sig);
    const line = [7, ...[leaf, forged.bytes, forged.sig].map((b) => Buffer.from(b).toString('base64'))].join(
      ' ',
    );
    const lines = toText(file).split('\n');
    const forgedFile = text(
      lines
        .with(
          lines.findIndex((l) => l.startsWith('7 ')),
          line,
        )
        .join('\n'),
    );
    expect(damageOf(verdict(forgedFile))).toMatchObject({ index: null, what: 'entries' });
    expect(damageOf(settle(readBundle(forgedFile, options), check))).toMatchObject({ what: 'entries' });
  });
});

describe('the records of a bundle', () => {
  // the committee signs a tree whose record 3 its author never signed
  const wrong = entries.slice(0, 5).with(3, { bytes: entries[3]!.bytes, sig: entries[4]!.sig });
  const wrongLeaves = wrong.map(({ bytes, sig }) => recordLeafHash(hashes, bytes, sig));
  const five = { origin, size: 5, root: rootOf(hashes, wrongLeaves) };
  const source = { first: 0, end: 5, before: [], after: [], policy, checkpoint: house.checkpoint(five) };
  const forged = writeBundle(hashes, source, wrong);

  it('are refused by index when the author’s signature is wrong', async () => {
    const expected = { index: 3, what: 'signature' };
    expect(damageOf(verdict(forged))).toMatchObject(expected);
    expect(damageOf(settle(readBundle(forged, options), check))).toMatchObject(expected);
    const result = await verifyBundleAsync(forged, options, async (job) => check(job), 2);
    expect(damageOf(result)).toMatchObject(expected);
  });

  it('are refused by index when they are no records, whether that is returned or thrown', () => {
    const no = new Refusal('RECORD_FORMAT', 'This is no record.');
    const expected = { index: 2, what: 'record', reason: 'This is no record.' };
    const returning = (bytes: Uint8Array, sig: Uint8Array, index: number) =>
      index === 2 ? no : checkRecord(bytes, sig);
    const throwing = (bytes: Uint8Array, sig: Uint8Array, index: number) => {
      if (index === 2) throw no;
      return checkRecord(bytes, sig);
    };
    for (const check3 of [returning, throwing]) {
      expect(damageOf(verdict(file, { checkRecord: check3 }))).toEqual(expected);
      expect(damageOf(settle(readBundle(file, { hashes, checkRecord: check3 }), check))).toEqual(expected);
    }
  });

  it('do not hide a bug of the caller', () => {
    expect(() => verdict(file, { checkRecord: buggy })).toThrow(TypeError);
  });
});

describe('a range of a log', () => {
  it('is accepted for any bounds, with only the hashes that it lacks', () => {
    const bounds = [0, 1, 2, 63, 64, 65, 127, 128, 130, 199, 200];
    let ranges = 0;
    for (const first of bounds)
      for (const end of bounds.filter((bound) => bound > first)) {
        expect(verdict(fileOf(first, end))).toMatchObject({
          ok: true,
          first,
          entries: end - first,
          head: { size: 200 },
        });
        ranges += 1;
      }
    expect(ranges).toBe(55);
  });

  it('is refused after any change of one byte', () => {
    const part = fileOf(37, 41);
    const { lines } = partsOf(part);
    expect(toText(part)).toMatch(/^before /mu);
    expect(toText(part)).toMatch(/^after /mu);
    for (const mask of [0x01, 0x80])
      for (let at = 0; at < part.length; at++) {
        const spoilt = Uint8Array.from(part);
        spoilt[at]! ^= mask;
        const line = lines.findIndex(({ start, end }) => at >= start && at < end);
        expect(damageOf(verdict(spoilt)).index, `byte ${at}`).toBe(line < 0 ? null : 37 + line);
      }
  });

  it('of an empty log is a bundle, too', () => {
    const none = { origin, size: 0, root: rootOf(hashes, []) };
    const source = { first: 0, end: 0, before: [], after: [], policy, checkpoint: house.checkpoint(none) };
    expect(verdict(writeBundle(hashes, source, []))).toMatchObject({
      ok: true,
      entries: 0,
      head: { size: 0 },
    });
  });
});

describe('the keys of a bundle', () => {
  it('can be pinned: log, origin and committee', () => {
    const expect1 = { origin, log: house.logKey, policy };
    expect(verdict(file, { expect: expect1 })).toMatchObject({ ok: true, keys: 'caller' });
    expect(verdict(file, { expect: { policy } })).toMatchObject({ ok: true, keys: 'caller' });
    expect(verdict(file, { expect: { origin } })).toMatchObject({ ok: true, keys: 'bundle' });
  });

  it('are refused when they are not the expected ones', () => {
    const strangers = committee(origin, ['five', 'six'], 'strangers');
    const keys = { index: null, what: 'keys' };
    expect(damageOf(verdict(file, { expect: { log: strangers.logKey } }))).toMatchObject(keys);
    expect(damageOf(verdict(file, { expect: { origin: 'other.example' } }))).toMatchObject(keys);
    const other = committeePolicy([house.logKey], strangers.cosignerKeys, 1);
    expect(damageOf(verdict(file, { expect: { policy: other } }))).toMatchObject(keys);
    expect(
      damageOf(settle(readBundle(file, { ...options, expect: { policy: other } }), check)),
    ).toMatchObject(keys);
  });

  it('may not be fewer than the signatures, and the quorum must be there', () => {
    const lines = parseNote(house.checkpoint(head)).signatures;
    const short = { ...sourceOf(0, ENTRIES), checkpoint: signedCheckpoint(head, lines.slice(0, 3)) };
    expect(damageOf(verdict(writeBundle(hashes, short, entries)))).toMatchObject({ what: 'checkpoint' });
    const narrow = { ...short, policy: committeePolicy([house.logKey], house.cosignerKeys.slice(0, 1), 1) };
    refusal('BUNDLE_SOURCE', () => writeBundle(hashes, narrow, entries));
    const twice = { ...short, checkpoint: signedCheckpoint(head, [...lines, lines[1]!]) };
    refusal('BUNDLE_SOURCE', () => writeBundle(hashes, twice, entries));
  });
});

describe('writing a bundle', () => {
  it('streams pieces that make up the file', () => {
    const pieces = [...bundleLines(hashes, sourceOf(0, ENTRIES), entries)];
    expect(pieces).toHaveLength(ENTRIES + 2);
    expect(Buffer.concat(pieces).equals(file)).toBe(true);
  });

  it('refuses entries that are not those of the checkpoint', () => {
    const source = sourceOf(10, 20);
    const right = entries.slice(10, 20);
    expect(verdict(writeBundle(hashes, source, right)).ok).toBe(true);
    for (const [bad, given] of [
      [source, right.slice(1)],
      [source, [...right, entries[20]!]],
      [source, right.toReversed()],
      [{ ...source, before: source.before.slice(1) }, right],
      [{ ...source, after: source.after.toReversed() }, right],
      [{ ...source, end: 10 }, []],
      [{ ...source, end: 201 }, right],
    ] as const)
      refusal('BUNDLE_SOURCE', () => writeBundle(hashes, bad, given));
  });
});
