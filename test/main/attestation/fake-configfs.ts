/**
 * configfs-tsm on a real file system: folders and files are real, the kernel's part (attributes that appear with
 * a folder, a generation that counts writes, a quote over what was written) is played by hooks around the calls.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GuestFiles, type GuestPaths, realGuestFiles } from '../../../src/main/attestation/index.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });

export interface FakeConfigfs {
  readonly paths: GuestPaths;
  readonly files: GuestFiles;
  /** Folders of requests that were made and not removed. */
  readonly left: Set<string>;
  /** Codes that the coming calls of a kind fail with, first in first out. */
  readonly failures: { readonly mkdir: string[]; readonly write: string[]; readonly outblob: string[] };
  /** Runs after each write to an inblob: a second writer, say. */
  afterWrite: ((folder: string) => Promise<void>) | null;
  /** Runs after each read of an outblob. */
  afterRead: ((folder: string) => Promise<void>) | null;
  /** Counts one write more on a folder, as another writer would. */
  bump(folder: string): Promise<void>;
  remove(): Promise<void>;
}

export interface FakeConfigfsOptions {
  /** The content of `provider`; null: no configfs-tsm at all. */
  readonly provider: string | null;
  readonly device?: boolean;
  readonly cpuFlags?: string;
  /** What the firmware says, by the name of its file. */
  readonly dmi?: Readonly<Record<string, string>>;
  readonly attestConfiguration?: string;
  /** The first generation of a folder; default 0. */
  readonly generation?: string;
  /** The quote for some report data. */
  readonly quoteFor?: (reportData: Uint8Array) => Uint8Array;
}

async function bump(folder: string): Promise<void> {
  const file = join(folder, 'generation');
  await writeFile(file, `${BigInt.asUintN(64, BigInt(await readFile(file, 'utf8')) + 1n)}\n`);
}

export async function createFakeConfigfs(options: FakeConfigfsOptions): Promise<FakeConfigfs> {
  const root = await mkdtemp(join(tmpdir(), 'muster-tsm-'));
  const paths = {
    tsm: join(root, 'report'),
    device: join(root, 'tdx_guest'),
    cpuinfo: join(root, 'cpuinfo'),
    attestConfiguration: join(root, 'tdx-attest.conf'),
    dmi: join(root, 'dmi'),
  };
  await mkdir(paths.dmi);
  for (const [name, text] of Object.entries(options.dmi ?? {}))
    await writeFile(join(paths.dmi, name), `${text}\n`);
  if (options.attestConfiguration !== undefined)
    await writeFile(paths.attestConfiguration, options.attestConfiguration);
  await writeFile(
    paths.cpuinfo,
    `processor : 0\nflags\t\t: fpu sse2 ${options.cpuFlags ?? ''} rdrand\nbugs : none\n`,
  );
  if (options.device === true) await writeFile(paths.device, '');
  if (options.provider !== null) await mkdir(paths.tsm);
  const quoteFor = options.quoteFor ?? (() => new Uint8Array(0));

  const fake: FakeConfigfs = {
    paths,
    left: new Set(),
    failures: { mkdir: [], write: [], outblob: [] },
    afterWrite: null,
    afterRead: null,
    bump,
    remove: () => rm(root, { recursive: true }),
    files: {
      ...realGuestFiles,
      async mkdir(path) {
        const code = fake.failures.mkdir.shift();
        if (code !== undefined) throw failure(code);
        await realGuestFiles.mkdir(path);
        fake.left.add(path);
        await writeFile(join(path, 'provider'), `${options.provider}\n`);
        await writeFile(join(path, 'generation'), `${options.generation ?? '0'}\n`);
        await writeFile(join(path, 'inblob'), '');
      },
      async write(path, bytes) {
        const code = fake.failures.write.shift();
        if (code !== undefined) throw failure(code);
        await realGuestFiles.write(path, bytes);
        const folder = join(path, '..');
        await bump(folder);
        await writeFile(join(folder, 'outblob'), quoteFor(bytes));
        await fake.afterWrite?.(folder);
      },
      async read(path) {
        const isQuote = path.endsWith('outblob');
        const code = isQuote ? fake.failures.outblob.shift() : undefined;
        if (code !== undefined) throw failure(code);
        const bytes = await realGuestFiles.read(path);
        if (isQuote) await fake.afterRead?.(join(path, '..'));
        return bytes;
      },
      async rmdir(path) {
        await rm(path, { recursive: true });
        fake.left.delete(path);
      },
    },
  };
  return fake;
}
