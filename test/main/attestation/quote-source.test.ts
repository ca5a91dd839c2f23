/** The two sources of quotes: a file, and the TD that the node runs in (tdx.md 10). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileQuoteSource, createGuestQuoteSource } from '../../../src/main/attestation/index.ts';
import { describeWith } from '../../parts.ts';
import { codeOfAsync } from '../../protocol/attestation/refusals.ts';
import { vectorQuote } from '../../protocol/attestation/vectors.ts';
import { createFakeConfigfs, type FakeConfigfs, type FakeConfigfsOptions } from './fake-configfs.ts';
import { quoteSourceSuite } from './quote-source.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function configfs(options: FakeConfigfsOptions): Promise<FakeConfigfs> {
  const fake = await createFakeConfigfs(options);
  cleanups.push(() => fake.remove());
  return fake;
}
const noWait = async (): Promise<void> => undefined;
const sourceOf = ({ paths, files }: FakeConfigfs, wait: (ms: number) => Promise<unknown> = noWait) =>
  createGuestQuoteSource({ paths, files, wait });

const googleQuote = (): Uint8Array => vectorQuote('real/flashbots-gcp-quote.bin');

describeWith('vectors', 'a quote source', () => {
  describe('that is a file', () => {
    let folder = '';
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'muster-quote-'));
      cleanups.push(() => rm(folder, { recursive: true }));
    });
    quoteSourceSuite(async () => {
      await writeFile(join(folder, 'quote.bin'), vectorQuote('real/phala-tdx_quote.bin'));
      return {
        full: createFileQuoteSource(join(folder, 'quote.bin')),
        empty: createFileQuoteSource(join(folder, 'missing')),
      };
    });

    it('never claims that its quote was made for the report data asked for', async () => {
      await writeFile(join(folder, 'quote.bin'), vectorQuote('real/phala-tdx_quote.bin'));
      const source = createFileQuoteSource(join(folder, 'quote.bin'));
      expect(await source.look()).toMatchObject({ state: 'file' });
      expect(await source.quote(new Uint8Array(64))).toMatchObject({ bound: false });
    });

    it('refuses a file that is too large, empty, missing or a folder, each by its name', async () => {
      await writeFile(join(folder, 'noise'), new Uint8Array(10_000_000));
      await writeFile(join(folder, 'empty'), '');
      const code = (name: string) =>
        codeOfAsync(() => createFileQuoteSource(join(folder, name)).quote(new Uint8Array(64)));
      expect(await code('noise')).toBe('QUOTE_TOO_LARGE');
      expect(await code('empty')).toBe('QUOTE_EMPTY');
      expect(await code('missing')).toBe('QUOTE_FILE_UNREADABLE');
      expect(await code('.')).toBe('QUOTE_FILE_UNREADABLE');
    });
  });

  describe('that is this TD', () => {
    quoteSourceSuite(async () => ({
      full: sourceOf(await configfs({ provider: 'tdx_guest', quoteFor: googleQuote })),
      empty: sourceOf(await configfs({ provider: null })),
    }));
  });
});

describe('the guest reader', () => {
  it.each([
    ['configfs gives quotes', { provider: 'tdx_guest' }, 'in-td', true],
    ['configfs belongs to another kind of guest', { provider: 'sev_guest' }, 'not-in-td', false],
    ['only the device exists', { provider: null, device: true }, 'td-without-quoting-path', false],
    [
      'only the processor says so',
      { provider: null, cpuFlags: 'tdx_guest' },
      'td-without-quoting-path',
      false,
    ],
    ['a flag only looks like it', { provider: null, cpuFlags: 'tdx_guest_like' }, 'not-in-td', false],
    ['nothing is there', { provider: null }, 'not-in-td', false],
  ] as const)('when %s: %s', async (_title, options, state, available) => {
    expect(await sourceOf(await configfs(options)).look()).toMatchObject({ state, available });
  });

  it('says that it is a TD without a quoting path when configfs may not be used', async () => {
    const fake = await configfs({ provider: 'tdx_guest', cpuFlags: 'tdx_guest' });
    fake.failures.mkdir.push('EACCES', 'EACCES');
    expect(await sourceOf(fake).look()).toMatchObject({
      state: 'td-without-quoting-path',
      detail: expect.stringContaining('EACCES'),
    });
    expect(await codeOfAsync(() => sourceOf(fake).quote(new Uint8Array(64)))).toBe('GUEST_NO_QUOTING_PATH');
  });

  it('refuses on an ordinary machine by that name', async () => {
    const fake = await configfs({ provider: null });
    expect(await codeOfAsync(() => sourceOf(fake).quote(new Uint8Array(64)))).toBe('GUEST_NOT_IN_TD');
  });

  it('gives the quote over exactly the report data of the call', async () => {
    const fake = await configfs({ provider: 'tdx_guest', quoteFor: (data) => Uint8Array.of(...data, 7) });
    const data = Uint8Array.from({ length: 64 }, (_, i) => i);
    expect(await sourceOf(fake).quote(data)).toMatchObject({ quote: Uint8Array.of(...data, 7), bound: true });
    expect(fake.left.size).toBe(0);
  });

  it('tries again when another writer came between, and never takes their quote', async () => {
    for (const hook of ['afterWrite', 'afterRead'] as const) {
      let writes = 0;
      const fake = await configfs({ provider: 'tdx_guest', quoteFor: () => Uint8Array.of(++writes) });
      let overtaken = 0;
      fake[hook] = async (folder) => {
        overtaken += 1;
        if (overtaken <= 2) await fake.bump(folder);
      };
      const pauses: number[] = [];
      const { quote } = await sourceOf(fake, async (ms) => pauses.push(ms)).quote(new Uint8Array(64));
      expect(quote).toEqual(Uint8Array.of(3));
      expect(pauses).toEqual([100, 200]);
      expect(fake.left.size).toBe(0);
    }
  });

  it('gives up after five attempts, and says that somebody else is asking', async () => {
    const fake = await configfs({ provider: 'tdx_guest' });
    fake.afterWrite = (folder) => fake.bump(folder);
    expect(await codeOfAsync(() => sourceOf(fake).quote(new Uint8Array(64)))).toBe('GUEST_BUSY');
    expect(fake.left.size).toBe(0);
  });

  it.each(['EBUSY', 'EINTR', 'ETIMEDOUT'])('waits and tries again on %s', async (code) => {
    const fake = await configfs({ provider: 'tdx_guest', quoteFor: () => Uint8Array.of(1) });
    fake.failures.write.push(code);
    fake.failures.outblob.push(code);
    const pauses: number[] = [];
    await sourceOf(fake, async (ms) => pauses.push(ms)).quote(new Uint8Array(64));
    expect(pauses).toEqual([100, 200]);
    expect(fake.left.size).toBe(0);
  });

  it.each([
    ['EACCES', 'GUEST_DENIED'],
    ['ENXIO', 'GUEST_NO_QUOTING_PATH'],
    ['EFBIG', 'GUEST_NO_QUOTING_PATH'],
  ])('does not try again on %s, which is %s', async (code, refusal) => {
    const fake = await configfs({ provider: 'tdx_guest' });
    fake.failures.outblob.push(code);
    expect(await codeOfAsync(() => sourceOf(fake).quote(new Uint8Array(64)))).toBe(refusal);
    expect(fake.failures.outblob).toEqual([]);
    expect(fake.left.size).toBe(0);
  });
});
