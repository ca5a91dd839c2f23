/** Replay (tdx.md 2.8): each event of a register is hashed into it, new = SHA-384(old ‖ digest), from 48 zeros. */
import { concat, type Hashes } from '../../bytes/index.ts';
import { digestOf } from './content.ts';
import { DIGEST_BYTES, extendsRegister, type LogEvent } from './form.ts';

export const extendRegister = (old: Uint8Array, digest: Uint8Array, hashes: Hashes): Uint8Array =>
  hashes.sha384(concat(old, digest));

/** The values of RTMR0 to RTMR3 after exactly these events, 48 bytes each. */
export function replay(events: readonly LogEvent[], hashes: Hashes): Uint8Array[] {
  const registers = Array.from({ length: 4 }, (): Uint8Array => new Uint8Array(DIGEST_BYTES));
  for (const event of events)
    if (extendsRegister(event))
      registers[event.register] = extendRegister(
        registers[event.register] as Uint8Array,
        digestOf(event, hashes),
        hashes,
      );
  return registers;
}
