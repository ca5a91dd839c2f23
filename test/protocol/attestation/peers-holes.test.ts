/** The holes that other verifiers have (tdx.md 7.1, points 1 to 11), each tried on this one. */
import { describe, expect, it } from 'vitest';
import { createVerifierCache, verifyQuote, type VerifyRequest } from '../../../src/main/attestation/index.ts';
import {
  authorityKeyId,
  type Document,
  moduleIdentity,
  NAMES,
  platformLevel,
  sgxExtension,
} from '../../../src/main/attestation/simulate/index.ts';
import {
  basicConstraints,
  buildCollateral,
  buildQuote,
  CERTIFICATES,
  type CollateralVariant,
  DAY,
  extensions,
  type Form,
  FORMS,
  issue,
  issueList,
  keyUsage,
  KEYS,
  PLATFORM,
  type QuoteVariant,
  recipeOf,
  ROOT,
  sixteen,
  svn,
  T0,
  V4,
  V5,
  V5_15,
} from '../../vectors/factory/scene.ts';
import { flip, highS } from '../../vectors/factory/surgery.ts';

interface Tried {
  readonly form?: Form;
  readonly quote?: QuoteVariant;
  readonly collateral?: CollateralVariant | undefined;
  readonly more?: Partial<VerifyRequest>;
}
const judge = ({ form = V4, quote, collateral, more }: Tried = {}) =>
  verifyQuote({
    quote: buildQuote(form, quote),
    collateral: buildCollateral(collateral),
    at: T0,
    root: ROOT,
    ...more,
  });
const codeOf = (tried: Tried): string | null => judge(tried).code;
const { root, platformCa, leaf } = CERTIFICATES;
const edit = (changes: Document): CollateralVariant => ({
  info: { edit: (document) => ({ ...document, ...changes }) },
});

it('the evidence that is bent here is genuine before it is bent', () => {
  for (const form of FORMS)
    expect(judge({ form })).toMatchObject({ evidence: 'genuine', status: 'UpToDate' });
});

describe('hole 1: revocation lists that nobody authenticated', () => {
  it('a list that is empty, garbage, forged, of another issuer or of last year is refused', async () => {
    const forged = await issueList('platformCa', {
      issuerKey: KEYS.rogue,
      extensions: [authorityKeyId(KEYS.platformCa)],
    });
    for (const [pckCrl, code] of [
      ['', 'CRL_FORMAT'],
      ['00ff00ff', 'CRL_FORMAT'],
      [forged, 'PCK_CRL_SIG'],
      [await issueList('root'), 'PCK_CRL_ISSUER'],
      [
        await issueList('platformCa', { thisUpdate: T0 - 400 * DAY, nextUpdate: T0 - 370 * DAY }),
        'PCK_CRL_EXPIRED',
      ],
    ] as const)
      expect(codeOf({ collateral: { pckCrl } })).toBe(code);
    expect(codeOf({ collateral: { rootCrl: forged } })).toBe('ROOT_CRL_ISSUER');
  });

  it('a leaf, an intermediate and a signer that are revoked are found', async () => {
    const list = (issuer: 'root' | 'platformCa', role: 'leaf' | 'platformCa' | 'signer') =>
      issueList(issuer, { revoked: [recipeOf(role).serial] });
    expect(codeOf({ collateral: { pckCrl: await list('platformCa', 'leaf') } })).toBe('PCK_REVOKED');
    expect(codeOf({ collateral: { rootCrl: await list('root', 'platformCa') } })).toBe('ICA_REVOKED');
    expect(codeOf({ collateral: { rootCrl: await list('root', 'signer') } })).toBe('SIGNING_CERT_REVOKED');
  });
});

describe('hole 2: documents signed by any key under the root', () => {
  it.each(['info', 'identity'] as const)('%s signed by a PCK key is refused', (which) => {
    const stolen = { key: KEYS.leaf };
    expect(codeOf({ collateral: { [which]: { ...stolen, signers: [leaf, root] } } })).toBe('SIGNING_CN');
    expect(codeOf({ collateral: { [which]: { ...stolen, signers: [leaf, platformCa, root] } } })).toBe(
      'SIGNING_CHAIN',
    );
  });
});

describe('hole 3: collateral that is not verified, or only on request', () => {
  it('without collateral the verdict is never genuine, and says what was not checked', () => {
    const verdict = judge({ more: { collateral: undefined } });
    expect(verdict).toMatchObject({ evidence: 'incomplete', status: null });
    expect(verdict.checks.filter(({ outcome }) => outcome === 'not-checked').length).toBeGreaterThan(10);
  });

  it('there is no switch: an edited document is refused under any policy', () => {
    const collateral = { info: { after: (text: string) => text.replace('OutOfDate', 'UpToDate') } };
    for (const policy of [undefined, {}, { allowDebug: true, allowSimulated: true, minEvaluationNumber: 0 }])
      expect(codeOf({ collateral, more: { policy } })).toBe('TCB_INFO_SIG');
  });
});

