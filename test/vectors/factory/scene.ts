/**
 * The stage of the quote factory (tdx.md 9): one simulated PKI, one platform, one base time, made once per run, and
 * two builders that put a quote and its collateral together with a hook at each step.
 */
import {
  authorityKeyId,
  basicConstraints,
  bindingOf,
  type CertificateRecipe,
  type CrlRecipe,
  type Document,
  type Extension,
  extensionsOf,
  type HeaderFields,
  issueCertificate,
  issueCrl,
  keyUsage,
  littleEndian,
  makeKey,
  makeSerial,
  moduleIdentity,
  NAMES,
  platformLevel,
  type QeFields,
  qeIdentity,
  sgxExtension,
  type SignatureData,
  signRaw,
  type SimulatedKey,
  type SimulatedPlatform,
  subjectKeyId,
  tcbInfo,
  type TdFields,
  type TdForm,
  writeDescriptor,
  writeHeader,
  writeQeReport,
  writeSignatureData,
  writeTdReport,
} from '../../../src/main/attestation/simulate/index.ts';
import { type Collateral, writePemChain } from '../../../src/protocol/attestation/index.ts';
import { concat, fromHex, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';

/** 2026-06-01T12:00:00Z: everything is judged for this time unless a case says otherwise. */
export const T0 = 1_780_315_200;
export const DAY = 86_400;

export interface Form {
  readonly name: 'v4' | 'v5-td10' | 'v5-td15';
  readonly version: 4 | 5;
  readonly td: TdForm;
}
export const V4: Form = { name: 'v4', version: 4, td: '1.0' };
export const V5: Form = { name: 'v5-td10', version: 5, td: '1.0' };
export const V5_15: Form = { name: 'v5-td15', version: 5, td: '1.5' };
export const FORMS: readonly Form[] = [V4, V5, V5_15];

/** The keys of the stage; `rogue` stands for whoever forges. */
export const KEYS = {
  root: makeKey(),
  platformCa: makeKey(),
  processorCa: makeKey(),
  leaf: makeKey(),
  signer: makeKey(),
  attestation: makeKey(),
  rogue: makeKey(),
  p384: makeKey('P-384'),
} as const;
export type Role = 'root' | 'platformCa' | 'processorCa' | 'leaf' | 'signer';

export const MR_SIGNER_QE = 'dc'.repeat(32);
export const FMSPC = '00c0ffee0000';
export const SVN = [6, 1, 7] as const;

/** Sixteen numbers, zero where nothing is said. */
export const sixteen = (values: readonly number[]): number[] =>
  Array.from({ length: 16 }, (_, i) => values[i] ?? 0);
export const svn = (...values: readonly number[]): Uint8Array => Uint8Array.from(sixteen(values));

export const PLATFORM: SimulatedPlatform = {
  ppid: new Uint8Array(16).fill(0xa1),
  components: sixteen([6, 6, 2, 2, 3, 1, 0, 3]),
  pceSvn: 13,
  // opaque on purpose: who compares it instead of the components gets another answer
  cpuSvn: new Uint8Array(16).fill(0xee),
  pceId: new Uint8Array(2),
  fmspc: fromHex(FMSPC),
  sgxType: 1,
  instanceId: new Uint8Array(16).fill(0xb2),
  configuration: [true, true, true],
};

const SERIALS: Record<Role, string> = {
  root: makeSerial(),
  platformCa: makeSerial(),
  processorCa: makeSerial(),
  leaf: makeSerial(),
  signer: makeSerial(),
};
export const serialOf = (role: Role): string => SERIALS[role];

const isCa = (role: Role): boolean => role === 'root' || role.endsWith('Ca');

/** The recipe of the proper certificate of a role. */
export function recipeOf(
  role: Role,
  issuer: Role = role === 'leaf' ? 'platformCa' : 'root',
): CertificateRecipe {
  const [key, issuerKey] = [KEYS[role], KEYS[issuer]];
  return {
    subject: NAMES[role],
    issuer: NAMES[issuer],
    serial: SERIALS[role],
    notBefore: T0 - 1000 * DAY,
    notAfter: T0 + 1000 * DAY,
    key,
    issuerKey,
    extensions: [
      ...(isCa(role)
        ? extensionsOf('ca', key, issuerKey, role === 'root' ? 1 : 0)
        : extensionsOf('leaf', key, issuerKey)),
      ...(role === 'leaf' ? [sgxExtension(PLATFORM)] : []),
    ],
  };
}

/** Issues a certificate that differs from the proper one of its role. */
export const issue = (role: Role, changes: Partial<CertificateRecipe> = {}): Promise<Uint8Array> =>
  issueCertificate({ ...recipeOf(role), ...changes });

/** Extensions put together by hand, for certificates that say something else than their role. */
export const extensions = (
  key: SimulatedKey,
  issuer: SimulatedKey,
  usage: Extension | null,
  constraints: Extension | null,
  ...more: readonly Extension[]
): Extension[] => [
  authorityKeyId(issuer),
  subjectKeyId(key),
  ...(usage === null ? [] : [usage]),
  ...(constraints === null ? [] : [constraints]),
  ...more,
];
export { basicConstraints, keyUsage };

const crlRecipe = (issuer: 'root' | 'platformCa' | 'processorCa'): CrlRecipe => ({
  issuer: NAMES[issuer],
  issuerKey: KEYS[issuer],
  number: 300,
  thisUpdate: T0 - DAY,
  nextUpdate: T0 + 29 * DAY,
  revoked: [],
});
/** Issues a list that differs from the proper one of its issuer; hex. */
export const issueList = async (
  issuer: 'root' | 'platformCa' | 'processorCa',
  changes: Partial<CrlRecipe> = {},
): Promise<string> => toHex(await issueCrl({ ...crlRecipe(issuer), ...changes }));

/** The proper certificates and lists. */
export const CERTIFICATES: Readonly<Record<Role, Uint8Array>> = {
  root: await issue('root'),
  platformCa: await issue('platformCa'),
  processorCa: await issue('processorCa'),
  leaf: await issue('leaf'),
  signer: await issue('signer'),
};
export const ROOT = CERTIFICATES.root;
const LISTS = {
  root: await issueList('root'),
  platformCa: await issueList('platformCa'),
};

/** How a quote differs from the proper one; each hook sees what would have been written. */
export interface QuoteVariant {
  readonly version?: number;
  readonly header?: HeaderFields;
  /** v5: type and size as written, whatever the body has; null: none at all. */
  readonly descriptor?: readonly [type: number, size: number] | null;
  readonly td?: TdFields;
  /** On header, descriptor and body before they are signed. */
  readonly signed?: (bytes: Uint8Array) => Uint8Array;
  readonly quoteKey?: SimulatedKey;
  readonly quoteSignature?: (signature: Uint8Array) => Uint8Array;
  /** The attestation key as written and bound. */
  readonly point?: Uint8Array;
  readonly authData?: Uint8Array;
  /** What the QE report binds, when it is not what is written. */
  readonly binding?: (bound: Uint8Array) => Uint8Array;
  readonly qe?: QeFields;
  readonly qeKey?: SimulatedKey;
  readonly qeSignature?: (signature: Uint8Array) => Uint8Array;
  readonly chain?: readonly Uint8Array[];
  readonly chainText?: (pem: string) => string;
  readonly outerType?: number;
  readonly innerType?: number;
  readonly lies?: SignatureData['lies'];
  readonly padding?: Uint8Array;
  /** On the finished quote. */
  readonly post?: (quote: Uint8Array) => Uint8Array;
}

const same = <T>(value: T): T => value;

export function buildQuote(form: Form, variant: QuoteVariant = {}): Uint8Array {
  const {
    chainText = same,
    quoteSignature = same,
    qeSignature = same,
    binding = same,
    post = same,
  } = variant;
  const quoteKey = variant.quoteKey ?? KEYS.attestation;
  const point = variant.point ?? KEYS.attestation.point;
  const authData = variant.authData ?? Uint8Array.from({ length: 32 }, (_, i) => i);
  const body = writeTdReport(form.td, {
    teeTcbSvn: svn(...SVN),
    teeTcbSvn2: svn(...SVN),
    mrSeam: new Uint8Array(48).fill(0x5e),
    tdAttributes: fromHex('0000001000000000'),
    xfam: fromHex('e702060000000000'),
    mrTd: new Uint8Array(48).fill(0x11),
    reportData: Uint8Array.from({ length: 64 }, (_, i) => i),
    ...variant.td,
  });
  const descriptor =
    form.version === 4 || variant.descriptor === null
      ? new Uint8Array(0)
      : writeDescriptor(form.td, ...(variant.descriptor ?? []));
  const header = writeHeader(variant.version ?? form.version, {
    userData: new Uint8Array(20).fill(0x77),
    ...variant.header,
  });
  const signed = (variant.signed ?? same)(concat(header, descriptor, body));
  const qeReport = writeQeReport({
    cpuSvn: new Uint8Array(16).fill(0xee),
    attributes: fromHex('1500000000000000e700000000000000'),
    mrEnclave: new Uint8Array(32).fill(0xe5),
    mrSigner: fromHex(MR_SIGNER_QE),
    productId: littleEndian(2, 2),
    isvSvn: littleEndian(4, 2),
    reportData: binding(bindingOf(point, authData)),
    ...variant.qe,
  });
  const { leaf, platformCa, root } = CERTIFICATES;
  const chain = variant.chain ?? [leaf, platformCa, root];
  return post(
    concat(
      signed,
      writeSignatureData({
        quoteSignature: quoteSignature(signRaw(quoteKey, signed)),
        attestationKey: point,
        qeReport,
        qeReportSignature: qeSignature(signRaw(variant.qeKey ?? KEYS.leaf, qeReport)),
        authData,
        chain: utf8(chainText(writePemChain(chain))),
        ...(variant.outerType === undefined ? {} : { outerType: variant.outerType }),
        ...(variant.innerType === undefined ? {} : { innerType: variant.innerType }),
        lies: variant.lies ?? {},
      }),
      variant.padding ?? new Uint8Array(0),
    ),
  );
}

const ISSUE = { issued: T0 - 3600, nextUpdate: T0 + 29 * DAY, evaluationNumber: 19 };
export const TOP = { sgx: [6, 6, 2, 2, 3, 1, 0, 3], pceSvn: 13, tdx: [5, 0, 6] } as const;

/** The proper documents as objects, for edits. */
export const INFO: Document = tcbInfo({
  ...ISSUE,
  fmspc: FMSPC.toUpperCase(),
  pceId: '0000',
  modules: [
    moduleIdentity('TDX_01', [
      { isvSvn: 6, status: 'UpToDate' },
      { isvSvn: 4, status: 'OutOfDate', tcbDate: '2025-02-02T00:00:00Z', advisories: ['SA-MODULE'] },
    ]),
  ],
  levels: [
    platformLevel({ ...TOP, status: 'UpToDate' }),
    platformLevel({
      sgx: [4, 4, 2, 2],
      pceSvn: 5,
      tdx: [3, 0, 4],
      status: 'OutOfDate',
      tcbDate: '2024-03-03T00:00:00Z',
      advisories: ['SA-PLATFORM'],
    }),
  ],
});
export const IDENTITY: Document = qeIdentity({
  ...ISSUE,
  mrSigner: MR_SIGNER_QE,
  levels: [
    { isvSvn: 4, status: 'UpToDate' },
    { isvSvn: 2, status: 'OutOfDate', tcbDate: '2023-04-04T00:00:00Z', advisories: ['SA-QE'] },
  ],
});

/** How one signed document differs from the proper one. */
export interface DocumentVariant {
  readonly edit?: (document: Document) => Document;
  /** On the text before it is signed, and after. */
  readonly text?: (text: string) => string;
  readonly after?: (text: string) => string;
  readonly key?: SimulatedKey;
  /** On r‖s. */
  readonly signature?: (signature: Uint8Array) => Uint8Array;
  readonly signatureText?: (hex: string) => string;
  readonly signers?: readonly Uint8Array[];
  readonly signersText?: (pem: string) => string;
}
export interface CollateralVariant {
  readonly info?: DocumentVariant;
  readonly identity?: DocumentVariant;
  /** Hex. */
  readonly rootCrl?: string;
  readonly pckCrl?: string;
  readonly post?: (collateral: Collateral) => Collateral;
}

/** Signing is what costs; a text that was signed by its proper key need not be signed again. */
const signedTexts = new Map<string, Uint8Array>();
function signedBy(key: SimulatedKey, text: string): Uint8Array {
  if (key !== KEYS.signer) return signRaw(key, utf8(text));
  const signature = signedTexts.get(text) ?? signRaw(key, utf8(text));
  signedTexts.set(text, signature);
  return signature;
}

function buildDocument(proper: Document, variant: DocumentVariant = {}) {
  const { edit = same, text = same, after = same, signature = same, signatureText = same } = variant;
  const signed = text(JSON.stringify(edit(proper)));
  return {
    chain: (variant.signersText ?? same)(
      writePemChain(variant.signers ?? [CERTIFICATES.signer, CERTIFICATES.root]),
    ),
    text: after(signed),
    signature: signatureText(toHex(signature(signedBy(variant.key ?? KEYS.signer, signed)))),
  };
}

export function buildCollateral(variant: CollateralVariant = {}): Collateral {
  const info = buildDocument(INFO, variant.info);
  const identity = buildDocument(IDENTITY, variant.identity);
  return (variant.post ?? same)({
    pck_crl_issuer_chain: writePemChain([CERTIFICATES.platformCa, CERTIFICATES.root]),
    root_ca_crl: variant.rootCrl ?? LISTS.root,
    pck_crl: variant.pckCrl ?? LISTS.platformCa,
    tcb_info_issuer_chain: info.chain,
    tcb_info: info.text,
    tcb_info_signature: info.signature,
    qe_identity_issuer_chain: identity.chain,
    qe_identity: identity.text,
    qe_identity_signature: identity.signature,
  });
}
