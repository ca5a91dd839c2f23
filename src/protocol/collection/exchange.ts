/** Compare and exchange, as Map and Cell have it: nothing to x puts, x to nothing takes away (coalition.md 3.5). */
import { sameBytes } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { valueBytes } from './element.ts';
import { effect } from './rules.ts';
import type { Edit } from './rules.ts';

export interface Place {
  get(): Uint8Array | undefined;
  put(value: Uint8Array): void;
  remove(): void;
}

/** `undefined` stands for nothing; `grows`: what a new entry takes beside its value. */
export function exchange(
  expected: Value | undefined,
  fresh: Value | undefined,
  grows: number,
  place: Place,
): Edit {
  const wanted = expected === undefined ? undefined : valueBytes(expected);
  const value = fresh === undefined ? undefined : valueBytes(fresh);
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
