/** How a rule says no: with its reason code, and a sentence that says what was found. */
import { Refusal } from '../bytes/index.ts';

/** A sentence that has to be put together is written only when it is needed. */
export function insist(condition: boolean, code: string, message: string | (() => string)): void {
  if (!condition) throw new Refusal(code, typeof message === 'string' ? message : message());
}
