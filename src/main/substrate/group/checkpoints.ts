/**
 * Cosigned checkpoints of a Group (core.md 1.4). The leader signs the head over what is committed and asks the
 * voters; each compares with its own tree, remembers the head durably, and only then cosigns. When more than half
 * have, the checkpoint is told to everybody. Two signed heads of one size with different roots are kept as a proof
 * of equivocation and raised.
 */
import { Refusal, sameBytes, settle, toHex } from '../../../protocol/bytes/index.ts';
import {
  checkpointJob,
  checkpointMessage,
  cosignature,
  cosignatureMessage,
  formatCheckpoint,
  formatSignatureLine,
  logSignature,
  parseSignatureLine,
  parseSignedCheckpoint,
  satisfies,
  signedCheckpoint,
  verifyCheckpoint,
  verifyEquivocation,
  verifyNote,
} from '../../../protocol/log/index.ts';
import type { Equivocation, EquivocationProof, NoteSignature } from '../../../protocol/log/index.ts';
import { createSignatureChecker } from '../../hashes.ts';
import type { CheckpointRow, Head } from '../../store/index.ts';
import type { GroupFrame } from './frames.ts';
import type { Roster } from './roster.ts';

/** What signs for a member: its own keys, in the vault. */
export interface MemberSigner {
  /** Raw public keys. */
  readonly log: Uint8Array;
  readonly cosigner: Uint8Array;
  /** Errors: `VAULT_LOCKED`. */
  sign(key: 'log' | 'cosigner', message: Uint8Array): Uint8Array;
}

/** The tree that is signed for, and what this member remembers of its signatures. */
export interface SignedTree {
  readonly head: Head;
  readonly newest: CheckpointRow | null;
  rootAt(size: number): Promise<Uint8Array>;
  checkpoints(before: number, limit: number): Promise<readonly CheckpointRow[]>;
  keep(row: CheckpointRow): Promise<unknown>;
  /** Remembers, before it is signed, the largest head. Errors: `SIGNED_LARGER`, `SIGNED_OTHER`. */
  sign(head: Head): Promise<void>;
}

export interface CheckpointsOptions {
  readonly self: string;
  readonly log: SignedTree;
  readonly signer: MemberSigner;
  /** In force by what is committed. */
  readonly roster: () => Roster;
  readonly leads: () => boolean;
  /** False for a member that must not sign: restored from a backup, or no voter. */
  readonly mayCosign: () => boolean;
  readonly send: (to: string, frame: GroupFrame) => void;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly reached: (row: CheckpointRow) => void;
  readonly alarm: (proof: EquivocationProof, found: Equivocation) => void;
  readonly note: (sentence: string) => void;
}

export interface Checkpoints {
  newest(): CheckpointRow | null;
  head(): Head;
  /** The tree has grown. */
  grown(head: Head): void;
  /** The lead, the members or the vault changed: a round may begin, or is void. */
  review(): void;
  /** A bond came up: its member is asked again for what is under way, and told the newest. */
  bonded(peer: string): void;
  receive(
    from: string,
    frame: Extract<GroupFrame, { kind: 'checkpoint-request' | 'cosignature' | 'checkpoint' }>,
  ): void;
  /** What another source shows as a checkpoint of this Group. Errors: as `verifyCheckpoint`, `EQUIVOCATION_NONE`. */
  witness(note: Uint8Array): void;
  close(): Promise<void>;
}

/** `from` empty: a checkpoint that somebody told of; else a member that asks for a cosignature. */
interface Waiting {
  readonly from: string;
  readonly note: Uint8Array;
  readonly size: number;
}

interface Round {
  readonly head: Head;
  readonly text: string;
  /** The author's line under the empty name, then one of each member, by its node key. */
  readonly lines: Map<string, NoteSignature>;
  /** With the author's line only; null until it is signed. */
  note: Uint8Array | null;
}

/** Rounds begin no closer than this, milliseconds: under load many commands share one. */
const SPACING = 100;
/** Requests and checkpoints that wait for this member's tree to grow, or for its keys; the oldest are let go. */
const MAX_WAITING = 16;

