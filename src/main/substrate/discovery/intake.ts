/** The one way into the catalogue: entries and goodbyes as they arrive, cheap checks first, the signature last. */
import { Refusal, settle, toHex } from '../../../protocol/bytes/index.ts';
import type { CheckSignature, UniqueId } from '../../../protocol/bytes/index.ts';
import { admitDeparture, admitEntry, openDeparture, openEntry } from '../../../protocol/universe/index.ts';
import type { Admission, PeerEntry, SealedEntry } from '../../../protocol/universe/index.ts';
import type { Catalogue } from './catalogue.ts';

export interface Intake {
  /**
   * Takes what `from` (hex) handed over. Errors: those of `openEntry` and `admitEntry`, and `CATALOGUE_FULL`. True: the
   * entry is in the catalogue now; false: it is this node's own.
   */
  entry(sealed: SealedEntry, via: Admission['via'], from: string): boolean;
  /** Errors: those of `openDeparture` and `admitDeparture`. */
  departure(bytes: Uint8Array, sig: Uint8Array): void;
  /** How far other clocks are from ours: the median over peers, milliseconds, positive when they are ahead. */
  skew(): number | null;
}

export interface IntakeOptions {
  readonly network: UniqueId;
  /** This node, hex. */
  readonly self: string;
  readonly now: () => number;
  readonly maxDrift: number;
  readonly purgeAfter: number;
  readonly check: CheckSignature;
  readonly catalogue: Catalogue;
  /** An entry of this node itself came back, and its signature holds. */
  readonly ownEntry: (entry: PeerEntry) => void;
  /** A peer told new addresses. */
  readonly addresses: (peer: string, addresses: readonly string[]) => void;
}

/** Peers whose clocks are remembered. */
const MAX_CLOCKS = 256;

export function createIntake(options: IntakeOptions): Intake {
  const { network, self, now, maxDrift, purgeAfter, check, catalogue, ownEntry, addresses } = options;
  const clocks = new Map<string, number>();

  /** Runs a rule; answers the refusal instead of throwing it. */
  const refusalOf = (rule: () => void): Refusal | null => {
    try {
      rule();
      return null;
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  };

  return {
    entry(sealed, via, from) {
      // what is kept must not hold on to the frame it came in
      const plan = openEntry({ bytes: sealed.bytes.slice(), sig: sealed.sig.slice() });
      const { entry } = plan;
      const peer = toHex(entry.peer);
      const known = peer === self ? null : catalogue.known(peer);
      const refusal = refusalOf(() =>
        admitEntry(entry, { network, now: now(), known, via, maxDrift, purgeAfter }),
      );
      // a replay costs no signature check; a strange clock is worth one only where it is noted, or may be our own
      const noted = via === 'gossip' || peer === self;
      if (refusal !== null && (refusal.code !== 'ENTRY_DRIFT' || !noted)) throw refusal;
      const signed = settle(plan, check);
      if (peer === self) {
        ownEntry(entry);
        return false;
      }
      if (via === 'gossip') {
        clocks.delete(peer);
        clocks.set(peer, entry.version[1] - now());
        if (clocks.size > MAX_CLOCKS) {
          const [oldest] = clocks.keys();
          if (oldest !== undefined) clocks.delete(oldest);
        }
      }
      if (refusal !== null) throw refusal;
      const before = catalogue.get(peer)?.addresses.join(' ');
      if (!catalogue.put(signed, from))
        throw new Refusal('CATALOGUE_FULL', 'There is no room for more peers.');
      if (entry.addresses.join(' ') !== before) addresses(peer, entry.addresses);
      return true;
    },
    departure(bytes, sig) {
      const plan = openDeparture(bytes, sig);
      const { departure } = plan;
      const peer = toHex(departure.peer);
      admitDeparture(departure, { network, now: now(), known: catalogue.known(peer), maxDrift });
      settle(plan, check);
      if (peer !== self) catalogue.depart(peer, departure.lastVersion);
    },
    skew() {
      const all = [...clocks.values()].toSorted((a, b) => a - b);
      return all[Math.floor(all.length / 2)] ?? null;
    },
  };
}
