/** Compare and exchange, as Map and Cell have it: nothing to x puts, x to nothing takes away (coalition.md 3.5). */
import { Refusal, sameBytes } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { MAX_VALUE, valueBytes } from './element.ts';
import { effect } from './rules.ts';
import type { Edit } from './rules.ts';

export interface Place {
  get(): Uint8Array | undefined;
  put(value: Uint8Array): void;
  remove(): void;
}

/**
 * Canonical bytes of both values; `undefined` stands for nothing. They travel in one command, and are together no longer
 * than one may be. Errors: `COLLECTION_ELEMENT`, `CBOR_PROFILE`.
 */
export function exchangeBytes(
  expected: Value | undefined,
  fresh: Value | undefined,
): { wanted: Uint8Array | undefined; value: Uint8Array | undefined } {
  const wanted = expected === undefined ? undefined : valueBytes(expected);
  const value = fresh === undefined ? undefined : valueBytes(fresh);
  const length = (wanted?.length ?? 0) + (value?.length ?? 0);
  if (length <= MAX_VALUE) return { wanted, value };
  throw new Refusal(
    'COLLECTION_ELEMENT',
    `The two values of an exchange have at most ${MAX_VALUE} bytes together, not ${length}.`,
  );
}

/** `undefined` stands for nothing; `grows`: what a new entry takes beside its value. */
export function exchange(
  expected: Value | undefined,
  fresh: Value | undefined,
  grows: number,
  place: Place,
): Edit {
  const { wanted, value } = exchangeBytes(expected, fresh);
  return {
    grows: value === undefined ? 0 : value.length + grows,
    run() {
      const found = place.get();
      const same = found === undefined || wanted === undefined ? found === wanted : sameBytes(found, wanted);
      if (!same) return effect(0, found);
      if (value !== undefined) place.put(value);
      else place.remove();
      return effect(1, found);
    },
  };
}
