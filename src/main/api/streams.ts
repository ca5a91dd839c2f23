/** A stream may fail after its first item, where middleware no longer sees it: refusals become problems here too. */
import type { MusterNode } from '../node/index.ts';
import { toOrpcError } from './base.ts';

export async function* guarded<T>(node: MusterNode, items: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    yield* items;
  } catch (error) {
    throw toOrpcError(error, (bug) => node.log.error({ error: bug }, 'stream failed'));
  }
}
