/** The store of this thread behind the asynchronous port: for tests that open a store often. */
import type { LocalStore, Store } from '../src/main/store/index.ts';

export function asStore(local: LocalStore): Store {
  const methods = Object.entries(local).map(([name, member]) => [
    name,
    typeof member === 'function'
      ? async (...args: unknown[]) => (member as (...given: unknown[]) => unknown)(...args)
      : member,
  ]);
  return Object.fromEntries(methods) as unknown as Store;
}
