/**
 * A made-up life of two coalitions: every kind, mostly said by whoever may say it, often enough not. The same
 * seed gives the same records; what the rules make of them is for the test to see.
 */
import { NO_COALITION, encodeCanonical, utf8 } from '../../../src/protocol/bytes/index.ts';
import type { Value } from '../../../src/protocol/bytes/index.ts';
import { coalitionId, readCoalitionFile } from '../../../src/protocol/coalition/index.ts';
import { smallestLimits } from '../../../src/protocol/compute/index.ts';
import { encodeRecord } from '../../../src/protocol/record/index.ts';
import { randomFrom } from '../../random.ts';

const id = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const file = (name: string) =>
  utf8(JSON.stringify({ schemaVersion: 1, instanceName: name, modules: ['chronicle', 'compute'] }));
const files = [file('signals.eu'), file('demo.one')];
const coalitions = files.map((bytes) => coalitionId(readCoalitionFile(new TextDecoder().decode(bytes))));
const digest = `sha256:${'ab'.repeat(32)}`;
const needs = {
  minCpuMillicores: 100,
  minRamMib: 64,
  minStorageGib: 0,
  tdx: 'none',
  network: 'none',
  networkAllow: [],
  readOnly: true,
} as const;

/** Lives in which every kind is taken at least once within `LENGTH` records. */
export const SEEDS = [3, 9, 24];
export const LENGTH = 3_000;

/** Record bytes in the order in which they are said. */
export function history(seed: number, length: number): Uint8Array[] {
  const random = randomFrom(seed);
  const authors = [id(0xa1), id(0xb2), id(0xc3)];
  const machines = [id(0x10), id(0x11), id(0x12)];
  const workloads = Array.from({ length: 12 }, (_, n) => id(0x40 + n));
  const nonces = [id(0xd1), id(0xd2)];
  const tickets = Array.from({ length: 8 }, (_, n) => id(0x80 + n));
  const seqs = new Map<string, number>();
  let at = 1_760_000_000_000;

  const judgement = (): { [key: string]: Value } => ({
    evidence: random.pick(['genuine', 'incomplete', 'refused', 'none']),
    simulated: random.oneIn(2),
    ...(random.oneIn(2) ? { code: 'PCK_REVOKED', status: 'UpToDate' } : {}),
    ...(random.oneIn(3)
      ? {}
      : {
          quote: random.bytes(32),
          collateral: random.bytes(32),
          judgedFor: 1_760_000_000,
          policy: random.pick(['passed', 'refused']),
          ...(random.oneIn(3) ? { eventLog: random.bytes(32) } : {}),
          ...(random.oneIn(3)
            ? { highest: { evaluation: random.below(20), rootCrl: '17', pckCrl: null } }
            : {}),
        }),
  });
  const bodies: Readonly<Record<string, () => Value>> = {
    'identity.created': () => ({ name: 'rack-07', log: id(1), cosigner: id(2), issuer: id(3) }),
    'coalition.published': () => ({ config: random.pick(files) }),
    'coalition.joined': () => ({ config: random.pick(files) }),
    'machine.registered': () => ({
      machine: random.pick(machines),
      name: random.pick(['a', 'b', 'c']),
      ...judgement(),
    }),
    'machine.attested': () => ({
      machine: random.pick(machines),
      ...judgement(),
      ...(random.oneIn(3) ? { challenge: random.pick(nonces) } : {}),
    }),
    'machine.challenged': () => ({
      machine: random.pick(machines),
      nonce: random.pick(nonces),
      expires: at + (random.oneIn(6) ? 0 : 62_000 + random.below(20_000)),
    }),
    'machine.lapsed': () => ({ machine: random.pick(machines), nonce: random.pick(nonces) }),
    'policy.adopted': () => ({
      policy: utf8(random.oneIn(3) ? '{"acceptAll":true}' : '{"acceptedStatuses":["UpToDate"]}'),
    }),
    'machine.pinned': () => ({ machine: random.pick(machines), pins: { mrtd: [random.bytes(48)] } }),
    'machine.unpinned': () => ({ machine: random.pick(machines) }),
    'machine.retired': () => ({ machine: random.oneIn(40) ? random.pick(machines) : id(0x19) }),
    'capacity.offered': () => ({
      machine: random.pick(machines),
      cpuMillicores: 200 + random.below(2000),
      ramMib: 128 + random.below(1024),
      storageGib: random.below(20),
      tdx: random.oneIn(3),
    }),
    'capacity.withdrawn': () => ({ machine: random.pick(machines) }),
    'ticket.issued': () => ({
      ticket: random.pick(tickets),
      subject: random.pick(authors),
      audience: coalitions[0]!,
      ...(random.oneIn(2) ? { role: 'provider' } : {}),
      notBefore: at,
      expires: at + (random.oneIn(6) ? 0 : 86_400_000),
    }),
    'ticket.revoked': () => ({ ticket: random.pick(tickets), reason: 'It was time.' }),
    'compute.submitted': () => ({
      workload: random.pick(workloads),
      machine: random.pick(machines),
      image: `registry.example/app@${digest}`,
      digest,
      requirements: needs,
      limits: { ...smallestLimits(needs) },
    }),
    'compute.refused': () => ({
      workload: random.pick(workloads),
      machine: random.pick(machines),
      image: `registry.example/app@${digest}`,
      digest,
      reasons: [{ code: 'RAM_SHORT', sentence: 'Too little memory.' }],
    }),
    'compute.started': () => ({
      workload: random.pick(workloads),
      configDigest: digest,
      manifestDigest: digest,
      engine: 'docker 28',
    }),
    'compute.ended': () => ({
      workload: random.pick(workloads),
      reason: 'exited',
      exitCode: random.below(3),
    }),
    'compute.usage': () => ({
      workload: random.pick(workloads),
      from: at - random.below(5000),
      to: at,
      cpuMs: random.below(1000),
      ramMibSec: random.below(1000),
      rxBytes: random.below(1000),
      txBytes: random.below(1000),
    }),
    'compute.removed': () => ({ workload: random.pick(workloads) }),
  };
  const kinds = Object.keys(bodies);

  return Array.from({ length }, (_, n) => {
    if (n > 20 && random.oneIn(60)) return random.bytes(random.below(200));
    if (n > 20 && random.oneIn(60)) return encodeCanonical({ not: 'a record' });
    const entry = ['coalition.published', 'coalition.joined'][n];
    const kind = entry ?? (n > 20 && random.oneIn(60) ? 'later.kind' : random.pick(kinds));
    const body = entry === undefined ? (bodies[kind]?.() ?? {}) : { config: files[n]! };
    const author = n < 20 || !random.oneIn(5) ? authors[0]! : random.pick(authors);
    const coalition =
      kind === 'identity.created'
        ? NO_COALITION
        : kind.startsWith('coalition.')
          ? coalitions[files.indexOf((body as { config: Uint8Array }).config as never)]!
          : coalitions[random.oneIn(8) ? 1 : 0]!;
    const name = `${coalition[0]}/${author[0]}`;
    const last = seqs.get(name) ?? -1;
    // now and then a number that was used, or one with a gap
    const seq = last >= 0 && random.oneIn(40) ? last : last + 1 + (random.oneIn(30) ? random.below(9) : 0);
    seqs.set(name, Math.max(seq, last));
    at += random.below(1000);
    const broken: Value = random.oneIn(50) ? { nothing: true } : body;
    const tick = random.oneIn(10) ? { tick: random.below(100) } : {};
    return encodeRecord({ v: 1, kind, coalition, author, seq, at, ...tick, body: broken, evidence: [] });
  });
}
