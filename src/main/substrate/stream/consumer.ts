/**
 * The consuming side of a stream (coalition.md 3.3): finds its producers in the catalogue, keeps a channel to each that
 * is admitted, and hands out what comes as one sequence.
 */
import { sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import { ticketIdOf } from '../../../protocol/universe/index.ts';
import type { Discovery, DiscoveryEvent } from '../discovery/index.ts';
import { CLOSE } from '../universe/index.ts';
import type { CloseCode, Universe } from '../universe/index.ts';
import { createAdmission } from './admission.ts';
import type { AdmissionPorts } from './admission.ts';
import { openChannel, RETRY } from './channel.ts';
import type { Channel, News } from './channel.ts';
import { minimumOf } from './condition.ts';
import type { ConsumedStream } from './definition.ts';
import { createInbox } from './inbox.ts';
import type { Consumer, ConsumerOptions, Received, StreamStats } from './types.ts';
import { createPresence } from './when.ts';

export interface ConsumerPorts extends Pick<AdmissionPorts, 'discovery' | 'gateOf'> {
  readonly universe: Universe;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** The statistics are others. */
  readonly changed: () => void;
  /** It is closed. */
  readonly ended: () => void;
}

/** How often this node looks whether its own tags or tickets have changed while somebody refuses it, milliseconds. */
const LOOK = 500;

export function createConsumer<T>(
  stream: ConsumedStream<T>,
  options: ConsumerOptions,
  { universe, discovery, gateOf, now, changed, ended }: ConsumerPorts,
): Consumer<T> {
  const since = now();
  const channels = new Map<string, Channel>();
  const starts = new Map<string, number>();
  /** Channels that are on their way out. */
  const closing = new Set<Promise<void>>();
  const { buffer = 1024, bufferBytes = 8 * 1024 * 1024 } = options;
  const inbox = createInbox<Received<T>>({ buffer, bufferBytes });
  const retry = { ...RETRY, ...options.retry };
  const totals = { datums: 0, bytes: 0 };
  let leaving: Promise<void> | null = null;

  const presence = createPresence(discovery, options.onlineWhen ?? minimumOf(0), () =>
    [...channels.values()].filter((one) => one.connected()).map(({ peer }) => peer),
  );
  const producers = (): string[] => discovery.peers({ stream: stream.id }).map(({ peer }) => peer);
  const admission = createAdmission({
    discovery,
    options,
    gateOf,
    peers: producers,
    changed: (peer, event) => evaluate(peer, event),
  });

  const open = (peer: string): Channel =>
    openChannel(peer, {
      universe,
      discovery,
      stream,
      retry,
      now,
      received(datum, size) {
        totals.datums += 1;
        totals.bytes += size;
        inbox.put({ from: peer, datum }, size);
        changed();
      },
      room: inbox.room,
      ownWords: () => ownWords(discovery),
      changed: () => queueMicrotask(presence.refresh),
    });

  const drop = (channel: Channel, code: CloseCode): void => {
    channels.delete(channel.peer);
    const gone = channel.close(code).finally(() => closing.delete(gone));
    closing.add(gone);
  };

  /** Connects, disconnects, or tells the channel what is new. */
  const evaluate = (peer: string, event?: DiscoveryEvent): void => {
    if (leaving !== null) return;
    const info = discovery.peer(peer);
    const listed = info?.streams.some((id) => sameBytes(id, stream.id)) === true;
    const channel = channels.get(peer);
    if (!listed && channel === undefined) return;
    const verdict = listed ? admission.judge(peer) : 'unknown';
    if (verdict !== 'admitted') {
      starts.delete(peer);
      if (channel !== undefined) drop(channel, listed ? CLOSE.streamNotAllowed : CLOSE.cancelled);
    } else if (channel === undefined) {
      channels.set(peer, open(peer));
      admission.measure(peer);
    } else if (event !== undefined) channel.hear(newsOf(event, info?.version[0] !== starts.get(peer)));
    if (info !== null && channels.has(peer)) starts.set(peer, info.version[0]);
    presence.refresh();
  };

  presence.changes(changed);
  for (const peer of producers()) evaluate(peer);

  // who was refused for a tag or ticket that this node has now comes back with it
  const timer = setInterval(() => {
    for (const channel of channels.values()) channel.hear('own');
  }, LOOK);
  timer.unref();

  const close = async (): Promise<void> => {
    clearInterval(timer);
    admission.stop();
    inbox.end();
    for (const channel of channels.values()) drop(channel, CLOSE.cancelled);
    await Promise.all(closing);
    presence.end();
    ended();
  };

  return {
    id: stream.id,
    take: inbox.take,
    tryTake: inbox.tryTake,
    [Symbol.asyncIterator]: () => ({
      async next() {
        const item = inbox.tryTake() ?? (await inbox.take());
        return item === null ? { done: true, value: undefined } : { done: false, value: item.datum };
      },
    }),
    online: () => leaving === null && presence.online(),
    when: presence.when,
    changes: presence.changes,
    stats: (): StreamStats => ({
      id: stream.id,
      name: stream.name,
      side: 'consumer',
      online: leaving === null && presence.online(),
      since,
      ...totals,
      drops: 0,
      tooSlow: 0,
      channels: [...channels.values()].map((one) => one.info()),
    }),
    close: () => (leaving ??= close()),
  };
}

function newsOf(event: DiscoveryEvent, restarted: boolean): News {
  if (restarted || event.kind === 'discovered') return 'restarted';
  return event.kind === 'updated' && event.changed ? 'changed' : 'renewed';
}

/** What producers judge this node by. */
function ownWords(discovery: Discovery): string {
  const { tags, tickets } = discovery.own.entry();
  return [...tags, ...tickets.map(ticketIdOf)].map(toHex).join();
}
