/** A real node whose guest gives simulated quotes, under a clock that a test moves. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AttestationPolicy, Settings } from '../../../../src/contract/index.ts';
import type { Client } from '../../../../src/main/api/index.ts';
import { loadSimulator } from '../../../../src/main/attestation/index.ts';
import type { QuoteSource } from '../../../../src/main/attestation/index.ts';
import { openNode } from '../../../../src/main/node/index.ts';
import type { MusterNode } from '../../../../src/main/node/index.ts';
import { DEFAULT_POLICY } from '../../../../src/protocol/attestation/index.ts';
import { fromHex, toBase64url, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { cheapSeal, NO_ENGINE, ownerOf, PASSPHRASE } from '../../../node.ts';
import { scratch } from '../../../scratch.ts';

/** 2026-06-15T00:00:00Z, Unix milliseconds. */
export const NOON = 1_781_481_600_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

const simulator = await loadSimulator();
const authority = await simulator.makeAuthority();

export interface SimulatedMachine {
  readonly fmspc?: string;
  readonly reportData?: Uint8Array;
  readonly status?: Parameters<typeof simulator.simulate>[1]['status'];
  readonly debug?: boolean;
  readonly revoked?: boolean;
  /** Unix milliseconds; default NOON. */
  readonly at?: number;
}

/** A quote and its collateral as a face hands them in. */
export async function evidenceOf(machine: SimulatedMachine = {}) {
  const { quote, collateral, root } = await simulator.simulate(authority, {
    at: Math.floor((machine.at ?? NOON) / 1000),
    version: 5,
    td: '1.0',
    reportData: machine.reportData ?? new Uint8Array(64),
    mrTd: new Uint8Array(48).fill(7),
    fmspc: fromHex(machine.fmspc ?? '00806f050000', 6),
    status: machine.status ?? 'UpToDate',
    debug: machine.debug ?? false,
    revoked: machine.revoked ?? false,
  });
  return {
    root,
    raw: { quote, collateral },
    quote: { kind: 'bytes' as const, data: toBase64url(quote) },
    collateral: { kind: 'file' as const, data: toBase64url(utf8(JSON.stringify(collateral))) },
  };
}

/** A guest on a simulated platform: its quotes carry whatever report data is asked for. */
export const simulatedGuest = (
  machine: SimulatedMachine = {},
  now: () => number = () => NOON,
): QuoteSource => ({
  name: 'guest',
  look: async () => ({ state: 'in-td', available: true, detail: 'A simulated TD.' }),
  quote: async (reportData) => ({
    quote: (await evidenceOf({ ...machine, reportData, at: now() })).raw.quote,
    origin: 'simulated',
    bound: true,
  }),
});

const noGuest: QuoteSource = {
  name: 'guest',
  look: async () => ({ state: 'not-in-td', available: false, detail: 'Not a TD.' }),
  quote: () => Promise.reject(new Error('not a TD')),
};

export interface Lab {
  readonly node: MusterNode;
  readonly client: Client;
  readonly clock: { now: number };
  /** The data folder. */
  readonly folder: string;
}

export const SIMULATED_ALLOWED: AttestationPolicy = {
  ...(DEFAULT_POLICY as AttestationPolicy),
  name: 'rehearsal',
  allowSimulated: true,
};

export interface LabOptions {
  readonly guest?: QuoteSource;
  /** Its store of simulated roots and its policy accept the factory's; default true. */
  readonly simulated?: boolean;
  /** Unix milliseconds; default NOON. */
  readonly now?: number;
  readonly defaults?: Partial<Settings>;
}

/** A node with a coalition. */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const clock = { now: options.now ?? NOON };
  const folder = join(scratch(), 'data');
  if (options.simulated !== false) {
    mkdirSync(join(folder, 'simulated-roots'), { recursive: true });
    writeFileSync(join(folder, 'simulated-roots', 'factory.der'), (await evidenceOf()).root);
  }
  const node = await openNode({
    folder,
    host: 'test',
    seal: cheapSeal(),
    now: () => clock.now,
    guest: options.guest ?? noGuest,
    defaults: { ...NO_ENGINE, ...options.defaults },
  });
  onTestFinished(() => node.close());
  const client = ownerOf(node);
  await client.identity.create({ name: 'lab', passphrase: PASSPHRASE });
  await client.coalition.create({ name: 'lab.eu' });
  if (options.simulated !== false) await client.attestation.adoptPolicy({ policy: SIMULATED_ALLOWED });
  return { node, client, clock, folder };
}

export const eventsOf = (machine: { history: readonly { event: string }[] }): string[] =>
  machine.history.map(({ event }) => event).toReversed();
