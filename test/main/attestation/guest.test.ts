/** Quotes from a TD (tdx.md 10): races in configfs, the way through a helper, and what the machine is. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuestQuoteSource, type GuestOptions } from '../../../src/main/attestation/guest.ts';
import { checkHelper, runHelper } from '../../../src/main/attestation/guest-helper.ts';
import { readTdxReport } from '../../../src/main/attestation/guest-td-report.ts';
import {
  attestPort,
  decodeQuoteResponse,
  encodeQuoteRequest,
  frameLength,
} from '../../../src/main/attestation/vsock-qgs.ts';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { parseQuote, readTdReport } from '../../../src/protocol/attestation/index.ts';
import { concat, fromHex, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { describeWith } from '../../parts.ts';
import { codeOf, codeOfAsync } from '../../protocol/attestation/refusals.ts';
import { vectorBytes, vectorQuote } from '../../protocol/attestation/vectors.ts';
import { createFakeConfigfs, type FakeConfigfs, type FakeConfigfsOptions } from './fake-configfs.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function configfs(options: FakeConfigfsOptions): Promise<FakeConfigfs> {
  const fake = await createFakeConfigfs(options);
  cleanups.push(() => fake.remove());
  return fake;
}
const sourceOf = ({ paths, files }: FakeConfigfs, more: GuestOptions = {}) =>
  createGuestQuoteSource({ paths, files, wait: async () => undefined, ...more });
const zeros = new Uint8Array(64);
const echo = { provider: 'tdx_guest', quoteFor: (data: Uint8Array) => new Uint8Array(data) };

/** A TDREPORT (tdx.md 2.9) of the TD whose report in a quote this is; nobody but its processor could check the MAC. */
function tdxReportOf(body: Uint8Array, reportData: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(1024);
  out[0] = 0x81;
  out.fill(5, 16, 32);
  out.set(reportData, 128);
  // TEE_TCB_INFO: 8 valid bits, SVN, MRSEAM, MRSIGNERSEAM, attributes, in the order of a quote
  out.set(body.subarray(0, 120), 256 + 8);
  // TDINFO: attributes to RTMR3, likewise
  out.set(body.subarray(120, 520), 512);
  out.set(nodeHashes.sha384(out.subarray(256, 256 + 239)), 32);
  out.set(nodeHashes.sha384(out.subarray(512)), 80);
  return out;
}

describe('configfs', () => {
  it('serves two nodes at once, each with the quote over its own report data', async () => {
    const fake = await configfs(echo);
    const nodes = [sourceOf(fake), sourceOf(fake)];
    const asked = Array.from({ length: 20 }, (_, i) => new Uint8Array(64).fill(i + 1));
    const answers = await Promise.all(asked.map((data, i) => nodes[i % 2]!.quote(data)));
    expect(answers.map(({ quote }) => quote)).toEqual(asked);
    expect(fake.left.size).toBe(0);
  });

  it.each(['4294967295', '18446744073709551615'])('counts on after generation %s', async (generation) => {
    const fake = await configfs({ ...echo, generation });
    const next = generation === '4294967295' ? '0\n' : null;
    // the fake counts in 64 bits; a kernel of 32 bits begins again earlier
    if (next !== null) fake.afterWrite = (folder) => writeFile(join(folder, 'generation'), next);
    expect((await sourceOf(fake).quote(zeros)).quote).toEqual(zeros);
  });

  it('with a generation that is no number gives nothing', async () => {
    for (const generation of ['', '-1', '1e3', 'abc'])
      expect(
        await codeOfAsync(async () => sourceOf(await configfs({ ...echo, generation })).quote(zeros)),
      ).toBe('GUEST_NO_QUOTING_PATH');
  });

  it('takes another name where a folder was left over', async () => {
    const fake = await configfs(echo);
    await mkdir(join(fake.paths.tsm, 'left'));
    const names = ['left', 'one', 'left', 'two'];
    const source = sourceOf(fake, { entryName: () => names.shift()! });
    expect((await source.quote(zeros)).quote).toEqual(zeros);
    expect(names).toEqual([]);
    expect(fake.left.size).toBe(0);
  });

  it('says that it is busy when every name is taken', async () => {
    const fake = await configfs(echo);
    const one = sourceOf(fake, { entryName: () => 'left' });
    expect((await one.quote(zeros)).quote).toEqual(zeros);
    await mkdir(join(fake.paths.tsm, 'left'));
    expect(await one.look()).toMatchObject({ available: false });
  });

  it('begins anew when somebody removed the folder of its request', async () => {
    const fake = await configfs(echo);
    let removed = 0;
    fake.afterWrite = async (folder) => {
      removed += 1;
      if (removed === 1) await rm(folder, { recursive: true });
    };
    expect((await sourceOf(fake).quote(zeros)).quote).toEqual(zeros);
    expect(removed).toBe(2);
  });

  it('does not take a quote of no bytes', async () => {
    const fake = await configfs({ provider: 'tdx_guest' });
    expect(await codeOfAsync(() => sourceOf(fake).quote(zeros))).toBe('GUEST_NO_QUOTING_PATH');
    expect(fake.left.size).toBe(0);
  });

  it.each([4095, 4096, 8000, 70_000])('reads a quote of %i bytes to its end', async (length) => {
    const quote = Uint8Array.from({ length }, (_, i) => i % 251);
    const fake = await configfs({ provider: 'tdx_guest', quoteFor: () => quote });
    expect((await sourceOf(fake).quote(zeros)).quote).toEqual(quote);
  });

  it('is asked again for what the machine is when somebody was in the way', async () => {
    const fake = await configfs(echo);
    fake.failures.mkdir.push('EBUSY', 'EINTR');
    expect(await sourceOf(fake).look()).toMatchObject({ state: 'in-td', available: true });
    expect(fake.failures.mkdir).toEqual([]);
  });
});

