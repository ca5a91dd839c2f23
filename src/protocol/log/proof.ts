/**
 * `.tlog-proof` files, version 1, to the byte of c2sp.org/tlog-proof: index, inclusion proof and checkpoint in one
 * text that can be checked offline by anybody who holds the policy.
 */
import { concat, fromBase64, fromUtf8, Refusal, toBase64, utf8 } from '../bytes/index.ts';
import type { Hashes, Plan } from '../bytes/index.ts';
import { parseDecimal, parseHash, parseSignedCheckpoint } from './checkpoint.ts';
import type { Policy } from './policy.ts';
import { checkHash, checkSize } from './tree.ts';
import { verifyInclusion } from './treeproofs.ts';
import { verifySignedCheckpoint } from './verify.ts';
import type { VerifiedCheckpoint } from './verify.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** No tree below 2^53 leaves has a longer inclusion proof. */
const MAX_PROOF_HASHES = 53;

export interface TlogProof {
  /** Opaque and not authenticated; left out when empty. */
  readonly extra?: Uint8Array;
  readonly index: number;
  /** Inclusion proof, lowest sibling first. */
  readonly hashes: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: Uint8Array;
}

const malformed = (why: string): Refusal => new Refusal('PROOF_FORMAT', `This is not a tlog-proof: ${why}.`);

/** Writes a proof file; the checkpoint must be one. Errors: `LOG_*`, `NOTE_FORMAT`, `CHECKPOINT_FORMAT`. */
export function formatProof({ extra, index, hashes, checkpoint }: TlogProof): Uint8Array<ArrayBuffer> {
  checkSize(index, 'leaf index');
  parseSignedCheckpoint(checkpoint);
  const lines = [
    HEADER,
    ...(extra === undefined || extra.length === 0 ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map((hash, i) => toBase64(checkHash(hash, `proof hash ${i}`))),
    '',
  ];
  return concat(utf8(lines.map((line) => `${line}\n`).join('')), checkpoint);
}

/** Reads a proof file and checks its form, down to the checkpoint; verifies nothing. Errors: `PROOF_FORMAT`, `NOTE_FORMAT`, `CHECKPOINT_FORMAT`. */
export function parseProof(bytes: Uint8Array): TlogProof {
  const gap = bytes.findIndex((byte, i) => byte === 0x0a && bytes[i + 1] === 0x0a);
  if (gap < 0) throw malformed('no empty line stands before the checkpoint');
  const checkpoint = bytes.slice(gap + 2);
  parseSignedCheckpoint(checkpoint);
  const lines = headLines(bytes.subarray(0, gap));
  if (lines.shift() !== HEADER) throw malformed(`the first line is not "${HEADER}"`);
  const extra = lines[0]?.startsWith('extra ') ? parseExtra(lines.shift() ?? '') : undefined;
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice('index '.length)) : undefined;
  if (index === undefined) throw malformed('the index line is missing or not a plain decimal number');
  if (lines.length > MAX_PROOF_HASHES) throw malformed('it has too many hashes');
  const hashes = lines.map((line) => {
    const hash = parseHash(line);
    if (hash === undefined) throw malformed('a line of the inclusion proof is not a hash in base64');
    return hash;
  });
  return { ...(extra === undefined ? {} : { extra }), index, hashes, checkpoint };
}

function headLines(head: Uint8Array): string[] {
  try {
    return fromUtf8(head).split('\n');
  } catch {
    throw malformed('it is not UTF-8');
  }
}

function parseExtra(line: string): Uint8Array {
  try {
    const extra = fromBase64(line.slice('extra '.length));
    if (extra.length > 0) return extra;
  } catch {
    // reported below, as an empty extra line is
  }
  throw malformed('the extra line is empty or not base64');
}

export interface VerifiedProof {
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly checkpoint: VerifiedCheckpoint;
}

/**
 * Plans the check that a leaf (by its leaf hash) stands in a log, under a policy. Form and inclusion are checked at
 * once and throw; concluding checks the checkpoint's signatures.
 * Errors: those of `parseProof`, `verifyInclusion` and `verifyCheckpoint`.
 */
export function verifyProof(
  hashes: Hashes,
  proof: TlogProof,
  leaf: Uint8Array,
  policy: Policy,
): Plan<VerifiedProof> {
  const signed = parseSignedCheckpoint(proof.checkpoint);
  const { size, root } = signed.checkpoint;
  verifyInclusion(hashes, { index: proof.index, size, leaf, root }, proof.hashes);
  const plan = verifySignedCheckpoint(signed, policy);
  return {
    jobs: plan.jobs,
    conclude: (answers) => ({ index: proof.index, leaf, checkpoint: plan.conclude(answers) }),
  };
}
