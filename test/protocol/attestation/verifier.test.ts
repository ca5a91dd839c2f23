/** The verifier as a whole: grades, order, independence from policy, and that every byte and every answer counts. */
import { describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { createSignatureChecker, nodeHashes } from '../../../src/main/hashes.ts';
import {
  CHECK_IDS,
  type Collateral,
  intelRoot,
  INTEL_ROOT_SHA256,
  planVerdict,
  type Policy,
} from '../../../src/protocol/attestation/index.ts';
import { settle } from '../../../src/protocol/bytes/index.ts';
import { describeWith, hasPart } from '../../parts.ts';
import { codeOf } from './refusals.ts';
import { type Case, realCases, syntheticCases, vectorQuote } from './vectors.ts';

/** What becomes of a verification under a policy, whatever its type. */
const codeUnder = (policy: unknown): string =>
  codeOf(() => verifyQuote({ quote: new Uint8Array(0), at: 0, policy: policy as Policy }));

describe('a verification', () => {
  it('needs a time, in whole Unix seconds', () => {
    for (const at of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, 253_402_300_800])
      expect(() => verifyQuote({ quote: new Uint8Array(10), at })).toThrow(RangeError);
  });

  it('of no quote is a verdict, not a crash', () => {
    const verdict = verifyQuote({ quote: new Uint8Array(0), at: 0 });
    expect(verdict).toMatchObject({
      evidence: 'refused',
      code: 'QUOTE_FORMAT',
      verifiedAt: '1970-01-01T00:00:00Z',
      status: null,
      report: null,
      platformId: null,
      simulated: false,
    });
    expect(verdict.checks.slice(1).every(({ outcome }) => outcome === 'not-checked')).toBe(true);
  });

  it('of ten megabytes of noise is refused by its size', () => {
    expect(verifyQuote({ quote: new Uint8Array(10_000_000).fill(4), at: 0 })).toMatchObject({
      evidence: 'refused',
      code: 'QUOTE_TOO_LARGE',
    });
  });

  it('refuses a policy with a rule that nobody knows, instead of passing it over', () => {
    for (const policy of [
      { allowDebugg: true },
      { pins: { mrTd: [] } },
      { pins: { mrtd: ['00'] } },
      { pins: { mrtd: 'ff' } },
      { allow: { host: [] } },
      { minEvaluationNumber: Number.NaN },
      { allowDebug: 'no' },
      { reportData: { exact: '00' } },
    ])
      expect(codeUnder(policy), JSON.stringify(policy)).toBe('POLICY_FORMAT');
    expect(codeUnder({})).toBe('no refusal');
  });
});

