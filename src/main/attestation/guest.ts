/**
 * Quotes from the TD that this node runs in (tdx.md 10): through configfs-tsm (Linux 6.7 and later), else through
 * an external helper, and an honest word about what this machine is (10.6, 10.7). All paths are injectable; so is
 * the file system, because configfs does things that plain files do not (a new folder is born with its attributes).
 */
import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../../protocol/bytes/index.ts';
import { CLOUD_MEANING, detectCloud } from './guest-cloud.ts';
import type { OwnMeasurements } from './guest-td-report.ts';
import { createVsockPath, type VsockOptions } from './guest-vsock.ts';
import { checkReportData, type QuoteSource, type QuoteSourceState, reasonOf } from './quote-source.ts';

export interface GuestPaths {
  /** The report folder of configfs-tsm. */
  readonly tsm: string;
  readonly device: string;
  readonly cpuinfo: string;
  /** The configuration of Intel's attestation library, which names the port of the quoting service. */
  readonly attestConfiguration: string;
  /** The folder of what the firmware says about the machine. */
  readonly dmi: string;
}

export const GUEST_PATHS: GuestPaths = {
  tsm: '/sys/kernel/config/tsm/report',
  device: '/dev/tdx_guest',
  cpuinfo: '/proc/cpuinfo',
  attestConfiguration: '/etc/tdx-attest.conf',
  dmi: '/sys/class/dmi/id',
};

/** The calls on the file system that the protocol with configfs takes. */
export interface GuestFiles {
  mkdir(path: string): Promise<void>;
  read(path: string): Promise<Uint8Array>;
  /** One write of all bytes to a file that exists. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  rmdir(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
}

export const realGuestFiles: GuestFiles = {
  mkdir: async (path) => void (await mkdir(path)),
  read: (path) => readFile(path),
  write: (path, bytes) => writeFile(path, bytes, { flag: 'r+' }),
  rmdir: (path) => rmdir(path),
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
};

export interface GuestOptions {
  readonly paths?: Partial<GuestPaths>;
  readonly files?: GuestFiles;
  /** A name for the request's folder that nobody else takes; default random. */
  readonly entryName?: () => string;
  /** Waits between attempts, milliseconds. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
  /** Absolute path of the helper for kernels without configfs-tsm (docs/guest-quotes.md); default none. */
  readonly helper?: string | undefined;
  /** Runs the helper; default as a process of its own. */
  readonly runHelper?: VsockOptions['run'];
}

export interface GuestQuoteSource extends QuoteSource {
  /**
   * What this TD says about itself, which proves nothing to others; by the helper, also where no service answers.
   * Errors: `GUEST_NOT_IN_TD`, `GUEST_NO_QUOTING_PATH`, `GUEST_BUSY`, `GUEST_DENIED`.
   */
  measurements(): Promise<OwnMeasurements>;
}

const PROVIDER = 'tdx_guest';
/** Attempts when another request is in the way, and the first pause between them (doubled each time). */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;

/** What the kernel says when trying again makes sense; ENOENT: somebody removed the folder of the request. */
const PASSING: ReadonlySet<string> = new Set(['EBUSY', 'EINTR', 'ETIMEDOUT', 'EAGAIN', 'EEXIST', 'ENOENT']);
const DENIED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Another writer moved the generation: the answer may belong to their report data. */
class Overtaken extends Error {}

/** The kernel counts writes in an unsigned number of 32 or 64 bits, which begins again at 0. */
const isNext = (before: bigint, after: bigint): boolean =>
  after === before + 1n || (after === 0n && (before === 0xffff_ffffn || before === 0xffff_ffff_ffff_ffffn));

const latin1 = new TextDecoder('latin1');

type Way = 'configfs' | 'helper';

