/**
 * Ids of Groups, exactly as coalition.md 2.2 derives them: whoever differs in key, timing, state machine or
 * validators computes another id and never meets the others. Voters are not part of it, so that they can change.
 */
import { blake3, concat, derive, hashed, idFrom } from '../bytes/index.ts';
import type { UniqueId } from '../bytes/index.ts';

/** Milliseconds; only these three are folded into the id. */
export interface Heartbeat {
  readonly interval: number;
  readonly jitter: number;
  readonly maxMissed: number;
}

/** The runtime's defaults (coalition.md 3.4). */
export const HEARTBEAT: Heartbeat = { interval: 500, jitter: 150, maxMissed: 10 };

export interface GroupShape {
  /** What members share: 32 bytes. Holding it is what the bond's proof proves. */
  readonly secret: UniqueId;
  readonly heartbeat: Heartbeat;
  /** Version and parameters of the state machine. */
  readonly machine: UniqueId;
  /** How state is brought to a member that is far behind. */
  readonly sync: UniqueId;
  /** Signatures of the ticket validators, in order. */
  readonly validators: readonly UniqueId[];
}

export function groupId({ secret, heartbeat, machine, sync, validators }: GroupShape): UniqueId {
  let id = derive(hashed(secret), consensusDigest(heartbeat));
  for (const part of [machine, sync, ...validators]) id = derive(id, part);
  return id;
}

export const consensusDigest = ({ interval, jitter, maxMissed }: Heartbeat): UniqueId =>
  blake3(concat(littleEndian(interval, 16), littleEndian(jitter, 16), littleEndian(maxMissed, 16)));

/** Signature of replaying the log as the way to catch up; `machine` is the schema tag of the state machine. */
export const logReplaySync = (machine: string, batch = 2000, timeoutSeconds = 25): UniqueId =>
  derive(
    derive(derive(idFrom('mosaik_log_replay_sync'), machine), littleEndian(batch, 8)),
    littleEndian(timeoutSeconds, 8),
  );

/** Signature of fetching a snapshot as the way to catch up, with the runtime's figures (milliseconds). */
export const snapshotSync = (machine: string): UniqueId => {
  let id = derive(idFrom('mosaik_collections_snapshot_sync'), machine);
  for (const [value, width] of [
    [2000, 8],
    [10_000, 16],
    [15_000, 16],
    [5000, 16],
  ] as const)
    id = derive(id, littleEndian(value, width));
  return id;
};

/** An unsigned integer in `width` bytes, least significant first. */
export function littleEndian(value: number, width: number): Uint8Array {
  const out = new Uint8Array(width);
  let rest = BigInt(value);
  for (let i = 0; i < width; i++) {
    out[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return out;
}