describeWith('vectors', 'with real and synthetic evidence', () => {
  const cases = new Map(
    hasPart('vectors') ? [...realCases(), ...syntheticCases()].map((item) => [item.id, item]) : [],
  );
  const named = (id: string): Case => {
    const found = cases.get(id);
    if (found === undefined) throw new Error(`there is no case ${id}`);
    return found;
  };
  const v4 = 'phala-tdx_quote@c14-b0c06f000000-2025-06-19';
  const v5 = 'automata-quotev5@c12-90c06f000000-2025-09-29';
  const cache = createVerifierCache();
  const judge = (item: Case, changes: Partial<Parameters<typeof verifyQuote>[0]> = {}) =>
    verifyQuote({ ...item, cache, ...changes });

  it('a genuine verdict has passed every check, in the order of the algorithm', () => {
    expect(judge(named(v4)).checks.map(({ id }) => id)).toEqual(
      CHECK_IDS.filter((id) => id !== 'tcb-current'),
    );
    expect(judge(named(v5)).checks.map(({ id }) => id)).toEqual(CHECK_IDS);
    for (const id of [v4, v5]) {
      const verdict = judge(named(id));
      expect(verdict.checks.every(({ outcome, code }) => outcome === 'passed' && code === null)).toBe(true);
      expect(verdict).toMatchObject({
        evidence: 'genuine',
        trustAnchor: { sha256: INTEL_ROOT_SHA256, name: 'Intel SGX Root CA', pinned: true },
        simulated: false,
        policy: { outcome: 'passed', lines: [] },
      });
    }
  });

  it('a verdict is plain JSON', () => {
    for (const item of [
      named(v4),
      named(v5),
      named('td-debug'),
      { ...named(v4), quote: new Uint8Array(3) },
    ]) {
      const verdict = judge(item);
      expect(JSON.parse(JSON.stringify(verdict))).toStrictEqual(verdict);
    }
  });

  it('without collateral the verdict is incomplete, and says line by line what was not checked', () => {
    const verdict = judge(named(v4), { collateral: undefined });
    expect(verdict).toMatchObject({
      evidence: 'incomplete',
      code: null,
      status: null,
      collateralExpires: null,
    });
    expect(verdict.checks.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id)).toEqual([
      'quote-format',
      'qe-vendor',
      'trust-anchor',
      'pck-chain',
      'pck-extension',
      'qe-report-signature',
      'qe-report-binding',
      'qe-debug',
      'quote-signature',
      'td-debug',
      'quote-padding',
    ]);
    const open = verdict.checks.filter(({ outcome }) => outcome === 'not-checked');
    expect(open).toHaveLength(19);
    expect(open.every(({ detail }) => detail.startsWith('Not checked: no collateral was given'))).toBe(true);
    expect(verdict.platformId).toMatchObject({ fmspc: 'b0c06f000000', ca: 'platform' });
  });

  it('without collateral a bad signature is refused all the same', () => {
    for (const id of ['sig-body-mrtd', 'qe-sig-other', 'chain-rogue-root', 'qe-bind-wrong', 'td-debug'])
      expect(judge(named(id), { collateral: undefined }).evidence, id).toBe('refused');
  });

  it('expired collateral makes the verdict stale and refused, and still tells the status of its time', () => {
    const verdict = judge(named(`${v4}+after`));
    expect(verdict).toMatchObject({ evidence: 'refused', code: 'TCB_INFO_EXPIRED', status: 'UpToDate' });
    expect(verdict.checks.find(({ id }) => id === 'tcb-info-freshness')?.outcome).toBe('stale');
  });

  it('every collateral member is needed', () => {
    const item = named(v4);
    for (const member of Object.keys(item.collateral) as (keyof Collateral)[]) {
      const verdict = judge(item, { collateral: { ...item.collateral, [member]: '' } });
      // the chain that is sent along with the PCK CRL is not used: the quote's own chain is
      expect(verdict.evidence, member).toBe(member === 'pck_crl_issuer_chain' ? 'genuine' : 'refused');
      const { [member]: _left, ...rest } = item.collateral;
      expect(judge(item, { collateral: rest as Collateral }).evidence, member).toBe(verdict.evidence);
    }
  });

  it('every signature counts: with any one answer no, the evidence is refused', () => {
    for (const item of [named(v4), named('ok-v5-td15')]) {
      const plan = planVerdict({ ...item, hashes: nodeHashes });
      const check = createSignatureChecker();
      const answers = plan.jobs.map(check);
      expect(answers.length).toBe(item.root === undefined ? 9 : 10);
      expect(plan.conclude(answers).evidence).toBe('genuine');
      for (const i of answers.keys())
        expect(plan.conclude(answers.with(i, false)).evidence, `job ${i}`).toBe('refused');
    }
  });

  it('a plan refuses to conclude with an answer too few', () => {
    const plan = planVerdict({ ...named(v4), hashes: nodeHashes });
    expect(() => plan.conclude([])).toThrow('one answer for every job');
  });

  it('what is planned does not change when the caller uses the buffer again', () => {
    const item = named(v4);
    const buffer = new Uint8Array(item.quote);
    const plan = planVerdict({ ...item, quote: buffer, hashes: nodeHashes });
    buffer.fill(0);
    expect(settle(plan, createSignatureChecker())).toStrictEqual(judge(item));
  });

  it('real evidence does not stand under a test root, nor simulated evidence under Intel’s', () => {
    const synthetic = named('ok-v4');
    for (const [item, root] of [
      [named(v4), synthetic.root],
      [synthetic, undefined],
    ] as const) {
      expect(judge(item, { root })).toMatchObject({ evidence: 'refused', simulated: root !== undefined });
      expect(judge(item, { root, collateral: undefined })).toMatchObject({
        code: 'ROOT_UNTRUSTED',
        platformId: null,
      });
    }
    expect(judge(named(v4), { root: intelRoot() })).toMatchObject({ evidence: 'genuine', simulated: false });
    expect(judge(synthetic, { root: new Uint8Array(10) })).toMatchObject({
      evidence: 'refused',
      code: 'CERT_FORMAT',
    });
  });

  it('simulated evidence is marked, and no policy takes it that does not say so', () => {
    const verdict = judge(named('ok-v4'));
    expect(verdict).toMatchObject({
      evidence: 'genuine',
      simulated: true,
      trustAnchor: { pinned: false },
      policy: { outcome: 'refused', lines: [{ rule: 'allowSimulated', outcome: 'refused' }] },
    });
    expect(judge(named('ok-v4'), { policy: { allowSimulated: true } }).policy.outcome).toBe('passed');
  });

  it('a debug TD is genuine only for a policy that allows it', () => {
    expect(judge(named('td-debug'))).toMatchObject({ evidence: 'refused', code: 'TD_DEBUG' });
    const allowed = judge(named('td-debug'), { policy: { allowDebug: true } });
    expect(allowed).toMatchObject({ evidence: 'genuine', quote: { tdFlags: ['DEBUG', 'SEPT_VE_DISABLE'] } });
  });

  it('evidence and status are the same under every other policy', () => {
    const item = named('automata-quotev4@c01-00806f050000-2026-01-27');
    const plain = judge(item);
    const { mrTd, rtmr } = plain.report!;
    const other = 'ab'.repeat(48);
    const lines = (policy: Policy) => {
      const { policy: outcome, ...rest } = judge(item, { policy });
      const { policy: _none, ...same } = plain;
      expect(rest).toStrictEqual(same);
      return outcome;
    };
    expect(lines({ pins: { mrtd: [other, mrTd.toUpperCase()], rtmr2: [rtmr[2]] } })).toMatchObject({
      outcome: 'passed',
      lines: [{ rule: 'pins.mrtd' }, { rule: 'pins.rtmr2' }],
    });
    for (const policy of [
      { pins: { mrtd: [other] } },
      { pins: { mrtd: [mrTd], rtmr0: [other] } },
      { pins: { rtmr3: [] } },
      { pins: { mrservicetd: [other] } },
      { acceptedStatuses: ['UpToDate'] },
      { refusedAdvisories: ['INTEL-SA-01010'] },
      { reportData: { prefix: 'ff00ff' } },
      { allow: { fmspc: ['b0c06f000000'] } },
      { allow: { ppid: [] } },
    ] as Policy[])
      expect(lines(policy).outcome, JSON.stringify(policy)).toBe('refused');
    for (const policy of [
      { acceptedStatuses: ['UpToDate', 'OutOfDate'] },
      { refusedAdvisories: ['INTEL-SA-99999'] },
      { reportData: { exact: plain.report!.reportData } },
      { allow: { fmspc: ['00806F050000'], ppid: [plain.platformId!.ppid] } },
    ] as Policy[])
      expect(lines(policy).outcome, JSON.stringify(policy)).toBe('passed');
  });

  it('a status that is not known satisfies no rule that asks for one', () => {
    const verdict = judge(named(v4), {
      collateral: undefined,
      policy: { acceptedStatuses: ['UpToDate'], refusedAdvisories: [] },
    });
    expect(verdict.policy.lines.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
  });

  it.each([v4, v5])(
    'one changed bit in any byte of %s is refused',
    (id) => {
      const item = named(id);
      const { trailing } = judge(item).quote!;
      const accepted: number[] = [];
      for (let at = 0; at < item.quote.length - trailing; at++) {
        const quote = new Uint8Array(item.quote);
        quote[at] = quote[at]! ^ 1;
        if (judge(item, { quote }).evidence !== 'refused') accepted.push(at);
      }
      expect(accepted).toEqual([]);
    },
    60_000,
  );

  it('zero padding of any length makes no difference to what is signed', () => {
    const item = named(v4);
    const { trailing } = judge(item).quote!;
    const bare = item.quote.slice(0, item.quote.length - trailing);
    for (const length of [0, 1, 4096]) {
      const quote = new Uint8Array(bare.length + length);
      quote.set(bare);
      expect(judge(item, { quote })).toMatchObject({ evidence: 'genuine', quote: { trailing: length } });
    }
  });

  it('a pre-production root of Intel’s is not trusted', () => {
    const verdict = verifyQuote({ quote: vectorQuote('real/cctrusted-quote.bin'), at: 1_752_399_960 });
    expect(verdict).toMatchObject({ evidence: 'refused', code: 'ROOT_UNTRUSTED', platformId: null });
  });
});
