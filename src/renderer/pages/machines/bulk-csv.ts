/**
 * The result of a bulk verification as CSV (RFC 4180): quoted fields, CRLF, one header line. File names come from
 * strangers, so a field that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV
 * injection). Pure.
 */
import type { BulkRow } from '../../../contract/index.ts';

export const BULK_COLUMNS = [
  'file',
  'evidence',
  'code',
  'status',
  'policy',
  'fmspc',
  'ppid',
  'tcbDate',
  'collateralExpires',
  'mrTd',
  'simulated',
] as const satisfies readonly (keyof BulkRow)[];

/** Spreadsheets begin a formula with one of these, some after blanks; the full-width ones count as well. */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

function field(value: string | boolean | null): string {
  if (value === null) return '';
  const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : value;
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;\t]|^\s|\s$|^'/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line for each row, in the order given; unknown is empty. */
export const bulkCsv = (rows: readonly BulkRow[]): string =>
  [BULK_COLUMNS.join(','), ...rows.map((row) => BULK_COLUMNS.map((name) => field(row[name])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
