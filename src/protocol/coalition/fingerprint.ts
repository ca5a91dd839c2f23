/**
 * How a coalition gets its id (coalition.md 2.3, in the hardened form whose golden vectors the tests hold): a
 * domain tag, the version byte and the name, then each list with its count, then the optional issuer.
 */
import { blake3, concat, derive, UNIVERSE, utf8 } from '../bytes/index.ts';
import type { UniqueId } from '../bytes/index.ts';
import { checkName, MODULES, SCHEMA_VERSION } from './config.ts';
import type { CoalitionConfig, ModuleName, TicketIssuer } from './config.ts';

const VERSION = new Uint8Array([SCHEMA_VERSION]);
const BAR = utf8('|');

const tagged = (tag: string, name: string): UniqueId => blake3(concat(utf8(tag), VERSION, BAR, utf8(name)));

/** COALITION: the name alone. */
export function coalitionNameId(name: string): UniqueId {
  checkName(name);
  return tagged('coalition|', name);
}

/** Stable id of an instance on the universe: blake3("instance|" ‖ name ‖ "|" ‖ UNIVERSE). */
export const stableId = (instanceName: string): UniqueId =>
  blake3(concat(utf8('instance|'), utf8(instanceName), BAR, UNIVERSE));

/** u32le(count) ‖ ids: without the count, [A,B] as lattices and as organisms would hash alike. */
function list(ids: readonly UniqueId[]): Uint8Array {
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, ids.length, true);
  return concat(count, ...ids);
}

/** Ticket-issuer fingerprint (gap 8); it excludes the root, so there is no cycle. */
export const issuerFingerprint = ({ name, acl }: Pick<TicketIssuer, 'name' | 'acl'>): UniqueId =>
  derive(tagged('ticket-issuer|', name), acl);

/** Hash over an ordered list of validator signatures (gap 7). */
export const aclHash = (signatures: readonly UniqueId[]): UniqueId =>
  signatures.reduce((acl, signature) => derive(acl, signature), blake3(concat(utf8('acl|'), VERSION)));

export interface RootInputs {
  readonly lattices: readonly UniqueId[];
  readonly organisms: readonly UniqueId[];
  readonly confluences: readonly UniqueId[];
  /** Fingerprint of the issuer, if there is one. */
  readonly issuer?: UniqueId | undefined;
}

/** COALITION_ROOT: the coalition's id. */
export function coalitionRoot(name: string, inputs: RootInputs): UniqueId {
  return blake3(
    concat(
      coalitionNameId(name),
      list(inputs.lattices),
      list(inputs.organisms),
      list(inputs.confluences),
      inputs.issuer === undefined ? new Uint8Array([0]) : concat(new Uint8Array([1]), inputs.issuer),
    ),
  );
}

/** The id of a configuration. Content pins and modules do not change it. */
export function coalitionId(config: CoalitionConfig): UniqueId {
  return coalitionRoot(config.instanceName, {
    lattices: config.lattices.map((r) => r.stableId),
    organisms: config.organisms.map((r) => r.stableId),
    confluences: config.confluences.map((c) => c.fingerprint),
    issuer: config.ticketIssuer === undefined ? undefined : issuerFingerprint(config.ticketIssuer),
  });
}

/** MODULE_ROOT(m) = COALITION_ROOT.derive("module").derive(m) */
export const moduleRoot = (root: UniqueId, module: ModuleName): UniqueId =>
  derive(derive(root, 'module'), module);

/** TICKETS_ROOT = COALITION_ROOT.derive("tickets"): the `iss` of the coalition's tickets. */
export const ticketsRoot = (root: UniqueId): UniqueId => derive(root, 'tickets');

/** Every step on the way to the id, so that two people can see where their configurations part. */
export function derivationOf(config: CoalitionConfig): { readonly label: string; readonly id: UniqueId }[] {
  const root = coalitionId(config);
  return [
    { label: 'universe', id: UNIVERSE },
    { label: 'name', id: coalitionNameId(config.instanceName) },
    ...config.lattices.map((r) => ({ label: `lattice ${r.name}`, id: r.stableId })),
    ...config.organisms.map((r) => ({ label: `organism ${r.name}`, id: r.stableId })),
    ...config.confluences.map((c) => ({ label: `confluence ${c.name}`, id: c.fingerprint })),
    ...(config.ticketIssuer === undefined
      ? []
      : [{ label: `ticket issuer ${config.ticketIssuer.name}`, id: issuerFingerprint(config.ticketIssuer) }]),
    { label: 'coalition', id: root },
    ...MODULES.filter((m) => config.modules.includes(m)).map((m) => ({
      label: `module ${m}`,
      id: moduleRoot(root, m),
    })),
    { label: 'tickets', id: ticketsRoot(root) },
  ];
}
