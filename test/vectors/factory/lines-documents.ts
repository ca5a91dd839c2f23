/** Lines about TCB info and QE identity as documents, and the QE that the identity describes. */
import {
  type Document,
  littleEndian,
  moduleIdentity,
  platformLevel,
  qeIdentity,
} from '../../../src/main/attestation/simulate/index.ts';
import { isoTime } from '../../../src/protocol/attestation/index.ts';
import { fromHex } from '../../../src/protocol/bytes/index.ts';
import { accepted, type Expected, type Line, refused } from './line.ts';
import { DAY, type DocumentVariant, MR_SIGNER_QE, T0, TOP } from './scene.ts';
import { flip } from './surgery.ts';

const put =
  (changes: Document) =>
  (document: Document): Document => ({ ...document, ...changes });
const without =
  (name: string) =>
  (document: Document): Document =>
    Object.fromEntries(Object.entries(document).filter(([key]) => key !== name));
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** What any signed document can suffer; `code` is TCB_INFO or QE_IDENTITY, `name` the text's own first words. */
function anyDocument(code: 'TCB_INFO' | 'QE_IDENTITY'): [string, DocumentVariant, Expected][] {
  const [format, mismatch, signature] = [`${code}_FORMAT`, `${code}_MISMATCH`, `${code}_SIG`];
  const times = ['issueDate', 'nextUpdate'] as const;
  const out: [string, DocumentVariant, Expected][] = [
    ['edited after signing', { after: (text) => text.replace('OutOfDate', 'UpToDate') }, refused(signature)],
    ['with a space after it', { after: (text) => `${text} ` }, refused(signature)],
    ['with another digit', { after: (text) => text.replace('19', '20') }, refused(signature)],
    [
      'printed anew after signing',
      { after: (text) => JSON.stringify(JSON.parse(text), null, 1) },
      refused(signature),
    ],
    ['empty after signing', { after: () => '' }, refused(signature)],
    ['signed with blanks', { text: (text) => JSON.stringify(JSON.parse(text), null, 2) }, accepted()],
    [
      'signed with CRLF blanks',
      { text: (text) => JSON.stringify(JSON.parse(text), null, 2).replaceAll('\n', '\r\n') },
      accepted(),
    ],
    ['with a signature in upper case', { signatureText: (hex) => hex.toUpperCase() }, accepted()],
    ['with half a signature', { signatureText: (hex) => hex.slice(0, 64) }, refused(signature)],
    ['with a longer signature', { signatureText: (hex) => `${hex}00` }, refused(signature)],
    ['with no signature', { signatureText: () => '' }, refused(signature)],
    ['with a signature that is no hex', { signatureText: () => 'x'.repeat(128) }, refused(signature)],
    ['with an unknown member', { edit: put({ news: { from: ['Intel'] } }) }, accepted()],
    ['with a member twice', { text: (text) => text.replace('{', '{"id":"TDX",') }, refused(format)],
    ['with a version twice', { text: (text) => `${text.slice(0, -1)},"version":3}` }, refused(format)],
    [
      'with a status twice',
      {
        text: (text) =>
          text.replace('"tcbStatus":"OutOfDate"', '"tcbStatus":"OutOfDate","tcbStatus":"UpToDate"'),
      },
      refused(format),
    ],
    [
      'with a member twice, once escaped',
      { text: (text) => text.replace('{', '{"\\u0069d":"TDX",') },
      refused(format),
    ],
    ['nested too deeply', { text: (text) => text.replace('{', `{"news":${deep(40)},`) }, refused(format)],
    [
      'nested by a hundred thousand',
      { text: (text) => text.replace('{', `{"news":${deep(100_000)},`) },
      refused(format),
    ],
    ['nested, but not too deeply', { text: (text) => text.replace('{', `{"news":${deep(10)},`) }, accepted()],
    ['cut', { text: (text) => text.slice(0, -1) }, refused(format)],
    ['with words behind it', { text: (text) => `${text}x` }, refused(format)],
    ['in a list', { text: (text) => `[${text}]` }, refused(format)],
    ['null', { text: () => 'null' }, refused(format)],
    ['empty', { text: () => '' }, refused(format)],
    ['with a byte order mark', { text: (text) => `\uFEFF${text}` }, refused(format)],
    ['with a comment', { text: (text) => `/**/${text}` }, refused(format)],
    ['of version as text', { edit: (d) => ({ ...d, version: String(d['version']) }) }, refused(mismatch)],
    ['of version 1', { edit: put({ version: 1 }) }, refused(mismatch)],
    ['of version 99', { edit: put({ version: 99 }) }, refused(mismatch)],
    ['of another id', { edit: put({ id: 'SGX' }) }, refused(mismatch)],
    [
      'of an id in lower case',
      { edit: (d) => ({ ...d, id: String(d['id']).toLowerCase() }) },
      refused(mismatch),
    ],
    ['without an id', { edit: without('id') }, refused(mismatch)],
    ['without a version', { edit: without('version') }, refused(mismatch)],
    ['issued now', { edit: put({ issueDate: isoTime(T0) }) }, accepted()],
    ['issued in a second', { edit: put({ issueDate: isoTime(T0 + 1) }) }, refused(`${code}_FUTURE`)],
    [
      'issued next year',
      { edit: put({ issueDate: isoTime(T0 + 365 * DAY), nextUpdate: isoTime(T0 + 395 * DAY) }) },
      refused(`${code}_FUTURE`),
    ],
    ['ending now', { edit: put({ nextUpdate: isoTime(T0) }) }, accepted()],
    ['ended a second ago', { edit: put({ nextUpdate: isoTime(T0 - 1) }) }, refused(`${code}_EXPIRED`)],
    [
      'ended last year',
      { edit: put({ issueDate: isoTime(T0 - 395 * DAY), nextUpdate: isoTime(T0 - 365 * DAY) }) },
      refused(`${code}_EXPIRED`),
    ],
    [
      'with an evaluation number that is text',
      { edit: put({ tcbEvaluationDataNumber: '19' }) },
      refused(format),
    ],
    ['with half an evaluation number', { edit: put({ tcbEvaluationDataNumber: 19.5 }) }, refused(format)],
    ['with a negative evaluation number', { edit: put({ tcbEvaluationDataNumber: -1 }) }, refused(format)],
  ];
  for (const name of [...times, 'tcbEvaluationDataNumber', 'tcbLevels'])
    out.push([`without ${name}`, { edit: without(name) }, refused(format)]);
  for (const date of [
    '2026',
    '2026-06-01',
    '2026-02-30T00:00:00Z',
    '2026-06-01T24:00:00Z',
    '2026-06-01T00:00:60Z',
    '2026-06-01 00:00:00Z',
    '2026-06-01T00:00:00',
    '2026-06-01T00:00:00+00:00',
    '2026-06-01T00:00:00.000Z',
    'soon',
    '',
    '9999999999',
  ])
    out.push([`issued "${date}"`, { edit: put({ issueDate: date }) }, refused(format)]);
  for (const date of ['never', '3026', '2026-13-01T00:00:00Z', '+12026-01-01T00:00:00Z'])
    out.push([`ending "${date}"`, { edit: put({ nextUpdate: date }) }, refused(format)]);
  out.push([`ending as a number`, { edit: put({ nextUpdate: T0 + DAY }) }, refused(format)]);
  return out;
}