describe('the cloud of a machine', () => {
  const AZURE = {
    chassis_asset_tag: '7783-7084-3265-9085-8269-3286-77',
    sys_vendor: 'Microsoft Corporation',
  };
  it.each([
    [AZURE, 'azure'],
    [{ sys_vendor: 'Microsoft Corporation', product_name: 'Virtual Machine' }, null],
    [{ sys_vendor: 'Google', product_name: 'Google Compute Engine' }, 'google'],
    [{ sys_vendor: 'Amazon EC2', product_name: 'm7i.large' }, 'aws'],
    [{ sys_vendor: 'QEMU' }, null],
    [{}, null],
  ] as const)('of firmware %j is %s', async (dmi, cloud) => {
    const state = await sourceOf(await configfs({ provider: null, dmi })).look();
    expect(state).toMatchObject({ state: 'not-in-td', cloud });
  });

  it('on Azure says that its way to quotes is not built', async () => {
    const fake = await configfs({ provider: null, cpuFlags: 'tdx_guest', dmi: AZURE });
    const { state, detail } = await sourceOf(fake).look();
    expect(state).toBe('td-without-quoting-path');
    expect(detail).toContain('Azure');
    expect(detail).toContain('not built here');
  });
});

describe('messages of the quoting service', () => {
  const tdxReport = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
  /** An answer as the service writes it. */
  const answer = (quote: Uint8Array, changes: Record<number, number> = {}, id = new Uint8Array(0)) => {
    const message = new Uint8Array(24 + id.length + quote.length);
    const view = new DataView(message.buffer);
    view.setUint16(0, 1, true);
    view.setUint16(2, 1, true);
    for (const [at, value] of [
      [4, 1],
      [8, message.length],
      [16, id.length],
      [20, quote.length],
    ] as const)
      view.setUint32(at, value, true);
    for (const [at, value] of Object.entries(changes)) view.setUint32(Number(at), value, true);
    message.set(id, 24);
    message.set(quote, 24 + id.length);
    const frame = new Uint8Array(4);
    new DataView(frame.buffer).setUint32(0, message.length, false);
    return concat(frame, message);
  };
  const quote = utf8('a quote');

  it('ask for a quote in exactly these bytes', () => {
    expect(toHex(encodeQuoteRequest(tdxReport).subarray(0, 28))).toBe(
      '00000418010000000000000018040000000000000004000000000000',
    );
    expect(encodeQuoteRequest(tdxReport).subarray(28)).toEqual(tdxReport);
    expect(() => encodeQuoteRequest(tdxReport.subarray(1))).toThrow('1024');
  });

  it('give the quote behind an id of any length', () => {
    expect(decodeQuoteResponse(answer(quote))).toEqual(quote);
    expect(decodeQuoteResponse(answer(quote, {}, new Uint8Array(16)))).toEqual(quote);
    expect(frameLength(answer(quote).subarray(0, 3))).toBeNull();
    expect(frameLength(answer(quote))).toBe(answer(quote).length);
  });

  it.each([
    ['an error of the service', answer(quote, { 12: 0x12001 })],
    ['another question', answer(quote, { 4: 3 })],
    ['another version', answer(quote, { 0: 2 })],
    ['another length', answer(quote, { 8: 12 })],
    ['an id that is too long', answer(quote, { 16: 0xffff_ffff })],
    ['a quote that is too long', answer(quote, { 20: 0xffff_ffff })],
    ['no quote', answer(new Uint8Array(0))],
    ['four gigabytes', concat(Uint8Array.of(255, 255, 255, 255), new Uint8Array(100))],
    ['nothing', new Uint8Array(4)],
  ])('with %s are refused', (_what, frame) => {
    expect(codeOf(() => decodeQuoteResponse(frame))).toBe('GUEST_NO_QUOTING_PATH');
  });

  it('cut anywhere are refused', () => {
    const whole = answer(quote);
    for (let length = 0; length < whole.length; length++)
      expect(codeOf(() => decodeQuoteResponse(whole.subarray(0, length)))).toBe('GUEST_NO_QUOTING_PATH');
  });

  it('go to the port that the configuration of Intel’s library names', () => {
    expect(attestPort('# port=1\n port = 4050 # default\n')).toBe(4050);
    for (const none of ['', '#port=4050', 'port=', 'port=0', 'port=-1', 'port=99999999999', 'support=7'])
      expect(attestPort(none), none).toBeNull();
  });

  describeWith('vectors', 'through a helper', () => {
    const real = vectorQuote('real/phala-tdx_quote.bin');
    const { body, bodyType } = parseQuote(real);
    const data = fromHex(readTdReport(body, bodyType).reportData);
    /** A helper made of a shell script and files: what it is asked is kept in `asked`. */
    async function helper(script: string): Promise<{ folder: string; path: string }> {
      const folder = await mkdtemp(join(tmpdir(), 'muster-helper-'));
      cleanups.push(() => rm(folder, { recursive: true }));
      const path = join(folder, 'helper');
      await writeFile(join(folder, 'report'), tdxReportOf(body, data));
      await writeFile(join(folder, 'zero-report'), tdxReportOf(body, zeros));
      await writeFile(join(folder, 'answer'), answer(real));
      await writeFile(path, `#!/bin/sh\ncd ${folder}\n${script}\n`);
      await chmod(path, 0o700);
      return { folder, path };
    }
    const good = `case "$1" in
      tdreport) read -r line; case "$line" in 00000000000000000*) cat zero-report;; *) cat report;; esac;;
      vsock) [ "$2" = 4050 ] || exit 1; cat answer; exec sleep 30;;
      esac`;
    const td = () => configfs({ provider: null, device: true, attestConfiguration: 'port=4050\n' });

    it('a TD without configfs gives a quote over the report data', async () => {
      const { path } = await helper(good);
      const source = sourceOf(await td(), { helper: path });
      expect(await source.look()).toMatchObject({ state: 'in-td', available: true });
      expect(await source.quote(data)).toMatchObject({ quote: real, bound: true });
    });

    it('a quote or report over other data is not taken', async () => {
      const { path } = await helper(good);
      expect(await codeOfAsync(async () => sourceOf(await td(), { helper: path }).quote(zeros))).toBe(
        'GUEST_NO_QUOTING_PATH',
      );
      const other = data.with(0, data[0]! ^ 1);
      expect(await codeOfAsync(async () => sourceOf(await td(), { helper: path }).quote(other))).toBe(
        'GUEST_NO_QUOTING_PATH',
      );
    });

    it('a TD says what it is, though no service answers', async () => {
      const { path } = await helper(good);
      const fake = await configfs({ provider: null, device: true });
      const source = sourceOf(fake, { helper: path });
      expect(await source.look()).toMatchObject({
        state: 'td-without-quoting-path',
        detail: expect.stringContaining('names no port'),
      });
      const { report } = await source.measurements();
      expect(report.mrTd).toBe(readTdReport(body, bodyType).mrTd);
    });

    it('without one, or without the device, says which is missing', async () => {
      expect((await sourceOf(await td()).look()).detail).toContain('no helper is configured');
      const fake = await configfs({
        provider: null,
        cpuFlags: 'tdx_guest',
        attestConfiguration: 'port=4050',
      });
      const { path } = await helper(good);
      const source = sourceOf(fake, { helper: path });
      expect((await source.look()).detail).toContain('tdx_guest does not exist');
      expect(await codeOfAsync(() => source.quote(data))).toBe('GUEST_NO_QUOTING_PATH');
      expect(await codeOfAsync(async () => sourceOf(await td()).measurements())).toBe(
        'GUEST_NO_QUOTING_PATH',
      );
      expect(await codeOfAsync(async () => sourceOf(await configfs({ provider: null })).measurements())).toBe(
        'GUEST_NOT_IN_TD',
      );
    });

    it.each([
      ['is busy is asked again', 'exit 75', 'GUEST_BUSY'],
      ['may not is not', 'exit 77', 'GUEST_DENIED'],
      ['fails is not', 'echo no driver >&2; exit 1', 'GUEST_NO_QUOTING_PATH'],
      ['gives half a report', 'head -c 1000 report', 'GUEST_NO_QUOTING_PATH'],
      ['gives too much', 'cat report report', 'GUEST_NO_QUOTING_PATH'],
      ['is killed', 'kill -9 $$', 'GUEST_NO_QUOTING_PATH'],
    ])('that %s', async (_what, script, code) => {
      const { path } = await helper(`echo x >> ${'count'}\n${script}`);
      let waits = 0;
      const source = sourceOf(await td(), { helper: path, wait: async () => void (waits += 1) });
      expect(await codeOfAsync(() => source.quote(data))).toBe(code);
      expect(waits).toBe(code === 'GUEST_BUSY' ? 4 : 0);
    });

    it('that says nothing is ended in time, and its complaint cannot write into a terminal', async () => {
      const silent = await helper('exec sleep 30');
      const run = { args: ['tdreport'], input: new Uint8Array(0), maxOutput: 10 };
      await expect(runHelper(silent.path, run, { milliseconds: 50 })).rejects.toThrow('within 50 ms');
      const loud = await helper(String.raw`printf '\033[2Jred' >&2; exit 3`);
      await expect(runHelper(loud.path, run)).rejects.toThrow('exit code 3 ([2Jred)');
    });

    it('gets its arguments as they are, and nothing of the environment of the node', async () => {
      const { path } = await helper('echo "$1|$2"; env');
      const output = await runHelper(path, {
        args: ['vsock', '$(id); 1'],
        input: new Uint8Array(0),
        maxOutput: 4096,
      });
      const lines = new TextDecoder().decode(output).trim().split('\n');
      expect(lines[0]).toBe('vsock|$(id); 1');
      expect(
        lines
          .slice(1)
          .map((line) => line.split('=')[0])
          .toSorted(),
      ).toEqual(expect.not.arrayContaining(['HOME', 'NODE_ENV', 'VITEST']));
    });

    it('is not run when others could have changed it', async () => {
      const { folder, path } = await helper(good);
      expect(await checkHelper(path)).toBe(path);
      const link = join(folder, 'link');
      await symlink(path, link);
      expect(await checkHelper(link)).toBe(path);
      const refused = (what: string) => codeOfAsync(() => checkHelper(what));
      expect(await refused('helper')).toBe('GUEST_NO_QUOTING_PATH');
      expect(await refused(join(folder, 'missing'))).toBe('GUEST_NO_QUOTING_PATH');
      expect(await refused(folder)).toBe('GUEST_NO_QUOTING_PATH');
      for (const mode of [0o600, 0o702, 0o720]) {
        await chmod(path, mode);
        expect(await refused(path), mode.toString(8)).toBe('GUEST_NO_QUOTING_PATH');
      }
      await chmod(path, 0o700);
      await chmod(folder, 0o777);
      expect(await refused(path)).toBe('GUEST_NO_QUOTING_PATH');
      const { detail } = await sourceOf(await td(), { helper: path }).look();
      expect(detail).toContain('can be changed by others');
    });
  });
});

