/** Lines about revocation lists. */
import {
  authorityKeyId,
  integer,
  makeSerial,
  NAMES,
  rawExtension,
} from '../../../src/main/attestation/simulate/index.ts';
import { toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { accepted, type Expected, type Line, refused } from './line.ts';
import { CERTIFICATES, DAY, issue, issueList, KEYS, recipeOf, type Role, T0 } from './scene.ts';
import { BAD_SIGNATURES, highS, lowS, resignedList } from './surgery.ts';
import { UNKNOWN, UNKNOWN_CRITICAL } from './certificate-changes.ts';

const { root, platformCa, signer } = CERTIFICATES;

/** Lists: whom they name, who signed them, and when. */
export async function listLines(): Promise<Line[]> {
  const lines: Line[] = [];
  const topBit = `ff${makeSerial().slice(2)}`;
  const oddLeaf = { chain: [await issue('leaf', { serial: topBit }), platformCa, root] };
  const serial = (role: Role): string => recipeOf(role).serial;
  const many = Array.from({ length: 500 }, makeSerial);
  lines.push(
    {
      id: 'CRL: the CA is revoked',
      collateral: { rootCrl: await issueList('root', { revoked: [serial('platformCa')] }) },
      expect: refused('ICA_REVOKED'),
    },
    {
      id: 'CRL: the CA is the last of 501',
      collateral: { rootCrl: await issueList('root', { revoked: [...many, serial('platformCa')] }) },
      expect: refused('ICA_REVOKED'),
    },
    {
      id: 'CRL: the signer is revoked',
      collateral: { rootCrl: await issueList('root', { revoked: [serial('signer')] }) },
      expect: refused('SIGNING_CERT_REVOKED'),
    },
    {
      id: 'CRL: the leaf is revoked',
      collateral: { pckCrl: await issueList('platformCa', { revoked: [serial('leaf')] }) },
      expect: refused('PCK_REVOKED'),
    },
    {
      id: 'CRL: the leaf is the first of 501',
      collateral: { pckCrl: await issueList('platformCa', { revoked: [serial('leaf'), ...many] }) },
      expect: refused('PCK_REVOKED'),
    },
    {
      id: 'CRL: a leaf whose serial has the top bit set is revoked',
      quote: oddLeaf,
      collateral: { pckCrl: await issueList('platformCa', { revoked: [topBit] }) },
      expect: refused('PCK_REVOKED'),
    },
    {
      id: 'CRL: others are revoked',
      collateral: {
        pckCrl: await issueList('platformCa', { revoked: many }),
        rootCrl: await issueList('root', { revoked: many }),
      },
      expect: accepted(),
    },
    {
      id: 'CRL: the other CA is revoked',
      collateral: { rootCrl: await issueList('root', { revoked: [serial('processorCa')] }) },
      expect: accepted(),
    },
    {
      id: 'CRL: a serial number of the leaf on the list of the root',
      collateral: { rootCrl: await issueList('root', { revoked: [serial('leaf')] }) },
      expect: accepted(),
    },
    {
      id: 'CRL: lists exchanged',
      collateral: { rootCrl: await issueList('platformCa'), pckCrl: await issueList('root') },
      expect: refused('ROOT_CRL_ISSUER'),
    },
    {
      id: 'CRL: the list of the root twice',
      collateral: { pckCrl: await issueList('root') },
      expect: refused('PCK_CRL_ISSUER'),
    },
  );
  for (const [which, issuer, member] of [
    ['ROOT', 'root', 'rootCrl'],
    ['PCK', 'platformCa', 'pckCrl'],
  ] as const) {
    const proper = await issueList(issuer);
    const cases: [string, string, Expected][] = [
      [
        'forged, empty',
        await issueList(issuer, { issuerKey: KEYS.rogue, extensions: [authorityKeyId(KEYS[issuer])] }),
        refused(`${which}_CRL_SIG`),
      ],
      [
        'forged, with the key id of the forger',
        await issueList(issuer, { issuerKey: KEYS.rogue }),
        refused(`${which}_CRL_ISSUER`),
      ],
      [
        'of another issuer name',
        await issueList(issuer, { issuer: NAMES.signer }),
        refused(`${which}_CRL_ISSUER`),
      ],
      ['without key id', await issueList(issuer, { extensions: [] }), accepted()],
      [
        'ended a second ago',
        await issueList(issuer, { nextUpdate: T0 - 1 }),
        refused(`${which}_CRL_EXPIRED`),
      ],
      ['ending now', await issueList(issuer, { nextUpdate: T0 }), accepted()],
      ['beginning now', await issueList(issuer, { thisUpdate: T0 }), accepted()],
      [
        'beginning in a second',
        await issueList(issuer, { thisUpdate: T0 + 1 }),
        refused(`${which}_CRL_FUTURE`),
      ],
      ['without an end', await issueList(issuer, { nextUpdate: undefined }), refused('CRL_FORMAT')],
      [
        'of years ago',
        await issueList(issuer, { thisUpdate: T0 - 800 * DAY, nextUpdate: T0 - 770 * DAY }),
        refused(`${which}_CRL_EXPIRED`),
      ],
      [
        'with an unknown critical extension',
        await issueList(issuer, { extensions: [authorityKeyId(KEYS[issuer]), UNKNOWN_CRITICAL] }),
        refused('CRL_FORMAT'),
      ],
      [
        'with an unknown extension',
        await issueList(issuer, { extensions: [authorityKeyId(KEYS[issuer]), UNKNOWN] }),
        accepted(),
      ],
      [
        'that is a delta list',
        await issueList(issuer, {
          extensions: [authorityKeyId(KEYS[issuer]), rawExtension('2.5.29.27', true, integer(1))],
        }),
        refused('CRL_FORMAT'),
      ],
      ['with a high number', await issueList(issuer, { number: 0x7fff_ffff }), accepted()],
      ['in upper-case hex', proper.toUpperCase(), accepted()],
      ['empty', '', refused('CRL_FORMAT')],
      ['rubbish', 'ab'.repeat(400), refused('CRL_FORMAT')],
      ['no hex', 'no list here', refused('CRL_FORMAT')],
      ['PEM', '-----BEGIN X509 CRL-----', refused('CRL_FORMAT')],
      ['cut by a byte', proper.slice(0, -2), refused('CRL_FORMAT')],
      ['with half a byte', proper.slice(0, -1), refused('CRL_FORMAT')],
      ['with a byte more', `${proper}00`, refused('CRL_FORMAT')],
      ['a certificate instead', toHex(signer), refused('CRL_FORMAT')],
      ['hex of hex', toHex(utf8(proper)), refused('CRL_FORMAT')],
    ];
    for (const [what, change] of Object.entries(BAD_SIGNATURES))
      cases.push([`signature: ${what}`, resignedList(proper, change), refused(`${which}_CRL_SIG`)]);
    for (const [what, s] of [
      ['high', highS],
      ['low', lowS],
    ] as const)
      cases.push([`signature: ${what} S`, resignedList(proper, s), accepted()]);
    for (const [what, hex, expect] of cases)
      lines.push({ id: `${which} CRL ${what}`, collateral: { [member]: hex }, expect });
  }
  return lines;
}