type Level = { tcb: Record<string, unknown>; tcbStatus?: string };
/** Changes the first level of TCB info. */
const top =
  (change: (level: Level) => unknown) =>
  (document: Document): Document => {
    const [first, ...rest] = document['tcbLevels'] as Level[];
    return { ...document, tcbLevels: [change(first as Level), ...rest] };
  };
const topTcb = (changes: Record<string, unknown>) =>
  top((level) => ({ ...level, tcb: { ...level.tcb, ...changes } }));
const svns = (count: number, odd: unknown = 0) => [
  { svn: odd },
  ...Array.from({ length: count - 1 }, () => ({ svn: 0 })),
];

function tcbInfos(): Line[] {
  const format = refused('TCB_INFO_FORMAT');
  const out: [string, DocumentVariant, Expected][] = [
    ['of a type not known', { edit: put({ tcbType: 1 }) }, refused('TCB_INFO_MISMATCH')],
    ['without a type', { edit: without('tcbType') }, refused('TCB_INFO_MISMATCH')],
    [
      'that is a QE identity',
      {
        edit: () =>
          qeIdentity({
            issued: T0 - 1,
            nextUpdate: T0 + DAY,
            evaluationNumber: 19,
            mrSigner: MR_SIGNER_QE,
            levels: [],
          }),
      },
      refused('TCB_INFO_MISMATCH'),
    ],
    ['for another family', { edit: put({ fmspc: '00C0FFEE0001' }) }, refused('TCB_INFO_MISMATCH')],
    ['for the family in lower case', { edit: put({ fmspc: '00c0ffee0000' }) }, accepted()],
    ['for the family in mixed case', { edit: put({ fmspc: '00C0ffEE0000' }) }, accepted()],
    ['for a short family', { edit: put({ fmspc: '00C0FFEE' }) }, format],
    ['for a family that is no hex', { edit: put({ fmspc: '00C0FFEE000G' }) }, format],
    ['for another PCE', { edit: put({ pceId: '0001' }) }, refused('TCB_INFO_MISMATCH')],
    ['without its family', { edit: without('fmspc') }, format],
    ['without its PCE', { edit: without('pceId') }, format],
    ['without the module of version 0', { edit: without('tdxModule') }, format],
    ['without module identities', { edit: without('tdxModuleIdentities') }, refused('TDX_MODULE_MISMATCH')],
    ['with no module identities', { edit: put({ tdxModuleIdentities: [] }) }, refused('TDX_MODULE_MISMATCH')],
    ['with module identities that are no list', { edit: put({ tdxModuleIdentities: {} }) }, format],
    ['with no levels', { edit: put({ tcbLevels: [] }) }, refused('TCB_NOT_SUPPORTED')],
    ['with levels that are no list', { edit: put({ tcbLevels: {} }) }, format],
    [
      'with levels in the other order',
      { edit: (d) => ({ ...d, tcbLevels: (d['tcbLevels'] as unknown[]).toReversed() }) },
      accepted(),
    ],
    [
      'with two equal levels',
      {
        edit: (d) => ({
          ...d,
          tcbLevels: [...(d['tcbLevels'] as unknown[]), platformLevel({ ...TOP, status: 'Revoked' })],
        }),
      },
      format,
    ],
    ['with 15 SGX components', { edit: topTcb({ sgxtcbcomponents: svns(15) }) }, format],
    ['with 17 SGX components', { edit: topTcb({ sgxtcbcomponents: svns(17) }) }, format],
    ['with 15 TDX components', { edit: topTcb({ tdxtcbcomponents: svns(15) }) }, format],
    ['with 17 TDX components', { edit: topTcb({ tdxtcbcomponents: svns(17) }) }, format],
    ['without SGX components', { edit: topTcb({ sgxtcbcomponents: undefined }) }, format],
    ['without TDX components', { edit: topTcb({ tdxtcbcomponents: undefined }) }, format],
    ['without PCESVN', { edit: topTcb({ pcesvn: undefined }) }, format],
    ['with a PCESVN over 65535', { edit: topTcb({ pcesvn: 65_536 }) }, format],
    ['without tcb', { edit: top((level) => ({ ...level, tcb: undefined })) }, format],
    ['with a level that is no object', { edit: top(() => 7) }, format],
    ['without a date on a level', { edit: top((level) => ({ ...level, tcbDate: undefined })) }, format],
    [
      'with a date on a level that is none',
      { edit: top((level) => ({ ...level, tcbDate: '2026-02-30T00:00:00Z' })) },
      format,
    ],
    [
      'with advisories that are no list',
      { edit: top((level) => ({ ...level, advisoryIDs: 'SA-1' })) },
      format,
    ],
    ['with an advisory that is no text', { edit: top((level) => ({ ...level, advisoryIDs: [1] })) }, format],
    [
      'with a category and a type',
      {
        edit: top(({ tcb, ...level }) => {
          const named = (tcb['sgxtcbcomponents'] as Document[]).map((component) => ({
            ...component,
            category: 'BIOS',
            type: 'Early Microcode Update',
          }));
          return { ...level, tcb: { ...tcb, sgxtcbcomponents: named } };
        }),
      },
      accepted(),
    ],
    [
      'with one module twice',
      {
        edit: put({
          tdxModuleIdentities: ['TDX_01', 'tdx_01'].map((id) =>
            moduleIdentity(id, [{ isvSvn: 1, status: 'UpToDate' }]),
          ),
        }),
      },
      format,
    ],
  ];
  for (const odd of [256, -1, 1.5, '1', null, true, 1e300])
    out.push(
      [`with an SGX component of ${odd}`, { edit: topTcb({ sgxtcbcomponents: svns(16, odd) }) }, format],
      [`with a TDX component of ${odd}`, { edit: topTcb({ tdxtcbcomponents: svns(16, odd) }) }, format],
    );
  for (const status of ['MostlyFine', 'uptodate', '', 'TDRelaunchAdvised', 'UpToDate '])
    out.push([
      `with the status "${status}"`,
      { edit: top((level) => ({ ...level, tcbStatus: status })) },
      refused('TCB_STATUS_UNKNOWN'),
    ]);
  out.push([
    'without a status',
    { edit: top((level) => ({ ...level, tcbStatus: undefined })) },
    refused('TCB_INFO_FORMAT', 'TCB_STATUS_UNKNOWN'),
  ]);
  return [...anyDocument('TCB_INFO'), ...out].map(([what, info, expect]) => ({
    id: `TCB info ${what}`,
    collateral: { info },
    expect,
  }));
}

