/**
 * The QuoteSource port: where a quote comes from. A guest makes a fresh one for the report data it is given; a
 * file holds one that was made before, for other report data. Which of the two it was is part of the answer.
 */
import { readFile, stat } from 'node:fs/promises';
import { LARGEST_QUOTE, readQuoteFile } from '../../protocol/attestation/index.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import type { Cloud } from './guest-cloud.ts';

/**
 * What this machine is (tdx.md 10.6, 10.7):
 * - `in-td`: inside a TD whose kernel gives quotes;
 * - `td-without-quoting-path`: inside a TD, but nothing here would answer with a quote;
 * - `not-in-td`: an ordinary machine.
 */
export type GuestState = 'in-td' | 'td-without-quoting-path' | 'not-in-td';

export interface QuoteSourceState {
  /** `file` for a source that does not look at the machine at all. */
  readonly state: GuestState | 'file';
  /** True when `quote` may be called with a chance of success. */
  readonly available: boolean;
  /** A sentence for a person: what was found, and where. */
  readonly detail: string;
  /** Whose cloud the machine says it is in, null for none; left out by sources that do not look at it. */
  readonly cloud?: Cloud | null;
}

export interface ObtainedQuote {
  /** The quote itself, decoded; not verified. */
  readonly quote: Uint8Array;
  /** Where it came from, for the card. */
  readonly origin: string;
  /** True when it was made now for the report data of this call. */
  readonly bound: boolean;
}

export interface QuoteSource {
  readonly name: string;
  look(): Promise<QuoteSourceState>;
  /** `reportData`: exactly 64 bytes, else `REPORT_DATA_LENGTH`. */
  quote(reportData: Uint8Array): Promise<ObtainedQuote>;
}

/** Errors: `REPORT_DATA_LENGTH`. */
export function checkReportData(reportData: Uint8Array): void {
  if (reportData.length !== 64)
    throw new Refusal('REPORT_DATA_LENGTH', `Report data has 64 bytes, not ${reportData.length}.`);
}

/**
 * A quote in a file, in any form that `readQuoteFile` knows. Errors: `QUOTE_FILE_UNREADABLE`, and those of
 * `readQuoteFile`; a file over 1 MiB is refused by its size, without being read.
 */
export function createFileQuoteSource(path: string): QuoteSource {
  async function read(): Promise<Uint8Array> {
    try {
      const { size } = await stat(path);
      if (size > LARGEST_QUOTE)
        throw new Refusal(
          'QUOTE_TOO_LARGE',
          `The file has ${size} bytes; real quotes have less than 10,000.`,
        );
      return await readFile(path);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal('QUOTE_FILE_UNREADABLE', `The file ${path} cannot be read: ${reasonOf(error)}.`);
    }
  }
  return {
    name: 'file',
    async look() {
      const readable = await stat(path).then(
        (found) => found.isFile(),
        () => false,
      );
      return {
        state: 'file',
        available: readable,
        detail: readable ? `A quote made earlier, in ${path}.` : `There is no file ${path}.`,
      };
    },
    async quote(reportData) {
      checkReportData(reportData);
      const { quote, form } = readQuoteFile(await read());
      return { quote, origin: `file ${path} (${form})`, bound: false };
    },
  };
}

/** The system's name for what went wrong (ENOENT, EACCES, ...), or the message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
