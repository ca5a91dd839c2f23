/** The one list of all kinds; the only file that knows them all. */
import { policyKinds } from './attestation/adopted-policy.ts';
import { machineKinds } from './attestation/kinds.ts';
import { coalitionKinds } from './coalition/index.ts';
import { computeKinds } from './compute/index.ts';
import type { Kinds } from './record/index.ts';
import { ticketKinds } from './ticket/index.ts';

export const kinds: Kinds = new Map(
  [...coalitionKinds, ...machineKinds, ...policyKinds, ...ticketKinds, ...computeKinds].map((kind) => [
    kind.name,
    kind,
  ]),
);
