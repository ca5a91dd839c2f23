/**
 * The external helper for what Node cannot do itself: the ioctl of /dev/tdx_guest and sockets of AF_VSOCK
 * (tdx.md 10.2, 10.3). docs/guest-quotes.md has the contract and an example:
 *
 *     HELPER tdreport        stdin: 64 bytes of report data as hex and a line end; stdout: TDREPORT, 1024 bytes
 *     HELPER vsock PORT      bytes through: stdin to CID 2 of that port, and what comes back to stdout
 *
 * It runs without a shell and with an environment of its own, bounded in time and output.
 */
import { spawn } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { Refusal } from '../../protocol/bytes/index.ts';
import { reasonOf } from './quote-source.ts';

export interface HelperRun {
  readonly args: readonly string[];
  readonly input: Uint8Array;
  /** Ends the run as good once the output is enough; without it the output ends with the helper. */
  readonly enough?: (output: Uint8Array) => boolean;
  readonly maxOutput: number;
}

export interface HelperLimits {
  /** Default 30,000: a quoting service under load takes its time. */
  readonly milliseconds?: number;
}

/** Exit codes with a meaning, from sysexits.h: try again later, and not permitted. */
const TEMPORARY = 75;
const NOT_PERMITTED = 77;
const LONGEST_COMPLAINT = 4096;

const refuse = (why: string): never => {
  throw new Refusal('GUEST_NO_QUOTING_PATH', `The helper for quotes ${why}.`);
};

/**
 * Makes sure that nobody but root or the user of this node can have put the program there: absolute, a file with an
 * owner of these two, writable by no others, in a folder of which the same holds. Answers its real path.
 * Errors: `GUEST_NO_QUOTING_PATH`.
 */
export async function checkHelper(path: string): Promise<string> {
  if (!isAbsolute(path)) return refuse(`is named by a path that is not absolute: ${path}`);
  let real: string;
  let found: { file: Awaited<ReturnType<typeof stat>>; folder: Awaited<ReturnType<typeof stat>> };
  try {
    real = await realpath(path);
    found = { file: await stat(real), folder: await stat(dirname(real)) };
  } catch (error) {
    return refuse(`cannot be looked at: ${path} gives ${reasonOf(error)}`);
  }
  const { file, folder } = found;
  const ours = new Set([0, process.getuid?.()]);
  if (!file.isFile() || (Number(file.mode) & 0o111) === 0) return refuse(`is no program: ${path}`);
  if (!ours.has(Number(file.uid)) || !ours.has(Number(folder.uid)))
    return refuse(`belongs to somebody else than root or the user of this node: ${path}`);
  if ((Number(file.mode) & 0o022) !== 0 || (Number(folder.mode) & 0o022) !== 0)
    return refuse(`can be changed by others than its owner: ${path}`);
  return real;
}

/** What a helper said on stderr, in one harmless line. */
const complaintOf = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);

/**
 * Runs the helper once. Errors: `GUEST_NO_QUOTING_PATH`, `GUEST_BUSY` (exit code 75), `GUEST_DENIED` (77, or a file
 * that may not be run).
 */
export async function runHelper(
  path: string,
  { args, input, enough, maxOutput }: HelperRun,
  { milliseconds = 30_000 }: HelperLimits = {},
): Promise<Uint8Array> {
  const program = await checkHelper(path);
  const child = spawn(program, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: '/' });
  const output: Buffer[] = [];
  const complaint: Buffer[] = [];
  let complained = 0;
  let size = 0;
  return new Promise<Uint8Array>((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      settle();
    };
    const fail = (why: string, code = 'GUEST_NO_QUOTING_PATH'): void =>
      end(() => reject(new Refusal(code, `The helper for quotes ${why}.`)));
    const timer = setTimeout(() => fail(`gave no answer within ${milliseconds} ms`), milliseconds);
    child.on('error', (error) =>
      fail(
        `cannot be run: ${reasonOf(error)}`,
        reasonOf(error) === 'EACCES' ? 'GUEST_DENIED' : 'GUEST_NO_QUOTING_PATH',
      ),
    );
    // a helper that ends before it has read everything is judged by its exit code and its output
    child.stdin.on('error', () => undefined);
    child.stdin.write(input);
    // a socket would be half closed with its input; where the end is known from the answer, the input stays open
    if (enough === undefined) child.stdin.end();
    child.stderr.on('data', (part: Buffer) => {
      if (complained < LONGEST_COMPLAINT) complaint.push(part);
      complained += part.length;
    });
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size > maxOutput) return fail(`gave more than ${maxOutput} bytes`);
      output.push(part);
      try {
        if (enough?.(Buffer.concat(output)) === true)
          end(() => resolve(new Uint8Array(Buffer.concat(output))));
      } catch (error) {
        end(() => reject(error as Error));
      }
    });
    child.on('close', (exit, signal) => {
      if (exit === 0) return end(() => resolve(new Uint8Array(Buffer.concat(output))));
      const words = complaintOf(Buffer.concat(complaint));
      const ended = `ended with ${exit === null ? (signal ?? 'nothing') : `exit code ${exit}`}${words === '' ? '' : ` (${words})`}`;
      const code =
        exit === TEMPORARY ? 'GUEST_BUSY' : exit === NOT_PERMITTED ? 'GUEST_DENIED' : 'GUEST_NO_QUOTING_PATH';
      return fail(ended, code);
    });
  });
}
