/**
 * What is said on a stream's link (coalition.md 3.3): the consumer asks with `[network, stream, criteria]`, the producer
 * starts with `[network, stream]`, and then frames of datums follow.
 *
 * The runtime that this follows sends one datum in a frame. Here a frame is an array of datums, as many as were waiting:
 * the price of a frame is paid once for all of them, and one that comes alone does not wait for others.
 */
import { Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { Link } from '../universe/index.ts';

export const STREAM_PROTOCOL = '/muster/stream/1';
/** Bytes of one datum, at most: a frame with nothing else in it still passes. */
export const MAX_DATUM = 1024 * 1024 - 64;
/** Datums of one frame, and bytes after which a frame takes no more. */
export const MAX_BATCH = 256;
export const BATCH_BYTES = 64 * 1024;
/** How long the first frame of a consumer may take, milliseconds. */
export const ASK_TIMEOUT = 5000;
/** How long the producer's answer may take: it may have a quote to verify first. */
export const START_TIMEOUT = 15_000;

/** The consumer's side. Errors: `LINK_CLOSED`, `LINK_TIMEOUT`, `STREAM_FRAME`. */
export async function askStream(link: Link, network: UniqueId, stream: UniqueId): Promise<void> {
  // criteria are empty, and match everything, until there is something to choose by
  link.send([network, stream, {}]);
  const [there, started] = fieldsOf(await link.next(START_TIMEOUT), 2);
  if (!sameBytes(idOf(there), network) || !sameBytes(idOf(started), stream)) throw malformed();
}

/** What a consumer asks for. Errors: `LINK_CLOSED`, `LINK_TIMEOUT`, `STREAM_FRAME`. */
export async function readAsk(
  link: Link,
): Promise<{ readonly network: UniqueId; readonly stream: UniqueId }> {
  const [network, stream, criteria] = fieldsOf(await link.next(ASK_TIMEOUT), 3);
  // a criterion that is not known here would be broken silently by sending everything
  if (typeof criteria !== 'object' || criteria === null || Object.keys(criteria).length > 0)
    throw malformed();
  return { network: idOf(network).slice(), stream: idOf(stream).slice() };
}

export const startStream = (link: Link, network: UniqueId, stream: UniqueId): void =>
  void link.send([network, stream]);

/** The datums of a frame, views of it. Errors: `STREAM_FRAME`. */
export function readDatums(frame: unknown): readonly Uint8Array[] {
  if (!Array.isArray(frame) || frame.length === 0 || frame.length > MAX_BATCH) throw malformed();
  for (const datum of frame as unknown[]) if (!(datum instanceof Uint8Array)) throw malformed();
  return frame as Uint8Array[];
}

function fieldsOf(frame: unknown, length: number): readonly unknown[] {
  if (!Array.isArray(frame) || frame.length !== length) throw malformed();
  return frame as unknown[];
}

function idOf(value: unknown): UniqueId {
  if (!(value instanceof Uint8Array) || value.length !== 32) throw malformed();
  return value;
}

const malformed = (): Refusal =>
  new Refusal('STREAM_FRAME', 'The other end of the stream sent no such frame.');
