/**
 * The first half of a verification: read everything that can be read before any signature is answered, and name
 * the signatures to be checked. What could not be read is kept as the reason and reported by its check.
 */
import { fromHex, type Hashes, Refusal, sameBytes, type SignatureJob, toHex, utf8 } from '../bytes/index.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import type { Collateral } from './collateral.ts';
import { readCrl, type RevocationList } from './crl.ts';
import { intelRoot } from './intel-root.ts';
import { type Attempt, attempt, valueOf } from './ledger.ts';
import { readPemChain } from './pem.ts';
import type { Policy } from './policy.ts';
import { LARGEST_QUOTE, parseQuote, type Quote } from './quote.ts';

/**
 * Remembers what was read from a text or from bytes, so that a fleet's shared certificates and collateral are
 * read once. Only pure readings pass through it, never a decision: `make` depends on nothing but `key`.
 */
export type Memo = <T>(kind: string, key: string, make: () => T) => T;

/** The memo of an input, or none. */
export function memoOf(input: Pick<VerifierInput, 'memo'>): Memo {
  return input.memo ?? ((_kind, _key, make) => make());
}

export interface VerifierInput {
  readonly quote: Uint8Array;
  readonly collateral?: Collateral | undefined;
  /** The time of the verification, whole Unix seconds. */
  readonly at: number;
  /** DER of the root to trust; Intel's pinned one when left out. Any other makes the verdict `simulated`. */
  readonly root?: Uint8Array | undefined;
  readonly policy?: Policy | undefined;
  readonly hashes: Hashes;
  readonly memo?: Memo | undefined;
}

/** What collateral holds that can be read before any signature is answered. */
export interface CollateralReadings {
  readonly rootCrl: Attempt<RevocationList>;
  readonly pckCrl: Attempt<RevocationList>;
  readonly tcbSigners: Attempt<Certificate[]>;
  readonly qeSigners: Attempt<Certificate[]>;
}

/** What can be read before any signature is answered; a reading that failed is reported by its check. */
export interface Readings extends CollateralReadings {
  readonly quote: Attempt<Quote>;
  readonly root: Attempt<Certificate>;
  readonly chain: Attempt<Certificate[]>;
}

/** The signatures of a verification; several may be one job, as when one certificate signs both documents. */
export type Asked =
  | 'root'
  | 'root-crl'
  | 'intermediate'
  | 'leaf'
  | 'pck-crl'
  | 'tcb-signer'
  | 'qe-signer'
  | 'tcb-info'
  | 'qe-identity'
  | 'qe-report'
  | 'quote';

export class Jobs {
  readonly list: SignatureJob[] = [];
  readonly #index = new Map<Asked, number>();

  ask(name: Asked, key: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
    const same = this.list.findIndex(
      (job) =>
        sameBytes(job.signature, signature) && sameBytes(job.key, key) && sameBytes(job.message, message),
    );
    this.#index.set(name, same >= 0 ? same : this.list.push({ alg: 'p256', key, message, signature }) - 1);
  }

  /** A signature that was never asked for was not answered with yes. */
  answer(name: Asked, answers: readonly boolean[]): boolean {
    const index = this.#index.get(name);
    return index !== undefined && answers[index] === true;
  }
}

/** A chain ends in the root, which is there already: the same bytes need not be read again. */
export function readChain(text: string, root: Certificate | undefined, memo: Memo): Certificate[] {
  return memo('chain', text, () =>
    readPemChain(text).map((der) =>
      root !== undefined && sameBytes(der, root.der) ? root : readCertificate(der),
    ),
  );
}

function readCrlHex(text: string, memo: Memo): RevocationList {
  return memo('crl', text, () => {
    let der: Uint8Array;
    try {
      der = fromHex(text);
    } catch {
      throw new Refusal('CRL_FORMAT', 'The revocation list is not hex.');
    }
    return readCrl(der);
  });
}

/** 64 bytes of hex, else null: such a signature cannot be right. */
function readSignature(text: string): Uint8Array | null {
  return valueOf(attempt(() => fromHex(text, 64))) ?? null;
}

function asText(text: unknown): string {
  return typeof text === 'string' ? text : '';
}

/** Names every signature whose signer is known before anything is answered. */
function collectJobs(quote: Quote, read: Readings, collateral: Collateral | null, pinned: boolean): Jobs {
  const jobs = new Jobs();
  const root = valueOf(read.root);
  if (root === undefined) return jobs;
  if (!pinned) jobs.ask('root', root.publicKey, root.tbs, root.signature);
  const [leaf, intermediate] = valueOf(read.chain) ?? [];
  if (intermediate !== undefined)
    jobs.ask('intermediate', root.publicKey, intermediate.tbs, intermediate.signature);
  if (leaf !== undefined && intermediate !== undefined) {
    jobs.ask('leaf', intermediate.publicKey, leaf.tbs, leaf.signature);
    jobs.ask('qe-report', leaf.publicKey, quote.qeReport, quote.qeReportSignature);
  }
  jobs.ask('quote', quote.attestationKey, quote.signedBytes, quote.signature);
  if (collateral !== null) askCollateral(jobs, read, collateral, root, intermediate);
  return jobs;
}

