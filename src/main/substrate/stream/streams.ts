/** The streams of one node: one protocol handler for all that it produces, and a consumer for each that it asks for. */
import { Refusal, sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { Validator } from '../../../protocol/ticket/index.ts';
import { createSignatureChecker } from '../../hashes.ts';
import type { Discovery } from '../discovery/index.ts';
import { createGate, ticketsIn } from '../tickets/index.ts';
import type { Gate, GateOptions } from '../tickets/index.ts';
import { CLOSE } from '../universe/index.ts';
import type { CloseCode, Link, Universe } from '../universe/index.ts';
import { createConsumer } from './consumer.ts';
import { consumerOptions, producerOptions } from './definition.ts';
import { createSink } from './producer.ts';
import type { Sink } from './producer.ts';
import { Unsent } from './types.ts';
import type { Consumer, Producer, Streams } from './types.ts';
import { readAsk, STREAM_PROTOCOL } from './wire.ts';
import { streamClosed } from './when.ts';

export interface StreamsOptions {
  readonly universe: Universe;
  /** Closed after the streams. */
  readonly discovery: Discovery;
  /** Unix milliseconds; default the system's clock. */
  readonly now?: (() => number) | undefined;
  /** Links of streams, of all streams together, that one peer may open; default 128. */
  readonly linksPerPeer?: number | undefined;
  /** What the tickets that a stream asks for are judged by. Without `quotes` those of TDX stay pending. */
  readonly tickets?: Partial<Pick<GateOptions, 'check' | 'revoked' | 'quotes'>> | undefined;
  /** Called whenever `stats` may answer otherwise, with every datum as well. Must not throw. */
  readonly changed?: (() => void) | undefined;
}

interface Shared {
  /** Of datums whose type the definition names; whoever asks with the same id means the same. */
  readonly sink: Sink<never>;
  uses: number;
}

export async function createStreams(options: StreamsOptions): Promise<Streams> {
  const { universe, discovery, now = Date.now, linksPerPeer = 128, changed = () => undefined } = options;
  const sinks = new Map<string, Shared>();
  const consumers = new Set<Consumer<unknown>>();
  let closed = false;

  const check = options.tickets?.check ?? createSignatureChecker();
  const source = ticketsIn(discovery);
  const gateOf = (validators: readonly Validator[]): Gate =>
    createGate({ ...options.tickets, validators, network: discovery.network, source, check, now });
  const ports = { universe, discovery, gateOf, now, changed };

  const welcome = async (link: Link): Promise<void> => {
    try {
      const { network, stream } = await readAsk(link);
      if (!sameBytes(network, discovery.network)) return await link.close(CLOSE.differentNetwork);
      const shared = sinks.get(toHex(stream));
      if (shared === undefined) return await link.close(CLOSE.streamNotFound);
      return await shared.sink.welcome(link);
    } catch (error) {
      const refused = error instanceof Refusal;
      await link.close(refused ? (closes[error.code] ?? CLOSE.protocolViolation) : CLOSE.unexpectedClose);
      if (!refused) throw error;
      return undefined;
    }
  };
  const stopServing = await universe.serve(STREAM_PROTOCOL, (link) => void welcome(link), linksPerPeer);

  return {
    produce(stream, given = {}) {
      if (closed) throw streamClosed();
      const key = toHex(stream.id);
      const known = sinks.get(key);
      const sink = (known?.sink ?? createSink(stream, producerOptions(stream, given), ports)) as Sink<never>;
      const shared = known ?? { sink, uses: 0 };
      shared.uses += 1;
      sinks.set(key, shared);
      changed();
      const release = async (): Promise<void> => {
        shared.uses -= 1;
        if (shared.uses > 0) return;
        // whoever produces it from now on begins anew
        if (sinks.get(key) === shared) sinks.delete(key);
        await shared.sink.close();
        changed();
      };
      return handle(shared.sink as unknown as Sink<Parameters<typeof stream.codec.encode>[0]>, release);
    },
    consume(stream, given = {}) {
      if (closed) throw streamClosed();
      const consumer = createConsumer(stream, consumerOptions(stream, given), {
        ...ports,
        ended: () => {
          consumers.delete(consumer);
          changed();
        },
      });
      consumers.add(consumer);
      changed();
      return consumer;
    },
    stats: () => [
      ...[...sinks.values()].map(({ sink }) => sink.producer.stats()),
      ...[...consumers].map((one) => one.stats()),
    ],
    async close() {
      if (closed) return;
      closed = true;
      await stopServing();
      const ending = [...sinks.values()].map(({ sink }) => sink.close());
      sinks.clear();
      await Promise.all([...ending, ...[...consumers].map((one) => one.close())]);
    },
  };
}

/** One holder's handle: after it is closed it sends no more, whatever the others do. */
function handle<T>({ producer }: Sink<T>, release: () => Promise<void>): Producer<T> {
  let leaving: Promise<void> | null = null;
  return {
    ...producer,
    online: () => leaving === null && producer.online(),
    send: (datum, signal) =>
      leaving === null
        ? producer.send(datum, signal)
        : Promise.reject(new Unsent('STREAM_CLOSED', 'This producer is closed.', datum)),
    trySend: (datum) => (leaving === null ? producer.trySend(datum) : { ok: false, why: 'closed', datum }),
    close: () => (leaving ??= release()),
  };
}

const closes: Readonly<Record<string, CloseCode>> = {
  LINK_TIMEOUT: CLOSE.timeout,
  LINK_CLOSED: CLOSE.unexpectedClose,
};
