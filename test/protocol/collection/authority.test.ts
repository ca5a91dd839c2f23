/** Who may write, and that each command counts once: judged inside the machine, the same on every replica. */
import { describe, expect, it } from 'vitest';
import {
  decodeCanonical,
  encodeCanonical,
  sameBytes,
  settleAsync,
  toHex,
  utf8,
} from '../../../src/protocol/bytes/index.ts';
import {
  collectionMessage,
  createCellMachine,
  createMapMachine,
  createPriorityQueueMachine,
  createVecMachine,
  encodeCollectionCommand,
  keyBytes,
  MAX_KEY,
  MAX_VALUE,
  valueBytes,
} from '../../../src/protocol/collection/index.ts';
import type { MapDefinition, VecDefinition, Writers } from '../../../src/protocol/collection/index.ts';
import { createSignatureChecker } from '../../../src/main/hashes.ts';
import { newKey } from '../../member/net.ts';
import { randomFrom } from '../../random.ts';
import { codeOf } from '../../refusal.ts';
import { apply, codeIn, driver, effectOf, leafBy, newAuthor, NONCE, SCOPE, STORE } from './author.ts';

const mapOf = (writers: Writers = 'anyone'): MapDefinition => ({
  kind: 'map',
  id: STORE,
  key: 'text/1',
  value: 'text/1',
  writers,
});
const vecOf = (writers: Writers = 'anyone'): VecDefinition => ({
  kind: 'vec',
  id: STORE,
  value: 'text/1',
  writers,
});

describe('a writer of the collection', () => {
  it('writes under its signature', () => {
    const author = newAuthor();
    const machine = createMapMachine(mapOf([author.key.key]), SCOPE);
    const [first, second] = apply(machine, [
      author.leaf('insert', [['a', 'one']]),
      author.leaf('insert', [['a', 'two']]),
    ]);
    expect(effectOf(first!)).toEqual({ changed: 1, was: null, evicted: 0 });
    expect(effectOf(second!)).toEqual({ changed: 1, was: valueBytes('one'), evicted: 0 });
    expect(machine.view().get(keyBytes('a'))).toEqual(valueBytes('two'));
  });

  it('is judged alike with asynchronous answers', async () => {
    const author = newAuthor();
    const leaves = [author.leaf('push-back', ['x']), author.leaf('push-back', ['y'])];
    leaves.push(leaves[0]!);
    const [one, other] = [createVecMachine(vecOf(), SCOPE), createVecMachine(vecOf(), SCOPE)];
    const check = createSignatureChecker();
    const outcomes = await settleAsync(one.plan(leaves), async (job) => check(job));
    expect(outcomes).toEqual(apply(other, leaves));
    expect(one.snapshot()).toEqual(other.snapshot());
  });
});

