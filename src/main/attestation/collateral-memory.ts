/**
 * The roll-back memory: the highest evaluation and CRL numbers that were ever verified here. A replayed document
 * can be valid for 30 days; that its number is lower than one seen before is what gives it away (tdx.md 4).
 */
import { type CollateralFacts, isJsonObject, readJson } from '../../protocol/attestation/index.ts';
import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import type { CollateralMode } from './collateral-source.ts';

/** Which of the four numbered documents. */
export type Numbered = 'tcb-info' | 'qe-identity' | 'root-crl' | 'pck-crl';

/** A lower number than one that was seen before. Numbers are decimal texts, `at` is Unix milliseconds. */
export interface RollbackAlarm {
  readonly kind: 'rollback';
  readonly what: Numbered;
  /** What the number is of: a family and mode, a mode, or a CA. */
  readonly of: string;
  readonly seen: string;
  readonly now: string;
  readonly at: number;
}

/** The highest numbers seen for what a set is of, this set included; decimal. */
export interface HighestNumbers {
  readonly evaluationNumbers: { readonly tcbInfo: number; readonly qeIdentity: number };
  readonly crlNumbers: { readonly root: string; readonly pck: string };
}

export interface RollbackMemory {
  /** Which numbers of a verified set are lower than the highest seen; changes nothing. */
  compare(facts: CollateralFacts, mode: CollateralMode, at: number): RollbackAlarm[];
  /** Takes in the numbers of a verified set; true when one of them was new. */
  learn(facts: CollateralFacts, mode: CollateralMode): boolean;
  highest(facts: CollateralFacts, mode: CollateralMode): HighestNumbers;
  /** The memory as a file. */
  bytes(): Uint8Array;
  /** Takes in a file, number by number the higher one. False when it is not such a file. */
  load(bytes: Uint8Array): boolean;
}

/** Intel has some hundred families; when the memory is full, what it knows stays and nothing new comes in. */
const MOST_NUMBERS = 4096;
const NAME = /^[a-z0-9/-]{1,80}$/;
const NUMBER = /^(?:0|[1-9]\d{0,59})$/;

/** Where each number of a set stands in the memory. A fixed evaluation number was asked for and tells nothing. */
function numbersOf(
  { fmspc, ca, evaluationNumbers, crlNumbers }: CollateralFacts,
  mode: CollateralMode,
): { what: Numbered; of: string; number: string }[] {
  const evaluated =
    typeof mode === 'number'
      ? []
      : [
          { what: 'tcb-info' as const, of: `${fmspc}/${mode}`, number: String(evaluationNumbers.tcbInfo) },
          { what: 'qe-identity' as const, of: mode, number: String(evaluationNumbers.qeIdentity) },
        ];
  return [
    ...evaluated,
    { what: 'root-crl', of: 'root', number: crlNumbers.root },
    { what: 'pck-crl', of: ca, number: crlNumbers.pck },
  ];
}

export function createRollbackMemory(): RollbackMemory {
  const highest = new Map<string, bigint>();
  const raise = (name: string, number: bigint): boolean => {
    const seen = highest.get(name);
    if (seen === undefined ? highest.size >= MOST_NUMBERS : seen >= number) return false;
    highest.set(name, number);
    return true;
  };
  return {
    compare: (facts, mode, at) =>
      numbersOf(facts, mode).flatMap(({ what, of, number }) => {
        const seen = highest.get(`${what}/${of}`);
        return seen === undefined || BigInt(number) >= seen
          ? []
          : [{ kind: 'rollback', what, of, seen: String(seen), now: number, at }];
      }),
    learn(facts, mode) {
      const raised = numbersOf(facts, mode).map(({ what, of, number }) =>
        raise(`${what}/${of}`, BigInt(number)),
      );
      return raised.includes(true);
    },
    highest({ fmspc, ca, evaluationNumbers, crlNumbers }, mode) {
      const of = (name: string, own: string): string => {
        const seen = highest.get(name);
        return seen !== undefined && seen > BigInt(own) ? String(seen) : own;
      };
      const evaluation = (name: string, own: number): number =>
        typeof mode === 'number' ? own : Number(of(name, String(own)));
      return {
        evaluationNumbers: {
          tcbInfo: evaluation(`tcb-info/${fmspc}/${mode}`, evaluationNumbers.tcbInfo),
          qeIdentity: evaluation(`qe-identity/${mode}`, evaluationNumbers.qeIdentity),
        },
        crlNumbers: {
          root: of('root-crl/root', crlNumbers.root),
          pck: of(`pck-crl/${ca}`, crlNumbers.pck),
        },
      };
    },
    bytes: () =>
      utf8(
        JSON.stringify({
          version: 1,
          highest: Object.fromEntries([...highest].map(([name, number]) => [name, String(number)])),
        }),
      ),
    load(bytes) {
      try {
        const file = readJson(fromUtf8(bytes), 'COLLATERAL_FORMAT');
        if (!isJsonObject(file) || file['version'] !== 1 || !isJsonObject(file['highest'])) return false;
        const entries = Object.entries(file['highest']);
        if (
          !entries.every(
            (entry): entry is [string, string] =>
              NAME.test(entry[0]) && typeof entry[1] === 'string' && NUMBER.test(entry[1]),
          )
        )
          return false;
        for (const [name, number] of entries) raise(name, BigInt(number));
        return true;
      } catch {
        return false;
      }
    },
  };
}