export function createCheckpoints(options: CheckpointsOptions): Checkpoints {
  const { self, log, signer, roster, send, now } = options;
  const check = createSignatureChecker();
  let { head, newest } = log;
  let round: Round | null = null;
  let waiting: Waiting[] = [];
  let closed = false;
  let begunAt = -SPACING;
  let later: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();

  /** One thing after the other: signing is a promise about what was signed before. */
  const next = (task: () => Promise<void>): void => {
    work = work.then(task).catch((error: unknown) => {
      if (!closed && !(error instanceof Refusal && quiet.has(error.code)))
        options.note(`Checkpoint: ${error instanceof Error ? error.message : String(error)}`);
    });
  };

  const postpone = (one: Waiting): void => {
    waiting.push(one);
    if (waiting.length > MAX_WAITING) waiting.shift();
  };
  /** Looks again at what the tree covers now, and did not when it had `above` leaves; 0: also at what waits for keys. */
  const lookAgain = (above: number): void => {
    const isReady = ({ size }: Waiting): boolean => size > above && size <= head.size;
    const ready = waiting.filter(isReady);
    waiting = waiting.filter((one) => !isReady(one));
    for (const { from, note } of ready) next(() => (from === '' ? accept(note) : answerRequest(from, note)));
  };

  const begin = (): void => {
    if (closed || round !== null || later !== undefined || !options.leads() || !options.mayCosign()) return;
    if (head.size === 0 || head.size <= (newest?.size ?? 0)) return;
    const wait = begunAt + SPACING - performance.now();
    if (wait > 0) {
      later = setTimeout(() => {
        later = undefined;
        begin();
      }, wait);
      return;
    }
    begunAt = performance.now();
    const text = formatCheckpoint({ origin: roster().origin, ...head });
    const begun: Round = { head, text, lines: new Map(), note: null };
    round = begun;
    next(async () => {
      try {
        await signRound(begun);
      } catch (error) {
        if (round === begun) round = null;
        throw error;
      }
    });
  };

  const signRound = async (begun: Round): Promise<void> => {
    const at = roster();
    const treeHead = { origin: at.origin, ...begun.head };
    const key = at.logKey(self);
    if (key === null) {
      if (round === begun) round = null;
      return;
    }
    await log.sign(begun.head);
    const own = logSignature(key, signer.sign('log', checkpointMessage(treeHead)));
    begun.lines.set('', own);
    begun.lines.set(self, cosign(begun.text));
    begun.note = signedCheckpoint(treeHead, [own]);
    for (const { node } of at.members.voters)
      tell(toHex(node), { kind: 'checkpoint-request', note: begun.note });
    settleRound();
  };

  const tell = (node: string, frame: GroupFrame): void => {
    if (node !== self) send(node, frame);
  };

  const cosign = (text: string): NoteSignature => {
    const key = roster().cosignerKey(self);
    if (key === null) throw new Refusal('NOT_A_VOTER', 'Only voters cosign.');
    const seconds = Math.floor(now() / 1000);
    return cosignature(key, seconds, signer.sign('cosigner', cosignatureMessage(seconds, text)));
  };

  const settleRound = (): void => {
    if (round?.note === null || round === null) return;
    const { policy, origin, members } = roster();
    const signed = [...round.lines.values()].map(({ name }) => name);
    const names = policy.witnesses.filter(({ key }) => signed.includes(key.name)).map(({ name }) => name);
    if (!satisfies(policy, new Set(names))) return;
    const note = signedCheckpoint({ origin, ...round.head }, [...round.lines.values()]);
    const row: CheckpointRow = { ...round.head, at: now(), note };
    round = null;
    for (const { node } of [...members.voters, ...members.learners])
      tell(toHex(node), { kind: 'checkpoint', note });
    reach(row);
    begin();
  };

  const reach = (row: CheckpointRow): void => {
    if (newest !== null && row.size <= newest.size) return;
    newest = row;
    waiting = waiting.filter(({ size }) => size > row.size);
    log.keep(row).catch(() => undefined);
    options.reached(row);
  };

  /** A head that is not ours: when two signed ones of this size exist, that is the proof. */
  const contradicts = (note: Uint8Array, size: number): void => {
    const known = newest?.size === size ? newest.note : undefined;
    void (async () => {
      const own = known ?? (await log.checkpoints(size + 1, 1)).find((row) => row.size === size)?.note;
      if (own === undefined) {
        options.note(`A signed head of ${size} leaves does not fit this member's tree.`);
        return;
      }
      raise({ notes: [own, note] });
    })().catch(() => undefined);
  };

  const raise = (proof: EquivocationProof): void => {
    const found = settle(verifyEquivocation(proof, roster().policy), check);
    options.alarm(proof, found);
  };

  const ownRoot = async (size: number): Promise<Uint8Array> =>
    size === head.size ? head.root : log.rootAt(size);

  const answerRequest = async (from: string, note: Uint8Array): Promise<void> => {
    const at = roster();
    const { note: parsed, checkpoint } = parseSignedCheckpoint(note);
    const key = at.logKey(from);
    if (key === null || checkpoint.origin !== at.origin || checkpoint.extensions.length > 0) return;
    settle(verifyNote(parsed, [key], checkpointJob), check);
    if (checkpoint.size > head.size) return postpone({ from, note, size: checkpoint.size });
    if (!sameBytes(await ownRoot(checkpoint.size), checkpoint.root))
      return contradicts(note, checkpoint.size);
    if (!options.mayCosign()) return;
    await log.sign({ size: checkpoint.size, root: checkpoint.root });
    try {
      const line = formatSignatureLine(cosign(parsed.text));
      send(from, { kind: 'cosignature', size: checkpoint.size, line });
    } catch (error) {
      // nobody asks twice
      if (error instanceof Refusal && error.code === 'VAULT_LOCKED')
        postpone({ from, note, size: checkpoint.size });
      throw error;
    }
  };

  const take = (from: string, size: number, line: string): void => {
    if (round === null || round.note === null || size !== round.head.size) return;
    const key = roster().cosignerKey(from);
    if (key === null) return;
    const signature = parseSignatureLine(line);
    settle(verifyNote({ text: round.text, signatures: [signature] }, [key], checkpointJob), check);
    round.lines.set(from, signature);
    settleRound();
  };

  const accept = async (note: Uint8Array): Promise<void> => {
    const verified = settle(verifyCheckpoint(note, roster().policy), check);
    if (verified.origin !== roster().origin) return;
    if (verified.size <= head.size && !sameBytes(await ownRoot(verified.size), verified.root))
      return contradicts(note, verified.size);
    if (newest?.size === verified.size && !sameBytes(newest.root, verified.root))
      return raise({ notes: [newest.note, note] });
    if (verified.size <= head.size) reach({ size: verified.size, root: verified.root, at: now(), note });
    // told before the entries arrived: it counts once they have
    else postpone({ from: '', note, size: verified.size });
  };

  return {
    newest: () => newest,
    head: () => head,
    grown(larger) {
      if (larger.size < head.size) return;
      const { size: before } = head;
      head = larger;
      lookAgain(before);
      begin();
    },
    review() {
      if (round !== null && !options.leads()) round = null;
      lookAgain(0);
      begin();
    },
    bonded(peer) {
      if (round?.note != null) send(peer, { kind: 'checkpoint-request', note: round.note });
      else if (newest !== null) send(peer, { kind: 'checkpoint', note: newest.note });
    },
    receive(from, frame) {
      if (frame.kind === 'checkpoint-request') next(() => answerRequest(from, frame.note));
      else if (frame.kind === 'checkpoint') next(() => accept(frame.note));
      else
        next(async () => {
          take(from, frame.size, frame.line);
        });
    },
    witness(note) {
      const { checkpoint } = parseSignedCheckpoint(note);
      if (checkpoint.origin !== roster().origin)
        throw new Refusal('CHECKPOINT_LOG', 'This checkpoint is of another log.');
      next(() => accept(note));
    },
    async close() {
      closed = true;
      clearTimeout(later);
      await work;
    },
  };
}

/** What is expected while members come and go, and says nothing new. */
const quiet = new Set([
  'SIGNED_LARGER',
  'VAULT_LOCKED',
  'NOT_A_VOTER',
  'STORE_CLOSED',
  'LOG_SIZE',
  'LOG_PRUNED',
]);