describe('hole 4: a PCK key used as a CA', () => {
  it('a leaf below a leaf is refused, in a chain of four and of three', async () => {
    const below = await issue('leaf', {
      issuer: NAMES.leaf,
      issuerKey: KEYS.leaf,
      key: KEYS.rogue,
      extensions: extensions(
        KEYS.rogue,
        KEYS.leaf,
        keyUsage('leaf'),
        basicConstraints(false),
        sgxExtension(PLATFORM),
      ),
    });
    for (const chain of [
      [below, leaf, platformCa, root],
      [below, leaf, root],
    ])
      expect(codeOf({ quote: { chain, qeKey: KEYS.rogue } })).toBe('PCK_CHAIN');
  });

  it('a CA without the CA flag is refused', async () => {
    const ca = await issue('platformCa', {
      extensions: extensions(KEYS.platformCa, KEYS.root, keyUsage('ca'), basicConstraints(false)),
    });
    expect(codeOf({ quote: { chain: [leaf, ca, root] } })).toBe('NOT_CA');
  });
});

describe('hole 5: the TDX module is not looked at', () => {
  it('a module of another signer, with attributes, or not listed is refused', () => {
    for (const td of [
      { mrSignerSeam: new Uint8Array(48).fill(1) },
      { seamAttributes: new Uint8Array(8).with(0, 1) },
      { teeTcbSvn: svn(6, 9, 7) },
    ])
      expect(codeOf({ quote: { td } })).toBe('TDX_MODULE_MISMATCH');
  });

  it('the status is not the module’s alone: an old platform stays old under a new module', () => {
    const levels = [
      platformLevel({ sgx: [9], pceSvn: 0, tdx: [], status: 'UpToDate' }),
      platformLevel({ sgx: [], pceSvn: 0, tdx: [], status: 'OutOfDate' }),
    ];
    expect(judge({ collateral: edit({ tcbLevels: levels }) })).toMatchObject({
      status: 'OutOfDate',
      module: 'UpToDate',
    });
  });
});

describe('hole 6: the wrong numbers are compared', () => {
  const leafWith = async (changes: Partial<typeof PLATFORM>) => ({
    chain: [
      await issue('leaf', {
        extensions: [...recipeOf('leaf').extensions.slice(0, -1), sgxExtension({ ...PLATFORM, ...changes })],
      }),
      platformCa,
      root,
    ],
  });

  it('the components count, and never the opaque CPUSVN', async () => {
    const better = await leafWith({
      components: sixteen([5, 6, 2, 2, 3, 1, 0, 3]),
      cpuSvn: new Uint8Array(16).fill(255),
    });
    expect(judge({ quote: better }).status).toBe('OutOfDate');
    const worse = await leafWith({ cpuSvn: new Uint8Array(16) });
    expect(judge({ quote: worse }).status).toBe('UpToDate');
  });

  it('TCB info for another family or another PCE is refused', async () => {
    for (const changes of [{ fmspc: '00C0FFEE0001' }, { pceId: '0001' }])
      expect(codeOf({ collateral: edit(changes) })).toBe('TCB_INFO_MISMATCH');
    expect(codeOf({ quote: await leafWith({ fmspc: new Uint8Array(6) }) })).toBe('TCB_INFO_MISMATCH');
    expect(codeOf({ quote: await leafWith({ pceId: Uint8Array.of(1, 0) }) })).toBe('TCB_INFO_MISMATCH');
  });
});

describe('hole 7: dates that are none', () => {
  it.each(['2026', '2026-02-30T00:00:00Z', 'soon', '', '2026-06-01T00:00:00'])('"%s" is refused', (date) => {
    for (const name of ['issueDate', 'nextUpdate']) {
      expect(codeOf({ collateral: edit({ [name]: date }) })).toBe('TCB_INFO_FORMAT');
      const identity = { edit: (document: Document) => ({ ...document, [name]: date }) };
      expect(codeOf({ collateral: { identity } })).toBe('QE_IDENTITY_FORMAT');
    }
  });
});

