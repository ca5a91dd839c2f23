/**
 * The list of checks while it is being written: each check names the ones it stands on, runs only when those
 * passed, and becomes one line with a reason. The first failure gives the verdict its code.
 */
import { Refusal } from '../bytes/index.ts';
import { type Check, type CheckId, CHECK_IDS, type Outcome } from './verdict.ts';

/** A value or the reason why there is none; lets plan() read everything and conclude() report it in order. */
export type Attempt<T> = { readonly value: T } | { readonly refusal: Refusal };

export function attempt<T>(make: () => T): Attempt<T> {
  try {
    return { value: make() };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

export function demand<T>(from: Attempt<T>): T {
  if ('refusal' in from) throw from.refusal;
  return from.value;
}

/** The value, or undefined where there is none. */
export function valueOf<T>(from: Attempt<T>): T | undefined {
  return 'value' in from ? from.value : undefined;
}

/** Genuine once, but no longer current: reported as `stale`, and the checks that build on it still run. */
const STALE: ReadonlySet<string> = new Set([
  'ROOT_CRL_EXPIRED',
  'PCK_CRL_EXPIRED',
  'TCB_INFO_EXPIRED',
  'QE_IDENTITY_EXPIRED',
]);

export class Ledger {
  readonly #checks = new Map<CheckId, Check>();

  /** Makes a check: `body` returns the sentence that says what was found, or throws a Refusal. */
  run(id: CheckId, needs: readonly CheckId[], body: () => string): void {
    const missing = needs.find((need) => !this.holds(need));
    if (missing !== undefined) {
      this.skip(id, `Not checked, because "${missing}" did not pass.`);
      return;
    }
    const result = attempt(body);
    if ('value' in result) this.#set(id, 'passed', result.value, null);
    else {
      const { code, message } = result.refusal;
      this.#set(id, STALE.has(code) ? 'stale' : 'failed', message, code);
    }
  }

  skip(id: CheckId, detail: string): void {
    this.#set(id, 'not-checked', detail, null);
  }

  holds(id: CheckId): boolean {
    const outcome = this.#checks.get(id)?.outcome;
    return outcome === 'passed' || outcome === 'stale';
  }

  /** The checks in their fixed order. */
  get checks(): Check[] {
    return CHECK_IDS.map((id) => this.#checks.get(id)).filter((check) => check !== undefined);
  }

  #set(id: CheckId, outcome: Outcome, detail: string, code: string | null): void {
    if (this.#checks.has(id)) throw new Error(`the check ${id} was made twice`);
    this.#checks.set(id, { id, outcome, detail, code });
  }
}
