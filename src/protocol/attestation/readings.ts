/**
 * What every verification reads before any signature is answered: the trust anchor, certificates and lists of
 * collateral; and how it names the signatures to be checked. What could not be read is kept as the reason and
 * reported by its check.
 */
import { fromHex, type Hashes, Refusal, sameBytes, type SignatureJob, toHex, utf8 } from '../bytes/index.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { type Collateral, COLLATERAL_MEMBERS } from './collateral.ts';
import { readCrl, type RevocationList } from './crl.ts';
import { INTEL_ROOT_SHA256, intelRoot } from './intel-root.ts';
import { type Attempt, attempt, valueOf } from './ledger.ts';
import { readPemChain } from './pem.ts';
import type { Policy } from './policy.ts';

/**
 * Remembers what was read from texts or from bytes, so that a fleet's shared certificates and collateral are
 * read once. Only pure readings pass through it, never a decision: `make` depends on nothing but `key`. A key of
 * several texts is known again when all of them are equal; what is kept is found by the first. `size` is about
 * how many bytes are kept, the length of the key when left out.
 */
export type Memo = <T>(
  kind: string,
  key: string | readonly [string, ...string[]],
  make: () => T,
  size?: number,
) => T;

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
  /**
   * Told of every signature that a kept reading asks for. The bytes of such a job belong to the reading and never
   * change, so that whoever answers may remember the answer to this very object.
   */
  readonly share?: ((job: SignatureJob) => void) | undefined;
}

/** What collateral holds that can be read before any signature is answered. */
export interface CollateralReadings {
  readonly rootCrl: Attempt<RevocationList>;
  readonly pckCrl: Attempt<RevocationList>;
  readonly tcbSigners: Attempt<Certificate[]>;
  readonly qeSigners: Attempt<Certificate[]>;
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

const sameJob = (a: SignatureJob, b: SignatureJob): boolean =>
  a === b ||
  (sameBytes(a.signature, b.signature) && sameBytes(a.key, b.key) && sameBytes(a.message, b.message));

export class Jobs {
  readonly list: SignatureJob[] = [];
  readonly #index = new Map<Asked, number>();

  ask(name: Asked, key: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
    this.#add(name, { alg: 'p256', key, message, signature });
  }

  /** Asks everything that others ask. */
  include(others: Jobs): void {
    for (const [name, index] of others.#index) this.#add(name, others.list[index] as SignatureJob);
  }

  #add(name: Asked, job: SignatureJob): void {
    const same = this.list.findIndex((known) => sameJob(known, job));
    this.#index.set(name, same >= 0 ? same : this.list.push(job) - 1);
  }

  /** A signature that was never asked for was not answered with yes. */
  answer(name: Asked, answers: readonly boolean[]): boolean {
    const index = this.#index.get(name);
    return index !== undefined && answers[index] === true;
  }
}

/** A chain ends in the root, which is there already: the same bytes need not be read again. */
export function readCertificates(text: string, root: Certificate | undefined): Certificate[] {
  return readPemChain(text).map((der) =>
    root !== undefined && sameBytes(der, root.der) ? root : readCertificate(der),
  );
}

export function readChain(text: string, root: Certificate | undefined, memo: Memo): Certificate[] {
  return memo('chain', text, () => readCertificates(text, root));
}

/** A copy that nobody changes; a member that is no text is empty. */
export function copyCollateral(given: Collateral): Collateral {
  const copy = {} as Record<keyof Collateral, string>;
  for (const member of COLLATERAL_MEMBERS) copy[member] = asText(given[member]);
  return copy;
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
  /** Tells this root from every other. */
  readonly id: string;
  readonly root: Attempt<Certificate>;
}

/** Intel's root, or the one that the caller names; `idOf` answers its id, which is SHA-256 or all of it, in hex. */
export function readAnchor(
  named: Uint8Array | undefined,
  memo: Memo,
  idOf: (der: Uint8Array) => string = toHex,
): Anchor {
  const intel = memo('root', 'intel', intelRoot);
  const pinned = named === undefined || sameBytes(named, intel);
  const rootDer = pinned ? intel : new Uint8Array(named ?? intel);
  const id = pinned ? INTEL_ROOT_SHA256 : idOf(rootDer);
  const root = attempt(() => memo('certificate', id, () => readCertificate(rootDer), rootDer.length));
  return { rootDer, pinned, id, root };
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
