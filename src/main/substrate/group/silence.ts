/**
 * The silence of a member whose log came out of a backup (house.md 4): it follows, and neither votes nor signs,
 * because what it has promised since is forgotten; until an operator lists it with another cosigning key.
 */
import { sameBytes, toHex } from '../../../protocol/bytes/index.ts';
import type { Membership } from '../../../protocol/group/index.ts';
import type { GroupLog } from '../../store/index.ts';

export interface Silence {
  muted(): boolean;
  /** The committed list of members may be another; resolves when that is settled. */
  review(members: Membership): Promise<void>;
}

/** `cosigner`: the key with which this member would sign now. */
export async function openSilence(log: GroupLog, self: string, cosigner: Uint8Array): Promise<Silence> {
  let { muted: mutedKey } = log.opened;
  if (log.opened.restored) {
    await log.mute(cosigner);
    mutedKey = cosigner;
  }
  return {
    muted: () => mutedKey !== null,
    async review({ voters, learners }) {
      const own = [...voters, ...learners].find(({ node }) => toHex(node) === self);
      if (mutedKey === null || own === undefined) return;
      if (sameBytes(own.cosigner, mutedKey) || !sameBytes(own.cosigner, cosigner)) return;
      mutedKey = null;
      await log.mute(null);
    },
  };
}
