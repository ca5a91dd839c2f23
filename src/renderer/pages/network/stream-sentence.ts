/** One sentence about a stream: whether data flows, and if not, what it waits for. Pure (coalition.md 3.3). */
import type { NetworkStream } from '../../../contract/index.ts';
import { number } from '../../format.ts';
import type { Key, Values } from '../../language/translate.ts';
import type { MarkKind } from '../../parts/Mark.tsx';

export interface StreamSentence {
  readonly key: Key;
  readonly values: Values;
  readonly mark: MarkKind;
}

type Said = Pick<NetworkStream, 'side' | 'online' | 'missed' | 'connected' | 'more'> & {
  readonly peers: readonly Pick<NetworkStream['peers'][number], 'state' | 'ended'>[];
};

export function streamSentence({ side, online, missed, connected, peers, more }: Said): StreamSentence {
  const say = (key: Key, mark: MarkKind): StreamSentence => ({
    key,
    mark,
    values: { n: connected, missed, shown: number(missed), others: peers.length + more - connected },
  });
  if (side === 'producer') {
    if (connected === 0) return say(online ? 'streams.say.unheard' : 'streams.say.nobody', 'not-checked');
    if (!online) return say('streams.say.fewListeners', 'running');
    return missed > 0 ? say('streams.say.missed', 'stale') : say('streams.say.sends', 'passed');
  }
  if (connected > 0)
    return online ? say('streams.say.hears', 'passed') : say('streams.say.fewSources', 'running');
  if (peers.some(({ state }) => state === 'connecting')) return say('streams.say.connecting', 'running');
  if (peers.some(({ ended }) => ended === 'refused')) return say('streams.say.refused', 'stale');
  return peers.length > 0 ? say('streams.say.ended', 'stale') : say('streams.say.noSource', 'not-checked');
}
