/**
 * Catalogue sync (coalition.md 3.2): the one who asks sends all signed entries it has, the other all of its own, both
 * keep what is newer. Frames: `[network, [[bytes, signature], …], more]`, each well below the frame limit.
 */
import { Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import { MAX_ENTRY_BYTES } from '../../../protocol/universe/index.ts';
import type { SealedEntry } from '../../../protocol/universe/index.ts';
import { CLOSE } from '../universe/index.ts';
import type { CloseCode, Link } from '../universe/index.ts';

export const SYNC_PROTOCOL = '/muster/discovery/sync/1';
/** Bytes of entries in one frame, about. */
const CHUNK = 512 * 1024;
/** Entries that are looked at in one turn of the event loop: a signature takes a tenth of a millisecond. */
const TURN = 32;

export interface SyncPorts {
  readonly network: UniqueId;
  /** Everything that is passed on, this node's own entry included. */
  readonly list: () => readonly SealedEntry[];
  /** Takes one entry; true when it was new. A throw means that the peer cannot be trusted with lists. */
  readonly take: (sealed: SealedEntry, from: string) => boolean;
  /** Entries that one list may have. */
  readonly maxEntries: number;
  /** Milliseconds for each frame. */
  readonly timeout: number;
  /** Milliseconds for all of it: a peer that sends one entry at a time is always in time with the next. */
  readonly deadline: number;
}

export interface SyncReport {
  readonly sent: number;
  readonly received: number;
  /** Of the received, those that were new here. */
  readonly accepted: number;
}

/** The side that asks; `signal` calls it off. Errors: `DIFFERENT_NETWORK`, `SYNC_FAILED`. */
export async function askSync(link: Link, ports: SyncPorts, signal: AbortSignal): Promise<SyncReport> {
  return ending(link, ports.deadline, signal, async () => {
    const sent = await sendList(link, ports.network, ports.list());
    const { received, accepted } = await readList(link, ports);
    await link.close(CLOSE.success);
    return { sent, received, accepted };
  });
}

/** The side that was asked. Errors: as `askSync`. */
export async function answerSync(link: Link, ports: SyncPorts, signal: AbortSignal): Promise<SyncReport> {
  return ending(link, ports.deadline, signal, async () => {
    // as it was before: what the peer is about to send need not go back to it
    const entries = ports.list();
    const { received, accepted } = await readList(link, ports);
    const sent = await sendList(link, ports.network, entries);
    // whoever asked closes, so that the last frame is not cut off
    await link.next(ports.timeout).catch(() => undefined);
    await link.close(CLOSE.success);
    return { sent, received, accepted };
  });
}

async function sendList(link: Link, network: UniqueId, entries: readonly SealedEntry[]): Promise<number> {
  let chunk: Uint8Array[][] = [];
  let size = 0;
  const flush = async (more: boolean): Promise<void> => {
    if (!link.send([network, chunk, more])) await link.drained();
    chunk = [];
    size = 0;
  };
  for (const { bytes, sig } of entries) {
    if (size + bytes.length > CHUNK) await flush(true);
    chunk.push([bytes, sig]);
    size += bytes.length + sig.length;
  }
  await flush(false);
  return entries.length;
}

async function readList(link: Link, ports: SyncPorts): Promise<{ received: number; accepted: number }> {
  let received = 0;
  let accepted = 0;
  for (;;) {
    const [network, entries, more] = fieldsOf(await link.next(ports.timeout), 3);
    if (!(network instanceof Uint8Array) || !sameBytes(network, ports.network))
      throw new Refusal('DIFFERENT_NETWORK', 'The peer is in another network.');
    if (!Array.isArray(entries) || (entries.length === 0 && more === true)) throw malformed();
    for (const item of entries as unknown[]) {
      const [bytes, sig] = fieldsOf(item, 2);
      if (!(bytes instanceof Uint8Array) || bytes.length > MAX_ENTRY_BYTES) throw malformed();
      if (!(sig instanceof Uint8Array) || sig.length !== 64) throw malformed();
      received += 1;
      if (received > ports.maxEntries) throw malformed();
      if (ports.take({ bytes, sig }, link.peer)) accepted += 1;
      if (received % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (more !== true) return { received, accepted };
  }
}

/** Runs one side; whatever goes wrong ends the link with the code that says so, and its end ends every wait of `work`. */
async function ending<T>(
  link: Link,
  deadline: number,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const cancel = (): void => void link.close(CLOSE.cancelled);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  const timer = setTimeout(() => void link.close(CLOSE.timeout), deadline);
  try {
    return await work();
  } catch (error) {
    const refusal = error instanceof Refusal ? error : null;
    await link.close(
      refusal === null ? CLOSE.unexpectedClose : (closes[refusal.code] ?? CLOSE.protocolViolation),
    );
    if (refusal === null) throw error;
    throw explain(link, refusal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

const closes: Readonly<Record<string, CloseCode>> = {
  DIFFERENT_NETWORK: CLOSE.differentNetwork,
  LINK_TIMEOUT: CLOSE.timeout,
  LINK_CLOSED: CLOSE.unexpectedClose,
};

function explain(link: Link, refusal: Refusal): Refusal {
  if (link.reason()?.code === CLOSE.differentNetwork)
    return new Refusal('DIFFERENT_NETWORK', `The peer ${link.peer.slice(0, 12)}… is in another network.`);
  return refusal.code === 'DIFFERENT_NETWORK'
    ? refusal
    : new Refusal('SYNC_FAILED', `The catalogue could not be compared: ${refusal.message}`, {
        cause: refusal.code,
      });
}

function fieldsOf(value: unknown, length: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== length) throw malformed();
  return value as unknown[];
}

const malformed = (): Refusal => new Refusal('SYNC_FORMAT', 'The list of entries is malformed.');
