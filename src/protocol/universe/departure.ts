/**
 * How a node says goodbye (coalition.md 3.2): which version of its entry was the last, and when it left. Signed
 * Ed25519 over "muster/peer-departure/1" ‖ 0x00 ‖ BLAKE3(network ‖ peer ‖ be64(v0) ‖ be64(v1) ‖ be64(ms)). The
 * runtime that this follows leaves the network out, because a node there is in one only; here one key may be in
 * several, and a goodbye to one must not be played in another.
 */
import {
  blake3,
  concat,
  decodeCanonical,
  encodeCanonical,
  Refusal,
  sameBytes,
  utf8,
} from '../bytes/index.ts';
import type { Plan, UniqueId, Value } from '../bytes/index.ts';
import { be64, compareVersions, MAX_DRIFT, withinDrift } from './version.ts';
import type { Version } from './version.ts';

const DOMAIN = concat(utf8('muster/peer-departure/1'), new Uint8Array(1));
const MAX_DEPARTURE = 256;

export interface Departure {
  readonly network: UniqueId;
  readonly peer: Uint8Array;
  readonly lastVersion: Version;
  /** Unix milliseconds. */
  readonly at: number;
}

export const departureMessage = ({ network, peer, lastVersion, at }: Departure): Uint8Array =>
  concat(DOMAIN, blake3(concat(network, peer, be64(lastVersion[0]), be64(lastVersion[1]), be64(at))));

export const encodeDeparture = ({ network, peer, lastVersion, at }: Departure): Uint8Array =>
  encodeCanonical([network, peer, [...lastVersion], at]);

/** Reads a received goodbye. Errors: `DEPARTURE_FORMAT` at once, `DEPARTURE_SIGNATURE` when concluded. */
export function openDeparture(
  bytes: Uint8Array,
  sig: Uint8Array,
): Plan<Departure> & { readonly departure: Departure } {
  const departure = decode(bytes);
  if (sig.length !== 64) throw forged();
  return {
    departure,
    jobs: [{ alg: 'ed25519', key: departure.peer, message: departureMessage(departure), signature: sig }],
    conclude([holds]) {
      if (holds !== true) throw forged();
      return departure;
    },
  };
}

/**
 * Whether a goodbye counts; throws why not. One that speaks of an older version than is known was overtaken: the peer
 * is back. Errors: `ENTRY_NETWORK`, `ENTRY_DRIFT`, `ENTRY_OLD`.
 */
export function admitDeparture(
  departure: Departure,
  rules: {
    readonly network: UniqueId;
    readonly now: number;
    readonly known: Version | null;
    readonly maxDrift?: number | undefined;
  },
): void {
  const { network, now, known, maxDrift = MAX_DRIFT } = rules;
  if (!sameBytes(departure.network, network))
    throw new Refusal('ENTRY_NETWORK', 'The goodbye belongs to another network.');
  if (known !== null && compareVersions(departure.lastVersion, known) < 0)
    throw new Refusal('ENTRY_OLD', 'The peer has come back since.');
  if (!withinDrift(departure.at, now, maxDrift))
    throw new Refusal('ENTRY_DRIFT', 'The goodbye is too old, or from a clock that differs from ours.', {
      milliseconds: departure.at - now,
    });
}

function decode(bytes: Uint8Array): Departure {
  let value: Value;
  try {
    value = decodeCanonical(bytes, MAX_DEPARTURE);
  } catch {
    throw malformed();
  }
  if (!Array.isArray(value) || value.length !== 4) throw malformed();
  const [network, peer, version, at] = value as readonly Value[];
  if (!(network instanceof Uint8Array) || network.length !== 32) throw malformed();
  if (!(peer instanceof Uint8Array) || peer.length !== 32) throw malformed();
  if (!Array.isArray(version) || version.length !== 2) throw malformed();
  const [startedAt, updatedAt] = version as readonly Value[];
  if (!isTime(startedAt) || !isTime(updatedAt) || !isTime(at)) throw malformed();
  return { network, peer, lastVersion: [startedAt, updatedAt], at };
}

const isTime = (value: Value | undefined): value is number => typeof value === 'number' && value >= 0;
const malformed = (): Refusal => new Refusal('DEPARTURE_FORMAT', 'This is no goodbye of a peer.');
const forged = (): Refusal =>
  new Refusal('DEPARTURE_SIGNATURE', 'The goodbye was not signed by the peer that it names.');
