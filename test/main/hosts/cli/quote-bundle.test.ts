/** `muster quote bundle`, and `muster quote verify` with bundles and event logs. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWith, vectorsFolder } from '../../../parts.ts';
import { scratch } from '../../../scratch.ts';
import { childCli, cli } from './support.ts';

const vector = (path: string): string => join(vectorsFolder, 'tdx', path);
const QUOTE = vector('real/go-tdx-ccel-cos113-quote.bin');
const LOG = vector('real/go-tdx-ccel-data.bin');
const SET = vector('collateral/c01-00806f050000-2026-01-27.json');
const AT = '2026-02-22T09:52:00Z';
const verify = (file: string, ...more: string[]) => cli('quote', 'verify', file, ...more, '--json');

function policyFile(policy: unknown): string {
  const file = join(scratch(), 'policy.json');
  writeFileSync(file, JSON.stringify(policy));
  return file;
}

async function bundled(...more: string[]): Promise<string> {
  const out = join(scratch(), 'rack.evidence');
  const argv = ['--collateral', SET, '--at', AT, '--out', out, ...more];
  const { exit, json } = await cli('quote', 'bundle', QUOTE, ...argv, '--json');
  expect(exit, JSON.stringify(json)).toBe(0);
  expect(json).toMatchObject({ file: out, bytes: statSync(out).size, evidence: 'genuine', simulated: false });
  return out;
}

describeWith('vectors', 'an event log beside a quote', () => {
  it('is replayed and shown under the verdict, which stays what it was', async () => {
    const args = ['--collateral', SET, '--at', AT];
    const plain = await verify(QUOTE, ...args);
    const { exit, json } = await verify(QUOTE, ...args, '--event-log', LOG);
    expect([plain.exit, exit]).toEqual([0, 0]);
    const { eventLog, ...verdict } = json;
    expect(verdict).toEqual(plain.json);
    expect(plain.json).not.toHaveProperty('eventLog');
    expect(eventLog.registers.map(({ outcome }: { outcome: string }) => outcome)).toEqual(
      Array.from({ length: 4 }, () => 'full'),
    );
    expect(eventLog.events).toHaveLength(43);
  });

  it('decides what a policy says about it', async () => {
    const quote = vector('real/cctrusted-quote.bin');
    const log = ['--event-log', vector('real/cctrusted-ccel_data.bin')];
    const outcome = async (eventLog: unknown, ...more: string[]) =>
      (await verify(quote, '--policy', policyFile({ eventLog }), '--at', AT, ...more)).json.policy.outcome;
    expect(await outcome('full')).toBe('refused');
    expect(await outcome('full', ...log)).toBe('refused');
    expect(await outcome({ registers: [0, 1, 3] }, ...log)).toBe('passed');
    expect(await outcome({ registers: [2] }, ...log)).toBe('refused');
  });

  it('is told in words, register by register', async () => {
    const { err, out } = await cli('quote', 'verify', QUOTE, '--at', AT, '--event-log', LOG);
    expect(out + err).toContain('✓ RTMR2 full, 20 events: The log accounts for the whole of RTMR2.');
    expect(out + err).toContain('EV_SEPARATOR');
  });

  it.each([
    ['that is not there', null, 'FILE_UNREADABLE'],
    ['that is empty', '', 'EVENT_LOG_EMPTY'],
    ['that is none', 'hello', 'EVENT_LOG_FORMAT'],
    ['that is too large', ' '.repeat(5_000_000), 'EVENT_LOG_TOO_LARGE'],
  ])('%s is wrong input', async (_what, content, code) => {
    const file = join(scratch(), 'log');
    if (content !== null) writeFileSync(file, content);
    const { exit, json } = await verify(QUOTE, '--at', AT, '--event-log', file);
    expect([exit, json.error.code]).toEqual([2, code]);
  });
});

describeWith('vectors', 'an evidence bundle on the command line', () => {
  it('is a yes when it was genuine at its own time and says so itself, though it is stale today', async () => {
    const file = await bundled('--event-log', LOG, '--policy', policyFile({ eventLog: 'full' }));
    const { exit, json } = await verify(file, '--at', '2027-06-01T00:00:00Z');
    expect(exit).toBe(0);
    expect(json.then).toMatchObject({ evidence: 'genuine', status: 'OutOfDate', verifiedAt: AT });
    expect(json.now).toMatchObject({ evidence: 'refused', verifiedAt: '2027-06-01T00:00:00Z' });
    expect(json).toMatchObject({ sameAsRecorded: true, differences: [], own: null });
    expect(json.eventLog.registers[0].outcome).toBe('full');
    const words = await cli('quote', 'verify', file, '--at', '2027-06-01T00:00:00Z');
    expect(words.out).toMatch(/evidence +genuine +refused/);
  });

  it('is the same file when it is made again', async () => {
    expect(readFileSync(await bundled())).toEqual(readFileSync(await bundled()));
  });

  it('is a no when the reader has a stricter policy than its maker', async () => {
    const file = await bundled();
    const strict = policyFile({ acceptedStatuses: ['UpToDate'] });
    const { exit, json } = await verify(file, '--policy', strict);
    expect([exit, json.then.policy.outcome, json.own.policy.outcome]).toEqual([1, 'passed', 'refused']);
    expect((await verify(file, '--policy', policyFile({}))).exit).toBe(0);
  });

  it('is a no when its verdict was changed, and the member is named', async () => {
    const file = await bundled();
    const bytes = readFileSync(file).toString('latin1');
    const lie = join(scratch(), 'lie.evidence');
    writeFileSync(lie, Buffer.from(bytes.replace('"status":"OutOfDate"', '"status":"OutOfDatf"'), 'latin1'));
    const { exit, json } = await verify(lie);
    expect([exit, json.sameAsRecorded]).toEqual([1, false]);
    expect(json.differences[0].recorded).toContain('OutOfDatf');
    expect((await cli('quote', 'verify', lie)).err).toContain('not the one its evidence gives');
  });

  it('is wrong input when it is cut, and takes no collateral or log beside its own', async () => {
    const file = await bundled();
    const cut = join(scratch(), 'cut.evidence');
    writeFileSync(cut, readFileSync(file).subarray(0, -1));
    const { exit, json } = await verify(cut);
    expect([exit, json.error.code]).toEqual([2, 'BUNDLE_FORMAT']);
    for (const [option, value] of [
      ['--collateral', SET],
      ['--event-log', LOG],
    ] as const)
      expect((await verify(file, option, value)).json.error.code).toBe('USAGE');
  });

  it('is never written over another file, nor without collateral', async () => {
    const file = await bundled();
    const again = ['--at', AT, '--out', file, '--json'];
    const twice = await cli('quote', 'bundle', QUOTE, '--collateral', SET, ...again);
    expect([twice.exit, twice.json.error.code]).toEqual([2, 'FILE_EXISTS']);
    const out = join(scratch(), 'x.evidence');
    const none = await cli('quote', 'bundle', QUOTE, '--out', out, '--json');
    expect([none.exit, none.json.error.code, existsSync(out)]).toEqual([2, 'USAGE', false]);
  });

  it('works for a process of its own', () => {
    const out = join(scratch(), 'rack.evidence');
    const sets = vector('collateral');
    const made = childCli('quote', 'bundle', QUOTE, '--collateral', sets, '--at', AT, '--out', out, '--json');
    expect(made.exit).toBe(0);
    expect(childCli('quote', 'verify', out, '--json').exit).toBe(0);
  });
});

describe('a simulated bundle', () => {
  it('is a no until the reader names its root and a policy that takes it', async () => {
    const folder = scratch();
    const { json: made } = await cli('quote', 'simulate', '--out', folder, '--json');
    const out = join(folder, 'rack.evidence');
    const allow = policyFile({ allowSimulated: true });
    const parts = ['--collateral', made.collateral, '--root', made.root, '--policy', allow];
    const bundle = await cli('quote', 'bundle', made.quote, ...parts, '--out', out, '--json');
    expect([bundle.exit, bundle.json.simulated]).toEqual([0, true]);
    const alone = await verify(out);
    expect(alone.exit).toBe(1);
    expect(alone.json.then).toMatchObject({
      simulated: true,
      evidence: 'genuine',
      policy: { outcome: 'passed' },
    });
    expect((await verify(out, '--root', made.root)).exit).toBe(0);
    expect((await verify(out, '--root', made.root, '--policy', policyFile({}))).exit).toBe(1);
    expect((await cli('quote', 'verify', out)).err).toContain('SIMULATED');
  });
});
