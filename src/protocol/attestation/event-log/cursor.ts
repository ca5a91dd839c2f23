/** Little-endian reads with bounds; what would run past the end answers null, and the caller says what that means. */
export class Cursor {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Uint8Array | null {
    if (length > this.left) return null;
    const out = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return out;
  }

  #number(length: number): number | null {
    const bytes = this.take(length);
    if (bytes === null) return null;
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[i] as number);
    return value;
  }

  u8(): number | null {
    return this.#number(1);
  }

  u16(): number | null {
    return this.#number(2);
  }

  u32(): number | null {
    return this.#number(4);
  }

  /** Null also for a number that JavaScript cannot count with, which no length or count in a log reaches. */
  u64(): number | null {
    const value = this.#number(8);
    return value !== null && Number.isSafeInteger(value) ? value : null;
  }
}
