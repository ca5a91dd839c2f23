/**
 * Kinds about capacity: what an operator offers on a machine, and that the offer is withdrawn. An offer may be
 * replaced by another at any time, but never by less than what runs on it (coalition.md 5.4: the sum of live
 * grants stays within the declared capacity).
 */
import { z } from 'zod';
import { Refusal } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { bytes, defineKind, requireMember } from '../record/index.ts';
import type { AnyKind } from '../record/index.ts';
import { MAX_CPU_MILLICORES, MAX_RAM_MIB, MAX_STORAGE_GIB } from './requirements.ts';
import {
  amountsInUse,
  evidenceRefused,
  offerKey,
  readOffer,
  requireInService,
  requireMachine,
} from './rows.ts';
import type { OfferRow } from './rows.ts';

export const capacityOffered = z.object({
  machine: bytes(32),
  cpuMillicores: z.number().int().min(1).max(MAX_CPU_MILLICORES),
  ramMib: z.number().int().min(1).max(MAX_RAM_MIB),
  storageGib: z.number().int().min(0).max(MAX_STORAGE_GIB),
  tdx: z.boolean(),
});
export type CapacityOffered = z.infer<typeof capacityOffered>;

export const capacityWithdrawn = z.object({ machine: bytes(32) });
export type CapacityWithdrawn = z.infer<typeof capacityWithdrawn>;

const offered = defineKind<CapacityOffered>({
  name: 'capacity.offered',
  schema: capacityOffered,
  authorize(view, record) {
    requireMember(view, record);
    requireMachine(view, record);
  },
  fold(view, { coalition, author, at, body }, { index }) {
    requireInService(view, coalition, body.machine);
    if (body.tdx && evidenceRefused(view, coalition, body.machine))
      throw new Refusal(
        'TDX_EVIDENCE_REFUSED',
        'The machine cannot be offered with TDX: it has no evidence, or evidence that was refused.',
      );
    const load = amountsInUse(view, coalition, body.machine);
    if (
      load.cpuMillicores > body.cpuMillicores ||
      load.ramMib > body.ramMib ||
      load.storageGib > body.storageGib
    )
      throw new Refusal('CAPACITY_OVERSOLD', 'The workloads on this machine hold more than this offer.', {
        cpuMillicores: load.cpuMillicores,
        ramMib: load.ramMib,
        storageGib: load.storageGib,
      });
    const row: OfferRow = { ...body, owner: author, at, index };
    return [[offerKey(coalition, body.machine), row as unknown as Value]];
  },
});

const withdrawn = defineKind<CapacityWithdrawn>({
  name: 'capacity.withdrawn',
  schema: capacityWithdrawn,
  authorize(view, record) {
    requireMember(view, record);
    requireMachine(view, record);
  },
  fold(view, { coalition, body }) {
    if (readOffer(view, coalition, body.machine) === undefined)
      throw new Refusal('OFFER_UNKNOWN', 'This machine offers no capacity.');
    const { live } = amountsInUse(view, coalition, body.machine);
    if (live > 0)
      throw new Refusal('CAPACITY_IN_USE', `Stop the ${live} workloads on this machine first.`, { live });
    return [[offerKey(coalition, body.machine), undefined]];
  },
});

export const capacityKinds: readonly AnyKind[] = [offered, withdrawn];