describeWith('vectors', 'the report of a TD about itself', () => {
  const { body, bodyType } = parseQuote(vectorQuote('real/phala-tdx_quote.bin'));
  const bytes = tdxReportOf(body, new Uint8Array(64).fill(7));

  it('says what a quote of the same TD says', () => {
    const { report, cpuSvn, serviceTdHash } = readTdxReport(bytes, nodeHashes);
    expect(report).toEqual({ ...readTdReport(body, bodyType), reportData: '07'.repeat(64) });
    expect([cpuSvn, serviceTdHash]).toEqual(['05'.repeat(16), '00'.repeat(48)]);
  });

  it('is refused with any byte of its measurements changed, of another kind, or cut', () => {
    for (const at of [0, 32, 80, 256, 300, 494, 512, 700, 1023])
      expect(
        codeOf(() => readTdxReport(bytes.with(at, bytes[at]! ^ 1), nodeHashes)),
        String(at),
      ).toBe('GUEST_NO_QUOTING_PATH');
    expect(codeOf(() => readTdxReport(bytes.subarray(1), nodeHashes))).toBe('GUEST_NO_QUOTING_PATH');
  });

  it('with content that its hashes do not have is refused, as is the output of a device that only plays a TD', () => {
    const played = vectorBytes('real/go-tdx-report.bin');
    played[0] = 0x81;
    expect(() => readTdxReport(played, nodeHashes)).toThrow('hashes are not those of its content');
  });
});
