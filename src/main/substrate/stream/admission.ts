/**
 * Who may be at the other end of a stream, on either side (coalition.md 3.3): requirements over the catalogue's entry,
 * the round trip, tickets. Judged again whenever one of them may have changed, and at the moment tickets end.
 */
import type { Validator } from '../../../protocol/ticket/index.ts';
import type { Discovery, DiscoveryEvent } from '../discovery/index.ts';
import type { Gate } from '../tickets/index.ts';
import type { StreamPeer } from './condition.ts';
import type { AdmissionOptions } from './types.ts';

/** `pending`: its quotes are being verified, which passes by itself. */
export type Verdict = 'admitted' | 'unknown' | 'pending' | 'refused';

export interface Admission {
  judge(peer: string): Verdict;
  /** Asks for a round trip where one is needed and missing. */
  measure(peer: string): void;
  stop(): void;
}

export interface AdmissionPorts {
  readonly discovery: Discovery;
  readonly options: AdmissionOptions;
  /** Errors: as `createGate`. */
  readonly gateOf: (validators: readonly Validator[]) => Gate;
  /** Peers that are looked at again from time to time, since nobody announces a round trip. */
  readonly peers: () => readonly string[];
  /** A peer may stand otherwise; with the event where it was the catalogue that changed. */
  readonly changed: (peer: string, event?: DiscoveryEvent) => void;
}

/** Milliseconds between two looks at round trips. */
const LOOK = 5000;

export const streamPeer = (discovery: Discovery, peer: string): StreamPeer | null => {
  const info = discovery.peer(peer);
  return info === null ? null : { ...info, rtt: discovery.rtt(peer) };
};

export function createAdmission({ discovery, options, gateOf, peers, changed }: AdmissionPorts): Admission {
  const { require = [], maxRtt, tickets = [] } = options;
  // before this watches the catalogue: the gate is to know first
  const gate = tickets.length === 0 ? null : gateOf(tickets);
  /** Whose standing is being asked for: who asks is answered, and need not hear of it as well. */
  let judging: string | null = null;
  gate?.watch(({ peer }) => {
    if (peer !== judging) changed(peer);
  });
  const stopWatching = discovery.watch((event) => {
    if (event.kind !== 'lagged') changed(event.peer.peer, event);
  });
  const timer = setInterval(() => {
    for (const peer of peers()) changed(peer);
  }, LOOK);
  timer.unref();

  return {
    judge(peer) {
      const info = streamPeer(discovery, peer);
      if (info === null || !info.signed) return 'unknown';
      if (maxRtt !== undefined && info.rtt !== null && info.rtt.smoothed > maxRtt) return 'refused';
      if (!require.every((requirement) => requirement(info))) return 'refused';
      if (gate === null) return 'admitted';
      judging = peer;
      const { state } = gate.standing(peer);
      judging = null;
      return state;
    },
    measure(peer) {
      if (maxRtt === undefined || discovery.rtt(peer) !== null) return;
      discovery.ping(peer).then(
        () => changed(peer),
        // it is measured when discovery gets round to it
        () => undefined,
      );
    },
    stop() {
      clearInterval(timer);
      stopWatching();
      gate?.close();
    },
  };
}
