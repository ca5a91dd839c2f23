/** The names and files under which the collateral cache keeps its sets in a CollateralStore. */
import {
  type Collateral,
  type PlatformQuery,
  readCollateral,
  readJsonObject,
} from '../../protocol/attestation/index.ts';
import { fromUtf8, Refusal, utf8 } from '../../protocol/bytes/index.ts';
import type { CollateralMode } from './collateral-source.ts';

/** What one entry of the cache is of. */
export interface Wanted extends PlatformQuery {
  readonly mode: CollateralMode;
}

/** A set as it lies in its file: nothing here is believed before it is verified again. */
export interface KeptSet {
  readonly collateral: Collateral;
  readonly origin: string;
  readonly notes: readonly string[];
  /** Unix milliseconds. */
  readonly fetchedAt: number;
}

const KEY = /^set-([0-9a-f]{12})-(platform|processor)-(?:(standard|early)|n(\d{1,10}))$/;

/** The key of an entry, e.g. `set-00806f050000-platform-standard`. Errors: `COLLATERAL_NOT_FOUND`. */
export function keyOf({ fmspc, ca, mode }: Wanted): string {
  const key = `set-${fmspc.toLowerCase()}-${ca}-${typeof mode === 'number' ? `n${mode}` : mode}`;
  if (!KEY.test(key))
    throw new Refusal('COLLATERAL_NOT_FOUND', 'There is no such platform family, CA, or evaluation number.');
  return key;
}

/** `null` for what is no key of an entry. */
export function readKey(key: string): Wanted | null {
  const found = KEY.exec(key);
  if (found === null) return null;
  const [, fmspc = '', ca, update, number] = found;
  return {
    fmspc,
    ca: ca as PlatformQuery['ca'],
    mode: number === undefined ? (update as 'standard' | 'early') : Number(number),
  };
}

export function writeKept({ collateral, ...rest }: KeptSet): Uint8Array {
  return utf8(JSON.stringify({ version: 1, ...rest, collateral }));
}

/** Errors: `COLLATERAL_FORMAT`, and those of `readCollateral`. */
export function readKept(bytes: Uint8Array): KeptSet {
  const wrong = (): Refusal =>
    new Refusal('COLLATERAL_FORMAT', 'The file is not one that the collateral cache writes.');
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw wrong();
  }
  const { value, spans } = readJsonObject(text, 'COLLATERAL_FORMAT');
  const { version, origin, notes, fetchedAt } = value;
  const span = spans.get('collateral');
  if (
    version !== 1 ||
    span === undefined ||
    typeof origin !== 'string' ||
    !Array.isArray(notes) ||
    !notes.every((note) => typeof note === 'string') ||
    typeof fetchedAt !== 'number' ||
    !Number.isSafeInteger(fetchedAt)
  )
    throw wrong();
  return { collateral: readCollateral(utf8(text.slice(span.start, span.end))), origin, notes, fetchedAt };
}
