/** Every rule of a policy: what it passes, what it refuses, what it says when a fact is not known, and overrides. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote } from '../../../src/main/attestation/index.ts';
import { createSignatureChecker, nodeHashes } from '../../../src/main/hashes.ts';
import {
  applyPolicy,
  asksForEventLog,
  checkPolicy,
  DEFAULT_POLICY,
  PIN_NAMES,
  planVerdict,
  type PlatformId,
  type Policy,
  type PolicyFacts,
  type PolicyRules,
  readIsoTime,
  reportDataBinding,
  STRICT_POLICY,
  TCB_STATUSES,
  type TdReport,
  type Verdict,
} from '../../../src/protocol/attestation/index.ts';
import { fromHex, settle, toHex } from '../../../src/protocol/bytes/index.ts';
import { describeWith } from '../../parts.ts';
import { realCases, syntheticCases } from './vectors.ts';

const at = readIsoTime('2026-07-04T00:00:00Z')!;
const day = 86_400;
const ago = (seconds: number): string => `${new Date((at - seconds) * 1000).toISOString().slice(0, 19)}Z`;
const bytes = (text: string, n: number): string => text.repeat(n);

const report: TdReport = {
  teeTcbSvn: '05010700000000000000000000000000',
  mrSeam: bytes('5e', 48),
  mrSignerSeam: bytes('00', 48),
  seamAttributes: bytes('00', 8),
  tdAttributes: '0000000010000000',
  xfam: 'e702060000000000',
  mrTd: bytes('0d', 48),
  mrConfigId: bytes('0c', 48),
  mrOwner: bytes('00', 48),
  mrOwnerConfig: bytes('00', 48),
  rtmr: [bytes('a0', 48), bytes('a1', 48), bytes('a2', 48), bytes('a3', 48)],
  reportData: bytes('da', 64),
};
const platformId: PlatformId = {
  ppid: bytes('11', 16),
  instanceId: bytes('22', 16),
  fmspc: '90c06f000000',
  pceId: '0000',
  pceSvn: 13,
  cpuSvn: bytes('00', 16),
  components: Array.from({ length: 16 }, () => 2),
  sgxType: 1,
  ca: 'platform',
  dynamicPlatform: true,
  cachedKeys: false,
  smtEnabled: null,
};

/** A verdict as the verifier writes one; only what policies look at matters here. */
function verdict(changes: Partial<Omit<Verdict, 'policy'>> = {}): Omit<Verdict, 'policy'> {
  return {
    evidence: 'genuine',
    code: null,
    verifiedAt: '2026-07-04T00:00:00Z',
    checks: [],
    trustAnchor: { sha256: '', name: '', pinned: true },
    status: 'UpToDate',
    platform: null,
    module: null,
    qe: null,
    current: null,
    launchTcb: null,
    currentTcb: null,
    advisories: [],
    tcbDate: ago(40 * day),
    collateralExpires: ago(-10 * day),
    evaluationNumbers: { tcbInfo: 19, qeIdentity: 19 },
    crlNumbers: { root: '5', pck: '1042' },
    platformId,
    chain: [],
    quote: {
      sha256: '',
      bytes: 0,
      trailing: 0,
      version: 4,
      bodyType: 2,
      qeVendorId: '',
      userData: '',
      attestationKey: '',
      qeMrSigner: '',
      qeIsvSvn: 4,
      tdFlags: [],
    },
    report,
    shortfall: null,
    simulated: false,
    ...changes,
  };
}

function outcome(policy: Policy, changes: Parameters<typeof verdict>[0] = {}, facts?: PolicyFacts) {
  checkPolicy(policy);
  return applyPolicy(policy, verdict(changes), { at, hashes: nodeHashes, facts });
}
/** The one line that a policy of one rule gives. */
function line(policy: PolicyRules, changes: Parameters<typeof verdict>[0] = {}, facts?: PolicyFacts) {
  const { lines } = outcome(policy, changes, facts);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}
const passes = (...args: Parameters<typeof line>): boolean => line(...args).outcome === 'passed';
const td = (changes: Partial<TdReport>) => ({ report: { ...report, ...changes } });

