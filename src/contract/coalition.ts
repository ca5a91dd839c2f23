/** The coalition this node belongs to: a name for a composition, no state of its own (coalition.md 2.3, 4). */
import { z } from 'zod';
import { command, query } from './base.ts';
import { hex, millis, receipt, stage } from './shapes.ts';

const reference = z.object({ name: z.string(), stableId: hex(32), contentHash: hex(32).optional() });

/** The readable form of a CoalitionConfig; also the content of a coalition file. */
export const coalitionConfig = z.object({
  schemaVersion: z.literal(1),
  instanceName: z.string(),
  lattices: z.array(reference),
  organisms: z.array(reference),
  confluences: z.array(z.object({ name: z.string(), fingerprint: hex(32) })),
  ticketIssuer: z.object({ name: z.string(), keys: z.array(hex(32)), acl: hex(32) }).optional(),
  modules: z.array(z.enum(['atlas', 'almanac', 'chronicle', 'compute'])),
});
export type CoalitionConfigJson = z.infer<typeof coalitionConfig>;

/** Every step of the fingerprint, so that two people can compare where they differ. */
export const derivation = z.array(z.object({ label: z.string(), id: hex(32) }));

export const coalitionInfo = z.object({
  id: hex(32),
  config: coalitionConfig,
  derivation,
  /** Peer that published the configuration, as far as this node knows. */
  operator: hex(32).nullable(),
  role: z.enum(['operator', 'joined']),
  since: millis,
  index: z.number().int(),
  stage,
});
export type CoalitionInfo = z.infer<typeof coalitionInfo>;

const file = z.string().max(256 * 1024);

export const coalition = {
  /** Null before onboarding is finished. */
  get: query('view').output(z.object({ current: coalitionInfo.nullable() })),
  /** Reads a coalition file without joining; refuses what could not be joined. */
  preview: query('view')
    .input(z.object({ file }))
    .output(z.object({ id: hex(32), config: coalitionConfig, derivation })),
  create: command('admin')
    .input(
      z.object({
        name: z.string().min(1).max(128),
        lattices: z.array(reference).max(64).default([]),
        organisms: z.array(reference).max(64).default([]),
        /** Whether this node's key becomes the ticket issuer of the coalition. */
        issueTickets: z.boolean().default(true),
      }),
    )
    .output(z.object({ coalition: coalitionInfo, receipt })),
  import: command('admin')
    .input(z.object({ file }))
    .output(z.object({ coalition: coalitionInfo, receipt })),
  /** The file to hand to others. */
  export: query('view').output(z.object({ name: z.string(), file: z.string() })),
};
