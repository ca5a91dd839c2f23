/** Commands that need no node: coalition files and quotes. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWith, vectorsFolder } from '../../../parts.ts';
import { scratch } from '../../../scratch.ts';
import { childCli, cli } from './support.ts';

describe('coalition files', () => {
  it('are written, shown and fingerprinted without a node', async () => {
    const file = join(scratch(), 'signals.json');
    const made = await cli('coalition', 'create', 'signals.eu', '--out', file, '--json');
    expect(made.exit).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { id } = made.json;
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect((await cli('coalition', 'show', file, '--json')).json).toMatchObject({
      id,
      config: { instanceName: 'signals.eu' },
    });
    const fingerprint = childCli('coalition', 'fingerprint', file, '--json');
    expect(fingerprint.exit).toBe(0);
    expect(fingerprint.json.id).toBe(id);
    expect(fingerprint.json.steps.map(({ label }: { label: string }) => label)).toContain('tickets');
    const words = await cli('coalition', 'fingerprint', file);
    expect(words.out).toContain(id);
  });

  it('are never overwritten, and not written where nobody may', async () => {
    const folder = scratch();
    const file = join(folder, 'signals.json');
    writeFileSync(file, 'mine');
    const exists = await cli('coalition', 'create', 'signals.eu', '--out', file, '--json');
    expect([exists.exit, exists.json.error.code]).toEqual([2, 'FILE_EXISTS']);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const below = await cli('coalition', 'create', 'signals.eu', '--out', join(file, 'x.json'), '--json');
    expect([below.exit, below.json.error.code]).toEqual([2, 'FILE_UNWRITABLE']);
    const name = await cli('coalition', 'create', 'a|b', '--out', join(folder, 'x.json'), '--json');
    expect([name.exit, name.json.error.code]).toEqual([2, 'COALITION_NAME']);
    expect(existsSync(join(folder, 'x.json'))).toBe(false);
  });

  const ids = ['aa'.repeat(32), 'bb'.repeat(32)];
  it.each([
    [
      'with an id that stands twice',
      'COALITION_DUPLICATE',
      { lattices: ids.map(() => ({ name: 'x', stableId: ids[0] })) },
    ],
    ['of a foreign version', 'COALITION_VERSION', { schemaVersion: 7 }],
    ['with a name of two spellings', 'COALITION_NAME', { instanceName: 'e\u0301' }],
    ['without a name', 'COALITION_FILE', { instanceName: undefined }],
  ])('%s are wrong input: %s', async (_what, code, change) => {
    const file = join(scratch(), 'c.json');
    writeFileSync(file, JSON.stringify({ schemaVersion: 1, instanceName: 'demo.one', ...change }));
    for (const command of ['show', 'fingerprint']) {
      const { exit, json } = await cli('coalition', command, file, '--json');
      expect([exit, json.error.code]).toEqual([2, code]);
      expect(json.error.next).toMatch(/\.$/);
    }
  });

  it('that are no text, too large or not there are wrong input', async () => {
    const folder = scratch();
    const bad: [string, string | Uint8Array | null, string][] = [
      ['noise', randomBytes(1000), 'TEXT_UTF8'],
      ['empty', '', 'COALITION_FILE'],
      ['large', 'x'.repeat(300_000), 'FILE_TOO_LARGE'],
      ['absent', null, 'FILE_UNREADABLE'],
    ];
    for (const [name, content, code] of bad) {
      if (content !== null) writeFileSync(join(folder, name), content);
      const { exit, json } = await cli('coalition', 'show', join(folder, name), '--json');
      expect([exit, json.error.code], name).toEqual([2, code]);
    }
    mkdirSync(join(folder, 'a-folder'));
    expect((await cli('coalition', 'show', join(folder, 'a-folder'), '--json')).json.error.code).toBe(
      'FILE_UNREADABLE',
    );
  });

  it('that are an endless device are given up in time', async () => {
    expect((await cli('coalition', 'show', '/dev/zero', '--json')).json.error.code).toBe('FILE_TOO_LARGE');
  });
});

describe('quotes that are none', () => {
  it.each<[string, Uint8Array | string, string]>([
    ['empty', '', 'QUOTE_EMPTY'],
    ['white space', ' \n\n', 'QUOTE_EMPTY'],
    ['a word', 'hello', 'QUOTE_FORMAT'],
    ['noise', randomBytes(5000), ''],
    ['ten megabytes of noise', randomBytes(10 * 1024 * 1024), 'QUOTE_TOO_LARGE'],
    ['ten megabytes of hex', 'ab'.repeat(5 * 1024 * 1024), 'QUOTE_TOO_LARGE'],
  ])('%s: no, with one code', async (_what, content, code) => {
    const file = join(scratch(), 'quote');
    writeFileSync(file, content);
    for (const command of ['show', 'verify']) {
      const { exit, json } = await cli('quote', command, file, '--json');
      expect(exit).not.toBe(0);
      const given = json.error?.code ?? json.code;
      expect(given).toMatch(/^[A-Z_]+$/);
      if (code !== '') expect(given).toBe(code);
    }
  });

  it('a collateral, policy or root that is not there is wrong input', async () => {
    const file = join(scratch(), 'quote');
    writeFileSync(file, randomBytes(6000));
    for (const option of ['collateral', 'policy', 'root']) {
      const { exit, json } = await cli('quote', 'verify', file, `--${option}`, '/nowhere/at-all', '--json');
      expect([option, exit]).toEqual([option, 2]);
      expect(json.error?.code).toMatch(/^(FILE_UNREADABLE|QUOTE_FORMAT)$/);
    }
    expect((await cli('quote', 'verify', file, '--at', 'yesterday', '--json')).json.error.code).toBe('USAGE');
  });
});

describeWith('vectors', 'real quotes', () => {
  interface RealCase {
    readonly id: string;
    readonly quote: string;
    readonly quoteOps?: unknown;
    readonly collateral?: string;
    readonly at: number;
    readonly expect: { readonly result: string; readonly status?: string; readonly code?: string };
  }
  const folder = join(vectorsFolder, 'tdx');
  const path = (name: string): string => join(folder, name);
  const cases = () => {
    const all = JSON.parse(readFileSync(path('cases-real.json'), 'utf8')) as RealCase[];
    return all.filter(
      ({ collateral, quoteOps }) =>
        collateral !== undefined && quoteOps === undefined && existsSync(path(collateral)),
    );
  };
  const verify = (one: RealCase, ...more: string[]) =>
    cli(
      'quote',
      'verify',
      path(one.quote),
      '--collateral',
      path(one.collateral!),
      '--at',
      String(one.at),
      '--json',
      ...more,
    );

  it('are accepted and refused as the cases say, with exit 0 only for genuine ones', async () => {
    const picked = cases();
    const accepted = picked.filter((one) => one.expect.result === 'accept').slice(0, 6);
    const rejected = picked.filter((one) => one.expect.result === 'reject').slice(0, 6);
    expect(accepted.length).toBeGreaterThan(2);
    expect(rejected.length).toBeGreaterThan(2);
    for (const one of accepted) {
      const { exit, json } = await verify(one);
      expect([one.id, json.evidence, json.status]).toEqual([one.id, 'genuine', one.expect.status]);
      expect(exit).toBe(json.policy.outcome === 'passed' ? 0 : 1);
    }
    for (const one of rejected) {
      const { exit, json } = await verify(one);
      expect([one.id, exit, json.evidence, json.code]).toEqual([one.id, 1, 'refused', one.expect.code]);
    }
  });

  it('are read as bytes, hex and base64 alike; cut short they are refused', async () => {
    const one = cases().find(({ expect: { result } }) => result === 'accept')!;
    const hex = readFileSync(path(one.quote));
    const bytes = one.quote.endsWith('.hex')
      ? Buffer.from(hex.toString('utf8').trim().replace(/^0x/, ''), 'hex')
      : hex;
    const scratchFile = join(scratch(), 'quote');
    const judged = async (content: Uint8Array | string) => {
      writeFileSync(scratchFile, content);
      const { exit, json } = await cli(
        'quote',
        'verify',
        scratchFile,
        '--collateral',
        path(one.collateral!),
        '--at',
        String(one.at),
        '--json',
      );
      return { exit, evidence: json.evidence, code: json.error?.code ?? json.code };
    };
    const forms = [bytes, bytes.toString('hex'), bytes.toString('base64'), `0x${bytes.toString('hex')}\n`];
    for (const form of forms) expect((await judged(form)).evidence).toBe('genuine');
    for (const length of [1, 47, 48, 100, 635, 700, 1000, 4000]) {
      const { exit, code } = await judged(bytes.subarray(0, length));
      expect(exit, String(length)).not.toBe(0);
      expect(code, String(length)).toMatch(/^[A-Z_]+$/);
    }
  });

  it('without collateral are incomplete, and that is exit 1', async () => {
    const one = cases().find(({ expect: { result } }) => result === 'accept')!;
    const { exit, json } = childCli('quote', 'verify', path(one.quote), '--at', String(one.at), '--json');
    expect([exit, json.evidence]).toEqual([1, 'incomplete']);
  });

  it('are shown without being verified', async () => {
    const one = cases()[0]!;
    const { exit, json } = childCli('quote', 'show', path(one.quote), '--json');
    expect(exit).toBe(0);
    expect(json.form).toMatch(/^(binary|bytes|hex|base64)$/);
  });
});
