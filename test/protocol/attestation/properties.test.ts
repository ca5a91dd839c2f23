/**
 * Properties of the verifier (tdx.md 9.11, end) on evidence of the factory: every bit counts, time is a window, and
 * neither the order of levels nor the case of hex nor what a cache holds shows in a verdict.
 */
import { describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import {
  type Document,
  moduleIdentity,
  platformLevel,
} from '../../../src/main/attestation/simulate/index.ts';
import { type Collateral, isoTime, PLATFORM_STATUSES } from '../../../src/protocol/attestation/index.ts';
import { randomFrom } from '../../random.ts';
import {
  buildCollateral,
  buildQuote,
  CERTIFICATES,
  DAY,
  type Form,
  FORMS,
  issue,
  issueList,
  type QuoteVariant,
  ROOT,
  svn,
  T0,
  V4,
  V5_15,
} from '../../vectors/factory/scene.ts';

const collateral = buildCollateral();
const cache = createVerifierCache();
const judge = (quote: Uint8Array, more: Partial<Parameters<typeof verifyQuote>[0]> = {}) =>
  verifyQuote({ quote, collateral, at: T0, root: ROOT, cache, ...more });

describe('one changed bit of a genuine quote', () => {
  const quotes: [string, Form, QuoteVariant][] = [
    ...FORMS.map((form): [string, Form, QuoteVariant] => [form.name, form, {}]),
    [
      'v4 with CRLF, NUL and padding',
      V4,
      { chainText: (pem) => `${pem.replaceAll('\n', '\r\n')}\0`, padding: new Uint8Array(70) },
    ],
  ];

  it.each(quotes)('%s: is refused at every byte before the padding', (_name, form, variant) => {
    const quote = buildQuote(form, variant);
    expect(judge(quote).evidence).toBe('genuine');
    const end = quote.length - (variant.padding?.length ?? 0);
    const taken: number[] = [];
    for (let at = 0; at < end; at++) {
      const changed = quote.with(at, quote[at]! ^ (1 << (at % 8)));
      if (judge(changed).evidence !== 'refused') taken.push(at);
    }
    expect(taken).toEqual([]);
  });

  it.each(FORMS)('$name: is refused at every bit of the signature data up to the certificates', (form) => {
    const quote = buildQuote(form);
    const start = (form.version === 4 ? 48 : 54) + (form.td === '1.0' ? 584 : 648);
    const taken: string[] = [];
    for (let at = start; at < start + 4 + 622; at++)
      for (let bit = 0; bit < 8; bit++)
        if (judge(quote.with(at, quote[at]! ^ (1 << bit))).evidence !== 'refused') taken.push(`${at}.${bit}`);
    expect(taken).toEqual([]);
  });
});

describe('the time of a verification', () => {
  it('makes genuine evidence genuine in one window, from the latest start to the earliest end', async () => {
    const random = randomFrom(20);
    for (let round = 0; round < 12; round++) {
      const window = () => [T0 - random.below(20 * DAY), T0 + random.below(20 * DAY)] as const;
      const [leaf, ca, signer] = [window(), window(), window()];
      const [rootCrl, pckCrl, info, identity] = [window(), window(), window(), window()];
      const windows = [leaf, ca, signer, rootCrl, pckCrl, info, identity];
      const valid = ([notBefore, notAfter]: readonly [number, number]) => ({ notBefore, notAfter });
      const list = ([thisUpdate, nextUpdate]: readonly [number, number]) => ({ thisUpdate, nextUpdate });
      const dates =
        ([from, to]: readonly [number, number]) =>
        (document: Document): Document => ({
          ...document,
          issueDate: isoTime(from),
          nextUpdate: isoTime(to),
        });
      const quote = buildQuote(V4, {
        chain: [await issue('leaf', valid(leaf)), await issue('platformCa', valid(ca)), ROOT],
      });
      const signers = [await issue('signer', valid(signer)), ROOT];
      const set = buildCollateral({
        rootCrl: await issueList('root', list(rootCrl)),
        pckCrl: await issueList('platformCa', list(pckCrl)),
        info: { edit: dates(info), signers },
        identity: { edit: dates(identity), signers },
      });
      const from = Math.max(...windows.map(([start]) => start));
      const to = Math.min(...windows.map(([, end]) => end));
      const moments = windows.flat().flatMap((moment) => [moment - 1, moment, moment + 1]);
      for (const at of [...moments, T0, 0, T0 + 4000 * DAY])
        expect(judge(quote, { collateral: set, at }).evidence, `round ${round}, ${at - T0}`).toBe(
          from <= at && at <= to ? 'genuine' : 'refused',
        );
      // and the verdict says when its window ends
      expect(judge(quote, { collateral: set }).collateralExpires).toBe(isoTime(to));
    }
  });
});

/** The verdict without what names the very inputs. */
function answer(quote: Uint8Array, set: Collateral) {
  const { checks, ...rest } = judge(quote, { collateral: set });
  return { ...rest, checks: checks.map(({ id, outcome, code }) => ({ id, outcome, code })) };
}

describe('the spelling of collateral', () => {
  it('the order of levels and of modules makes no difference', () => {
    const random = randomFrom(7);
    const shuffled = <T>(list: readonly T[]): T[] =>
      list
        .map((item) => ({ item, place: random.below(1_000_000) }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ item }) => item);
    for (let round = 0; round < 40; round++) {
      const asked = new Set<string>();
      const levels = Array.from({ length: 12 }, () => ({
        sgx: [random.below(8), random.below(8)],
        pceSvn: random.below(16),
        tdx: [0, 0, random.below(9)],
        status: random.pick(PLATFORM_STATUSES.slice(0, 6)),
      }))
        .filter(({ status: _status, ...versions }) => {
          const key = JSON.stringify(versions);
          return !asked.has(key) && asked.add(key);
        })
        .map(platformLevel);
      const moduleLevels = [6, 5, 4].map((isvSvn) => ({
        isvSvn,
        status: random.pick(['UpToDate', 'OutOfDate']),
      }));
      const set = (order: <T>(list: readonly T[]) => T[]) =>
        buildCollateral({
          info: {
            edit: (document) => ({
              ...document,
              tcbLevels: order(levels),
              tdxModuleIdentities: order([
                moduleIdentity('TDX_01', order(moduleLevels)),
                moduleIdentity('TDX_03', []),
              ]),
            }),
          },
          identity: {
            edit: (document) => ({ ...document, tcbLevels: order(document['tcbLevels'] as unknown[]) }),
          },
        });
      const quote = buildQuote(V5_15, { td: { teeTcbSvn: svn(random.below(3) + 4, 1, random.below(9)) } });
      expect(answer(quote, set(shuffled))).toStrictEqual(
        answer(
          quote,
          set((list) => [...list]),
        ),
      );
    }
  });

  it('the case of hex makes no difference', () => {
    const quote = buildQuote(V4);
    const cased = (change: (text: string) => string) =>
      buildCollateral({
        info: {
          edit: (document) => ({ ...document, fmspc: change(document['fmspc'] as string) }),
          signatureText: change,
        },
        identity: {
          edit: (document) => ({
            ...document,
            mrsigner: change(document['mrsigner'] as string),
            attributesMask: change(document['attributesMask'] as string),
          }),
          signatureText: change,
        },
        post: (set) => ({ ...set, root_ca_crl: change(set.root_ca_crl), pck_crl: change(set.pck_crl) }),
      });
    const mixed = (text: string) =>
      text.replaceAll(/./g, (letter, at: number) =>
        at % 2 === 0 ? letter.toUpperCase() : letter.toLowerCase(),
      );
    const plain = answer(quote, collateral);
    expect(plain.evidence).toBe('genuine');
    for (const change of [(text: string) => text.toUpperCase(), (text: string) => text.toLowerCase(), mixed])
      expect(answer(quote, cased(change))).toStrictEqual(plain);
  });
});

