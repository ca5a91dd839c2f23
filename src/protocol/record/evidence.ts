/** An evidence pointer names an upstream commit: enough to fetch and verify it (house.md 4, core.md 1.4). */
import { z } from 'zod';
import { bytes, count } from './schema.ts';

export const evidencePointer = z.object({
  /** Origin line of the upstream log. */
  origin: z.string().min(1).max(256),
  /** Size of the upstream tree whose checkpoint covers the entry. */
  size: count,
  /** Index of the entry, counted from 0. */
  index: count,
  /** RFC 6962 leaf hash of the entry. */
  leaf: bytes(32),
  /** A whole .tlog-proof file, when the citer wants the pointer to stand alone. */
  proof: bytes(1, 8192).optional(),
});
export type EvidencePointer = z.infer<typeof evidencePointer>;
