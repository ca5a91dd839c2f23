/** Every procedure of the contract once, in an order in which one node can live through them. */
import type { Scope } from '../../../src/contract/index.ts';
import { toBase64url, utf8 } from '../../../src/protocol/bytes/index.ts';
import { PASSPHRASE } from '../../node.ts';

/** What earlier steps answered, by name. */
export type Seen = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- a table of unlike answers

export interface Step {
  readonly path: string;
  readonly input?: (seen: Seen) => unknown;
  /** Code of the problem that is expected; absent: success. */
  readonly problem?: string;
  /** A stream: its first item is taken, then it is left. */
  readonly stream?: true;
  /** Keeps the answer under this name. */
  readonly keep?: string;
}

const PEER = 'ab'.repeat(32);
const image = `127.0.0.1:5000/demo@sha256:${'0'.repeat(64)}`;

export const steps: readonly Step[] = [
  { path: 'settings.about' },
  { path: 'settings.get' },
  { path: 'settings.set', input: () => ({ theme: 'dark' }) },
  { path: 'settings.pair', input: () => ({ scopes: ['view'] }), problem: 'NO_CONSOLE' },
  { path: 'identity.get' },
  { path: 'chronicle.head' },
  { path: 'chronicle.health' },
  { path: 'events.status' },
  { path: 'events.watch', stream: true },
  { path: 'operations.watch', stream: true },
  { path: 'operations.list' },
  { path: 'operations.get', input: () => ({ id: 'none' }), problem: 'OPERATION_UNKNOWN' },
  { path: 'operations.cancel', input: () => ({ id: 'none' }), problem: 'OPERATION_UNKNOWN' },
  { path: 'operations.dismiss', input: () => ({ id: 'none' }), problem: 'OPERATION_UNKNOWN' },
  { path: 'coalition.get' },
  { path: 'coalition.export', problem: 'COALITION_ABSENT' },
  { path: 'identity.create', input: () => ({ name: 'rack-07', passphrase: PASSPHRASE }), keep: 'identity' },
  {
    path: 'identity.create',
    input: () => ({ name: 'twice', passphrase: PASSPHRASE }),
    problem: 'VAULT_EXISTS',
  },
  { path: 'identity.lock' },
  { path: 'coalition.create', input: () => ({ name: 'too.early' }), problem: 'VAULT_LOCKED' },
  { path: 'identity.unlock', input: () => ({ passphrase: 'not the one' }), problem: 'PASSPHRASE_WRONG' },
  { path: 'identity.unlock', input: () => ({ passphrase: PASSPHRASE }) },
  { path: 'coalition.preview', input: () => ({ file: '{"schemaVersion":2}' }), problem: 'COALITION_VERSION' },
  { path: 'coalition.create', input: () => ({ name: 'signals.eu' }), keep: 'coalition' },
  { path: 'coalition.export', keep: 'file' },
  { path: 'coalition.preview', input: (seen) => ({ file: seen['file'].file }) },
  { path: 'coalition.import', input: (seen) => ({ file: seen['file'].file }), problem: 'COALITION_EXISTS' },
  { path: 'attestation.detect' },
  {
    path: 'attestation.verify',
    input: () => ({
      quote: { kind: 'bytes', data: toBase64url(utf8('not a quote, but some bytes of text')) },
    }),
    problem: 'QUOTE_FORMAT',
  },
  { path: 'attestation.raw', input: () => ({ sha256: PEER }), problem: 'BLOB_UNKNOWN' },
  { path: 'machines.register', input: () => ({ name: 'rack-07', quote: { kind: 'none' } }), keep: 'machine' },
  { path: 'machines.list' },
  { path: 'machines.get', input: (seen) => ({ id: seen['machine'].machine.id }) },
  {
    path: 'machines.offer',
    input: (seen) => ({
      id: seen['machine'].machine.id,
      cpuMillicores: 4000,
      ramMib: 4096,
      storageGib: 10,
      tdx: false,
    }),
  },
  {
    path: 'machines.pin',
    input: (seen) => ({ id: seen['machine'].machine.id, registers: ['mrtd'] }),
    problem: 'MACHINE_NO_QUOTE',
  },
  { path: 'machines.unpin', input: (seen) => ({ id: seen['machine'].machine.id }) },
  {
    path: 'machines.recheck',
    input: (seen) => ({ id: seen['machine'].machine.id }),
    problem: 'MACHINE_NO_QUOTE',
  },
  { path: 'compute.engine' },
  { path: 'compute.list' },
  {
    path: 'compute.check',
    input: (seen) => ({ image, machine: seen['machine'].machine.id }),
    problem: 'ENGINE_ABSENT',
  },
  {
    path: 'compute.submit',
    input: (seen) => ({ image, machine: seen['machine'].machine.id }),
    problem: 'ENGINE_ABSENT',
  },
  { path: 'compute.get', input: () => ({ id: PEER }), problem: 'WORKLOAD_UNKNOWN' },
  { path: 'compute.stop', input: () => ({ id: PEER }), problem: 'WORKLOAD_UNKNOWN' },
  { path: 'compute.remove', input: () => ({ id: PEER }), problem: 'WORKLOAD_UNKNOWN' },
  { path: 'compute.logs', input: () => ({ id: PEER }), stream: true, problem: 'CONTAINER_UNKNOWN' },
  { path: 'compute.load', input: () => ({ id: PEER }), stream: true },
  { path: 'machines.withdraw', input: (seen) => ({ id: seen['machine'].machine.id }) },
  { path: 'machines.retire', input: (seen) => ({ id: seen['machine'].machine.id }) },
  { path: 'tickets.issue', input: () => ({ peer: PEER, lifetimeSeconds: 3600 }), keep: 'ticket' },
  { path: 'tickets.issue', input: () => ({ peer: 'nobody' }), problem: 'PEER_FORMAT' },
  { path: 'tickets.list', input: () => ({}) },
  { path: 'tickets.get', input: (seen) => ({ id: seen['ticket'].ticket.id }) },
  { path: 'tickets.get', input: () => ({ id: PEER }), problem: 'TICKET_UNKNOWN' },
  { path: 'tickets.token', input: (seen) => ({ id: seen['ticket'].ticket.id }) },
  { path: 'tickets.verify', input: (seen) => ({ token: seen['ticket'].token }) },
  { path: 'tickets.revoke', input: (seen) => ({ id: seen['ticket'].ticket.id, reason: 'test' }) },
  { path: 'chronicle.list', input: () => ({}) },
  { path: 'chronicle.entry', input: () => ({ index: 0 }) },
  { path: 'chronicle.entry', input: () => ({ index: 10_000 }), problem: 'ENTRY_UNKNOWN' },
  { path: 'chronicle.entry', input: () => ({ index: -1 }), problem: 'INPUT' },
  { path: 'chronicle.proof', input: () => ({ index: 0 }) },
  { path: 'chronicle.checkpoints', input: () => ({}) },
  { path: 'chronicle.consistency', input: () => ({ from: 1, to: 2 }) },
  { path: 'chronicle.export', input: () => ({}), stream: true },
];