export function createGuestQuoteSource(options: GuestOptions = {}): GuestQuoteSource {
  const { files = realGuestFiles, wait = sleep, entryName = () => `muster-${randomUUID()}` } = options;
  const paths: GuestPaths = { ...GUEST_PATHS, ...options.paths };

  const text = async (path: string): Promise<string> => latin1.decode(await files.read(path)).trim();

  const vsock =
    options.helper === undefined
      ? null
      : createVsockPath({
          helper: options.helper,
          configuration: () => text(paths.attestConfiguration),
          ...(options.runHelper === undefined ? {} : { run: options.runHelper }),
        });

  /** Makes a request folder, hands it to `use`, and removes it whatever happens. */
  async function withEntry<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(paths.tsm, entryName());
    await files.mkdir(folder);
    try {
      return await use(folder);
    } finally {
      // the kernel drops forgotten folders at reboot; a failure here must not hide the answer
      await files.rmdir(folder).catch(() => undefined);
    }
  }

  /** True when something other than configfs says that this is a TD. */
  async function runsInTd(): Promise<string | null> {
    if (await files.exists(paths.device)) return `${paths.device} exists`;
    const cpu = await text(paths.cpuinfo).catch(() => '');
    const flags = /^flags\s*:(.*)$/m.exec(cpu)?.[1] ?? '';
    return flags.trim().split(/\s+/).includes(PROVIDER) ? 'the processor reports tdx_guest' : null;
  }

  type Found = Omit<QuoteSourceState, 'cloud'> & { readonly way: Way | null };

  /** The way through the helper, or why there is none. */
  async function lookBesideConfigfs(obstacle: string): Promise<Found> {
    const sign = await runsInTd();
    if (sign === null)
      return {
        state: 'not-in-td',
        available: false,
        detail: 'This machine is not a TD: no sign of one was found.',
        way: null,
      };
    const second = !(await files.exists(paths.device))
      ? `${paths.device} does not exist`
      : vsock === null
        ? 'no helper is configured'
        : await vsock.obstacle();
    if (second === null)
      return {
        state: 'in-td',
        available: true,
        detail: `This machine is a TD, and ${options.helper} asks its host for quotes.`,
        way: 'helper',
      };
    return {
      state: 'td-without-quoting-path',
      available: false,
      detail: `This machine is a TD (${sign}), but there is no way to a quote: ${obstacle}; ${second}.`,
      way: null,
    };
  }

  async function find(): Promise<Found> {
    if (!(await files.exists(paths.tsm))) return lookBesideConfigfs(`${paths.tsm} does not exist`);
    let provider: string;
    try {
      provider = await attempts(() => withEntry((folder) => text(join(folder, 'provider'))));
    } catch (error) {
      return lookBesideConfigfs(`${paths.tsm} answers ${lastReason(error)}`);
    }
    if (provider === PROVIDER)
      return {
        state: 'in-td',
        available: true,
        detail: 'This machine is a TD, and its kernel gives quotes.',
        way: 'configfs',
      };
    return {
      state: 'not-in-td',
      available: false,
      detail: `This machine is a guest of another kind (${provider.slice(0, 40)}), not a TD.`,
      way: null,
    };
  }

  async function look(): Promise<QuoteSourceState> {
    const { state, available, detail } = await find();
    const cloud = await detectCloud(paths.dmi, text);
    return {
      state,
      available,
      detail: cloud === null || available ? detail : `${detail} ${CLOUD_MEANING[cloud]}`,
      cloud,
    };
  }

  /** One pass through the protocol of configfs-tsm. */
  async function ask(folder: string, reportData: Uint8Array): Promise<Uint8Array> {
    const generation = async (): Promise<bigint> => {
      const value = await text(join(folder, 'generation'));
      if (!/^\d{1,20}$/.test(value))
        throw new Refusal('GUEST_NO_QUOTING_PATH', 'The kernel gives a generation that is no number.');
      return BigInt(value);
    };
    const before = await generation();
    await files.write(join(folder, 'inblob'), reportData);
    if (!isNext(before, await generation())) throw new Overtaken();
    const answer = await files.read(join(folder, 'outblob'));
    if (!isNext(before, await generation())) throw new Overtaken();
    if (answer.length === 0)
      throw new Refusal('GUEST_NO_QUOTING_PATH', 'The kernel gives a quote of no bytes.');
    return new Uint8Array(answer);
  }

  /** Does `work` until it is not in the way of others. Errors: those of `work`, `GUEST_DENIED`, `GUEST_BUSY`. */
  async function attempts<T>(work: () => Promise<T>): Promise<T> {
    let last: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await wait(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      try {
        return await work();
      } catch (error) {
        last = error;
        const busy = error instanceof Refusal && error.code === 'GUEST_BUSY';
        if (error instanceof Refusal && !busy) throw error;
        const reason = reasonOf(error);
        if (DENIED.has(reason))
          throw new Refusal(
            'GUEST_DENIED',
            `This node may not ask for quotes: ${paths.tsm} answers ${reason}.`,
            { reason },
          );
        if (!busy && !(error instanceof Overtaken) && !PASSING.has(reason))
          throw new Refusal('GUEST_NO_QUOTING_PATH', `The kernel gives no quote: ${reason}.`, { reason });
      }
    }
    const reason = last instanceof Overtaken ? 'another request came between' : lastReason(last);
    throw new Refusal(
      'GUEST_BUSY',
      `No quote after ${ATTEMPTS} attempts: ${reason.replace(/\.$/, '')}. Try again in a moment.`,
      { reason },
    );
  }

  async function quote(reportData: Uint8Array): Promise<{ quote: Uint8Array; by: string }> {
    const { state, detail, way } = await find();
    if (state === 'not-in-td') throw new Refusal('GUEST_NOT_IN_TD', detail);
    if (way === 'configfs')
      return {
        quote: await attempts(() => withEntry((folder) => ask(folder, reportData))),
        by: 'configfs-tsm',
      };
    if (way === null || vsock === null) throw new Refusal('GUEST_NO_QUOTING_PATH', detail);
    return {
      quote: await attempts(() => vsock.quote(reportData)),
      by: 'the helper and the service of its host',
    };
  }

  return {
    name: 'guest',
    look,
    async quote(reportData) {
      checkReportData(reportData);
      const made = await quote(new Uint8Array(reportData));
      return { quote: made.quote, origin: `this TD, by ${made.by}`, bound: true };
    },
    async measurements() {
      const sign = await runsInTd();
      if (sign === null)
        throw new Refusal('GUEST_NOT_IN_TD', 'This machine is not a TD: no sign of one was found.');
      if (vsock === null)
        throw new Refusal('GUEST_NO_QUOTING_PATH', 'No helper is configured to ask the TD module.');
      return attempts(() => vsock.measurements());
    },
  };
}

/** The system's name in a refusal of `attempts`, or of what was thrown. */
function lastReason(error: unknown): string {
  const reason = error instanceof Refusal ? error.details['reason'] : undefined;
  return typeof reason === 'string' ? reason : reasonOf(error);
}
