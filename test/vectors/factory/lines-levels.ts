/** Lines about levels: every component at its edge, and the TDX modules. */
import {
  type Document,
  moduleIdentity,
  platformLevel,
  sgxExtension,
} from '../../../src/main/attestation/simulate/index.ts';
import { accepted, type Line, refused } from './line.ts';
import { CERTIFICATES, issue, sixteen, recipeOf, PLATFORM } from './scene.ts';
import { both, low, modulesOf, put, up, word } from './tcb-changes.ts';

/** A level asks for one more, the same, one less than what is there. */
async function edges(): Promise<Line[]> {
  const lines: Line[] = [];
  const sevens = Array.from({ length: 16 }, () => 7);
  const even = await issue('leaf', {
    extensions: [
      ...recipeOf('leaf').extensions.slice(0, -1),
      sgxExtension({ ...PLATFORM, components: sevens, pceSvn: 300 }),
    ],
  });
  const chain = [even, CERTIFICATES.platformCa, CERTIFICATES.root];
  for (let i = 0; i < 16; i++)
    for (const step of [-1, 0, 1])
      lines.push({
        id: `edge: SGX component ${i + 1} asks for ${7 + step} of 7`,
        quote: { chain },
        collateral: put({ tcbLevels: [up(sevens.with(i, 7 + step), 300, []), low] }),
        expect: word(step <= 0),
      });
  for (const pceSvn of [0, 44, 255, 256, 299, 300, 301, 556, 65_535])
    lines.push({
      id: `edge: PCESVN asks for ${pceSvn} of 300`,
      quote: { chain },
      collateral: put({ tcbLevels: [up(sevens, pceSvn, []), low] }),
      expect: word(pceSvn <= 300),
    });
  for (let i = 0; i < 16; i++)
    for (const step of [-1, 0, 1]) {
      const tdx = sevens.with(1, 1);
      // with a module version of its own, the first two numbers of the array are the module's affair
      lines.push({
        id: `edge: TDX component ${i} asks for one ${['less', 'as there is', 'more'][step + 1]}, module 1`,
        quote: both(...tdx),
        collateral: put({
          tdxModuleIdentities: modulesOf([1]),
          tcbLevels: [up([], 0, tdx.with(i, (tdx[i] as number) + step)), low],
        }),
        expect: word(step <= 0 || i < 2),
      });
      const zero = sevens.with(1, 0);
      const asks = (zero[i] as number) + step;
      if (asks >= 0)
        lines.push({
          id: `edge: TDX component ${i} asks for one ${['less', 'as there is', 'more'][step + 1]}, module 0`,
          quote: both(...zero),
          collateral: put({ tcbLevels: [up([], 0, zero.with(i, asks)), low] }),
          expect: word(step <= 0),
        });
    }
  lines.push(
    {
      id: 'edge: below every level in one SGX component',
      quote: { chain },
      collateral: put({ tcbLevels: [up(sevens.with(3, 8), 0, [])] }),
      expect: refused('TCB_NOT_SUPPORTED'),
    },
    {
      id: 'edge: below every level in one TDX component',
      quote: both(7, 1, 7),
      collateral: put({ tdxModuleIdentities: modulesOf([1]), tcbLevels: [up([], 0, [0, 0, 8])] }),
      expect: refused('TCB_NOT_SUPPORTED'),
    },
    {
      id: 'edge: below every level in PCESVN',
      collateral: put({ tcbLevels: [up([], 14, [])] }),
      expect: refused('TCB_NOT_SUPPORTED'),
    },
    {
      // components are compared one by one, not as a row of digits
      id: 'edge: higher in the first component, lower in the second',
      quote: { chain },
      collateral: put({ tcbLevels: [up(sixteen([6, 8]), 0, []), low] }),
      expect: word(false),
    },
    {
      id: 'edge: a real case, SVN 4.1.7 where the level asks for TDX 5.0.7',
      quote: both(4, 1, 7),
      collateral: put({
        tdxModuleIdentities: [moduleIdentity('TDX_01', [{ isvSvn: 4, status: 'UpToDate' }])],
        tcbLevels: [up([], 0, [5, 0, 7]), low],
      }),
      expect: word(true),
    },
  );
  // three levels in each order: the highest that is reached counts
  const three = [
    up([6, 6], 13, []),
    platformLevel({ sgx: [6], pceSvn: 1, tdx: [], status: 'SWHardeningNeeded' }),
    low,
  ];
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])
    lines.push({
      id: `edge: levels in the order ${order.join()}`,
      collateral: put({ tcbLevels: order.map((i) => three[i]) }),
      expect: accepted('UpToDate', { tcbDate: '2026-01-01T00:00:00Z' }),
    });
  return lines;
}