describe('the grace for platforms', () => {
  const grace = { platformDays: 40 };
  const behind = { status: 'OutOfDate' } as const;

  it('accepts a platform that is out of date up to its last second, and not a second longer', () => {
    expect(passes({ grace }, behind)).toBe(true);
    expect(passes({ grace }, { ...behind, tcbDate: ago(40 * day + 1) })).toBe(false);
    expect(passes({ grace }, { ...behind, status: 'OutOfDateConfigurationNeeded' })).toBe(true);
  });

  it('widens the accepted statuses, and limits those that are listed', () => {
    const policy = { acceptedStatuses: ['UpToDate'], grace } as const;
    expect(outcome(policy, behind)).toMatchObject({
      outcome: 'passed',
      lines: [{ rule: 'acceptedStatuses' }, { rule: 'grace.platformDays' }],
    });
    expect(outcome(policy, { ...behind, tcbDate: ago(41 * day) }).outcome).toBe('refused');
    const listed = { acceptedStatuses: ['OutOfDate'], grace } as const;
    expect(outcome(listed, { ...behind, tcbDate: ago(41 * day) }).lines.map((one) => one.outcome)).toEqual([
      'passed',
      'refused',
    ]);
  });

  it('does not accept another status that is not listed', () => {
    for (const status of TCB_STATUSES.filter((one) => !one.startsWith('OutOfDate') && one !== 'UpToDate'))
      expect(outcome({ acceptedStatuses: ['UpToDate'], grace }, { status }).outcome, status).toBe('refused');
  });

  it('needs a known status and date', () => {
    expect(passes({ grace }, { status: null })).toBe(false);
    expect(passes({ grace }, { ...behind, tcbDate: null })).toBe(false);
  });
});

describe('the grace for collateral', () => {
  const grace = { collateralDays: 3 };

  it('counts from the expiry, and never says that the evidence is good', () => {
    expect(line({ grace }).detail).toContain('valid until');
    const within = line({ grace }, { collateralExpires: ago(3 * day) });
    expect(within).toMatchObject({ rule: 'grace.collateralDays', outcome: 'passed' });
    expect(within.detail).toContain('refused as stale all the same');
    expect(passes({ grace }, { collateralExpires: ago(3 * day + 1) })).toBe(false);
    expect(passes({ grace }, { collateralExpires: null })).toBe(false);
  });
});

describe('masks', () => {
  it('compare the bits under the mask alone, in the order of the bytes of the TD report', () => {
    const septVe = '0000001000000000';
    expect(passes({ tdAttributes: { mask: septVe, value: septVe } })).toBe(true);
    const refused = line({ tdAttributes: { mask: septVe, value: bytes('00', 8) } });
    expect(refused.outcome).toBe('refused');
    expect(refused.detail).toContain('set against the policy SEPT_VE_DISABLE; missing none');
    // the spelling of the verdict means another bit here
    expect(passes({ tdAttributes: { mask: report.tdAttributes, value: report.tdAttributes } })).toBe(false);
    expect(passes({ xfam: { mask: bytes('ff', 8), value: report.xfam } })).toBe(true);
    expect(line({ xfam: { mask: '0008000000000000', value: '0008000000000000' } }).detail).toContain(
      'missing BIT_11',
    );
  });

  it('judge every one of the 64 bits', () => {
    for (const field of ['tdAttributes', 'xfam'] as const)
      for (let bit = 0; bit < 64; bit++) {
        const number = (1n << BigInt(bit)).toString(16).padStart(16, '0');
        const little = toHex(fromHex(number).toReversed());
        const set = td({ [field]: field === 'xfam' ? little : number });
        expect(passes({ [field]: { mask: little, value: little } }, set), `${field} ${bit}`).toBe(true);
        expect(passes({ [field]: { mask: little, value: bytes('00', 8) } }, set)).toBe(false);
      }
  });
});

