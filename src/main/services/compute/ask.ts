/** Calls to an engine whose failures come back as problems a person can act on. */
import { engineProblem } from './problems.ts';
import type { StatusCodes } from './problems.ts';

export interface Ask {
  /** Throws a Refusal; `statuses` says what an HTTP status means in this call. */
  <T>(call: () => Promise<T>, statuses?: StatusCodes): Promise<T>;
  /** The same, but a 404 (it is gone), a 304 (it is so already) and `alsoFine` are answers. */
  quietly(call: () => Promise<unknown>, ...alsoFine: readonly number[]): Promise<void>;
}

/** `where`: the engine's address, for the sentences. */
export function createAsk(where: string): Ask {
  async function ask<T>(call: () => Promise<T>, statuses: StatusCodes = {}): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw engineProblem(error, where, statuses);
    }
  }
  return Object.assign(ask, {
    async quietly(call: () => Promise<unknown>, ...alsoFine: readonly number[]): Promise<void> {
      try {
        await call();
      } catch (error) {
        const status = (error as { statusCode?: unknown }).statusCode;
        if (typeof status === 'number' && [304, 404, ...alsoFine].includes(status)) return;
        throw engineProblem(error, where);
      }
    },
  });
}
