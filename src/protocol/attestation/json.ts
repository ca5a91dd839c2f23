/**
 * A strict JSON reader (RFC 8259) for signed documents: a duplicate key is refused, because JSON.parse keeps the
 * last one while another reader keeps the first; nesting is limited; and the exact text of a member can be had,
 * because Intel signs that text and not its meaning (tdx.md 3 step 7 and 11).
 */
import { Refusal } from '../bytes/index.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

const DEEPEST = 32;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex -- control characters are exactly what must not stand in a string
const STRING = /"[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*"/y;
const BLANK = /[ \t\n\r]*/y;

/** Where the value of a top-level member stands in the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

class Reader {
  readonly text: string;
  readonly code: string;
  readonly spans = new Map<string, Span>();
  #at = 0;

  constructor(text: string, code: string) {
    this.text = text;
    this.code = code;
  }

  document(): Json {
    this.#blank();
    const value = this.#value(1);
    this.#blank();
    if (this.#at !== this.text.length) this.#refuse();
    return value;
  }

  #refuse(why = 'The text is not JSON'): never {
    throw new Refusal(this.code, `${why} (at character ${this.#at + 1}).`);
  }

  #blank(): void {
    const next = this.text.charCodeAt(this.#at);
    if (next > 0x20 || Number.isNaN(next)) return;
    BLANK.lastIndex = this.#at;
    BLANK.test(this.text);
    this.#at = BLANK.lastIndex;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.text)) this.#refuse();
    const found = this.text.slice(this.#at, pattern.lastIndex);
    this.#at = pattern.lastIndex;
    return found;
  }

  #expect(character: string): void {
    if (this.text[this.#at] !== character) this.#refuse();
    this.#at += 1;
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.#at)) this.#refuse();
    this.#at += word.length;
    return value;
  }

  #string(): string {
    const raw = this.#match(STRING);
    if (!raw.includes('\\')) return raw.slice(1, -1);
    try {
      return JSON.parse(raw) as string;
    } catch {
      return this.#refuse('The text has a malformed escape');
    }
  }

  #value(depth: number): Json {
    if (depth > DEEPEST) this.#refuse('The text is nested too deeply');
    switch (this.text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return Number(this.#match(NUMBER));
    }
  }

  #object(depth: number): JsonObject {
    const out = Object.create(null) as { [name: string]: Json };
    this.#expect('{');
    this.#blank();
    if (this.text[this.#at] === '}') {
      this.#at += 1;
      return out;
    }
    for (;;) {
      this.#blank();
      const name = this.#string();
      if (name in out) this.#refuse(`The member ${JSON.stringify(name.slice(0, 40))} stands twice`);
      this.#blank();
      this.#expect(':');
      this.#blank();
      const start = this.#at;
      out[name] = this.#value(depth + 1);
      if (depth === 1) this.spans.set(name, { start, end: this.#at });
      this.#blank();
      if (this.text[this.#at] === '}') break;
      this.#expect(',');
    }
    this.#at += 1;
    return out;
  }

  #array(depth: number): Json[] {
    const out: Json[] = [];
    this.#expect('[');
    this.#blank();
    if (this.text[this.#at] === ']') {
      this.#at += 1;
      return out;
    }
    for (;;) {
      this.#blank();
      out.push(this.#value(depth + 1));
      this.#blank();
      if (this.text[this.#at] === ']') break;
      this.#expect(',');
    }
    this.#at += 1;
    return out;
  }
}

/** Reads a JSON text. Errors: `code`. */
export function readJson(text: string, code: string): Json {
  return new Reader(text, code).document();
}

/** Reads a JSON object and keeps where its members stand. Errors: `code`. */
export function readJsonObject(
  text: string,
  code: string,
): { value: JsonObject; spans: ReadonlyMap<string, Span> } {
  const reader = new Reader(text, code);
  const value = reader.document();
  if (!isJsonObject(value)) throw new Refusal(code, 'The text is JSON, but not an object.');
  return { value, spans: reader.spans };
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Takes typed members out of an object; each miss is refused with the code and the path of the member. */
export class Members {
  readonly object: JsonObject;
  readonly code: string;
  readonly path: string;

  constructor(value: Json | undefined, code: string, path: string) {
    if (!isJsonObject(value)) throw new Refusal(code, `${path} is not an object.`);
    this.object = value;
    this.code = code;
    this.path = path;
  }

  refuse(name: string, expected: string): never {
    throw new Refusal(this.code, `${this.path}.${name} is not ${expected}.`);
  }

  has(name: string): boolean {
    return this.object[name] !== undefined;
  }

  string(name: string, longest = 256): string {
    const value = this.object[name];
    return typeof value === 'string' && value.length <= longest ? value : this.refuse(name, 'a text');
  }

  /** Hex of exactly `bytes` bytes, in lower case (Intel's own answers differ in case). */
  hex(name: string, bytes: number): string {
    const value = this.string(name);
    if (value.length !== bytes * 2 || !/^[0-9a-fA-F]*$/.test(value))
      this.refuse(name, `${bytes} bytes of hex`);
    return value.toLowerCase();
  }

  integer(name: string, max: number): number {
    const value = this.object[name];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
      ? value
      : this.refuse(name, `a whole number up to ${max}`);
  }

  list(name: string, longest: number): readonly Json[] {
    const value = this.object[name];
    return Array.isArray(value) && value.length <= longest ? value : this.refuse(name, 'a list');
  }

  inner(name: string): Members {
    return new Members(this.object[name], this.code, `${this.path}.${name}`);
  }

  each<T>(name: string, longest: number, read: (item: Members) => T): T[] {
    return this.list(name, longest).map((item, i) =>
      read(new Members(item, this.code, `${this.path}.${name}[${i}]`)),
    );
  }
}