describe('refused, the same on every replica, and nothing is changed', () => {
  const author = newAuthor();
  const stranger = newKey();
  const command = { operation: 'push-back', args: ['x'], author: author.key.key, counter: 1, nonce: NONCE };
  const cases: [string, () => Uint8Array, string][] = [
    ['what a stranger signs', () => newAuthor().leaf('push-back', ['x']), 'COLLECTION_WRITER'],
    ['a forged signature', () => leafBy(stranger, SCOPE, command), 'COLLECTION_SIGNATURE'],
    [
      'a signature for another Group of this collection',
      () => leafBy(author.key, new Uint8Array(32).fill(8), command),
      'COLLECTION_SIGNATURE',
    ],
    [
      'a signature without its domain',
      () => {
        const bytes = encodeCollectionCommand(command);
        return encodeCanonical([bytes, author.key.sign(bytes)]);
      },
      'COLLECTION_SIGNATURE',
    ],
    [
      'other bytes under the signature',
      () => {
        const leaf = leafBy(author.key, SCOPE, command);
        leaf[leaf.indexOf(utf8('x')[0]!)] = utf8('y')[0]!;
        return leaf;
      },
      'COLLECTION_SIGNATURE',
    ],
    [
      'a number that skips one',
      () => leafBy(author.key, SCOPE, { ...command, counter: 2 }),
      'COLLECTION_GAP',
    ],
    ['number 0', () => leafBy(author.key, SCOPE, { ...command, counter: 0 }), 'COLLECTION_COMMAND'],
    ['no command', () => utf8('hello'), 'COLLECTION_COMMAND'],
    ['nothing', () => new Uint8Array(0), 'COLLECTION_COMMAND'],
    [
      'a command without signature',
      () => encodeCanonical([encodeCollectionCommand(command)]),
      'COLLECTION_COMMAND',
    ],
    [
      'a command without nonce',
      () => {
        const bytes = encodeCanonical(['push-back', ['x'], author.key.key, 1]);
        return encodeCanonical([bytes, author.key.sign(collectionMessage(SCOPE, bytes))]);
      },
      'COLLECTION_COMMAND',
    ],
    [
      'a short nonce',
      () => leafBy(author.key, SCOPE, { ...command, nonce: new Uint8Array(7) }),
      'COLLECTION_COMMAND',
    ],
    [
      'a short signature',
      () => encodeCanonical([encodeCollectionCommand(command), new Uint8Array(63)]),
      'COLLECTION_COMMAND',
    ],
    ['a list too many', () => encodeCanonical([[], [], []]), 'COLLECTION_COMMAND'],
    [
      'bytes that follow',
      () => Buffer.concat([leafBy(author.key, SCOPE, command), Buffer.from([0])]),
      'COLLECTION_COMMAND',
    ],
  ];
  it.each(cases)('%s', (_name, make, code) => {
    const leaf = make();
    const machines = [1, 2].map(() => createVecMachine(vecOf([author.key.key]), SCOPE));
    const before = machines[0]!.snapshot();
    const outcomes = machines.map((machine) => apply(machine, [leaf]));
    expect(codeIn(outcomes[0]![0])).toBe(code);
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(machines[0]!.snapshot()).toEqual(before);
    expect(codeIn(apply(machines[0]!, [leafBy(author.key, SCOPE, command)])[0])).toBeNull();
  });

  it.each([
    ['an operation of another kind', 'exchange', [[], []]],
    ['an unknown operation', 'explode', []],
    ['too few arguments', 'insert', [0]],
    ['a negative position', 'insert', [-1, 'x']],
    ['no items', 'push-back', []],
    ['an argument too many', 'clear', [1]],
  ])('%s, and its number is spent', (_name, operation, args) => {
    const other = newAuthor();
    const machine = createVecMachine(vecOf(), SCOPE);
    const outcomes = apply(machine, [other.leaf(operation, args), other.leaf('push-back', ['after'])]);
    expect(outcomes.map(codeIn)).toEqual(['COLLECTION_COMMAND', null]);
    expect(machine.view().size()).toBe(1);
  });

  it('an exchange whose two values are too long together, on every kind that has it', () => {
    const common = { id: STORE, writers: 'anyone' } as const;
    const all = [
      createMapMachine(mapOf(), SCOPE),
      createCellMachine({ ...common, kind: 'cell', value: 'text/1' }, SCOPE),
      createPriorityQueueMachine(
        { ...common, kind: 'depq', priority: 'any/1', key: 'text/1', value: 'text/1', capacity: null },
        SCOPE,
      ),
    ] as const;
    const [one, other] = ['x'.repeat(8000), 'y'.repeat(8000)];
    const args = [
      ['k', [one], [other]],
      [[one], [other]],
      ['k', one, [other]],
    ];
    for (const [n, machine] of all.entries())
      expect(codeIn(driver(machine)('exchange', ...(args[n] ?? [])))).toBe('COLLECTION_ELEMENT');
  });

  it('a value or a key that is too long', () => {
    const other = newAuthor();
    const machine = createMapMachine(mapOf(), SCOPE);
    const outcomes = apply(machine, [
      other.leaf('insert', [['k', 'x'.repeat(MAX_VALUE)]]),
      other.leaf('insert', [['k'.repeat(MAX_KEY), 'x']]),
      other.leaf('insert', [['k'.repeat(MAX_KEY - 3), 'x'.repeat(MAX_VALUE - 3)]]),
    ]);
    expect(outcomes.map(codeIn)).toEqual(['COLLECTION_ELEMENT', 'COLLECTION_ELEMENT', null]);
    expect(
      codeOf(() =>
        other.leaf('insert', [
          ['a', 'x'.repeat(9000)],
          ['b', 'x'.repeat(9000)],
        ]),
      ),
    ).toBe('COMMAND_TOO_LONG');
  });
});

describe('the frame of a leaf', () => {
  it('stays what it is: a golden vector', () => {
    const author = new Uint8Array(32).fill(9);
    const bytes = encodeCollectionCommand({
      operation: 'push-back',
      args: ['x', 1],
      author,
      counter: 300,
      nonce: NONCE,
    });
    expect(toHex(bytes)).toBe(
      `8569${toHex(utf8('push-back'))}826178015820${'09'.repeat(32)}19012c48${'03'.repeat(8)}`,
    );
    expect(toHex(collectionMessage(SCOPE, bytes))).toBe(
      `${toHex(utf8('muster/collection/2'))}00${toHex(SCOPE)}${toHex(bytes)}`,
    );
  });

  it('is read at every length, and in no other spelling', () => {
    const author = newAuthor();
    const machine = createVecMachine(vecOf(), SCOPE);
    for (let length = 0; length < 300; length++) {
      const leaf = author.leaf('push-back', ['x'.repeat(length)]);
      expect(Array.isArray(decodeCanonical(leaf, 1 << 16))).toBe(true);
      for (const at of [0, 1, 2, leaf.length - 66, leaf.length - 65]) {
        const other = new Uint8Array(leaf);
        other[at] = (other[at] ?? 0) ^ 1;
        const [outcome] = apply(machine, [other]);
        expect(['COLLECTION_COMMAND', 'COLLECTION_SIGNATURE']).toContain(codeIn(outcome));
      }
      expect(codeIn(apply(machine, [leaf])[0])).toBeNull();
    }
    expect(machine.view().size()).toBe(300);
    const other = newAuthor();
    const long = Array.from({ length: 300 }, (_, n) => n)
      .map((n) => other.leaf('push-back', ['x'.repeat(n)], 1))
      .find((leaf) => leaf[1] === 0x58 && leaf[2] === 255);
    const spelled = Buffer.concat([Buffer.from([0x82, 0x59, 0, 255]), long!.subarray(3)]);
    expect(apply(machine, [spelled, long!]).map(codeIn)).toEqual(['COLLECTION_COMMAND', null]);
  });
});