/** The scope that each procedure asks for: written out here, so that a change in the contract is a decision. */
export const scopeOf: Readonly<Record<string, Scope>> = {
  'identity.get': 'view',
  'identity.create': 'admin',
  'identity.unlock': 'admin',
  'identity.lock': 'admin',
  'coalition.get': 'view',
  'coalition.preview': 'view',
  'coalition.create': 'admin',
  'coalition.import': 'admin',
  'coalition.export': 'view',
  'machines.list': 'view',
  'machines.get': 'view',
  'machines.register': 'operate',
  'machines.recheck': 'operate',
  'machines.pin': 'operate',
  'machines.unpin': 'operate',
  'machines.offer': 'operate',
  'machines.withdraw': 'operate',
  'machines.retire': 'operate',
  'attestation.detect': 'view',
  'attestation.verify': 'operate',
  'attestation.raw': 'view',
  'tickets.list': 'view',
  'tickets.get': 'view',
  'tickets.issue': 'operate',
  'tickets.token': 'operate',
  'tickets.verify': 'view',
  'tickets.revoke': 'operate',
  'compute.engine': 'view',
  'compute.list': 'view',
  'compute.get': 'view',
  'compute.check': 'operate',
  'compute.submit': 'operate',
  'compute.stop': 'operate',
  'compute.remove': 'operate',
  'compute.logs': 'view',
  'compute.load': 'view',
  'chronicle.head': 'view',
  'chronicle.list': 'view',
  'chronicle.entry': 'view',
  'chronicle.proof': 'view',
  'chronicle.checkpoints': 'view',
  'chronicle.consistency': 'view',
  'chronicle.export': 'audit',
  'chronicle.health': 'view',
  'operations.list': 'view',
  'operations.get': 'view',
  'operations.cancel': 'operate',
  'operations.dismiss': 'operate',
  'operations.watch': 'view',
  'settings.get': 'view',
  'settings.set': 'operate',
  'settings.about': 'view',
  'settings.pair': 'admin',
  'events.status': 'view',
  'events.watch': 'view',
};
