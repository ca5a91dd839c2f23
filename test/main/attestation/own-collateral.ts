/**
 * Collateral under a root of our own, so that a test can choose its numbers and dates: a root and a PCK CA with
 * their lists, the signer of documents, and the two documents, without any level in them.
 */
// oxlint-disable-next-line import/no-unassigned-import -- the certificate library wants it loaded before itself
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { type Collateral, isoTime, writePemChain } from '../../../src/protocol/attestation/index.ts';
import { toHex, utf8 } from '../../../src/protocol/bytes/index.ts';

export interface OwnSet {
  readonly fmspc?: string;
  readonly ca?: 'platform' | 'processor';
  readonly tcbInfo?: number;
  readonly qeIdentity?: number;
  readonly rootCrl?: number;
  readonly pckCrl?: number;
  /** Unix seconds; the documents and lists are valid from here for `days`. */
  readonly issued: number;
  readonly days?: number;
}

export interface OwnAuthority {
  /** DER. */
  readonly root: Uint8Array;
  collateral(set: OwnSet): Promise<Collateral>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const { subtle } = webcrypto;
const FROM = new Date('2020-01-01T00:00:00Z');
const TO = new Date('2040-01-01T00:00:00Z');
const DAY = 86_400;

export async function ownAuthority(): Promise<OwnAuthority> {
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const pair = (): Promise<CryptoKeyPair> =>
    subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
  const rootKeys = await pair();
  const rootName = 'CN=Muster TEST root';
  const caUsage = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
  let serial = 1;
  const issue = async (subject: string, keys: CryptoKeyPair, isCa: boolean): Promise<Uint8Array> => {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: `0${serial++}`,
      subject,
      issuer: rootName,
      publicKey: keys.publicKey,
      signingKey: rootKeys.privateKey,
      notBefore: FROM,
      notAfter: TO,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(isCa, undefined, true),
        new x509.KeyUsagesExtension(isCa ? caUsage : x509.KeyUsageFlags.digitalSignature, true),
      ],
    });
    return new Uint8Array(certificate.rawData);
  };
  const signerKeys = await pair();
  const cas = { platform: await pair(), processor: await pair() };
  const root = await issue(rootName, rootKeys, true);
  const signer = await issue('CN=Intel SGX TCB Signing', signerKeys, false);
  const names = {
    platform: 'CN=Intel SGX PCK Platform CA',
    processor: 'CN=Intel SGX PCK Processor CA',
  } as const;
  const caCertificates = {
    platform: await issue(names.platform, cas.platform, true),
    processor: await issue(names.processor, cas.processor, true),
  };

  const crl = async (issuer: string, keys: CryptoKeyPair, number: number, from: number, days: number) => {
    const list = await x509.X509CrlGenerator.create({
      issuer,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      thisUpdate: new Date(from * 1000),
      nextUpdate: new Date((from + days * DAY) * 1000),
      extensions: [new x509.Extension('2.5.29.20', false, Uint8Array.of(2, 1, number))],
    });
    return toHex(new Uint8Array(list.rawData));
  };
  const signed = async (text: string): Promise<string> =>
    toHex(new Uint8Array(await subtle.sign(ALGORITHM, signerKeys.privateKey, utf8(text).slice())));

  return {
    root,
    async collateral({ issued, days = 30, ...set }) {
      const { fmspc = '00806f050000', ca = 'platform' } = set;
      const dates = { issueDate: isoTime(issued), nextUpdate: isoTime(issued + days * DAY) };
      const tcbInfo = JSON.stringify({
        id: 'TDX',
        version: 3,
        ...dates,
        fmspc,
        pceId: '0000',
        tcbType: 0,
        tcbEvaluationDataNumber: set.tcbInfo ?? 18,
        tdxModule: { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8) },
        tcbLevels: [],
      });
      const qeIdentity = JSON.stringify({
        id: 'TD_QE',
        version: 2,
        ...dates,
        tcbEvaluationDataNumber: set.qeIdentity ?? set.tcbInfo ?? 18,
        miscselect: '00'.repeat(4),
        miscselectMask: 'ff'.repeat(4),
        attributes: '00'.repeat(16),
        attributesMask: 'ff'.repeat(16),
        mrsigner: '00'.repeat(32),
        isvprodid: 2,
        tcbLevels: [],
      });
      const signers = writePemChain([signer, root]);
      return {
        pck_crl_issuer_chain: writePemChain([caCertificates[ca], root]),
        root_ca_crl: await crl(rootName, rootKeys, set.rootCrl ?? 1, issued, 365),
        pck_crl: await crl(names[ca], cas[ca], set.pckCrl ?? 1, issued, days),
        tcb_info_issuer_chain: signers,
        tcb_info: tcbInfo,
        tcb_info_signature: await signed(tcbInfo),
        qe_identity_issuer_chain: signers,
        qe_identity: qeIdentity,
        qe_identity_signature: await signed(qeIdentity),
      };
    },
  };
}