/** Names the signatures of collateral; `issuer` is the CA of its PCK CRL, where one is known. */
export function askCollateral(
  jobs: Jobs,
  read: CollateralReadings,
  collateral: Collateral,
  root: Certificate,
  issuer: Certificate | undefined,
): void {
  const rootCrl = valueOf(read.rootCrl);
  if (rootCrl !== undefined) jobs.ask('root-crl', root.publicKey, rootCrl.tbs, rootCrl.signature);
  const pckCrl = valueOf(read.pckCrl);
  if (pckCrl !== undefined && issuer !== undefined)
    jobs.ask('pck-crl', issuer.publicKey, pckCrl.tbs, pckCrl.signature);
  for (const [signerJob, documentJob, signers, text, hex] of [
    ['tcb-signer', 'tcb-info', read.tcbSigners, collateral.tcb_info, collateral.tcb_info_signature],
    ['qe-signer', 'qe-identity', read.qeSigners, collateral.qe_identity, collateral.qe_identity_signature],
  ] as const) {
    const signer = valueOf(signers)?.[0];
    const signature = readSignature(asText(hex));
    if (signer === undefined) continue;
    jobs.ask(signerJob, root.publicKey, signer.tbs, signer.signature);
    if (signature !== null) jobs.ask(documentJob, signer.publicKey, utf8(asText(text)), signature);
  }
}

/** The trust anchor of a verification. */
export interface Anchor {
  readonly rootDer: Uint8Array;
  /** True when the root is Intel's, byte for byte. */
  readonly pinned: boolean;
  readonly root: Attempt<Certificate>;
}

/** Intel's root, or the one that the caller names. */
export function readAnchor(named: Uint8Array | undefined, memo: Memo): Anchor {
  const intel = memo('root', 'intel', intelRoot);
  const pinned = named === undefined || sameBytes(named, intel);
  const rootDer = pinned ? intel : new Uint8Array(named ?? intel);
  const root = attempt(() => memo('certificate', toHex(rootDer), () => readCertificate(rootDer)));
  return { rootDer, pinned, root };
}

/** Reads lists and signing chains of collateral; without collateral each reading is a refusal. */
export function readCollateralParts(
  collateral: Collateral | null,
  root: Certificate | undefined,
  memo: Memo,
): CollateralReadings {
  const text = (member: keyof Collateral): string => asText(collateral?.[member]);
  const chain = (pem: string) => attempt(() => readChain(pem, root, memo));
  const tcbSigners = chain(text('tcb_info_issuer_chain'));
  const sameSigners = text('qe_identity_issuer_chain') === text('tcb_info_issuer_chain');
  return {
    rootCrl: attempt(() => readCrlHex(text('root_ca_crl'), memo)),
    pckCrl: attempt(() => readCrlHex(text('pck_crl'), memo)),
    tcbSigners,
    qeSigners: sameSigners ? tcbSigners : chain(text('qe_identity_issuer_chain')),
  };
}

/** What planning found: whose root it is, the readings, and the jobs. */
export interface Prepared extends Pick<Anchor, 'rootDer' | 'pinned'> {
  readonly quoteBytes: Uint8Array;
  readonly read: Readings;
  readonly jobs: Jobs;
}

/** Reads everything and collects the jobs. A quote that cannot be read asks for none. */
export function prepare(input: VerifierInput): Prepared {
  const collateral = input.collateral ?? null;
  const memo = memoOf(input);
  const { rootDer, pinned, root } = readAnchor(input.root, memo);
  // a copy, because what is kept must not change when the caller uses the buffer again
  const quoteBytes = input.quote.length > LARGEST_QUOTE ? input.quote : new Uint8Array(input.quote);
  const quote = attempt(() => parseQuote(quoteBytes, 'any'));
  const parsed = valueOf(quote);
  const read: Readings = {
    quote,
    root,
    chain: attempt(() => readChain(parsed?.certificationText ?? '', valueOf(root), memo)),
    ...readCollateralParts(collateral, valueOf(root), memo),
  };
  const jobs = parsed === undefined ? new Jobs() : collectJobs(parsed, read, collateral, pinned);
  return { rootDer, pinned, quoteBytes, read, jobs };
}
