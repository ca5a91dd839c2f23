/**
 * A refusal is the answer to bad input: a code from the list in contract/problems.ts and a sentence for a
 * person. Bugs throw plain errors; everything a caller may meet throws (or returns) one of these.
 */
export class Refusal extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: string, message: string, details: Record<string, string | number | boolean> = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.details = details;
  }
}
