/**
 * The guard of the rules version: what the rules make of a fixed history is pinned beside the version. Who changes
 * what a fold writes, or what a rule refuses, is told here to raise the version; else stores that were written
 * before would keep rows of the older form.
 */
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import { concat, encodeCanonical, toHex } from '../../../src/protocol/bytes/index.ts';
import { kinds } from '../../../src/protocol/kinds.ts';
import { foldInto, memoryView, viewDigest } from '../../../src/protocol/record/index.ts';
import type { Kinds } from '../../../src/protocol/record/index.ts';
import { RULES_VERSION } from '../../../src/protocol/rules-version.ts';
import { history, LENGTH, SEEDS } from './history.ts';

/** `history`: the records that are folded. `outcome`: the view, and the code of every refusal. */
interface Pin {
  readonly version: number;
  readonly history: string;
  readonly outcome: string;
}

const pinned: Pin = {
  version: 1,
  history: '416d0da78d8b6d348acc0aa4668c047b',
  outcome: '4ed5d3d31fe0392a93a869d675ad83e7',
};

const short = (bytes: Uint8Array): string => toHex(nodeHashes.sha256(bytes)).slice(0, 32);

/** What these rules make of the history. */
function found(rules: Kinds): Pin {
  const histories = SEEDS.map((seed) => history(seed, LENGTH));
  const outcomes = histories.map((records) => {
    const view = memoryView();
    const codes = records.map(
      (bytes, index) => foldInto(rules, nodeHashes, view, bytes, index).refused?.code ?? null,
    );
    return concat(viewDigest(nodeHashes, view), nodeHashes.sha256(encodeCanonical(codes)));
  });
  return {
    version: RULES_VERSION,
    history: short(concat(...histories.flat())),
    outcome: short(concat(...outcomes)),
  };
}

/** What whoever changed the rules has to do, or null. */
function advice(pin: Pin, now: Pin): string | null {
  const pinIt = `Then pin this in test/protocol/record/rules-version.test.ts: ${JSON.stringify(now)}`;
  if (now.version < pin.version)
    return `RULES_VERSION went back from ${pin.version} to ${now.version}; stores that saw ${pin.version} would not open. Raise it again.`;
  if (now.history !== pin.history)
    return `The made-up history is another one, so nothing can be said of the rules. Change it apart from them; where they changed as well, raise RULES_VERSION. ${pinIt}`;
  if (now.outcome === pin.outcome)
    return now.version === pin.version
      ? null
      : `RULES_VERSION is ${now.version}, and the rules do what they did in version ${pin.version}. Where that is meant (the history does not show the change), pin it. ${pinIt}`;
  return now.version === pin.version
    ? `The rules fold the same history to other rows, or refuse other records, than version ${pin.version} did. Raise RULES_VERSION in src/protocol/rules-version.ts, so that every store folds its view anew at its next start. ${pinIt}`
    : `RULES_VERSION was raised, as it must be. ${pinIt}`;
}

describe('the rules version', () => {
  const today = found(kinds);

  it('is raised whenever the rules make something else of the same history', () => {
    const sentence = advice(pinned, today);
    expect(sentence, sentence ?? '').toBeNull();
  });

  it('is asked for when a fold writes one member more', () => {
    const name = 'machine.registered';
    const kind = kinds.get(name)!;
    const changed = found(
      new Map(kinds).set(name, {
        ...kind,
        fold: (...given) =>
          kind
            .fold(...given)
            .map(([key, value]) => [key, value === undefined ? value : { ...(value as object), seen: true }]),
      }),
    );
    expect(advice(today, changed)).toMatch(/^The rules fold .* Raise RULES_VERSION .* Then pin this/);
    const raised = { ...changed, version: changed.version + 1 };
    expect(advice(today, raised)).toMatch(/^RULES_VERSION was raised/);
    expect(advice(raised, raised)).toBeNull();
    expect(advice(raised, today)).toMatch(/went back/);
  });

  it('is asked for when a rule refuses what it took', () => {
    const name = 'ticket.revoked';
    const changed = found(new Map([...kinds].filter(([kind]) => kind !== name)));
    expect(advice(today, changed)).toMatch(/Raise RULES_VERSION/);
  });

  it('is not asked for when only the history changed', () => {
    expect(advice({ ...today, history: 'another' }, today)).toMatch(/^The made-up history is another one/);
  });
});
