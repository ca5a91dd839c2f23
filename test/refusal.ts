/** Runs what must be refused, and answers the refusal; a bug stays a bug, and no refusal is a failure. */
import { expect } from 'vitest';
import { Refusal } from '../src/protocol/bytes/index.ts';

export function refusalOf(act: () => unknown): Refusal {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
}

export const codeOf = (act: () => unknown): string => refusalOf(act).code;

/** The same for a promise. */
export async function refusalFrom(promise: PromiseLike<unknown>): Promise<Refusal> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
}

export const codeFrom = async (promise: PromiseLike<unknown>): Promise<string> =>
  (await refusalFrom(promise)).code;