function modules(): Line[] {
  const lines: Line[] = [];
  const levels = [up([], 0, [])];
  const anyModule = (...identities: Document[]) =>
    put({ tdxModuleIdentities: identities, tcbLevels: levels });
  const good = [{ isvSvn: 3, status: 'UpToDate' }];
  for (const version of [1, 3, 9, 0x0a, 0x0f, 0x10, 0x1f, 0xff]) {
    const id = `TDX_${version.toString(16).toUpperCase().padStart(2, '0')}`;
    lines.push(
      {
        id: `module ${version}: listed`,
        quote: both(3, version),
        collateral: anyModule(moduleIdentity(id, good)),
        expect: accepted('UpToDate', { module: 'UpToDate' }),
      },
      {
        id: `module ${version}: listed in lower case`,
        quote: both(3, version),
        collateral: anyModule(moduleIdentity(id.toLowerCase(), good)),
        expect: accepted(),
      },
      {
        id: `module ${version}: not listed`,
        quote: both(3, version),
        collateral: anyModule(moduleIdentity('TDX_77', good)),
        expect: refused('TDX_MODULE_MISMATCH'),
      },
      {
        id: `module ${version}: below its levels`,
        quote: both(2, version),
        collateral: anyModule(moduleIdentity(id, good)),
        expect: refused('TCB_NOT_SUPPORTED'),
      },
    );
  }
  const one = moduleIdentity('TDX_01', good);
  for (const [what, td, identity, expect] of [
    [
      'of another signer',
      { mrSignerSeam: new Uint8Array(48).with(0, 1) },
      one,
      refused('TDX_MODULE_MISMATCH'),
    ],
    [
      'of another signer, last byte',
      { mrSignerSeam: new Uint8Array(48).with(47, 1) },
      one,
      refused('TDX_MODULE_MISMATCH'),
    ],
    [
      'of a signer that the list names',
      { mrSignerSeam: new Uint8Array(48).fill(1) },
      { ...one, mrsigner: '01'.repeat(48) },
      accepted(),
    ],
    [
      'of no signer where the list names one',
      {},
      { ...one, mrsigner: '01'.repeat(48) },
      refused('TDX_MODULE_MISMATCH'),
    ],
    [
      'with attributes',
      { seamAttributes: new Uint8Array(8).with(0, 1) },
      one,
      refused('TDX_MODULE_MISMATCH'),
    ],
    [
      'with the last attribute',
      { seamAttributes: new Uint8Array(8).with(7, 0x80) },
      one,
      refused('TDX_MODULE_MISMATCH'),
    ],
    [
      'with attributes that the list names',
      { seamAttributes: new Uint8Array(8).with(0, 1) },
      { ...one, attributes: '0100000000000000' },
      refused('TDX_MODULE_MISMATCH'),
    ],
    [
      'with attributes that the list masks out',
      { seamAttributes: new Uint8Array(8).with(0, 1) },
      { ...one, attributesMask: '00'.repeat(8) },
      refused('TDX_MODULE_MISMATCH'),
    ],
    ['of any MRSEAM', { mrSeam: new Uint8Array(48).fill(0xab) }, one, accepted()],
  ] as const)
    lines.push({
      id: `module 1: ${what}`,
      quote: { td: { ...both(3, 1).td, ...td } },
      collateral: anyModule(identity),
      expect,
    });
  const info = {
    tdxModule: { mrsigner: '02'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) },
  };
  lines.push(
    {
      id: 'module 0: judged with the platform',
      quote: both(9, 0),
      collateral: put({ tcbLevels: levels }),
      expect: accepted('UpToDate', { module: null }),
    },
    {
      id: 'module 0: no identity is asked',
      quote: both(9, 0),
      collateral: put({ tcbLevels: levels, tdxModuleIdentities: [] }),
      expect: accepted(),
    },
    {
      id: 'module 0: of another signer',
      quote: both(9, 0),
      collateral: put({ ...info, tcbLevels: levels }),
      expect: refused('TDX_MODULE_MISMATCH'),
    },
    {
      id: 'module 0: of the signer named for it',
      quote: { td: { ...both(9, 0).td, mrSignerSeam: new Uint8Array(48).fill(2) } },
      collateral: put({ ...info, tcbLevels: levels }),
      expect: accepted(),
    },
    {
      id: 'module 1: the signer named for version 0 does not count',
      quote: both(3, 1),
      collateral: put({ ...info, tcbLevels: levels, tdxModuleIdentities: [one] }),
      expect: accepted(),
    },
    {
      id: 'module 1: without levels',
      quote: both(3, 1),
      collateral: anyModule(moduleIdentity('TDX_01', [])),
      expect: refused('TCB_NOT_SUPPORTED'),
    },
    {
      id: 'module 1: levels in the other order',
      quote: both(3, 1),
      collateral: anyModule(moduleIdentity('TDX_01', [{ isvSvn: 1, status: 'OutOfDate' }, ...good])),
      expect: accepted(),
    },
    {
      id: 'module 1: two equal levels',
      quote: both(3, 1),
      collateral: anyModule(moduleIdentity('TDX_01', [...good, { isvSvn: 3, status: 'Revoked' }])),
      expect: refused('TCB_INFO_FORMAT'),
    },
    {
      id: 'module 1: a status of platforms',
      quote: both(3, 1),
      collateral: anyModule(moduleIdentity('TDX_01', [{ isvSvn: 3, status: 'ConfigurationNeeded' }])),
      expect: refused('TCB_STATUS_UNKNOWN'),
    },
  );
  return lines;
}

export const levelLines = async (): Promise<Line[]> => [...(await edges()), ...modules()];
