/**
 * Quotes from the TD that this node runs in, through configfs-tsm (Linux 6.7 and later; tdx.md 10.1), and an
 * honest word about what this machine is (10.6, 10.7). All paths are injectable; so is the file system, because
 * configfs does things that plain files do not (a new folder is born with its attributes).
 */
import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../../protocol/bytes/index.ts';
import { checkReportData, type QuoteSource, type QuoteSourceState, reasonOf } from './quote-source.ts';

export interface GuestPaths {
  /** The report folder of configfs-tsm. */
  readonly tsm: string;
  readonly device: string;
  readonly cpuinfo: string;
}

export const GUEST_PATHS: GuestPaths = {
  tsm: '/sys/kernel/config/tsm/report',
  device: '/dev/tdx_guest',
  cpuinfo: '/proc/cpuinfo',
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
}

const PROVIDER = 'tdx_guest';
/** Attempts when another request is in the way, and the first pause between them (doubled each time). */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;

/** What the kernel says when trying again makes sense. */
const PASSING: ReadonlySet<string> = new Set(['EBUSY', 'EINTR', 'ETIMEDOUT', 'EAGAIN']);
const DENIED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Another writer moved the generation: the answer may belong to their report data. */
class Overtaken extends Error {}

const latin1 = new TextDecoder('latin1');

export function createGuestQuoteSource(options: GuestOptions = {}): QuoteSource {
  const { files = realGuestFiles, wait = sleep, entryName = () => `muster-${randomUUID()}` } = options;
  const paths: GuestPaths = { ...GUEST_PATHS, ...options.paths };

  const text = async (path: string): Promise<string> => latin1.decode(await files.read(path)).trim();

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

  async function look(): Promise<QuoteSourceState> {
    let obstacle = `${paths.tsm} does not exist`;
    if (await files.exists(paths.tsm)) {
      try {
        const provider = await withEntry((folder) => text(join(folder, 'provider')));
        if (provider === PROVIDER)
          return {
            state: 'in-td',
            available: true,
            detail: 'This machine is a TD, and its kernel gives quotes.',
          };
        return {
          state: 'not-in-td',
          available: false,
          detail: `This machine is a guest of another kind (${provider.slice(0, 40)}), not a TD.`,
        };
      } catch (error) {
        obstacle = `${paths.tsm} answers ${reasonOf(error)}`;
      }
    }
    const sign = await runsInTd();
    return sign === null
      ? {
          state: 'not-in-td',
          available: false,
          detail: 'This machine is not a TD: no sign of one was found.',
        }
      : {
          state: 'td-without-quoting-path',
          available: false,
          detail: `This machine is a TD (${sign}), but there is no way to a quote: ${obstacle}.`,
        };
  }

  /** One pass through the protocol of configfs-tsm. */
  async function ask(folder: string, reportData: Uint8Array): Promise<Uint8Array> {
    const generation = async (): Promise<number> => {
      const value = Number(await text(join(folder, 'generation')));
      if (!Number.isSafeInteger(value))
        throw new Refusal('GUEST_NO_QUOTING_PATH', 'The kernel gives a generation that is no number.');
      return value;
    };
    const before = await generation();
    await files.write(join(folder, 'inblob'), reportData);
    if ((await generation()) !== before + 1) throw new Overtaken();
    const answer = await files.read(join(folder, 'outblob'));
    if ((await generation()) !== before + 1) throw new Overtaken();
    return new Uint8Array(answer);
  }

  async function quote(reportData: Uint8Array): Promise<Uint8Array> {
    const { state, detail } = await look();
    if (state === 'not-in-td') throw new Refusal('GUEST_NOT_IN_TD', detail);
    if (state !== 'in-td') throw new Refusal('GUEST_NO_QUOTING_PATH', detail);
    let reason = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await wait(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      try {
        return await withEntry((folder) => ask(folder, reportData));
      } catch (error) {
        if (error instanceof Refusal) throw error;
        reason = error instanceof Overtaken ? 'another request came between' : reasonOf(error);
        if (DENIED.has(reason))
          throw new Refusal(
            'GUEST_DENIED',
            `This node may not ask for quotes: ${paths.tsm} answers ${reason}.`,
          );
        if (!(error instanceof Overtaken) && !PASSING.has(reason))
          throw new Refusal('GUEST_NO_QUOTING_PATH', `The kernel gives no quote: ${reason}.`);
      }
    }
    throw new Refusal('GUEST_BUSY', `No quote after ${ATTEMPTS} attempts: ${reason}. Try again in a moment.`);
  }

  return {
    name: 'guest',
    look,
    async quote(reportData) {
      checkReportData(reportData);
      return {
        quote: await quote(new Uint8Array(reportData)),
        origin: 'this TD, by configfs-tsm',
        bound: true,
      };
    },
  };
}
