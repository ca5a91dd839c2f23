/** What is stored of a machine: its row names the files by hash, and a file that is gone counts as not there. */
import { readCollateral } from '../../../protocol/attestation/index.ts';
import type { EventLogReport, MachineRow } from '../../../protocol/attestation/index.ts';
import type { Blobs } from '../../store/index.ts';
import { openEventLog } from './judge.ts';
import type { FetchedCollateral } from './judge.ts';

const fileOf = (blobs: Blobs, sha256: Uint8Array | null): Uint8Array | null =>
  sha256 === null ? null : blobs.get(sha256);

export const heldQuote = (blobs: Blobs, row: Pick<MachineRow, 'quote'>): Uint8Array | null =>
  fileOf(blobs, row.quote);

/** The collateral, with the numbers that were known when the machine was judged by it. */
export function heldSet(
  blobs: Blobs,
  row: Pick<MachineRow, 'collateral' | 'highest'>,
): FetchedCollateral | null {
  const bytes = fileOf(blobs, row.collateral);
  return bytes === null ? null : { collateral: readCollateral(bytes), highest: row.highest };
}

export const heldLog = (blobs: Blobs, row: Pick<MachineRow, 'eventLog'>): Uint8Array | null =>
  fileOf(blobs, row.eventLog);

/** The event log replayed against this quote; null when there is none. Errors: `EVENT_LOG_*`. */
export function heldLogReport(
  blobs: Blobs,
  row: Pick<MachineRow, 'eventLog'>,
  quote: Uint8Array,
): EventLogReport | null {
  const log = heldLog(blobs, row);
  return log === null ? null : openEventLog(log, quote)();
}
