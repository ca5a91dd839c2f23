/**
 * The first half of a verification: read quote, chain and collateral, and collect the signatures to be checked. What
 * a fleet shares is kept with its signatures (tdx.md 6): collateral by its texts, a chain and what the QE certified
 * by the hash of their bytes, each under one root. Times and policies are not known here.
 */
import { Refusal, toHex } from '../bytes/index.ts';
import type { Certificate } from './certificate.ts';
import type { Collateral } from './collateral.ts';
import { ascii } from './der.ts';
import { summarizeCertificate } from './describe.ts';
import { type Attempt, attempt, demand, valueOf } from './ledger.ts';
import { bindsAttestationKey, LARGEST_QUOTE, parseQuote, type Quote } from './quote.ts';
import {
  type Anchor,
  askCollateral,
  type CollateralReadings,
  copyCollateral,
  Jobs,
  memoOf,
  readAnchor,
  readCertificates,
  readCollateralParts,
  type VerifierInput,
} from './readings.ts';
import { readSgxExtension, type SgxExtension } from './sgx-extension.ts';
import { type QeIdentity, readQeIdentity, readTcbInfo, type TcbInfo } from './tcb-info.ts';
import { readSgxReport, type SgxReport } from './td-report.ts';
import type { CertificateSummary } from './verdict.ts';

/** The PCK chain of a quote. */
export interface Chain {
  readonly certificates: readonly Certificate[];
  readonly summaries: readonly CertificateSummary[];
  /** What the first certificate says about the platform. Errors: `PCK_EXT`. */
  readonly platform: () => SgxExtension;
}

/** What stands behind the signature of a quote. */
interface Certified {
  readonly chain: Attempt<Chain>;
  readonly qe: SgxReport;
  /** True when the QE report binds the attestation key. */
  readonly bound: boolean;
  /** Hex. */
  readonly attestationKey: string;
  readonly qeMrSigner: string;
}

/** To be asked for when the signature of the text was found right. Errors: those of the readers. */
interface Documents {
  readonly tcbInfo: () => TcbInfo;
  readonly qeIdentity: () => QeIdentity;
}

type Standing = CollateralReadings & Documents;

/** What can be read before any signature is answered; a reading that failed is reported by its check. */
export interface Readings extends Certified, CollateralReadings, Documents {
  readonly quote: Quote;
  readonly root: Attempt<Certificate>;
}

/** A reading with the signatures it asks for. */
type Asking<T> = T & { readonly jobs: Jobs };

/** What all readings of one verification share. */
interface Context extends VerifierInput {
  /** The root, where it could be read. */
  readonly anchor: Certificate | undefined;
  readonly anchorId: string;
}

/** Keeps a reading by the hash of the bytes it is made of. It shares no memory with them, as their owner may. */
function keptByHash<T>(
  { memo, hashes, anchorId }: Context,
  kind: string,
  bytes: Uint8Array,
  make: () => T,
): T {
  return memo === undefined
    ? make()
    : memo(kind, [toHex(hashes.sha256(bytes)), anchorId], make, bytes.length);
}

/** The jobs of a reading, once they are complete. */
function shared(jobs: Jobs, { share }: Context): Jobs {
  if (share !== undefined) jobs.list.forEach((job) => share(job));
  return jobs;
}

function joined(...all: readonly Jobs[]): Jobs {
  const jobs = new Jobs();
  for (const each of all) jobs.include(each);
  return jobs;
}

/** Makes it when it is asked for, once; a refusal is made and thrown each time. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** A function of its own, because what these keep alive is what they see: two texts. */
const documentsOf = (tcbInfo: string, qeIdentity: string): Documents => ({
  tcbInfo: lazily(() => readTcbInfo(tcbInfo)),
  qeIdentity: lazily(() => readQeIdentity(qeIdentity)),
});

const platformOf = (leaf: Certificate | undefined): (() => SgxExtension) => lazily(() => readPlatform(leaf));

function readPlatform(leaf: Certificate | undefined): SgxExtension {
  if (leaf?.sgxExtension == null)
    throw new Refusal('PCK_EXT', 'The PCK certificate does not describe a platform.');
  const platform = readSgxExtension(leaf.sgxExtension);
  Object.freeze(platform.components);
  return platform;
}

/** Reads the chain of a quote. What goes into verdicts as it is, is frozen. Errors: `CERT_FORMAT`, `CERT_DUP_EXT`. */
function readChain(text: Uint8Array, context: Context): Asking<Chain> {
  return keptByHash(context, 'quote-chain', text, () => {
    const { anchor, hashes } = context;
    const certificates = readCertificates(ascii(text), anchor);
    const summaries = certificates.map((each) => Object.freeze(summarizeCertificate(each, hashes)));
    const [leaf, intermediate] = certificates;
    const jobs = new Jobs();
    if (anchor !== undefined && intermediate !== undefined)
      jobs.ask('intermediate', anchor.publicKey, intermediate.tbs, intermediate.signature);
    if (leaf !== undefined && intermediate !== undefined)
      jobs.ask('leaf', intermediate.publicKey, leaf.tbs, leaf.signature);
    return {
      certificates,
      summaries: Object.freeze(summaries),
      platform: platformOf(leaf),
      jobs: shared(jobs, context),
    };
  });
}

