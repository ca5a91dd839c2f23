/**
 * The OrderedLog on etcd, for those who have outgrown the embedded Group (core.md 2.4): entry i is the key
 * `log/<20-digit i>`, made in a transaction that demands that it is absent and its predecessor there. Members watch,
 * fold into their own stores, and cosign checkpoints exactly as in a Group; whoever holds the lease authors them.
 * etcd orders; that nobody rewrites its history is what the cosigned tree shows.
 */
import { Refusal, sameBytes, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { checkMembership } from '../../../protocol/group/index.ts';
import type { Membership } from '../../../protocol/group/index.ts';
import { leafBytes, parseLeaf } from '../../../protocol/log/index.ts';
import type { Store } from '../../store/index.ts';
import { createCheckpoints } from '../group/checkpoints.ts';
import type { MemberSigner } from '../group/checkpoints.ts';
import { readFrame, toFrame } from '../group/frames.ts';
import type { GroupFrame } from '../group/frames.ts';
import { groupOrigin, rosterOf } from '../group/roster.ts';
import { createWatch } from '../group/watch.ts';
import type { LogStep, OrderedLog } from '../log/index.ts';
import { decodeFrame, encodeFrame } from '../universe/index.ts';
import { BATCH, createAppender } from './appender.ts';
import { createEtcd, endOf } from './client.ts';
import type { EtcdKey } from './client.ts';

export interface EtcdCommitteeOptions {
  /** `http://host:port`, one for each etcd member. */
  readonly endpoints: readonly string[];
  /** Names the log: everything of it lies below `muster/<subject>/`. */
  readonly subject: UniqueId;
  /** Origin line of the checkpoints; default: that of a Group with this id. */
  readonly origin?: string;
  /** This node's key, hex. */
  readonly self: string;
  readonly members: Membership;
  readonly signer: MemberSigner;
  readonly store: Store;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly note: (sentence: string) => void;
}

const PAGE = 500;
/** For an entry that somebody else put, before it is tried again, milliseconds. */
const WAIT = 1000;
/** What the store could not take is tried again after this, milliseconds. */
const AGAIN = 1000;
/** Seconds that the author's lease lives without a sign. */
const LEASE = 5;

/** Errors: `ETCD_UNREACHABLE`, `LOG_FORKED`, `MEMBERS_*`. */
export async function openEtcdCommittee(options: EtcdCommitteeOptions): Promise<OrderedLog> {
  const { subject, self, signer, store, note } = options;
  checkMembership(options.members);
  const etcd = createEtcd(options.endpoints);
  const base = `muster/${toHex(subject)}/`;
  const logKey = (index: number): string => `${base}log/${String(index).padStart(20, '0')}`;
  const stop = new AbortController();
  const listeners = new Set<(step: LogStep) => void>();
  const tell = (step: LogStep): void => {
    for (const listener of listeners) listener(step);
  };
  const watch = createWatch(note);
  const roster = rosterOf(options.origin ?? groupOrigin(subject), options.members);
  let { size } = store.health;
  let authors = false;

  // ---- checkpoints ----
  const say = (to: string, frame: GroupFrame): void => {
    etcd
      .put(`${base}say/${to}/${self}/${frame.kind}`, encodeFrame(toFrame(frame)))
      .catch((error: unknown) => note(`etcd: ${String(error)}`));
  };
  let signed = store.health.checkpoint?.size ?? 0;
  const checkpoints = createCheckpoints({
    self,
    log: {
      head: { size: store.health.size, root: store.health.root },
      newest: store.health.checkpoint,
      rootAt: (at) => store.rootAt(at),
      checkpoints: (before, limit) => store.checkpoints(before, limit),
      keep: (row) => store.putCheckpoint(row),
      // the store's head file knows every head before it is signed
      async sign(head) {
        if (head.size < signed)
          throw new Refusal(
            'SIGNED_LARGER',
            `A head of ${signed} leaves is signed; ${head.size} is smaller.`,
          );
        signed = head.size;
      },
    },
    signer,
    roster: () => roster,
    leads: () => authors,
    mayCosign: () => {
      const key = roster.cosignerKey(self);
      return store.health.writable && key !== null && sameBytes(key.key, signer.cosigner);
    },
    send: say,
    now: options.now,
    reached: (checkpoint) => {
      tell({ kind: 'committed', checkpoint });
      watch.changed();
    },
    alarm: (_proof, found) =>
      note(`Equivocation: two signed heads of ${found.size} leaves in ${found.origin}.`),
    note,
  });

  // ---- folding what etcd has ordered ----
  const arrived = new Map<number, Uint8Array>();
  let folding: Promise<void> = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  const fold = async (): Promise<void> => {
    for (;;) {
      const leaves: Uint8Array[] = [];
      for (let next = size; leaves.length < 1024; next++) {
        const leaf = arrived.get(next);
        if (leaf === undefined) break;
        leaves.push(leaf);
      }
      if (leaves.length === 0) return;
      const batch = await store.append(leaves.map(parseLeaf));
      for (let index = size; index < batch.size; index++) arrived.delete(index);
      ({ size } = batch);
      tell({ kind: 'sequenced', entries: batch.appended, size });
      for (const entry of batch.appended) appender.folded(entry);
      checkpoints.grown({ size: batch.size, root: batch.root });
      watch.changed();
    }
  };
  const take = (keys: readonly EtcdKey[]): void => {
    for (const { key, value } of keys) {
      const index = Number(key.slice(key.lastIndexOf('/') + 1));
      if (index >= size) arrived.set(index, value);
    }
    folding = folding.then(fold).catch((error: unknown) => {
      // a store without room for a moment: what has arrived is still here
      note(`etcd: ${String(error)}`);
      again ??= setTimeout(() => {
        again = undefined;
        take([]);
      }, AGAIN).unref();
    });
  };

  const appender = createAppender({
    etcd,
    logKey,
    size: () => size,
    grown: (index) => watch.until(() => size > index, AbortSignal.timeout(WAIT)).catch(() => undefined),
    take,
  });

  // ---- what is there already ----
  /** Reads everything from `from` on; answers the revision to watch from. */
  const readAll = async (from: number): Promise<number> => {
    let revision = 0;
    for (let next = from; ;) {
      const page = await etcd.range(logKey(next), `${base}log0`, PAGE);
      revision = Math.max(revision, page.revision);
      take(page.keys);
      await folding;
      if (page.keys.length < PAGE) return revision + 1;
      next += page.keys.length;
    }
  };
  /** Puts what only this store has into etcd, and checks that the rest is the same: how a log moves here. */
  const settleStart = async (): Promise<void> => {
    const last = await store.range(Math.max(0, size - 1), size - 1);
    const newest = await etcd.range(logKey(Math.max(0, size - 1)), logKey(size), 1);
    const [entry] = last;
    const [there] = newest.keys;
    if (entry === undefined) return;
    if (there !== undefined) {
      if (!sameBytes(there.value, leafBytes(entry.bytes, entry.sig)))
        throw new Refusal('LOG_FORKED', `Entry ${size - 1} of this store is not the one that etcd has.`);
      return;
    }
    for (let next = 0; next < size; next += BATCH) {
      const rows = await store.range(next, Math.min(size, next + BATCH) - 1);
      for (const row of rows) {
        const leaf = leafBytes(row.bytes, row.sig);
        if (await etcd.create({ absent: [logKey(row.index)], put: [[logKey(row.index), leaf]] })) continue;
        const [kept] = (await etcd.range(logKey(row.index), logKey(row.index + 1), 1)).keys;
        if (kept === undefined || !sameBytes(kept.value, leaf))
          throw new Refusal('LOG_FORKED', `Entry ${row.index} of this store is not the one that etcd has.`);
      }
    }
  };
  await settleStart();

  // ---- the two watches, begun again when they break ----
  const endless = async (
    prefix: string,
    from: () => Promise<number>,
    heard: (keys: readonly EtcdKey[]) => void,
  ) => {
    while (!stop.signal.aborted) {
      try {
        await etcd.watch(prefix, await from(), heard, stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return;
        note(`etcd: ${error instanceof Error ? error.message : String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  /** What others have said to this member. */
  const hear = (keys: readonly EtcdKey[]): void => {
    for (const { key, value } of keys) {
      const from = key.split('/').at(-2) ?? '';
      try {
        const frame = readFrame(decodeFrame(value.subarray(4)));
        if (
          frame.kind === 'checkpoint-request' ||
          frame.kind === 'cosignature' ||
          frame.kind === 'checkpoint'
        )
          checkpoints.receive(from, frame);
      } catch {
        note(`etcd: ${key} is none of our frames`);
      }
    }
  };
  /** The newest of it, heard again or for the first time; answers the revision to watch from. */
  const hearAll = async (): Promise<number> => {
    const prefix = `${base}say/${self}/`;
    const { keys, revision } = await etcd.range(prefix, endOf(prefix), PAGE);
    hear(keys);
    return revision + 1;
  };
  let begin = await readAll(size);
  let first = true;
  const watching = [
    endless(
      `${base}log/`,
      async () => {
        if (!first) begin = await readAll(size);
        first = false;
        return begin;
      },
      take,
    ),
    endless(`${base}say/${self}/`, hearAll, hear),
  ];

  // ---- who authors ----
  let lease = '';
  const campaign = async (): Promise<void> => {
    try {
      if (authors && (await etcd.keepAlive(lease))) return;
      authors = false;
      lease = await etcd.grant(LEASE);
      authors = await etcd.create({
        absent: [`${base}author`],
        put: [[`${base}author`, utf8(self), lease]],
      });
      checkpoints.review();
    } catch {
      // tried again at the next beat
    }
  };
  await campaign();
  const beat = setInterval(() => void campaign(), (LEASE * 1000) / 5);

  const underWay = new Set<Promise<unknown>>();
  return {
    origin: roster.origin,
    policy: roster.policyText,
    append({ bytes, sig }) {
      const sequenced = appender.append(leafBytes(bytes, sig));
      const committed = sequenced.then(async (entry) => {
        await watch.until(() => (checkpoints.newest()?.size ?? 0) > entry.index);
        return { ...entry, size: checkpoints.newest()?.size ?? 0 };
      });
      underWay.add(committed);
      const settled = (): void => void underWay.delete(committed);
      committed.then(settled, settled);
      sequenced.catch(() => undefined);
      return { sequenced, committed };
    },
    head: () => ({ size, checkpoint: checkpoints.newest() }),
    resume: () => checkpoints.review(),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.race([
        Promise.allSettled(underWay),
        new Promise((resolve) => setTimeout(resolve, ANSWERS)),
      ]);
      clearInterval(beat);
      stop.abort();
      watch.end(new Refusal('STORE_CLOSED', 'The log is closed.'));
      await Promise.allSettled(watching);
      await appender.close();
      await folding;
      clearTimeout(again);
      await checkpoints.close();
      if (authors) await etcd.remove(`${base}author`, `${base}author\0`).catch(() => undefined);
    },
  };
}

/** How long a closing log waits for what is under way, milliseconds. */
const ANSWERS = 5000;