function identities(): Line[] {
  const format = refused('QE_IDENTITY_FORMAT');
  const mismatch = refused('QE_IDENTITY_MISMATCH');
  const level =
    (changes: Document) =>
    (d: Document): Document => ({
      ...d,
      tcbLevels: [{ ...(d['tcbLevels'] as Document[])[0], ...changes }],
    });
  const out: [string, DocumentVariant, Expected][] = [
    ['of the SGX QE', { edit: put({ id: 'QE' }) }, mismatch],
    ['of the QVE', { edit: put({ id: 'QVE' }) }, mismatch],
    ['of another signer', { edit: put({ mrsigner: 'dd'.repeat(32) }) }, mismatch],
    ['of a signer in upper case', { edit: put({ mrsigner: MR_SIGNER_QE.toUpperCase() }) }, accepted()],
    ['of a short signer', { edit: put({ mrsigner: 'dc' }) }, format],
    ['of another product', { edit: put({ isvprodid: 1 }) }, mismatch],
    ['of no product', { edit: without('isvprodid') }, format],
    ['of another MISCSELECT', { edit: put({ miscselect: '01000000' }) }, mismatch],
    [
      'of a MISCSELECT whose difference is masked out',
      { edit: put({ miscselectMask: '00000000' }) },
      accepted(),
    ],
    [
      'of a MISCSELECT outside its mask',
      { edit: put({ miscselect: '00000001', miscselectMask: 'FFFFFF00' }) },
      mismatch,
    ],
    ['of other attributes', { edit: put({ attributes: '10000000000000000000000000000000' }) }, mismatch],
    [
      'of attributes without a mask',
      { edit: put({ attributesMask: '00'.repeat(16), attributes: '00'.repeat(16) }) },
      accepted(),
    ],
    [
      'of attributes in full',
      { edit: put({ attributesMask: 'FF'.repeat(16), attributes: '1500000000000000e700000000000000' }) },
      accepted(),
    ],
    ['of a short mask', { edit: put({ attributesMask: 'FF' }) }, format],
    ['with no levels', { edit: put({ tcbLevels: [] }) }, refused('QE_TCB_NOT_SUPPORTED')],
    [
      'with levels in the other order',
      { edit: (d) => ({ ...d, tcbLevels: (d['tcbLevels'] as unknown[]).toReversed() }) },
      accepted(),
    ],
    [
      'with two equal levels',
      {
        edit: (d) => ({
          ...d,
          tcbLevels: [...(d['tcbLevels'] as unknown[]), ...(d['tcbLevels'] as unknown[])],
        }),
      },
      format,
    ],
    ['with an SVN of text', { edit: level({ tcb: { isvsvn: '4' } }) }, format],
    [
      'with a status of platforms',
      { edit: level({ tcbStatus: 'SWHardeningNeeded' }) },
      refused('TCB_STATUS_UNKNOWN'),
    ],
    ['with an unknown status', { edit: level({ tcbStatus: 'Fine' }) }, refused('TCB_STATUS_UNKNOWN')],
    ['revoked', { edit: level({ tcbStatus: 'Revoked' }) }, refused('TCB_REVOKED')],
    ['out of date', { edit: level({ tcbStatus: 'OutOfDate' }) }, accepted('OutOfDate', { qe: 'OutOfDate' })],
  ];
  for (const name of ['miscselect', 'miscselectMask', 'attributes', 'attributesMask', 'mrsigner'])
    out.push([`without ${name}`, { edit: without(name) }, format]);
  return [...anyDocument('QE_IDENTITY'), ...out].map(([what, identity, expect]) => ({
    id: `QE identity ${what}`,
    collateral: { identity },
    expect,
  }));
}