describe('hole 8: lengths that nobody compares', () => {
  it.each(['signature', 'outer', 'inner', 'auth'] as const)('a lying length (%s) is refused', (field) => {
    for (const form of FORMS)
      for (const lie of [-1, 1])
        for (const padding of [new Uint8Array(0), new Uint8Array(70)])
          expect(judge({ form, quote: { lies: { [field]: lie }, padding } }).evidence).toBe('refused');
  });

  it('the size of a version 5 body is the one of its type', () => {
    for (const [form, type, size] of [
      [V5, 2, 585],
      [V5, 2, 648],
      [V5_15, 3, 647],
      [V5_15, 3, 584],
    ] as const)
      expect(codeOf({ form, quote: { descriptor: [type, size] } })).toBe('BODY_SIZE');
  });

  it('the text of the unused root certificate counts too', () => {
    const changed = (text: string) => {
      const at = text.length - 200;
      return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    };
    expect(judge({ quote: { chainText: changed } }).evidence).toBe('refused');
  });
});

describe('hole 9: signers that are expired', () => {
  it.each(['info', 'identity'] as const)(
    '%s of a signer that ended a second ago is refused',
    async (which) => {
      const old = await issue('signer', { notAfter: T0 - 1 });
      expect(codeOf({ collateral: { [which]: { signers: [old, root] } } })).toBe('SIGNING_CERT_EXPIRED');
    },
  );

  it('a memory filled by a refused verification does not make the next one genuine', () => {
    const cache = createVerifierCache();
    const bad = { info: { key: KEYS.rogue } };
    for (let i = 0; i < 2; i++) expect(codeOf({ collateral: bad, more: { cache } })).toBe('TCB_INFO_SIG');
  });
});

describe('hole 10: a status that is the worst of three', () => {
  const moduleOutOfDate = (status: string) => ({
    ...edit({
      tcbLevels: [platformLevel({ sgx: [], pceSvn: 0, tdx: [], status })],
      tdxModuleIdentities: [moduleIdentity('TDX_01', [{ isvSvn: 0, status: 'OutOfDate' }])],
    }),
  });

  it('a module that is behind keeps the need for configuration', () => {
    for (const [platform, status] of [
      ['ConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
      ['SWHardeningNeeded', 'OutOfDate'],
      ['UpToDate', 'OutOfDate'],
    ] as const)
      expect(judge({ collateral: moduleOutOfDate(platform) }).status).toBe(status);
  });

  it('levels in any order give the same answer', () => {
    const reversed = {
      info: { edit: (d: Document) => ({ ...d, tcbLevels: (d['tcbLevels'] as unknown[]).toReversed() }) },
    };
    expect(judge({ collateral: reversed }).status).toBe(judge().status);
  });

  it('a TD that only needs a relaunch is told so', () => {
    const quote = { td: { teeTcbSvn: svn(4, 1, 7) } };
    expect(judge({ form: V5_15, quote })).toMatchObject({ status: 'TDRelaunchAdvised', current: 'UpToDate' });
    expect(judge({ form: V4, quote })).toMatchObject({ status: 'OutOfDate', current: null });
  });
});

describe('hole 11: genuine evidence that is refused', () => {
  it.each<[string, Tried]>([
    ['no authentication data', { quote: { authData: new Uint8Array(0) } }],
    ['long authentication data', { quote: { authData: new Uint8Array(500) } }],
    ['SEPT_VE_DISABLE off, as on Azure', { quote: { td: { tdAttributes: new Uint8Array(8) } } }],
    ['PERFMON', { quote: { td: { tdAttributes: new Uint8Array(8).with(7, 0x80) } } }],
    ['a service TD', { form: V5_15, quote: { td: { mrServiceTd: new Uint8Array(48).fill(1) } } }],
    [
      'TDX module version 10',
      {
        quote: { td: { teeTcbSvn: svn(6, 10, 7) } },
        collateral: edit({
          tdxModuleIdentities: [moduleIdentity('TDX_0a', [{ isvSvn: 6, status: 'UpToDate' }])],
        }),
      },
    ],
    [
      'a high S everywhere',
      {
        quote: { quoteSignature: highS, qeSignature: highS },
        collateral: { info: { signature: highS }, identity: { signature: highS } },
      },
    ],
    ['a wider XFAM', { quote: { td: { xfam: new Uint8Array(8).fill(0xff) } } }],
    [
      'padding to 8000 bytes',
      { quote: { post: (quote) => Uint8Array.from({ length: 8000 }, (_, i) => quote[i] ?? 0) } },
    ],
  ])('%s is genuine', (_what, tried) => {
    expect(judge(tried)).toMatchObject({ evidence: 'genuine', status: 'UpToDate' });
  });

  it('and the same evidence with one bit changed is not', () => {
    expect(judge({ quote: { authData: new Uint8Array(500), post: flip(700) } }).evidence).toBe('refused');
  });
});
