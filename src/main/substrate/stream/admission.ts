/**
 * Who may be at the other end of a stream, on either side (coalition.md 3.3): requirements over the catalogue's entry,
 * the round trip, tickets. Judged again whenever one of them may have changed, and at the moment tickets end.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Discovery, DiscoveryEvent } from '../discovery/index.ts';
import { createAlarm } from '../tickets/index.ts';
import type { Alarm } from '../tickets/index.ts';
import type { StreamPeer } from './condition.ts';
import type { AdmissionOptions } from './types.ts';

/** `pending`: its quotes are being verified, which passes by itself. */
export type Verdict = 'admitted' | 'unknown' | 'pending' | 'refused';

export interface Admission {
  /** Judges a peer; one that is admitted for a while is judged again when that ends. */
  judge(peer: string): Verdict;
  /** Asks for a round trip where one is needed and missing. */
  measure(peer: string): void;
  stop(): void;
}

export interface AdmissionPorts {
  readonly discovery: Discovery;
  readonly options: AdmissionOptions;
  /** Unix milliseconds. */
  readonly now: () => number;
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

export function createAdmission({ discovery, options, now, peers, changed }: AdmissionPorts): Admission {
  const { require = [], maxRtt, admit, admitChanged } = options;
  const alarms = new Map<string, Alarm>();

  const setAlarm = (peer: string, until: number | null): void => {
    const alarm = alarms.get(peer);
    if (until === null) {
      alarm?.set(null);
      alarms.delete(peer);
      return;
    }
    const armed = alarm ?? createAlarm(now, () => changed(peer));
    alarms.set(peer, armed);
    armed.set(until);
  };

  const tickets = (peer: string): Verdict => {
    if (admit === undefined) return 'admitted';
    try {
      const until = admit(peer);
      const over = until !== null && until <= now();
      setAlarm(peer, over ? null : until);
      return over ? 'refused' : 'admitted';
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setAlarm(peer, null);
      return error.code === 'TICKET_PENDING' ? 'pending' : 'refused';
    }
  };

  const stops = [
    discovery.watch((event) => {
      if (event.kind === 'lagged') return;
      if (event.kind === 'departed') setAlarm(event.peer.peer, null);
      changed(event.peer.peer, event);
    }),
    admitChanged?.((peer) => changed(peer)),
  ];
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
      return tickets(peer);
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
      for (const stop of stops) stop?.();
      for (const alarm of alarms.values()) alarm.set(null);
      alarms.clear();
    },
  };
}