describe('a warm cache, on evidence of the factory', () => {
  const quote = buildQuote(V5_15);
  const warm = () => {
    const held = createVerifierCache();
    expect(judge(quote, { cache: held }).evidence).toBe('genuine');
    return held;
  };
  const cold = (more: Parameters<typeof judge>[1]) => judge(quote, { ...more, cache: undefined });

  it('answers for no other time', () => {
    const held = warm();
    for (const at of [T0 - 30 * DAY, T0 + 30 * DAY, T0 + 1200 * DAY]) {
      expect(judge(quote, { at, cache: held })).toStrictEqual(cold({ at }));
      expect(judge(quote, { at, cache: held }).evidence).toBe('refused');
    }
  });

  it('answers for no other root', async () => {
    const held = warm();
    for (const root of [undefined, CERTIFICATES.platformCa, await issue('root', { serial: '09' })]) {
      expect(judge(quote, { root, cache: held })).toStrictEqual(cold({ root }));
      expect(judge(quote, { root, cache: held }).evidence).toBe('refused');
    }
  });

  it('answers for no other policy', () => {
    const held = warm();
    for (const policy of [{ minEvaluationNumber: 20 }, { allowSimulated: true }, { acceptedStatuses: [] }])
      expect(judge(quote, { policy, cache: held })).toStrictEqual(cold({ policy }));
    expect(judge(quote, { policy: { minEvaluationNumber: 20 }, cache: held }).code).toBe('TCB_EVAL_NUMBER');
  });

  it('answers for no other input', () => {
    const held = warm();
    for (const member of Object.keys(collateral) as (keyof Collateral)[]) {
      if (member === 'pck_crl_issuer_chain') continue;
      const text = collateral[member];
      const at = text.length - 40;
      const letter = text[at] === '1' ? '2' : '1';
      const changed = { ...collateral, [member]: text.slice(0, at) + letter + text.slice(at + 1) };
      const verdict = judge(quote, { collateral: changed, cache: held });
      expect(verdict.evidence, member).toBe('refused');
      expect(verdict).toStrictEqual(cold({ collateral: changed }));
    }
    for (let at = 0; at < quote.length; at += 97) {
      const changed = quote.with(at, quote[at]! ^ 0x10);
      expect(judge(changed, { cache: held })).toStrictEqual(judge(changed, { cache: undefined }));
    }
  });

  it('that is too small for anything answers alike', () => {
    const tiny = createVerifierCache({ characters: 1, keys: 1, signatures: 1 });
    for (let i = 0; i < 3; i++) expect(judge(quote, { cache: tiny })).toStrictEqual(cold({}));
  });
});
