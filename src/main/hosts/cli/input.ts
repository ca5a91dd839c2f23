/** Reading what a person names on the command line: files, times, numbers, passphrases. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { concat, Refusal } from '../../../protocol/bytes/index.ts';
import type { Invocation } from './command.ts';
import { UsageError } from './output.ts';

/** Reads a file of at most `max` bytes, or with `-` what comes in. Errors: `FILE_UNREADABLE`, `FILE_TOO_LARGE`. */
export function readInput(path: string, max: number): Uint8Array<ArrayBuffer> {
  try {
    if (path === '-') return readStream(0, path, max);
    const about = statSync(path);
    if (!about.isFile()) return readStream(openSync(path, 'r'), path, max);
    if (about.size > max)
      throw new Refusal('FILE_TOO_LARGE', `${path} has ${about.size} bytes; the limit is ${max}.`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(
      'FILE_UNREADABLE',
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
    );
  }
}

/** A pipe or a device says nothing about its size: it is read until it ends or is too large. */
function readStream(fd: number, path: string, max: number): Uint8Array<ArrayBuffer> {
  try {
    const parts: Uint8Array[] = [];
    for (let total = 0; ;) {
      const part = new Uint8Array(65_536);
      const read = readSync(fd, part);
      if (read === 0) return concat(...parts);
      parts.push(part.subarray(0, read));
      total += read;
      if (total > max) throw new Refusal('FILE_TOO_LARGE', `${path} has more than ${max} bytes.`);
    }
  } finally {
    if (fd !== 0) closeSync(fd);
  }
}

/** Does what writes the file at `path`. Errors: `FILE_UNWRITABLE`, `DISK_FULL`. */
export function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    if (code === 'ENOSPC') throw new Refusal('DISK_FULL', `The disk is full: ${path} was not written.`);
    throw new Refusal('FILE_UNWRITABLE', `${path} cannot be written (${code ?? 'error'}).`);
  }
}

/** The positional argument at `at`. */
export function argument({ args }: Invocation, at: number, what: string): string {
  const value = args[at];
  if (value === undefined) throw new UsageError(`${what} is missing.`);
  return value;
}

export function text({ options }: Invocation, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function required(invocation: Invocation, name: string): string {
  const value = text(invocation, name);
  if (value === undefined) throw new UsageError(`--${name} is missing.`);
  return value;
}

/** A whole number of at least 0. */
export function number(value: string, what: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new UsageError(`${what} is not a whole number: ${value}`);
  return Number(value);
}

/** Unix seconds, or an ISO 8601 time in UTC; answers Unix seconds. */
export function time(value: string): number {
  if (/^\d{1,12}$/.test(value)) return Number(value);
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw new UsageError(`Not a time: ${value}. Unix seconds, or 2026-07-04T09:41:17Z.`);
  return Math.floor(ms / 1000);
}

/** `24h`, `30m`, `7d` or seconds. */
export function duration(value: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(value);
  if (match === null) throw new UsageError(`Not a duration: ${value}. Seconds, or 30m, 24h, 7d.`);
  const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }[match[2] as '' | 's' | 'm' | 'h' | 'd'];
  return Number(match[1]) * unit;
}

/** One line from an inherited file descriptor; passphrases never stand on a command line. Errors: `PASSPHRASE_FD`. */
export function passphraseFrom(invocation: Invocation): string | undefined {
  const fd = text(invocation, 'passphrase-fd');
  if (fd === undefined) return undefined;
  const chunk = Buffer.alloc(4096);
  let line = '';
  try {
    for (;;) {
      const read = readSync(number(fd, '--passphrase-fd'), chunk, 0, chunk.length, null);
      line += chunk.toString('utf8', 0, read);
      if (read === 0 || line.includes('\n')) break;
    }
  } catch {
    throw new Refusal('PASSPHRASE_FD', `Nothing can be read from file descriptor ${fd}.`);
  }
  return line.split('\n')[0] ?? '';
}
