/** Authors for tests of collections: they count and sign what a handle would count and sign. */
import { settle } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import {
  collectionMessage,
  encodeCollectionCommand,
  encodeCollectionLeaf,
} from '../../../src/protocol/collection/index.ts';
import type { CollectionMachine, Outcome } from '../../../src/protocol/collection/index.ts';
import { createSignatureChecker } from '../../../src/main/hashes.ts';
import { newKey } from '../../member/net.ts';
import type { TestKey } from '../../member/net.ts';

export const SCOPE = new Uint8Array(32).fill(7);
export const STORE = new Uint8Array(32).fill(1);
export const NONCE = new Uint8Array(8).fill(3);

export interface TestAuthor {
  readonly key: TestKey;
  /** The next leaf of this author; `counter` in place of the next number. */
  leaf(operation: string, args: readonly Value[], counter?: number): Uint8Array;
}

export function newAuthor(scope: Uint8Array = SCOPE, key: TestKey = newKey()): TestAuthor {
  let last = 0;
  return {
    key,
    leaf(operation, args, counter = last + 1) {
      last = Math.max(last, counter);
      return leafBy(key, scope, { operation, args, author: key.key, counter, nonce: NONCE });
    },
  };
}

/** A leaf as `signer` signs it, whoever it names as its author. */
export function leafBy(
  signer: TestKey,
  scope: Uint8Array,
  command: Parameters<typeof encodeCollectionCommand>[0],
): Uint8Array {
  const bytes = encodeCollectionCommand(command);
  return encodeCollectionLeaf(bytes, signer.sign(collectionMessage(scope, bytes)));
}

/** Applies with real signatures. */
export const apply = (
  machine: CollectionMachine<unknown>,
  leaves: readonly Uint8Array[],
): readonly Outcome[] => settle(machine.plan(leaves), check);
const check = createSignatureChecker();

/** Applies one author's operations without signatures: for rules, not for authority. */
export function driver(
  machine: CollectionMachine<unknown>,
): (operation: string, ...args: Value[]) => Outcome {
  const author = new Uint8Array(32).fill(9);
  const sig = new Uint8Array(64);
  let counter = 0;
  return (operation, ...args) => {
    counter += 1;
    const leaf = encodeCollectionLeaf(
      encodeCollectionCommand({ operation, args, author, counter, nonce: NONCE }),
      sig,
    );
    const [outcome] = settle(machine.plan([leaf]), () => true);
    return outcome!;
  };
}

/** What the operation changed; a refusal is a failure. */
export function effectOf(outcome: Outcome): { changed: number; was: Uint8Array | null; evicted: number } {
  if (outcome.kind === 'refused') throw new Error(`${outcome.code}: ${outcome.message}`);
  return outcome.effect;
}

/** The code of the refusal, or null when it was applied. */
export const codeIn = (outcome: Outcome | undefined): string | null =>
  outcome?.kind === 'refused' ? outcome.code : null;