/** The quoting enclave itself, under a proper identity. */
function enclaves(): Line[] {
  const attributes = fromHex('1500000000000000e700000000000000');
  const mismatch = refused('QE_IDENTITY_MISMATCH');
  const lines: Line[] = [
    {
      id: 'QE of another signer',
      quote: { qe: { mrSigner: flip(31)(fromHex(MR_SIGNER_QE)) } },
      expect: mismatch,
    },
    { id: 'QE of another measurement', quote: { qe: { mrEnclave: new Uint8Array(32) } }, expect: accepted() },
    { id: 'QE of another CPUSVN', quote: { qe: { cpuSvn: new Uint8Array(16) } }, expect: accepted() },
    { id: 'QE of product 1', quote: { qe: { productId: littleEndian(1, 2) } }, expect: mismatch },
    { id: 'QE of product 0x0200', quote: { qe: { productId: Uint8Array.of(0, 2) } }, expect: mismatch },
    {
      id: 'QE in debug mode',
      quote: { qe: { attributes: flip(0, 2)(attributes) } },
      expect: refused('QE_IDENTITY_MISMATCH', 'QE_DEBUG'),
    },
    {
      id: 'QE in debug mode, masked out of the identity',
      quote: { qe: { attributes: flip(0, 2)(attributes) } },
      collateral: { identity: { edit: put({ attributesMask: 'F9FFFFFFFFFFFFFF0000000000000000' }) } },
      expect: refused('QE_DEBUG'),
    },
  ];
  for (let bit = 0; bit < 32; bit += 5)
    lines.push({
      id: `QE with bit ${bit} of MISCSELECT`,
      quote: { qe: { miscSelect: littleEndian(2 ** bit, 4) } },
      expect: mismatch,
    });
  lines.push({
    id: 'QE with the top bit of MISCSELECT',
    quote: { qe: { miscSelect: littleEndian(2 ** 31, 4) } },
    expect: mismatch,
  });
  for (const bit of [0, 2, 4, 5, 8, 63])
    lines.push({
      id: `QE with bit ${bit} of the attributes changed`,
      quote: { qe: { attributes: flip(bit >> 3, 1 << (bit & 7))(attributes) } },
      // bit 2 (64-bit mode) is the one that the identity masks out
      expect: bit === 2 ? accepted() : mismatch,
    });
  lines.push({
    id: 'QE with other XFRM',
    quote: { qe: { attributes: flip(8)(attributes) } },
    expect: accepted(),
  });
  for (const [isvSvn, expect] of [
    [1, refused('QE_TCB_NOT_SUPPORTED')],
    [2, accepted('OutOfDate', { qe: 'OutOfDate', advisories: ['SA-QE'], tcbDate: '2023-04-04T00:00:00Z' })],
    [3, accepted('OutOfDate', { qe: 'OutOfDate' })],
    [4, accepted('UpToDate', { qe: 'UpToDate' })],
    [5, accepted('UpToDate', { qe: 'UpToDate' })],
    [0x0100, accepted('UpToDate', { qe: 'UpToDate' })],
    [0xffff, accepted('UpToDate', { qe: 'UpToDate' })],
  ] as const)
    lines.push({ id: `QE of SVN ${isvSvn}`, quote: { qe: { isvSvn: littleEndian(isvSvn, 2) } }, expect });
  return lines;
}

export const documentLines = (): Line[] => [...tcbInfos(), ...identities(), ...enclaves()];