describe('bytes of any kind', () => {
  it('are refused, and never more than that', () => {
    const author = newAuthor();
    const good = author.leaf('insert', [['key', { deep: [1, null, 'x'] }]], 1);
    const machine = createMapMachine(mapOf(), SCOPE);
    const empty = machine.snapshot();
    const random = randomFrom(7);
    for (let n = 0; n < 3000; n++) {
      let leaf = n % 3 === 0 ? random.bytes(random.below(300)) : new Uint8Array(good);
      if (n % 3 === 1) leaf[random.below(leaf.length)] = random.below(256);
      if (n % 3 === 2) leaf = leaf.subarray(0, random.below(leaf.length));
      const [outcome] = sameBytes(leaf, good) ? [] : apply(machine, [leaf]);
      if (outcome !== undefined)
        expect(['COLLECTION_COMMAND', 'COLLECTION_SIGNATURE', 'COLLECTION_GAP']).toContain(codeIn(outcome));
    }
    expect(machine.snapshot()).toEqual(empty);
    // and arguments of any shape, rightly signed
    const values = [
      null,
      true,
      -1,
      0,
      1.0,
      'x',
      new Uint8Array(3),
      [],
      [[]],
      [[], []],
      { a: 1 },
      ['a', 'b', 'c'],
    ];
    const drivers = [machine, createVecMachine(vecOf(), SCOPE)].map(driver);
    for (const operation of [
      'insert',
      'remove',
      'exchange',
      'clear',
      'push-back',
      'swap',
      'truncate',
      'set',
      '',
    ])
      for (const one of values)
        for (const args of [[], [one], [one, one], [one, one, one], [[one]], [[one, one]]])
          for (const drive of drivers) expect(() => drive(operation, ...args)).not.toThrow();
  });
});

describe('a replayed command', () => {
  it('is refused, in the same batch and ever after', () => {
    const author = newAuthor();
    const machine = createVecMachine(vecOf(), SCOPE);
    const leaves = [author.leaf('push-back', ['once']), author.leaf('push-back', ['twice'])];
    expect(apply(machine, [...leaves, ...leaves]).map(codeIn)).toEqual([
      null,
      null,
      'COLLECTION_REPLAYED',
      'COLLECTION_REPLAYED',
    ]);
    const restored = createVecMachine(vecOf(), SCOPE);
    restored.restore(machine.snapshot());
    expect(apply(restored, leaves).map(codeIn)).toEqual(['COLLECTION_REPLAYED', 'COLLECTION_REPLAYED']);
    expect(restored.view().size()).toBe(2);
  });

  it('is refused after everything was cleared', () => {
    const author = newAuthor();
    const machine = createMapMachine(mapOf(), SCOPE);
    const put = author.leaf('insert', [['a', 'x']]);
    expect(apply(machine, [put, author.leaf('clear', []), put]).map(codeIn)).toEqual([
      null,
      null,
      'COLLECTION_REPLAYED',
    ]);
    expect(machine.view().size()).toBe(0);
  });

  it('from a collection with other writers, tags or store is refused, for the machine signs for its Group', () => {
    // the scope follows from the Group, whose id folds the definition: here it is enough that it differs
    const author = newAuthor(new Uint8Array(32).fill(1));
    const machine = createVecMachine(vecOf(), SCOPE);
    expect(codeIn(apply(machine, [author.leaf('push-back', ['x'])])[0])).toBe('COLLECTION_SIGNATURE');
  });
});

describe('authors', () => {
  it('each count for themselves, and a command ahead of its turn can come again', () => {
    const [ann, ben] = [newAuthor(), newAuthor()];
    const machine = createVecMachine(vecOf(), SCOPE);
    const a = [1, 2, 3].map((n) => ann.leaf('push-back', [`a${n}`]));
    const b = [1, 2].map((n) => ben.leaf('push-back', [`b${n}`]));
    const order = [a[0]!, b[0]!, a[2]!, a[1]!, b[1]!, a[2]!];
    expect(apply(machine, order).map(codeIn)).toEqual([null, null, 'COLLECTION_GAP', null, null, null]);
    expect([...machine.view().items()]).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'].map(valueBytes));
    expect(machine.next(Buffer.from(ann.key.key).toString('hex'))).toBe(4);
  });
});
