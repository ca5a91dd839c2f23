/** Ping (coalition.md 3.2): the answer is the other's signed entry, and how long it took. Frames: `[network]`, `[bytes, signature]`. */
import { Refusal, sameBytes } from '../../../protocol/bytes/index.ts';
import type { UniqueId } from '../../../protocol/bytes/index.ts';
import type { SealedEntry } from '../../../protocol/universe/index.ts';
import { CLOSE } from '../universe/index.ts';
import type { Link } from '../universe/index.ts';

export const PING_PROTOCOL = '/muster/discovery/ping/1';

/** Asks over an open link, and closes it. Errors: `DIFFERENT_NETWORK`, `PING_FAILED`. */
export async function askPing(
  link: Link,
  network: UniqueId,
  timeout: number,
): Promise<{ readonly sealed: SealedEntry; readonly milliseconds: number }> {
  const begun = performance.now();
  try {
    link.send([network]);
    const answer = await link.next(timeout);
    const milliseconds = performance.now() - begun;
    const [bytes, sig] = Array.isArray(answer) ? (answer as unknown[]) : [];
    if (!(bytes instanceof Uint8Array) || !(sig instanceof Uint8Array))
      throw new Refusal('PING_FAILED', 'The answer is no entry.');
    await link.close(CLOSE.success);
    return { sealed: { bytes, sig }, milliseconds };
  } catch (error) {
    await link.close(CLOSE.unexpectedClose);
    if (!(error instanceof Refusal)) throw error;
    if (link.reason()?.code === CLOSE.differentNetwork)
      throw new Refusal('DIFFERENT_NETWORK', `The peer ${link.peer.slice(0, 12)}… is in another network.`);
    throw new Refusal('PING_FAILED', `The peer did not answer the ping: ${error.message}`);
  }
}

/** Answers one ping. */
export async function answerPing(
  link: Link,
  network: UniqueId,
  own: () => SealedEntry,
  timeout: number,
): Promise<void> {
  try {
    const asked = await link.next(timeout);
    const [theirs] = Array.isArray(asked) ? (asked as unknown[]) : [];
    if (!(theirs instanceof Uint8Array)) return await link.close(CLOSE.protocolViolation);
    if (!sameBytes(theirs, network)) return await link.close(CLOSE.differentNetwork);
    const { bytes, sig } = own();
    link.send([bytes, sig]);
    await link.next(timeout);
  } catch {
    // it closed, or took too long: either way this is over
  }
  return link.close(CLOSE.success);
}
