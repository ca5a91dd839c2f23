/** Lines about the root and the PCK chain. */
import { NAMES, sgxExtension } from '../../../src/main/attestation/simulate/index.ts';
import { concat } from '../../../src/protocol/bytes/index.ts';
import { accepted, type Line, refused } from './line.ts';
import {
  basicConstraints,
  CERTIFICATES,
  extensions,
  issue,
  issueList,
  keyUsage,
  KEYS,
  PLATFORM,
  recipeOf,
  T0,
} from './scene.ts';
import { BAD_SIGNATURES, flip, highS, lowS, resignedCertificate } from './surgery.ts';
import { changesOf, chainWith } from './certificate-changes.ts';

const { root, platformCa, processorCa, leaf, signer } = CERTIFICATES;

async function pckChain(): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [role, part] of [
    ['leaf', 'leaf'],
    ['platformCa', 'ca'],
  ] as const) {
    for (const [what, changes, expect] of changesOf(role, 'PCK_CHAIN', 'PCK_CHAIN_EXPIRED'))
      lines.push({
        id: `${role} ${what}`,
        quote: chainWith({ [part]: await issue(role, changes) }),
        expect,
      });
    for (const [what, change] of Object.entries(BAD_SIGNATURES))
      lines.push({
        id: `${role} signature: ${what}`,
        quote: chainWith({ [part]: resignedCertificate(role === 'leaf' ? leaf : platformCa, change) }),
        expect: refused('PCK_CHAIN'),
      });
    for (const [what, s] of [
      ['high', highS],
      ['low', lowS],
    ] as const)
      lines.push({
        id: `${role} signature: ${what} S`,
        quote: chainWith({ [part]: resignedCertificate(role === 'leaf' ? leaf : platformCa, s) }),
        expect: accepted(),
      });
  }
  const ca = recipeOf('platformCa');
  const caWith = (...list: Parameters<typeof extensions>) =>
    issue('platformCa', { extensions: extensions(...list) });
  const leafCa = await issue('leaf', {
    extensions: extensions(
      KEYS.leaf,
      KEYS.platformCa,
      keyUsage('leaf'),
      basicConstraints(true, 0),
      sgxExtension(PLATFORM),
    ),
  });
  const belowLeaf = await issue('leaf', {
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
  lines.push(
    {
      id: 'CA without the CA flag',
      quote: chainWith({ ca: await caWith(ca.key, ca.issuerKey, keyUsage('ca'), basicConstraints(false)) }),
      expect: refused('NOT_CA'),
    },
    {
      id: 'CA without basic constraints',
      quote: chainWith({ ca: await caWith(ca.key, ca.issuerKey, keyUsage('ca'), null) }),
      expect: refused('NOT_CA'),
    },
    { id: 'leaf that is a CA', quote: chainWith({ leaf: leafCa }), expect: refused('PCK_CHAIN') },
    {
      id: 'chain: a PCK key used as a CA, four certificates',
      quote: { chain: [belowLeaf, leaf, platformCa, root], qeKey: KEYS.rogue },
      expect: refused('PCK_CHAIN'),
    },
    {
      id: 'chain: a PCK key used as a CA, three certificates',
      quote: { chain: [belowLeaf, leaf, root], qeKey: KEYS.rogue },
      expect: refused('PCK_CHAIN'),
    },
    {
      id: 'chain: a leaf directly under the root',
      quote: {
        chain: [await issue('leaf', { issuer: NAMES.root, issuerKey: KEYS.root }), platformCa, root],
      },
      expect: refused('PCK_CHAIN'),
    },
  );
  for (const [what, chain] of Object.entries({
    'no CA': [leaf, root],
    'no root': [leaf, platformCa],
    'the leaf alone': [leaf],
    'the leaf twice': [leaf, leaf, platformCa, root],
    'the root twice': [leaf, platformCa, root, root],
    'the CA first': [platformCa, leaf, root],
    reversed: [root, platformCa, leaf],
    'the signer as leaf': [signer, platformCa, root],
    'the CA of the other kind': [leaf, processorCa, root],
    'the root as CA': [leaf, root, root],
  }))
    lines.push({ id: `chain: ${what}`, quote: { chain }, expect: refused('PCK_CHAIN', 'ROOT_UNTRUSTED') });
  for (const [what, text, expect] of [
    ['CRLF line ends', (pem: string) => pem.replaceAll('\n', '\r\n'), accepted()],
    ['a closing NUL', (pem: string) => `${pem}\0`, accepted()],
    ['CRLF and NUL', (pem: string) => `${pem.replaceAll('\n', '\r\n')}\0`, accepted()],
    ['no last line end', (pem: string) => pem.trimEnd(), accepted()],
    ['two NULs', (pem: string) => `${pem}\0\0`, refused('CERT_FORMAT')],
    ['words before', (pem: string) => `leaf:\n${pem}`, refused('CERT_FORMAT')],
    ['words after', (pem: string) => `${pem}end\n`, refused('CERT_FORMAT')],
    [
      'an empty line between',
      (pem: string) => pem.replace('E-----\n-----B', 'E-----\n\n-----B'),
      refused('CERT_FORMAT'),
    ],
    ['a space in the text', (pem: string) => pem.replace('\nMII', '\n MII'), refused('CERT_FORMAT')],
    ['mixed line ends', (pem: string) => pem.replace('\n', '\r\n'), refused('CERT_FORMAT')],
    ['another label', (pem: string) => pem.replaceAll('CERTIFICATE', 'X509 CRL'), refused('CERT_FORMAT')],
    [
      'one long line',
      (pem: string) => pem.replaceAll(/([A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/])/g, '$1'),
      refused('CERT_FORMAT'),
    ],
    ['a missing END', (pem: string) => pem.slice(0, pem.lastIndexOf('-----END')), refused('CERT_FORMAT')],
    ['nothing', () => '', refused('CERT_FORMAT')],
    ['only a NUL', () => '\0', refused('CERT_FORMAT')],
    ['rubbish', () => 'x'.repeat(3000), refused('CERT_FORMAT')],
  ] as const)
    lines.push({ id: `PEM: ${what}`, quote: { chainText: text }, expect });
  // the whole PKI again, with the same names and serial numbers, by somebody else
  const forged = {
    root: await issue('root', { key: KEYS.rogue, issuerKey: KEYS.rogue }),
    ca: await issue('platformCa', { issuerKey: KEYS.rogue }),
  };
  lines.push(
    {
      id: 'chain: a root of the same name and serial number',
      quote: { chain: [leaf, forged.ca, forged.root] },
      expect: refused('ROOT_UNTRUSTED'),
    },
    {
      id: 'chain: a CA under a rogue root, shown with the proper root',
      quote: { chain: [leaf, forged.ca, root] },
      expect: refused('PCK_CHAIN'),
    },
    {
      id: 'chain: the proper root with one bit changed',
      quote: { chain: [leaf, platformCa, flip(-1)(root)] },
      expect: refused('ROOT_UNTRUSTED', 'CERT_FORMAT'),
    },
    {
      id: 'chain: another root of the same key',
      quote: { chain: [leaf, platformCa, await issue('root', { serial: '07' })] },
      expect: refused('ROOT_UNTRUSTED'),
    },
  );
  return lines;
}

async function roots(): Promise<Line[]> {
  const lines: Line[] = [
    { id: 'root: nobody names one', root: null, expect: refused('ROOT_UNTRUSTED', 'ROOT_CRL_ISSUER') },
    { id: 'root: empty', root: new Uint8Array(0), expect: refused('CERT_FORMAT') },
    { id: 'root: cut', root: root.slice(0, -1), expect: refused('CERT_FORMAT') },
    { id: 'root: with a byte more', root: concat(root, new Uint8Array(1)), expect: refused('CERT_FORMAT') },
    { id: 'root: the CA instead', root: platformCa, expect: refused('ROOT_UNTRUSTED') },
    { id: 'root: the leaf instead', root: leaf, expect: refused('ROOT_UNTRUSTED') },
    {
      id: 'root: with another signature',
      root: resignedCertificate(root, flip(5)),
      expect: refused('ROOT_UNTRUSTED'),
    },
  ];
  for (const [what, changes, expect] of [
    ['expired a second ago', { notAfter: T0 - 1 }, refused('ROOT_EXPIRED')],
    ['ending now', { notAfter: T0 }, accepted()],
    ['beginning now', { notBefore: T0 }, accepted()],
    ['beginning in a second', { notBefore: T0 + 1 }, refused('ROOT_EXPIRED')],
    [
      'that is no CA',
      { extensions: extensions(KEYS.root, KEYS.root, keyUsage('ca'), basicConstraints(false)) },
      refused('ROOT_UNTRUSTED'),
    ],
    [
      'that may sign nothing',
      { extensions: extensions(KEYS.root, KEYS.root, keyUsage('leaf'), basicConstraints(true, 1)) },
      refused('ROOT_UNTRUSTED'),
    ],
    [
      'that allows no CA below',
      { extensions: extensions(KEYS.root, KEYS.root, keyUsage('ca'), basicConstraints(true, 0)) },
      refused('PCK_CHAIN'),
    ],
  ] as const) {
    const other = await issue('root', changes);
    lines.push({
      id: `root: ${what}`,
      root: other,
      quote: { chain: [leaf, platformCa, other] },
      collateral: { info: { signers: [signer, other] }, identity: { signers: [signer, other] } },
      expect,
    });
  }
  return lines;
}

/** A platform of the Processor CA: five entries, another list. */
async function processor(): Promise<Line[]> {
  const key = KEYS.leaf;
  const der = await issue('leaf', {
    issuer: NAMES.processorCa,
    issuerKey: KEYS.processorCa,
    extensions: extensions(
      key,
      KEYS.processorCa,
      keyUsage('leaf'),
      basicConstraints(false),
      sgxExtension({ ...PLATFORM, instanceId: null, configuration: null }),
    ),
  });
  const quote = { chain: [der, processorCa, root] };
  const own = await issueList('processorCa');
  return [
    { id: 'Processor CA: with its own list', quote, collateral: { pckCrl: own }, expect: accepted() },
    { id: 'Processor CA: with the list of the Platform CA', quote, expect: refused('PCK_CRL_ISSUER') },
    {
      id: 'Platform CA: with the list of the Processor CA',
      collateral: { pckCrl: own },
      expect: refused('PCK_CRL_ISSUER'),
    },
  ];
}

export const chainLines = async (): Promise<Line[]> => [
  ...(await roots()),
  ...(await pckChain()),
  ...(await processor()),
];