describe('attributes of a TD', () => {
  const attribute = (bit: number) => td({ tdAttributes: (1n << BigInt(bit)).toString(16).padStart(16, '0') });

  it('SEPT_VE_DISABLE can be required', () => {
    expect(passes({ requireSeptVeDisable: true })).toBe(true);
    expect(passes({ requireSeptVeDisable: true }, attribute(63))).toBe(false);
    expect(passes({ requireSeptVeDisable: false }, attribute(63))).toBe(true);
  });

  it.each([
    ['allowMigratable', 29],
    ['allowPerfmon', 63],
    ['allowServiceTd', 17],
  ] as const)('%s decides on bit %i', (rule, bit) => {
    expect(passes({ [rule]: false }, attribute(bit))).toBe(false);
    expect(passes({ [rule]: true }, attribute(bit))).toBe(true);
    expect(passes({ [rule]: false })).toBe(true);
  });

  it('a service TD is also seen by its measurement, where the report has one', () => {
    expect(passes({ allowServiceTd: false }, td({ mrServiceTd: bytes('00', 48) }))).toBe(true);
    expect(passes({ allowServiceTd: false }, td({ mrServiceTd: `${bytes('00', 47)}01` }))).toBe(false);
    expect(passes({ allowServiceTd: true }, td({ mrServiceTd: `${bytes('00', 47)}01` }))).toBe(true);
    expect(line({ allowServiceTd: false }).detail).toContain('report 1.0 says no more');
  });
});

describe('flags of the platform', () => {
  it.each([
    ['dynamicPlatform', 'dynamicPlatform'],
    ['cachedKeys', 'cachedKeys'],
    ['smt', 'smtEnabled'],
  ] as const)('%s is refused when set, and when not known', (rule, member) => {
    const flag = (value: boolean | null) => ({ platformId: { ...platformId, [member]: value } });
    const results = [true, false, null].map((value) => [
      passes({ [rule]: 'refused' }, flag(value)),
      passes({ [rule]: 'allowed' }, flag(value)),
    ]);
    expect(results).toEqual([
      [false, true],
      [true, true],
      [false, true],
    ]);
  });
});

describe('pins', () => {
  const names = { mrseam: { [bytes('5E', 48)]: 'TDX module 1.5.24' } };

  it('tell a value by its name, pinned or not', () => {
    expect(line({ pins: { mrseam: [report.mrSeam] }, names } as Policy).detail).toBe(
      'MRSEAM is TDX module 1.5.24, one of the 1 pinned.',
    );
    const refused = line({ pins: { mrseam: [bytes('00', 48)] }, names } as Policy);
    expect(refused.outcome).toBe('refused');
    expect(refused.detail).toContain('TDX module 1.5.24');
  });

  it('in sets that belong together must match as a whole', () => {
    const right = {
      name: 'image 7',
      mrtd: report.mrTd.toUpperCase(),
      rtmr0: report.rtmr[0],
      rtmr1: report.rtmr[1],
    };
    const other = { name: 'image 8', mrtd: bytes('77', 48), rtmr0: bytes('77', 48), rtmr1: bytes('77', 48) };
    expect(line({ jointPins: [other, right] }).detail).toContain('"image 7"');
    // each value is in some set, but no set has both
    const crossed = [
      { ...right, rtmr1: other.rtmr1 },
      { ...other, rtmr1: right.rtmr1 },
    ];
    const refused = line({ jointPins: crossed });
    expect(refused).toMatchObject({ rule: 'jointPins', outcome: 'refused' });
    expect(refused.detail).toContain('"image 7", differs in RTMR1.');
    expect(passes({ jointPins: [] })).toBe(false);
    expect(passes({ jointPins: [{ ...right, mrservicetd: bytes('00', 48) }] })).toBe(false);
  });
});

