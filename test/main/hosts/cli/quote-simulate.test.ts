/** `muster quote simulate`: genuine in form, marked everywhere, and accepted by no policy that does not say so. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratch } from '../../../scratch.ts';
import { childCli, cli } from './support.ts';

/** Simulates into a fresh folder, and verifies what came of it. */
async function simulated(...argv: string[]) {
  const out = join(scratch(), 'demo');
  const made = await cli('quote', 'simulate', '--out', out, ...argv, '--json');
  expect(made.exit, made.out).toBe(0);
  const allow = join(out, 'policy.json');
  writeFileSync(allow, JSON.stringify({ allowSimulated: true }));
  const verify = (...more: string[]) =>
    cli(
      'quote',
      'verify',
      made.json.quote,
      '--collateral',
      made.json.collateral,
      '--root',
      made.json.root,
      ...more,
      '--json',
    );
  return { out, allow, made: made.json, verify };
}

describe('a simulated quote', () => {
  it('is genuine under its own root, says that it is simulated, and needs a policy that takes it', async () => {
    const { out, allow, made, verify } = await simulated();
    const plain = await verify();
    expect(plain.exit).toBe(1);
    expect(plain.json).toMatchObject({
      evidence: 'genuine',
      status: 'UpToDate',
      simulated: true,
      trustAnchor: { pinned: false },
      policy: { outcome: 'refused', lines: [{ rule: 'allowSimulated' }] },
    });
    expect(await verify('--policy', allow)).toMatchObject({ exit: 0 });
    for (const name of readdirSync(out).filter((file) => file !== 'policy.json'))
      expect(name).toMatch(/^SIMULATED-/);
    expect(readFileSync(made.readme, 'utf8')).toContain('SIMULATED');
    expect(Buffer.from(readFileSync(made.root)).includes('OU=TEST')).toBe(false);
    expect(Buffer.from(readFileSync(made.root)).includes('TEST - SIMULATED')).toBe(true);
  });

  it('does not stand under Intel’s root', async () => {
    const { made } = await simulated();
    const { exit, json } = await cli(
      'quote',
      'verify',
      made.quote,
      '--collateral',
      made.collateral,
      '--json',
    );
    expect([exit, json.evidence, json.code]).toEqual([1, 'refused', 'ROOT_CRL_ISSUER']);
  });

  it('carries the report data, measurement and family that were asked for', async () => {
    const [data, mrtd, fmspc] = ['ab'.repeat(64), 'cd'.repeat(48), '00c0ffee0000'];
    const { verify } = await simulated('--report-data', data, '--mrtd', mrtd, '--fmspc', fmspc);
    expect((await verify()).json).toMatchObject({
      report: { reportData: data, mrTd: mrtd },
      platformId: { fmspc },
    });
  });

  it.each([
    ['4', '1.0', undefined],
    ['5', '1.0', undefined],
    ['5', '1.5', 'UpToDate'],
  ])('has version %s and TD report %s', async (version, td, current) => {
    const { verify } = await simulated('--quote-version', version, '--td', td);
    expect((await verify()).json).toMatchObject({
      evidence: 'genuine',
      current: current ?? null,
      quote: { version: Number(version) },
    });
  });

  it.each([
    'UpToDate',
    'SWHardeningNeeded',
    'ConfigurationNeeded',
    'ConfigurationAndSWHardeningNeeded',
    'OutOfDate',
    'OutOfDateConfigurationNeeded',
    'TDRelaunchAdvised',
    'TDRelaunchAdvisedConfigurationNeeded',
  ])('has the status %s', async (status) => {
    const { verify } = await simulated('--td', '1.5', '--status', status);
    expect((await verify()).json).toMatchObject({ evidence: 'genuine', status });
  });

  it.each([
    ['a revoked TCB', ['--status', 'Revoked'], 'TCB_REVOKED'],
    ['a revoked platform', ['--revoked'], 'PCK_REVOKED'],
    ['a TD under debug', ['--debug'], 'TD_DEBUG'],
  ])('of %s is refused', async (_what, argv, code) => {
    const { verify } = await simulated(...argv);
    expect(await verify()).toMatchObject({ exit: 1, json: { evidence: 'refused', code } });
  });

  it('of another time is genuine then, and stale later', async () => {
    const { verify } = await simulated('--at', '2025-01-01T00:00:00Z');
    expect((await verify('--at', '2025-01-02T00:00:00Z')).json.evidence).toBe('genuine');
    const later = (await verify('--at', '2025-06-01T00:00:00Z')).json;
    expect(later).toMatchObject({ evidence: 'refused', status: 'UpToDate' });
    expect(later.checks.filter(({ outcome }: { outcome: string }) => outcome === 'stale')).toHaveLength(3);
  });
});

describe('a node that never simulates', () => {
  it('never loads what simulation needs', () => {
    const door = pathToFileURL(join(import.meta.dirname, '../../../../src/main/attestation/index.ts')).href;
    const ask = `const door = await import(${JSON.stringify(door)});
      const before = typeof Reflect.getMetadata;
      await door.loadSimulator();
      console.log(before, typeof Reflect.getMetadata);`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', ask], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('undefined function');
  });
});

describe('a simulated authority', () => {
  it('is kept for its owner only, and serves again: same root, same platform', async () => {
    const root = join(scratch(), 'authority');
    const [first, second] = [await simulated('--root', root), await simulated('--root', root)];
    const [file] = readdirSync(root);
    expect(file).toBe('SIMULATED-authority.json');
    expect(statSync(join(root, file!)).mode & 0o777).toBe(0o600);
    expect(readFileSync(first.made.root)).toEqual(readFileSync(second.made.root));
    const ids = [(await first.verify()).json, (await second.verify()).json].map(
      ({ platformId }) => platformId.ppid as string,
    );
    expect(ids[0]).toBe(ids[1]);
  });

  it.each([
    ['no JSON', 'hello'],
    ['another document', '{}'],
    ['a large file', ' '.repeat(100_000)],
    ['a key that is none', '{"root":{"key":"x","certificate":"AA=="}}'],
  ])('that is %s is wrong input', async (_what, content) => {
    const root = scratch();
    writeFileSync(join(root, 'SIMULATED-authority.json'), content);
    const { exit, json } = await cli('quote', 'simulate', '--out', scratch(), '--root', root, '--json');
    expect([exit, json.error.code]).toEqual([2, 'FILE_UNREADABLE']);
  });
});

describe('a simulation that cannot be', () => {
  it.each([
    ['no folder', []],
    ['an unknown version', ['--quote-version', '3']],
    ['version 4 with report 1.5', ['--quote-version', '4', '--td', '1.5']],
    ['an unknown status', ['--status', 'Fine']],
    ['relaunch advice for report 1.0', ['--status', 'TDRelaunchAdvised']],
    ['short report data', ['--report-data', 'ab']],
    ['a family that is no hex', ['--fmspc', 'nonsense0000']],
  ])('(%s) is exit 2', async (what, argv) => {
    const out = what === 'no folder' ? [] : ['--out', scratch()];
    const { exit, json } = await cli('quote', 'simulate', ...out, ...argv, '--json');
    expect([exit, json.error.code]).toEqual([2, 'USAGE']);
  });

  it('into a place where nobody may write is exit 2', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    const { exit, json } = await cli('quote', 'simulate', '--out', file, '--json');
    expect([exit, json.error.code]).toEqual([2, 'FILE_UNWRITABLE']);
  });

  it('works for a process of its own', () => {
    const { exit, json } = childCli('quote', 'simulate', '--out', scratch(), '--json');
    expect([exit, json.simulated]).toEqual([0, true]);
  });
});
