/** `muster quote simulate`: evidence for demonstrations and tests, marked as simulated wherever it appears. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLATFORM_STATUSES, type TcbStatus } from '../../../../protocol/attestation/index.ts';
import { fromHex, toHex } from '../../../../protocol/bytes/index.ts';
import { loadSimulator } from '../../../attestation/index.ts';
import type { Command, Invocation } from '../command.ts';
import { required, text, time, writing } from '../input.ts';
import { UsageError, yes } from '../output.ts';

const STATUSES: readonly TcbStatus[] = [
  ...PLATFORM_STATUSES,
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
];

const FILES = {
  quote: 'SIMULATED-quote.bin',
  collateral: 'SIMULATED-collateral.json',
  root: 'SIMULATED-root.der',
  readme: 'SIMULATED-README.txt',
} as const;

/** One of a few words, the first when the option is left out. */
function choice<T extends string>(invocation: Invocation, name: string, words: readonly [T, ...T[]]): T {
  const given = text(invocation, name) ?? words[0];
  const found = words.find((word) => word === given);
  if (found === undefined) throw new UsageError(`--${name} is one of ${words.join(', ')}; not ${given}.`);
  return found;
}

/** Hex of exactly `length` bytes. */
function bytes(invocation: Invocation, name: string, length: number, otherwise: Uint8Array): Uint8Array {
  const given = text(invocation, name);
  if (given === undefined) return otherwise;
  if (!/^[0-9a-fA-F]*$/.test(given) || given.length !== 2 * length)
    throw new UsageError(`--${name} takes ${length} bytes of hex.`);
  return fromHex(given.toLowerCase());
}

/** The options that say what is to be made. */
function optionsOf(invocation: Invocation) {
  const td = text(invocation, 'td');
  const version = choice(invocation, 'quote-version', td === '1.5' ? ['5', '4'] : ['4', '5']);
  const form = choice(invocation, 'td', version === '5' ? ['1.5', '1.0'] : ['1.0', '1.5']);
  if (version === '4' && form === '1.5') throw new UsageError('A TD report 1.5 needs --quote-version 5.');
  const status = choice(invocation, 'status', STATUSES as [TcbStatus, ...TcbStatus[]]);
  if (status.startsWith('TDRelaunchAdvised') && form !== '1.5')
    throw new UsageError(`The status ${status} needs --td 1.5.`);
  const at = text(invocation, 'at');
  return {
    at: at === undefined ? Math.floor(Date.now() / 1000) : time(at),
    version: version === '4' ? 4 : 5,
    td: form,
    status,
    reportData: bytes(invocation, 'report-data', 64, new Uint8Array(64)),
    mrTd: bytes(invocation, 'mrtd', 48, new Uint8Array(randomBytes(48))),
    fmspc: bytes(invocation, 'fmspc', 6, fromHex('facade000000')),
    debug: invocation.options['debug'] === true,
    revoked: invocation.options['revoked'] === true,
  } as const;
}

export const simulateCommand: Command = {
  name: 'quote simulate',
  usage: '',
  summary: 'Make SIMULATED evidence under a test root of its own. It proves nothing about any machine.',
  options: {
    out: { type: 'string', value: 'DIR', help: 'folder for quote, collateral and root' },
    'report-data': { type: 'string', value: 'HEX', help: '64 bytes (default: zero)' },
    mrtd: { type: 'string', value: 'HEX', help: '48 bytes (default: random)' },
    'quote-version': { type: 'string', value: '4|5', help: 'of the quote' },
    td: { type: 'string', value: '1.0|1.5', help: 'form of the TD report; 1.5 needs version 5' },
    fmspc: { type: 'string', value: 'HEX', help: 'platform family, 6 bytes' },
    status: { type: 'string', value: 'STATUS', help: 'TCB status that the collateral gives it' },
    debug: { type: 'boolean', help: 'a TD under debug' },
    revoked: { type: 'boolean', help: 'a platform whose certificate is revoked' },
    root: {
      type: 'string',
      value: 'DIR',
      help: 'folder of the simulated authority, made when absent (default: one in the folder of --out)',
    },
    at: { type: 'string', value: 'TIME', help: 'moment of the making (default: now)' },
  },
  examples: [
    'muster quote simulate --out demo',
    'muster quote simulate --out demo --td 1.5 --status TDRelaunchAdvised --json',
  ],
  async run(invocation) {
    const out = required(invocation, 'out');
    const options = optionsOf(invocation);
    const { openAuthority, simulate } = await loadSimulator();
    const folder = text(invocation, 'root') ?? join(out, 'SIMULATED-authority');
    const authority = await writingAsync(folder, () => openAuthority(folder));
    const { quote, collateral, root } = await simulate(authority, options);
    const paths = Object.fromEntries(
      Object.entries(FILES).map(([name, file]) => [name, join(out, file)]),
    ) as Record<keyof typeof FILES, string>;
    const verify = `muster quote verify ${paths.quote} --collateral ${paths.collateral} --root ${paths.root}`;
    writing(out, () => {
      mkdirSync(out, { recursive: true });
      writeFileSync(paths.quote, quote);
      writeFileSync(paths.collateral, `${JSON.stringify(collateral, null, 2)}\n`);
      writeFileSync(paths.root, root);
      writeFileSync(
        paths.readme,
        `SIMULATED evidence, made by muster quote simulate. It proves nothing about any machine.\n${verify}\n`,
      );
    });
    const made = {
      simulated: true,
      ...paths,
      authority: folder,
      version: options.version,
      td: options.td,
      status: options.status,
      fmspc: toHex(options.fmspc),
    };
    return yes(made, `SIMULATED evidence written to ${out}. To look at it:\n  ${verify}`);
  },
};

/** As `writing`, for what takes its time. */
async function writingAsync<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return writing(path, (): T => {
      throw error;
    });
  }
}
