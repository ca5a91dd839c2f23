/**
 * Yamux: many streams over one connection. As the library has it (8.0.3) every piece of data is answered at once with
 * a window update, a packet of its own that is encrypted, sent and read. Here a window opens again in steps, as Go's
 * yamux does it: who sends has three quarters of the first window left at any time.
 */
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import { yamux } from '@libp2p/yamux';
import type { YamuxMuxerInit } from '@libp2p/yamux';

/** Bytes; the first window of a stream has 256 KiB. */
const STEP = 64 * 1024;
/** A frame's header: version, type, flags (u16), stream (u32), length (u32). */
const HEADER = 12;
/** Version 0, type 1 (window update), no flag: it neither opens nor ends a stream. */
const UPDATE = 0x00_01_00_00;

export const muxer = (init: YamuxMuxerInit) => (): StreamMuxerFactory => {
  const factory = yamux(init)();
  const create = factory.createStreamMuxer.bind(factory);
  factory.createStreamMuxer = (connection) => {
    const made = create(connection);
    inSteps(connection, () => made.streams.map(({ id }) => id));
    return made;
  };
  return factory;
};

/** Lets window updates leave when there are `STEP` bytes to tell of. `open`: ids of the connection's streams. */
function inSteps(connection: MessageStream, open: () => readonly string[]): void {
  const send = connection.send.bind(connection);
  /** By stream, bytes that the peer may send again and was not told of. */
  const owed = new Map<number, number>();
  /** Streams on the map beyond which those that have ended are looked for. */
  let many = 64;
  const forget = (): void => {
    const alive = new Set(open());
    for (const id of owed.keys()) if (!alive.has(String(id))) owed.delete(id);
    many = 64 + 2 * owed.size;
  };
  connection.send = (data) => {
    if (data.byteLength !== HEADER) return send(data);
    const header = data.subarray();
    const view = new DataView(header.buffer, header.byteOffset, HEADER);
    if (view.getUint32(0) !== UPDATE) return send(data);
    const stream = view.getUint32(4);
    const sum = (owed.get(stream) ?? 0) + view.getUint32(8);
    if (sum < STEP) {
      owed.set(stream, sum);
      if (owed.size > many) forget();
      return true;
    }
    owed.delete(stream);
    view.setUint32(8, sum);
    return send(header);
  };
}
