/** Machines: registration, evidence, pins, and the capacity that is offered on them. */
import { z } from 'zod';
import { collateralInput, eventLogFile, quoteInput } from './attestation.ts';
import { command, query } from './base.ts';
import { pins, register } from './policy.ts';
import { count, hex, millis, name, receipt, stage } from './shapes.ts';
import { verdict } from './verdict.ts';

/** The most that one machine may offer. */
export const MAX_CAPACITY = {
  cpuMillicores: 1_024_000,
  ramMib: 64 * 1024 * 1024,
  storageGib: 1024 * 1024,
} as const;

export const capacity = z.object({
  cpuMillicores: z.number().int().min(1).max(MAX_CAPACITY.cpuMillicores),
  ramMib: z.number().int().min(1).max(MAX_CAPACITY.ramMib),
  storageGib: z.number().int().min(0).max(MAX_CAPACITY.storageGib),
});
export type Capacity = z.infer<typeof capacity>;

export const offer = capacity.extend({ tdx: z.boolean(), since: millis, index: count });

/**
 * `none`: registered without evidence, an ordinary machine that is not in a TD. `lapsed`: it did not answer a
 * challenge in time.
 */
export const machineState = z.enum(['genuine', 'incomplete', 'refused', 'none', 'lapsed', 'retired']);

/** What a fresh quote must be bound to: put `reportData` into it and hand it in before `expires`. */
export const challenge = z.object({
  nonce: hex(32),
  /** 64 bytes: SHA-512 of the binding (docs/guest-quotes.md). */
  reportData: hex(64),
  at: millis,
  expires: millis,
  index: count,
  /** Why the node could not give the answer itself so far; it tries again until `expires`. */
  obstacle: z.string().optional(),
});
export type Challenge = z.infer<typeof challenge>;

export const machine = z.object({
  id: hex(32),
  name: z.string(),
  owner: hex(32),
  state: machineState,
  /** Why, in a sentence. */
  sentence: z.string(),
  simulated: z.boolean(),
  /** The collateral under the verdict has expired since: what it says is of then, not of now. */
  stale: z.boolean(),
  registeredAt: millis,
  /** Log index of the entry that says so, and where that stands. */
  index: count,
  stage,
  /** Null for a machine without evidence. */
  verdict: verdict.nullable(),
  quote: z.object({ sha256: hex(32), size: count }).nullable(),
  collateral: z.object({ sha256: hex(32), size: count }).nullable(),
  eventLog: z.object({ sha256: hex(32), size: count }).nullable(),
  challenge: challenge.nullable(),
  /** When it last answered a challenge; null when it never did. */
  provedAt: millis.nullable(),
  pins,
  offer: offer.nullable(),
  /** What live workloads hold of the offer. */
  inUse: z.object({ cpuMillicores: count, ramMib: count, storageGib: count }),
  history: z.array(
    z.object({
      index: count,
      at: millis,
      event: z.string(),
      state: machineState,
      code: z.string().nullable(),
      status: z.string().nullable(),
      policy: z.enum(['passed', 'refused']).nullable(),
    }),
  ),
});
export type Machine = z.infer<typeof machine>;

const one = z.object({ id: hex(32) });
const answer = z.object({ machine, receipt });

export const machines = {
  list: query('view').output(z.object({ machines: z.array(machine) })),
  get: query('view').input(one).output(machine),
  register: command('operate')
    .input(
      z.object({
        name,
        quote: quoteInput,
        collateral: collateralInput.default({ kind: 'none' }),
        /** CCEL or JSON, to be replayed against the RTMRs of the quote. */
        eventLog: eventLogFile.optional(),
        /** Moment to judge old evidence for; default now. */
        at: millis.optional(),
      }),
    )
    .output(answer),
  /** Judges the stored quote again, with new collateral or for another moment. */
  recheck: command('operate')
    .input(one.extend({ collateral: collateralInput.optional(), at: millis.optional() }))
    .output(answer),
  /** Asks for a fresh proof; where this node can give it itself (it runs in that TD), it does so at once. */
  challenge: command('operate').input(one).output(answer),
  /** Answers the open challenge with a fresh quote; without one the guest is asked. Judged for now. */
  prove: command('operate')
    .input(
      one.extend({
        quote: quoteInput.default({ kind: 'guest' }),
        collateral: collateralInput.optional(),
        eventLog: eventLogFile.optional(),
      }),
    )
    .output(answer),
  /** Pins registers to the values of the current quote. */
  pin: command('operate')
    .input(one.extend({ registers: z.array(register).min(1) }))
    .output(answer),
  unpin: command('operate').input(one).output(answer),
  offer: command('operate')
    .input(one.extend(capacity.shape).extend({ tdx: z.boolean() }))
    .output(answer),
  withdraw: command('operate').input(one).output(answer),
  retire: command('operate').input(one).output(answer),
};
