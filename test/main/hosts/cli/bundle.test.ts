/** `muster chronicle verify`: the original of 200 entries is accepted, and every flipped byte is refused by its place. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openNode } from '../../../../src/main/node/index.ts';
import { cheapSeal, NO_ENGINE, ownerOf, PASSPHRASE } from '../../../node.ts';
import { exportBundle } from '../../../outsider.ts';
import { keptScratch, scratch } from '../../../scratch.ts';
import { peer } from '../../node/support.ts';
import { childCli, cli } from './support.ts';

const ENTRIES = 200;
let folder: string;
let bundle: Buffer;
/** Where each line of the file begins, and what it is about: an entry's index, or null for everything else. */
let lines: { readonly from: number; readonly to: number; readonly index: number | null }[];

beforeAll(async () => {
  folder = keptScratch();
  const made = await makeBundle();
  bundle = Buffer.from(made);
  lines = [];
  let at = 0;
  for (const line of bundle.toString('utf8').split('\n')) {
    const entry = /^(\d+) [A-Za-z0-9+/]{43}= /.exec(line);
    lines.push({ from: at, to: at + line.length + 1, index: entry === null ? null : Number(entry[1]) });
    at += line.length + 1;
  }
  writeFileSync(join(folder, 'whole.bundle'), bundle);
});

/** A real node's log of 200 entries, exported. */
async function makeBundle(): Promise<Uint8Array> {
  const node = await openNode({
    folder: join(folder, 'data'),
    host: 'test',
    seal: cheapSeal(),
    defaults: NO_ENGINE,
  });
  const client = ownerOf(node);
  await client.identity.create({ name: 'rack-07', passphrase: PASSPHRASE });
  await client.coalition.create({ name: 'signals.eu' });
  await Promise.all(
    Array.from({ length: ENTRIES - 2 }, (_, n) => client.tickets.issue({ peer: peer(n + 1) })),
  );
  const file = await exportBundle(client);
  await node.close();
  return file;
}

/** The bundle with the byte at `at` changed, in a file of its own. */
function flipped(at: number, mask: number, name = 'flipped'): string {
  const changed = Buffer.from(bundle);
  changed[at]! ^= mask;
  const path = join(folder, `${name}.bundle`);
  writeFileSync(path, changed);
  return path;
}
const lineAt = (at: number) => lines.find(({ from, to }) => from <= at && at < to)!;

describe('a bundle of 200 entries', () => {
  it('is accepted as it is, in words and as a document', async () => {
    const path = join(folder, 'whole.bundle');
    const { exit, json } = await cli('chronicle', 'verify', path, '--json');
    expect(exit).toBe(0);
    expect(json).toMatchObject({ ok: true, entries: ENTRIES, first: 0, head: { size: ENTRIES } });
    expect(json.head.root).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    const words = childCli('chronicle', 'verify', path);
    expect([words.exit, words.err]).toEqual([0, '']);
    expect(words.out).toContain(`${ENTRIES} entries`);
    expect(lines.filter(({ index }) => index !== null)).toHaveLength(ENTRIES);
  });

  it('is refused with any of 200 bytes flipped, and damage to an entry is told by its index', async () => {
    let inEntries = 0;
    for (let n = 0; n < 200; n++) {
      const at = Math.floor(((n + 0.5) * bundle.length) / 200);
      const { exit, json } = await cli(
        'chronicle',
        'verify',
        flipped(at, n % 2 === 0 ? 0x01 : 0x80),
        '--json',
      );
      expect(exit, `byte ${at}`).toBe(1);
      expect(json.ok).toBe(false);
      expect(json.damage.what).toMatch(/\S/);
      const { index, to } = lineAt(at);
      if (index === null || at === to - 1) continue;
      inEntries++;
      expect(json.damage.index, `byte ${at}`).toBe(index);
    }
    expect(inEntries).toBeGreaterThan(150);
  });

  it('is refused by a process of its own as well', () => {
    const entry = (index: number) => lines.find((line) => line.index === index)!;
    const places: [number, number | null][] = [
      [3, null],
      [entry(0).from + 60, 0],
      [entry(97).from + 60, 97],
      [entry(97).to - 10, 97],
      [entry(199).from + 60, 199],
      [bundle.length - 20, null],
    ];
    for (const [at, index] of places) {
      const { exit, json } = childCli('chronicle', 'verify', flipped(at, 0x01), '--json');
      expect([exit, json.ok, json.damage.index], `byte ${at}`).toEqual([1, false, index]);
    }
    const words = childCli('chronicle', 'verify', flipped(entry(5).from + 60, 0x01));
    expect([words.exit, words.out]).toEqual([1, '']);
    expect(words.err).toContain('damaged at entry 5');
  });

  it('is refused when it is cut, doubled, reordered or no bundle at all', async () => {
    const verify = async (content: Uint8Array | string) => {
      const path = join(scratch(), 'x.bundle');
      writeFileSync(path, content);
      return cli('chronicle', 'verify', path, '--json');
    };
    const text = bundle.toString('utf8');
    const all = text.split('\n');
    const first = lines.findIndex(({ index }) => index === 0);
    const swapped = [...all];
    [swapped[first + 3], swapped[first + 4]] = [all[first + 4]!, all[first + 3]!];
    const contents = [
      '',
      'not a bundle',
      '\n\n',
      bundle.subarray(0, bundle.length - 1),
      bundle.subarray(0, bundle.length / 2),
      Buffer.concat([bundle, bundle]),
      `${text}\n`,
      ` ${text}`,
      text.replaceAll('\n', '\r\n'),
      swapped.join('\n'),
      all.toSpliced(first + 3, 1).join('\n'),
      all.toSpliced(first + 3, 0, all[first + 3]!).join('\n'),
      new Uint8Array(5000),
    ];
    for (const [n, content] of contents.entries()) {
      const { exit, json } = await verify(content);
      expect([n, exit, json.ok]).toEqual([n, 1, false]);
      expect(json.damage.what).toMatch(/\S/);
    }
  });

  it('is held against the key and the origin that were expected', async () => {
    const path = join(folder, 'whole.bundle');
    const text = readFileSync(path, 'utf8');
    const origin = /^origin (.+)$/m.exec(text)![1]!;
    const key = /^log (.+)$/m.exec(text)![1]!;
    const verify = async (...more: string[]) => cli('chronicle', 'verify', path, '--json', ...more);
    expect((await verify('--key', key, '--origin', origin)).json).toMatchObject({ ok: true, keys: 'caller' });
    expect((await verify('--origin', 'another/log')).exit).toBe(1);
    // the cosigner's key is a proper key, but of somebody else
    const witness = /^witness \S+ (.+)$/m.exec(text)![1]!;
    expect((await verify('--key', witness)).exit).toBe(1);
    const malformed = await verify('--key', 'rubbish');
    expect([malformed.exit, malformed.json.error.code]).toEqual([2, 'NOTE_KEY']);
  });
});
