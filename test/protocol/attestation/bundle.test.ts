/** The evidence bundle: the same bytes for the same evidence, one spelling, and a verdict that anybody can check. */
// oxlint-disable unicorn/no-thenable -- the verdict at its own time is called so, and is no function
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { nodeHashes, createSignatureChecker } from '../../../src/main/hashes.ts';
import {
  type BundleContent,
  type Collateral,
  COLLATERAL_MEMBERS,
  looksLikeBundle,
  planBundle,
  planVerdict,
  type Policy,
  readBundle,
  reverifyBundle,
  type Verdict,
  writeBundle,
} from '../../../src/protocol/attestation/index.ts';
import {
  concat,
  decodeCanonical,
  encodeCanonical,
  Refusal,
  settle,
  settleAsync,
  utf8,
  type Value,
} from '../../../src/protocol/bytes/index.ts';
import { createCrypto } from '../../../src/renderer/crypto.ts';
import { describeWith } from '../../parts.ts';
import { codeOf } from './refusals.ts';
import { syntheticCases, vectorBytes, vectorCollateral, vectorQuote } from './vectors.ts';

const check = createSignatureChecker();
const backEnd = { hashes: nodeHashes };
const AT = 1_771_753_920;
const LATER = AT + 400 * 86_400;

const googleContent = (): BundleContent => ({
  at: AT,
  quote: vectorQuote('real/go-tdx-ccel-cos113-quote.bin'),
  collateral: vectorCollateral('collateral/c01-00806f050000-2026-01-27.json'),
});
const full = (): BundleContent => ({
  ...googleContent(),
  log: vectorBytes('real/go-tdx-ccel-data.bin').subarray(0, 20_000),
  policy: { acceptedStatuses: ['OutOfDate'], eventLog: 'full', name: 'für «alles»' } as unknown as Policy,
  facts: { highestEvaluationNumber: 3, highestCrlNumbers: { root: '1', pck: null } },
});
const made = (content: BundleContent) => settle(planBundle(content, backEnd), check);
const again = (bytes: Uint8Array, now = LATER, policy?: Policy) =>
  settle(reverifyBundle(readBundle(bytes), now, { ...backEnd, policy }), check);

type Tree = { [name: string]: Value };
const treeOf = (bytes: Uint8Array): Tree => decodeCanonical(bytes, bytes.length) as Tree;
const changed = (bytes: Uint8Array, changes: Tree): Uint8Array => {
  const tree = { ...treeOf(bytes), ...changes };
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete tree[name];
  return encodeCanonical(tree);
};

