import { Refusal } from '../../src/protocol/bytes/index.ts';

/** The code with which something was refused; fails where it was not refused, or thrown as a bug. */
export async function refusalOf(what: PromiseLike<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof what === 'function' ? what() : what);
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  throw new Error('it was not refused');
}