describe('report data', () => {
  const binding = {
    purpose: 'machine.attest',
    nonce: new Uint8Array(32).fill(1),
    key: new Uint8Array(32).fill(2),
    coalition: new Uint8Array(32).fill(3),
    expires: at * 1000 + 60_000,
  };
  const asked = {
    ...binding,
    nonce: toHex(binding.nonce),
    key: toHex(binding.key).toUpperCase(),
    coalition: toHex(binding.coalition),
  };
  const bound = td({ reportData: toHex(reportDataBinding(binding, nodeHashes)) });

  it('is SHA-512 of the domain, a zero byte and the canonical CBOR of the binding', () => {
    // map of 5, keys in canonical order: shorter first, then by their bytes
    const cbor = [
      'a5',
      `636b6579${'5820'}${toHex(binding.key)}`,
      `656e6f6e6365${'5820'}${toHex(binding.nonce)}`,
      `6765787069726573${'1b'}${BigInt(binding.expires).toString(16).padStart(16, '0')}`,
      `67707572706f7365${'6e'}${Buffer.from(binding.purpose).toString('hex')}`,
      `69636f616c6974696f6e${'5820'}${toHex(binding.coalition)}`,
    ].join('');
    const message = Buffer.concat([Buffer.from('muster/report-data/1\0'), Buffer.from(cbor, 'hex')]);
    expect(reportDataBinding(binding, nodeHashes)).toEqual(nodeHashes.sha512(message));
  });

  it('changes with every member of the binding', () => {
    const other = new Uint8Array(32).fill(9);
    const changes = [
      { purpose: 'x' },
      { nonce: other },
      { key: other },
      { coalition: other },
      { expires: 1 },
    ];
    const all = [{}, ...changes].map((change) =>
      toHex(reportDataBinding({ ...binding, ...change }, nodeHashes)),
    );
    expect(new Set(all).size).toBe(6);
    for (const wrong of [{ purpose: '' }, { nonce: new Uint8Array(31) }, { expires: 0.5 }])
      expect(() => reportDataBinding({ ...binding, ...wrong }, nodeHashes)).toThrow(RangeError);
  });

  it('speaks for the key and nonce asked for, until it ends', () => {
    expect(passes({ reportData: { hashOf: asked } }, bound)).toBe(true);
    expect(passes({ reportData: { hashOf: asked } })).toBe(false);
    expect(passes({ reportData: { hashOf: { ...asked, nonce: bytes('07', 32) } } }, bound)).toBe(false);
    const ended = { ...binding, expires: at * 1000 - 1 };
    const old = line(
      { reportData: { hashOf: { ...asked, expires: ended.expires } } },
      td({ reportData: toHex(reportDataBinding(ended, nodeHashes)) }),
    );
    expect(old).toMatchObject({ rule: 'reportData.hashOf', outcome: 'refused' });
    expect(old.detail).toContain('ended at 2026-07-03T23:59:59Z');
  });
});