describeWith('vectors', 'an evidence bundle', () => {
  const bare = made(googleContent());
  const whole = made(full());

  it('gives back exactly what was put in', () => {
    const content = full();
    const { recorded, ...read } = readBundle(whole.bytes);
    expect(read).toEqual({ ...content, policy: { ...content.policy } });
    expect(recorded).toEqual(JSON.parse(JSON.stringify(whole.verdict)));
    expect(looksLikeBundle(whole.bytes)).toBe(true);
    expect(looksLikeBundle(content.quote)).toBe(false);
  });

  it('is the same bytes for the same evidence, in whatever order it was given', () => {
    const turned = <T extends object>(value: T): T =>
      Object.fromEntries(Object.entries(value).toReversed()) as T;
    const content = full();
    const other = turned({
      ...content,
      collateral: turned(content.collateral),
      policy: turned(content.policy!),
      facts: turned(content.facts!),
    });
    expect(made(other).bytes).toEqual(whole.bytes);
    expect(made(full()).bytes).toEqual(whole.bytes);
    expect(writeBundle(content, turned(whole.verdict))).toEqual(whole.bytes);
  });

  it('is genuine at its own time, stale today, and its verdict is the recorded one', () => {
    const result = again(whole.bytes);
    expect(result).toMatchObject({
      then: { evidence: 'genuine', status: 'OutOfDate', policy: { outcome: 'passed' } },
      now: { evidence: 'refused' },
      own: null,
      sameAsRecorded: true,
      differences: [],
    });
    expect(result.now.checks.some(({ outcome }) => outcome === 'stale')).toBe(true);
    expect(result.eventLog!.registers.map(({ outcome }) => outcome)).toEqual(Array(4).fill('full'));
    expect(again(bare.bytes).eventLog).toBeNull();
  });

  it('is judged alike by WebCrypto', async () => {
    const web = createCrypto();
    const plan = reverifyBundle(readBundle(whole.bytes), LATER, { hashes: web });
    expect(await settleAsync(plan, (job) => web.check(job))).toEqual(again(whole.bytes));
  });

  it('is also judged by the policy of the reader, whatever its maker chose', () => {
    expect(again(whole.bytes, LATER, { acceptedStatuses: ['UpToDate'] } as unknown as Policy)).toMatchObject({
      then: { policy: { outcome: 'passed' } },
      own: { policy: { outcome: 'refused' }, verifiedAt: whole.verdict.verifiedAt },
    });
  });

  it.each<[string, (verdict: Verdict) => Verdict, string[]]>([
    ['a better status', (verdict) => ({ ...verdict, status: 'UpToDate' }), ['status']],
    [
      'an advisory less',
      (verdict) => ({ ...verdict, advisories: verdict.advisories.slice(0, -1) }),
      ['advisories[6]'],
    ],
    [
      'a policy line that passed',
      (verdict) => ({ ...verdict, policy: { ...verdict.policy, outcome: 'refused' } }),
      ['policy.outcome'],
    ],
    ['another time', (verdict) => ({ ...verdict, verifiedAt: '2020-01-01T00:00:00Z' }), ['verifiedAt']],
    [
      'a member that verdicts do not have',
      (verdict) => ({ ...verdict, blessed: true }) as Verdict,
      ['blessed'],
    ],
    [
      'a member that every object inherits',
      (verdict) => ({ ...verdict, toString: 'x' }) as unknown as Verdict,
      ['toString'],
    ],
  ])('whose recorded verdict has %s is told by the name of the member', (_what, lie, members) => {
    const result = again(writeBundle(full(), lie(whole.verdict)));
    expect(result.sameAsRecorded).toBe(false);
    expect(result.differences.map(({ member }) => member)).toEqual(members);
    expect(result.then).toEqual(whole.verdict);
  });

  it('with a recorded verdict of another shape altogether is told so, in bounds', () => {
    for (const lie of [{}, { checks: 7 }, { checks: Array.from({ length: 500 }, (_, i) => i) }]) {
      const { differences, sameAsRecorded } = again(writeBundle(full(), lie as unknown as Verdict));
      expect(sameAsRecorded).toBe(false);
      expect(differences.length).toBeGreaterThan(10);
      expect(differences.length).toBeLessThanOrEqual(100);
      for (const { recorded, computed } of differences)
        expect((recorded ?? '').length + (computed ?? '').length).toBeLessThanOrEqual(402);
    }
  });

  it('with one byte of quote, log or collateral changed no longer gives the recorded verdict', () => {
    const flip = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at]! ^ 1);
    const { quote, log, collateral } = readBundle(whole.bytes);
    const names = { quote: new Uint8Array(flip(quote, 600)), log: new Uint8Array(flip(log!, 90)) };
    for (const [name, value] of Object.entries(names))
      expect(again(changed(whole.bytes, { [name]: value })).sameAsRecorded, name).toBe(false);
    const inner = treeOf(whole.bytes)['collateral'] as Tree;
    const text = collateral.tcb_info.replace('"version":3', '"version":4');
    expect(text).not.toBe(collateral.tcb_info);
    const result = again(changed(whole.bytes, { collateral: { ...inner, tcbInfo: text } }));
    expect(result.then.evidence).toBe('refused');
    expect(result.sameAsRecorded).toBe(false);
  });

  it('of a quote that is none is a bundle of refused evidence', () => {
    const { bytes, verdict } = made({ ...full(), quote: utf8('no quote') });
    expect(verdict.evidence).toBe('refused');
    expect(again(bytes)).toMatchObject({
      sameAsRecorded: true,
      eventLog: null,
      then: { code: 'QUOTE_VERSION' },
    });
  });

  it('of simulated evidence carries its root and stays marked; of Intel’s it carries none', () => {
    const one = syntheticCases().find(({ expect: { result } }) => result === 'accept')!;
    const simulated = made({ at: one.at, quote: one.quote, collateral: one.collateral, root: one.root });
    expect(readBundle(simulated.bytes).root).toEqual(one.root);
    expect(again(simulated.bytes, one.at)).toMatchObject({
      sameAsRecorded: true,
      then: { simulated: true, evidence: 'genuine', policy: { outcome: 'refused' } },
    });
    const stripped = again(changed(simulated.bytes, { root: undefined as unknown as Value }), one.at);
    expect(stripped.then).toMatchObject({ simulated: false, evidence: 'refused' });
    const root = vectorBytes('real/intel-sgx-root-ca.der');
    expect(made({ ...googleContent(), root }).bytes).toEqual(bare.bytes);
    expect(codeOf(() => readBundle(changed(bare.bytes, { root })))).toBe('BUNDLE_FORMAT');
  });

  it.each<[string, Tree]>([
    ['another version', { v: 2 }],
    ['another type', { type: 'muster/evidence/2' }],
    ['a member too many', { note: 'hello' }],
    ['no quote', { quote: undefined as unknown as Value }],
    ['a quote that is a text', { quote: 'abc' }],
    ['a time before 1970', { at: -1 }],
    ['a time that is no time', { at: 253_402_300_800 }],
    ['no collateral', { collateral: null }],
    ['half a collateral', { collateral: { tcbInfo: '{}' } }],
    ['a verdict that is no JSON', { verdict: '{' }],
    ['a verdict in another spelling', { verdict: '{ }' }],
    ['a verdict with a member twice', { verdict: '{"a":1,"a":1}' }],
    ['a verdict with a fraction', { verdict: '{"a":1.5}' }],
    ['a verdict that is a list', { verdict: '[]' }],
    ['unknown facts', { facts: '{"eventLog":["full"]}' }],
    ['facts of another form', { facts: '{"highestCrlNumbers":{"pck":1,"root":null}}' }],
  ])('with %s is refused', (_what, changes) => {
    expect(codeOf(() => readBundle(changed(bare.bytes, changes)))).toBe('BUNDLE_FORMAT');
  });

  it('with a log or a policy that cannot be read is refused by their codes', () => {
    expect(codeOf(() => readBundle(changed(bare.bytes, { log: utf8('hello') })))).toBe('EVENT_LOG_FORMAT');
    expect(codeOf(() => readBundle(changed(bare.bytes, { policy: '{"statusses":[]}' })))).toBe(
      'POLICY_FORMAT',
    );
  });

  it('is not written when nobody could read it', () => {
    const content = googleContent();
    const odd = { ...content.collateral, tcb_info: 'e\u0301' };
    expect(codeOf(() => writeBundle({ ...content, collateral: odd }, bare.verdict))).toBe('BUNDLE_FORMAT');
    expect(codeOf(() => writeBundle({ ...content, at: -1 }, bare.verdict))).toBe('BUNDLE_FORMAT');
    expect(codeOf(() => writeBundle({ ...content, log: utf8('[{}]') }, bare.verdict))).toBe(
      'EVENT_LOG_FORMAT',
    );
  });

  it('cut or lengthened by a byte is refused', () => {
    expect(codeOf(() => readBundle(bare.bytes.subarray(0, -1)))).toBe('BUNDLE_FORMAT');
    expect(codeOf(() => readBundle(concat(bare.bytes, Uint8Array.of(0))))).toBe('BUNDLE_FORMAT');
  });

  it('with any byte changed is refused, or judged for what it now says', () => {
    const evidence = ['quote', 'collateral', 'at'] as const;
    const original = readBundle(bare.bytes);
    const step = Math.ceil(bare.bytes.length / 400);
    for (let at = 0; at < bare.bytes.length; at += step) {
      const bytes = new Uint8Array(bare.bytes);
      bytes[at] = bytes[at]! ^ 1;
      let result;
      try {
        result = again(bytes);
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(Refusal);
        continue;
      }
      const read = readBundle(bytes);
      const changes = evidence.filter((name) => !isDeepStrictEqual(read[name], original[name]));
      // a change of the recorded verdict is told; of the evidence, only the chain that is not used says nothing
      if (changes.length === 0) expect(result.sameAsRecorded, `byte ${at}`).toBe(false);
      else if (read.collateral.pck_crl_issuer_chain === original.collateral.pck_crl_issuer_chain)
        expect(result.sameAsRecorded, `byte ${at}`).toBe(false);
    }
  });

  it('needs one answer for every job of both verdicts', () => {
    const plan = reverifyBundle(readBundle(bare.bytes), LATER, backEnd);
    const { quote, collateral } = googleContent();
    const one = planVerdict({ quote, collateral, at: AT, hashes: nodeHashes });
    expect(plan.jobs).toHaveLength(2 * one.jobs.length);
    const wrong = plan.conclude(plan.jobs.map((_, i) => i < one.jobs.length));
    expect(wrong.then.evidence).toBe('genuine');
    expect(wrong.now.checks.some(({ outcome }) => outcome === 'failed')).toBe(true);
  });
});

describe('a file that is no bundle', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'BUNDLE_EMPTY'],
    ['too much', new Uint8Array(8 * 1024 * 1024 + 1), 'BUNDLE_TOO_LARGE'],
    ['a word', utf8('hello'), 'BUNDLE_FORMAT'],
    ['a list', encodeCanonical([]), 'BUNDLE_FORMAT'],
    ['a bare number', encodeCanonical(1), 'BUNDLE_FORMAT'],
    ['nested deeply', new Uint8Array(100_000).fill(0x81), 'BUNDLE_FORMAT'],
    ['a map of its first member only', encodeCanonical({ v: 1 }), 'BUNDLE_FORMAT'],
  ])('(%s) is refused', (_what, bytes, code) => {
    expect(codeOf(() => readBundle(bytes))).toBe(code);
  });

  it('has nine names for the nine members of collateral', () => {
    const collateral = Object.fromEntries(
      COLLATERAL_MEMBERS.map((name, i) => [name, `text ${i}`]),
    ) as unknown as Collateral;
    const bytes = writeBundle({ at: 1, quote: new Uint8Array(1), collateral }, {} as Verdict);
    expect(readBundle(bytes).collateral).toEqual(collateral);
  });
});
