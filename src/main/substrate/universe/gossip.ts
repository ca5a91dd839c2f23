/**
 * Gossip: small messages to everybody who listens to a topic, over gossipsub. Messages are anonymous (StrictNoSign):
 * what must be believed is signed inside. A handler judges before this node passes a message on, so forged ones stop
 * at the first honest node.
 */
import { hash } from 'node:crypto';
import { gossipsub, StrictNoSign, TopicValidatorResult } from '@libp2p/gossipsub';
import type { GossipSub, Message } from '@libp2p/gossipsub';
import type { PeerId } from '@libp2p/interface';
import { Refusal } from '../../../protocol/bytes/index.ts';

/** Bytes of a message, at most. */
export const MAX_GOSSIP = 64 * 1024;

/**
 * What becomes of a message: nothing said: it is good and goes on to others; `ignore`: it stops here and nobody is
 * blamed; `reject`: it stops here and counts against whoever handed it over.
 */
export type GossipVerdict = void | 'ignore' | 'reject';
/** `from`: who handed the message over, hex. It says nothing about who wrote it. */
export type GossipHandler = (bytes: Uint8Array, from: string) => GossipVerdict;

export interface Gossip {
  /** Answers how many neighbours it was sent to. Errors: `GOSSIP_SIZE`, `UNIVERSE_CLOSED`. */
  publish(topic: string, bytes: Uint8Array): Promise<number>;
  /** Hears a topic; answers how to stop. Several handlers may share one; the harshest verdict counts. */
  subscribe(topic: string, handler: GossipHandler): () => void;
  /** Connected peers that listen to the topic, hex. */
  listeners(topic: string): readonly string[];
}

/** Topics that one peer may listen to cost about 1 KiB of memory each (CVE-2026-46679). */
const TOPIC_BYTES_PER_PEER = 256 * 1024;
/** Bytes of one RPC: several messages may come in one. */
const MAX_RPC = 4 * 1024 * 1024;

/** The topic is part of the id, so that the same bytes on two topics are two messages. */
const messageId = ({ topic, data }: { topic: string; data?: Uint8Array }): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${topic}\0`), data ?? new Uint8Array(0)]), 'buffer') as Buffer;

/** The service for libp2p's configuration; what other settings there are, and why they stand so. */
export const gossipService = gossipsub({
  globalSignaturePolicy: StrictNoSign,
  msgIdFn: messageId,
  // without it every copy of a message is validated before it is known to be one (core.md 3.3)
  fastMsgIdFn: (message) => messageId(message).toString('base64'),
  msgIdToStrFn: (id) => Buffer.from(id.buffer, id.byteOffset, id.length).toString('base64'),
  allowPublishToZeroTopicPeers: true,
  ignoreDuplicatePublishError: true,
  emitSelf: false,
  fallbackToFloodsub: false,
  doPX: false,
  // more than ten peers behind one address are an office, or a test, not an attack (core.md 3.3)
  scoreParams: { IPColocationFactorWeight: 0 },
  maxTopicBytesPerPeer: TOPIC_BYTES_PER_PEER,
  maxInboundDataLength: MAX_RPC,
  maxOutboundBufferSize: 2 * MAX_RPC,
  maxInboundStreams: 4,
  maxOutboundStreams: 4,
  // a member behind a relay hears the gossip too
  runOnLimitedConnection: true,
});

export function createGossip(service: GossipSub, hexOf: (peer: PeerId) => string): Gossip {
  const handlers = new Map<string, Set<GossipHandler>>();

  const judge = (topic: string, peer: PeerId, message: Message): TopicValidatorResult => {
    if (message.data.length > MAX_GOSSIP) return TopicValidatorResult.Reject;
    let verdict: TopicValidatorResult = TopicValidatorResult.Accept;
    for (const handler of handlers.get(topic) ?? []) {
      const said = handler(message.data, hexOf(peer));
      if (said === 'reject') return TopicValidatorResult.Reject;
      if (said === 'ignore') verdict = TopicValidatorResult.Ignore;
    }
    return verdict;
  };

  return {
    async publish(topic, bytes) {
      if (bytes.length > MAX_GOSSIP)
        throw new Refusal(
          'GOSSIP_SIZE',
          `A message of ${bytes.length} bytes is too long for gossip; ${MAX_GOSSIP} is the limit.`,
        );
      try {
        return (await service.publish(topic, bytes)).recipients.length;
      } catch (error) {
        throw new Refusal('UNIVERSE_CLOSED', `The message was not sent: ${(error as Error).message}`);
      }
    },
    subscribe(topic, handler) {
      let here = handlers.get(topic);
      if (here === undefined) {
        here = new Set();
        handlers.set(topic, here);
        service.topicValidators.set(topic, (peer, message) => judge(topic, peer, message));
        service.subscribe(topic);
      }
      here.add(handler);
      const set = here;
      return () => {
        if (!set.delete(handler) || set.size > 0 || handlers.get(topic) !== set) return;
        handlers.delete(topic);
        service.topicValidators.delete(topic);
        // after a stop there is nothing left to leave
        try {
          service.unsubscribe(topic);
        } catch {
          // stopped already
        }
      };
    },
    listeners: (topic) => service.getSubscribers(topic).map(hexOf),
  };
}