describe('minimum versions', () => {
  it('are met by the same number and not by one less', () => {
    expect([13, 14].map((minPceSvn) => passes({ minPceSvn }))).toEqual([true, false]);
    expect([4, 5].map((minQeSvn) => passes({ minQeSvn }))).toEqual([true, false]);
    const modules = [
      [1, 5],
      [0, 200],
      [1, 6],
      [2, 0],
    ] as const;
    expect(modules.map(([major, minor]) => passes({ minModuleSvn: { major, minor } }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(passes({ minTeeTcbSvn: report.teeTcbSvn })).toBe(true);
  });

  it('of the TEE count in each of the 16 numbers, at the launch and now', () => {
    const sixes = bytes('06', 16);
    for (let i = 0; i < 16; i++) {
      const short = `${bytes('06', i)}05${bytes('06', 15 - i)}`;
      expect(passes({ minTeeTcbSvn: sixes }, td({ teeTcbSvn: short }))).toBe(false);
      const now = line({ minTeeTcbSvn: sixes }, td({ teeTcbSvn: sixes, teeTcbSvn2: short }));
      expect(now.outcome).toBe('refused');
      expect(now.detail).toContain(`number ${i} is 5 now, below 6`);
    }
    expect(passes({ minTeeTcbSvn: sixes }, td({ teeTcbSvn: bytes('ff', 16) }))).toBe(true);
  });
});

describe('roll-back', () => {
  const facts: PolicyFacts = { highestEvaluationNumber: 19, highestCrlNumbers: { root: '5', pck: '1042' } };
  const rollback = (changes: PolicyFacts, refuseRollback = true) =>
    line({ refuseRollback }, {}, { ...facts, ...changes });

  it('is any number lower than seen before, and the line says which', () => {
    expect(rollback({}).outcome).toBe('passed');
    expect(rollback({ highestEvaluationNumber: 18 }).outcome).toBe('passed');
    const lower = rollback({ highestEvaluationNumber: 20 });
    expect(lower.outcome).toBe('refused');
    expect(lower.detail).toContain('evaluation number of the TCB info is 19, and was 20');
    expect(rollback({ highestCrlNumbers: { root: '6', pck: null } }).outcome).toBe('refused');
    // as numbers, and beyond what a double can tell apart
    const [less, more] = ['9007199254740992', '9007199254740993'];
    const big = line(
      { refuseRollback: true },
      { crlNumbers: { root: '5', pck: less } },
      { ...facts, highestCrlNumbers: { root: null, pck: more } },
    );
    expect(big.outcome).toBe('refused');
    expect(rollback({ highestCrlNumbers: { root: '5', pck: '999' } }).outcome).toBe('passed');
  });

  it('is told and put up with where the policy says so', () => {
    const told = rollback({ highestEvaluationNumber: 20 }, false);
    expect(told.outcome).toBe('passed');
    expect(told.detail).toContain('Older collateral than seen before');
  });

  it('cannot be excluded without a memory, but the first time is no roll-back', () => {
    expect(line({ refuseRollback: true }).outcome).toBe('refused');
    const first = { highestEvaluationNumber: null, highestCrlNumbers: { root: null, pck: null } };
    expect(rollback(first).outcome).toBe('passed');
    expect(passes({ refuseRollback: true }, { crlNumbers: { root: null, pck: null } }, facts)).toBe(false);
  });
});

describe('event logs', () => {
  const eventLog = ['full', 'full', 'partial', 'mismatch'] as const;

  it('must be full for the registers asked for', () => {
    expect(passes({ eventLog: { registers: [0, 1] } }, {}, { eventLog })).toBe(true);
    expect(passes({ eventLog: { registers: [1, 2] } }, {}, { eventLog })).toBe(false);
    expect(line({ eventLog: 'full' }, {}, { eventLog }).detail).toContain(
      'RTMR2 (partial), RTMR3 (mismatch)',
    );
    expect(passes({ eventLog: 'full' }, {}, { eventLog: ['full', 'full', 'full', 'full'] })).toBe(true);
    expect(passes({ eventLog: 'full' }, {}, { eventLog: ['full'] })).toBe(false);
    expect(passes({ eventLog: 'full' })).toBe(false);
    expect(passes({ eventLog: 'ignore' })).toBe(true);
  });

  it.each<[Policy, boolean]>([
    [{}, false],
    [DEFAULT_POLICY, false],
    [{ eventLog: 'ignore' }, false],
    [{ eventLog: { registers: [] } }, false],
    [{ eventLog: 'full' }, true],
    [{ overrides: [{ fmspc: '90C06F000000', until: '2026-07-04T00:00:00Z', note: 'n', set: {} }] }, false],
    [
      {
        eventLog: 'ignore',
        overrides: [
          {
            fmspc: '90C06F000000',
            until: '2026-07-04T00:00:00Z',
            note: 'n',
            set: { eventLog: { registers: [3] } },
          },
        ],
      },
      true,
    ],
  ])('are asked for by %j: %s', (policy, asked) => {
    checkPolicy(policy);
    expect(asksForEventLog(policy)).toBe(asked);
  });
});

describe('an override', () => {
  const override = {
    fmspc: '90C06F000000',
    until: '2026-07-04T00:00:01Z',
    note: 'component 8 waits for firmware',
    set: { acceptedStatuses: ['OutOfDate'] },
  } as const;
  const policy: Policy = {
    acceptedStatuses: ['UpToDate'],
    requireSeptVeDisable: true,
    overrides: [override],
  };
  const behind = { status: 'OutOfDate' } as const;

  it('replaces the rules that it sets and no others, and leaves a visible mark', () => {
    const judged = outcome(policy, behind);
    expect(judged).toMatchObject({
      outcome: 'passed',
      override: { fmspc: '90c06f000000', until: override.until, note: override.note },
      lines: [{ rule: 'overrides' }, { rule: 'acceptedStatuses' }, { rule: 'requireSeptVeDisable' }],
    });
    expect(judged.lines[0]!.detail).toContain(override.note);
    expect(outcome(policy, { ...behind, ...td({ tdAttributes: bytes('00', 8) }) }).outcome).toBe('refused');
  });

  it('ends in the very second it names, and says that it ended', () => {
    const ended = { ...policy, overrides: [{ ...override, until: '2026-07-04T00:00:00Z' }] };
    const judged = outcome(ended, behind);
    expect(judged).toMatchObject({ outcome: 'refused', override: null });
    expect(judged.lines[0]).toMatchObject({ rule: 'overrides', outcome: 'passed' });
    expect(judged.lines[0]!.detail).toContain('ended at 2026-07-04T00:00:00Z');
  });

  it('is for its family alone, and for none when the platform is not known', () => {
    const others = [{ ...platformId, fmspc: 'b0c06f000000' }, null];
    for (const other of others) {
      const judged = outcome(policy, { ...behind, platformId: other });
      expect(judged).toMatchObject({ outcome: 'refused', override: null });
      expect(judged.lines.some(({ rule }) => rule === 'overrides')).toBe(false);
    }
  });

  it('never accepts simulated evidence', () => {
    expect(outcome(policy, { ...behind, simulated: true }).lines).toContainEqual(
      expect.objectContaining({ rule: 'allowSimulated', outcome: 'refused' }),
    );
  });

  it('that sets a rule to undefined leaves the policy’s own', () => {
    const empty = { ...policy, overrides: [{ ...override, set: { acceptedStatuses: undefined } }] };
    expect(outcome(empty, behind).outcome).toBe('refused');
  });
});

describe('what is not known', () => {
  it('refuses every rule that asks for it', () => {
    const nothing = {
      status: null,
      tcbDate: null,
      collateralExpires: null,
      evaluationNumbers: { tcbInfo: null, qeIdentity: null },
      crlNumbers: { root: null, pck: null },
      platformId: null,
      quote: null,
      report: null,
    };
    const mask = { mask: bytes('ff', 8), value: bytes('00', 8) };
    const hash = { purpose: 'x', nonce: bytes('00', 32), key: bytes('00', 32), coalition: bytes('00', 32) };
    const { lines } = outcome(
      {
        acceptedStatuses: [...TCB_STATUSES],
        grace: { collateralDays: 3650, platformDays: 3650 },
        refusedAdvisories: [],
        tdAttributes: mask,
        xfam: mask,
        requireSeptVeDisable: true,
        allowMigratable: false,
        allowServiceTd: false,
        allowPerfmon: false,
        dynamicPlatform: 'refused',
        cachedKeys: 'refused',
        smt: 'refused',
        pins: Object.fromEntries(PIN_NAMES.map((name) => [name, [bytes('00', 48)]])),
        jointPins: [{ name: 'x', mrtd: bytes('00', 48) }],
        reportData: { exact: bytes('00', 64), prefix: '', hashOf: { ...hash, expires: at * 2000 } },
        minTeeTcbSvn: bytes('00', 16),
        minModuleSvn: { major: 0, minor: 0 },
        minPceSvn: 0,
        minQeSvn: 0,
        refuseRollback: true,
        eventLog: 'full',
        allow: { ppid: [], instanceId: [], fmspc: [] },
      },
      nothing,
    );
    expect(lines).toHaveLength(36);
    expect(lines.filter((one) => one.outcome === 'passed')).toEqual([]);
  });
});

describeWith('vectors', 'over the shared cases', () => {
  const cache = createVerifierCache();
  const cases = [...realCases(), ...syntheticCases()].map(({ minEvaluationNumber: _none, ...item }) => item);
  const plain = cases.map((item) => verifyQuote({ ...item, cache }));

  const hexOf = (n: number) => fc.uint8Array({ minLength: n, maxLength: n }).map(toHex);
  const mask = fc.tuple(hexOf(8), hexOf(8)).map(([m, v]) => ({
    mask: m,
    value: toHex(fromHex(v).map((byte, i) => byte & fromHex(m)[i]!)),
  }));
  const rules = fc.record(
    {
      acceptedStatuses: fc.subarray([...TCB_STATUSES]),
      grace: fc.record({ collateralDays: fc.nat(3650), platformDays: fc.nat(3650) }),
      refusedAdvisories: fc.subarray(['INTEL-SA-00837', 'INTEL-SA-01010', 'INTEL-SA-01397']),
      tdAttributes: mask,
      xfam: mask,
      requireSeptVeDisable: fc.boolean(),
      allowMigratable: fc.boolean(),
      allowServiceTd: fc.boolean(),
      allowPerfmon: fc.boolean(),
      dynamicPlatform: fc.constantFrom('allowed', 'refused'),
      cachedKeys: fc.constantFrom('allowed', 'refused'),
      smt: fc.constantFrom('allowed', 'refused'),
      pins: fc.record({ mrtd: fc.array(hexOf(48), { maxLength: 2 }) }),
      jointPins: fc.array(fc.record({ name: fc.constant('set'), rtmr0: hexOf(48) }), { maxLength: 2 }),
      reportData: fc.record({ exact: hexOf(64), prefix: hexOf(2) }, { requiredKeys: [] }),
      minTeeTcbSvn: hexOf(16),
      minModuleSvn: fc.record({ major: fc.nat(255), minor: fc.nat(255) }),
      minPceSvn: fc.nat(20),
      minQeSvn: fc.nat(10),
      refuseRollback: fc.boolean(),
      eventLog: fc.constantFrom('ignore', 'full', { registers: [2] }),
      allow: fc.record({ fmspc: fc.subarray(['00806f050000', '90c06f000000', 'b0c06f000000']) }),
    },
    { requiredKeys: [] },
  );
  const policies = fc
    .record({ policy: rules, fmspc: fc.constantFrom('00806f050000', '90c06f000000'), set: rules })
    .map(
      ({ policy, fmspc, set }) =>
        ({
          ...policy,
          allowSimulated: true,
          overrides: [{ fmspc, until: '2026-03-01T00:00:00Z', note: 'a test', set }],
        }) as Policy,
    );
  const facts: PolicyFacts = { highestEvaluationNumber: 18, highestCrlNumbers: { root: '1', pck: null } };

  it('no policy but the two keys changes anything in a verdict except its policy', () => {
    fc.assert(
      fc.property(policies, fc.nat(cases.length - 1), (policy, i) => {
        const plan = planVerdict({ ...cases[i]!, policy, facts, hashes: nodeHashes, memo: cache.memo });
        const { policy: judged, ...rest } = settle(plan, cache.check);
        const { policy: _none, ...same } = plain[i]!;
        expect(rest).toStrictEqual(same);
        expect(judged.outcome).toBe(
          judged.lines.some((one) => one.outcome === 'refused') ? 'refused' : 'passed',
        );
      }),
      { numRuns: 1000, seed: 11 },
    );
  });

  it('no policy at all gives no line but the one about simulated evidence', () => {
    for (const [i, judged] of plain.entries())
      expect(judged.policy).toEqual(
        cases[i]!.root === undefined
          ? { outcome: 'passed', lines: [], override: null }
          : {
              outcome: 'refused',
              lines: [expect.objectContaining({ rule: 'allowSimulated' })],
              override: null,
            },
      );
  });

  it('the presets take some real machines, refuse others, and strict takes no more than default', () => {
    const real = cases.filter(({ root }) => root === undefined);
    const verdicts = real.map((item) =>
      [DEFAULT_POLICY, STRICT_POLICY].map((policy) => verifyQuote({ ...item, cache, policy })),
    );
    const taken = (which: number) =>
      verdicts.filter(
        (pair) => pair[which]!.evidence === 'genuine' && pair[which]!.policy.outcome === 'passed',
      ).length;
    expect(taken(0)).toBeGreaterThan(0);
    expect(taken(0)).toBeLessThan(real.length);
    for (const [usual, strict] of verdicts)
      if (strict!.policy.outcome === 'passed') expect(usual!.policy.outcome).toBe('passed');
  });

  it('the same evidence is judged alike with facts from a node and on its own', () => {
    const item = cases[0]!;
    const judge = (known?: PolicyFacts) =>
      settle(
        planVerdict({ ...item, policy: { refuseRollback: true }, facts: known, hashes: nodeHashes }),
        createSignatureChecker(),
      ).policy.lines.map((one) => one.outcome);
    expect(judge()).toEqual(['refused']);
    expect(judge({ highestEvaluationNumber: 1, highestCrlNumbers: { root: '1', pck: '1' } })).toEqual([
      'passed',
    ]);
  });
});