function certify(quote: Quote, context: Context): Omit<Certified, 'chain'> {
  // a copy, so that the whole quote is not kept with it
  const qe = readSgxReport(new Uint8Array(quote.qeReport));
  return {
    qe,
    bound: bindsAttestationKey(quote, qe.reportData, context.hashes),
    attestationKey: toHex(quote.attestationKey),
    qeMrSigner: toHex(qe.mrSigner),
  };
}

/** The chain is kept apart too, because a platform has many attestation keys. */
function readCertified(quote: Quote, context: Context): Asking<Certified> {
  const whole = attempt(() =>
    keptByHash(context, 'certified', quote.certified, (): Asking<Certified> => {
      const { jobs, ...chain } = readChain(quote.chainText, context);
      const [leaf, intermediate] = chain.certificates;
      const own = new Jobs();
      if (leaf !== undefined && intermediate !== undefined) {
        const [report, signature] = [quote.qeReport, quote.qeReportSignature].map((each) => each.slice());
        own.ask('qe-report', leaf.publicKey, report as Uint8Array, signature as Uint8Array);
      }
      return {
        ...certify(quote, context),
        chain: { value: chain },
        jobs: joined(jobs, shared(own, context)),
      };
    }),
  );
  if ('value' in whole) return whole.value;
  // a refusal is not kept: with its stack it would keep the quote
  return { ...certify(quote, context), chain: whole, jobs: new Jobs() };
}

/** Everything that collateral says; `issuer` is the CA of its PCK CRL, where one is known. */
function readStanding(
  given: Collateral | null,
  issuer: Certificate | undefined,
  context: Context,
): Asking<Standing> {
  const { anchor, anchorId, memo } = context;
  const collateral = given === null ? null : copyCollateral(given);
  const make = (): Asking<Standing> => {
    const lists = readCollateralParts(collateral, anchor, memoOf(context));
    const jobs = new Jobs();
    if (anchor !== undefined && collateral !== null) askCollateral(jobs, lists, collateral, anchor, issuer);
    const documents = documentsOf(collateral?.tcb_info ?? '', collateral?.qe_identity ?? '');
    return { ...lists, ...documents, jobs: shared(jobs, context) };
  };
  if (collateral === null || memo === undefined) return make();
  const { tcb_info_signature, ...others } = collateral;
  const issuerKey = issuer === undefined ? '' : toHex(issuer.publicKey);
  const key = [tcb_info_signature, ...Object.values(others), issuerKey, anchorId] as const;
  // only a whole one is kept, as of chains
  const whole = attempt(() => memo('standing', key, () => wholly(make())));
  return valueOf(whole) ?? make();
}

/** Throws the refusal of a reading that has one. */
function wholly(standing: Asking<Standing>): Asking<Standing> {
  const { rootCrl, pckCrl, tcbSigners, qeSigners } = standing;
  [rootCrl, pckCrl, tcbSigners, qeSigners].forEach((each) => demand<unknown>(each));
  return standing;
}

/** The self-signature of a root that was named; Intel's is known by its bytes. */
function askRoot(root: Certificate, context: Context): Jobs {
  const make = (): Jobs => {
    const jobs = new Jobs();
    jobs.ask('root', root.publicKey, root.tbs, root.signature);
    return shared(jobs, context);
  };
  return memoOf(context)('root-signature', context.anchorId, make, root.der.length);
}

/** What planning found: whose root it is, the readings or why there are none, and the jobs. */
export interface Prepared {
  readonly anchor: Anchor;
  readonly quoteBytes: Uint8Array;
  readonly read: Attempt<Readings>;
  readonly jobs: Jobs;
}

/** Reads everything and collects the jobs. A quote that cannot be read asks for none. */
export function prepare(input: VerifierInput): Prepared {
  const anchor = readAnchor(input.root, memoOf(input), (der) => toHex(input.hashes.sha256(der)));
  const root = valueOf(anchor.root);
  const context: Context = { ...input, anchor: root, anchorId: anchor.id };
  // a copy, because what is kept must not change when the caller uses the buffer again
  const quoteBytes = input.quote.length > LARGEST_QUOTE ? input.quote : new Uint8Array(input.quote);
  const jobs = new Jobs();
  const read = attempt((): Readings => {
    const quote = parseQuote(quoteBytes, 'any');
    const certified = readCertified(quote, context);
    const issuer = valueOf(certified.chain)?.certificates[1];
    const standing = readStanding(input.collateral ?? null, issuer, context);
    if (root !== undefined) {
      if (!anchor.pinned) jobs.include(askRoot(root, context));
      jobs.include(certified.jobs);
      jobs.ask('quote', quote.attestationKey, quote.signedBytes, quote.signature);
      jobs.include(standing.jobs);
    }
    return { ...standing, ...certified, quote, root: anchor.root };
  });
  return { anchor, quoteBytes, read, jobs };
}
