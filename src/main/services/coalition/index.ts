/** Identity and coalition: who this node is, and the composition it stands in. */
import type { CoalitionInfo, IdentityState } from '../../../contract/index.ts';
import { fromUtf8, peerIdText, readId, Refusal, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import {
  aclHash,
  checkConfig,
  coalitionId,
  derivationOf,
  readCoalitionFile,
  writeCoalition,
} from '../../../protocol/coalition/index.ts';
import type { CoalitionConfig, CoalitionRow, Reference } from '../../../protocol/coalition/index.ts';
import { jwtSignature } from '../../../protocol/ticket/index.ts';
import type { KeyVault } from '../../store/index.ts';
import type { Ledger } from '../ledger/index.ts';

/** Tickets of a coalition live at most this long; part of the issuer's identity. Seconds. */
export const MAX_TICKET_LIFETIME = 90 * 24 * 3600;

interface IdentityRow {
  readonly name: string;
  readonly at: number;
}

export interface Identity {
  get(): Promise<IdentityState>;
  /** Makes the keys, then records the identity as the first entry. Errors: `VAULT_EXISTS`, `PASSPHRASE_NEEDED`. */
  create(
    name: string,
    passphrase: string | undefined,
  ): Promise<{ identity: IdentityState; receipt: Awaited<ReturnType<Ledger['submit']>> }>;
  unlock(passphrase: string | undefined): Promise<IdentityState>;
  lock(): Promise<IdentityState>;
}

export interface IdentityPorts {
  readonly vault: KeyVault;
  readonly ledger: Ledger;
  /** Opens the log once there are keys, and again after each unlock. */
  openLog(): Promise<void>;
  /** Does `lock` once nothing signs by itself any more. */
  quietly(lock: () => void): Promise<void>;
  changed(): void;
}

export function createIdentity({ vault, ledger, openLog, quietly, changed }: IdentityPorts): Identity {
  const identity: Identity = {
    async get() {
      const keys = vault.publicKeys();
      const row = keys === null ? undefined : await ledger.row<IdentityRow>(`identity/${toHex(keys.node)}`);
      return {
        state: vault.state(),
        peer: keys === null ? null : toHex(keys.node),
        peerId: keys === null ? null : peerIdText(keys.node),
        name: row?.name ?? null,
        createdAt: row?.at ?? null,
        vault: {
          backend: vault.backend,
          needsPassphrase: vault.needsPassphrase,
          protection: vault.protection,
        },
      };
    },
    async create(name, passphrase) {
      // keys without their first entry are an identity that was interrupted: it is finished, not made anew
      const keys = vault.publicKeys() ?? (await vault.create(passphrase));
      if ((await ledger.row(`identity/${toHex(keys.node)}`)) !== undefined)
        throw new Refusal('VAULT_EXISTS', 'This node has an identity already.');
      if (vault.state() === 'locked') await vault.unlock(passphrase);
      await openLog();
      const { log, cosigner, issuer } = keys;
      const receipt = await ledger.submit('identity.created', { name, log, cosigner, issuer });
      changed();
      return { identity: await identity.get(), receipt };
    },
    async unlock(passphrase) {
      await vault.unlock(passphrase);
      await openLog();
      changed();
      return identity.get();
    },
    async lock() {
      await quietly(() => vault.lock());
      changed();
      return identity.get();
    },
  };
  return identity;
}

export interface Coalitions {
  current(): Promise<CoalitionInfo | null>;
  /** The id of the coalition this node stands in. Errors: `COALITION_ABSENT`. */
  id(): Promise<Uint8Array>;
  config(): Promise<CoalitionConfig>;
  preview(file: string): {
    id: string;
    config: CoalitionInfo['config'];
    derivation: CoalitionInfo['derivation'];
  };
  create(
    input: NewCoalition,
  ): Promise<{ coalition: CoalitionInfo; receipt: Awaited<ReturnType<Ledger['submit']>> }>;
  /** Takes up a configuration that somebody published. Errors: `COALITION_*`. */
  join(file: string): Promise<{ coalition: CoalitionInfo; receipt: Awaited<ReturnType<Ledger['submit']>> }>;
  export(): Promise<{ name: string; file: string }>;
}

export interface NewCoalition {
  readonly name: string;
  readonly lattices: readonly ReferenceText[];
  readonly organisms: readonly ReferenceText[];
  readonly issueTickets: boolean;
}
type ReferenceText = {
  readonly name: string;
  readonly stableId: string;
  readonly contentHash?: string | undefined;
};

export function createCoalitions({ vault, ledger }: { vault: KeyVault; ledger: Ledger }): Coalitions {
  const found = async (): Promise<CoalitionRow | undefined> => {
    const rows = await ledger.rows<CoalitionRow>('coalition/');
    // one coalition a node for now; the newest is the one that counts
    return rows.map(([, row]) => row).toSorted((a, b) => b.index - a.index)[0];
  };
  const required = async (): Promise<CoalitionRow> => {
    const row = await found();
    if (row === undefined) throw new Refusal('COALITION_ABSENT', 'This node stands in no coalition yet.');
    return row;
  };
  const none = async (): Promise<void> => {
    if ((await found()) !== undefined)
      throw new Refusal('COALITION_EXISTS', 'This node stands in a coalition already.');
  };
  const info = (row: CoalitionRow): CoalitionInfo => {
    const config = readCoalitionFile(fromUtf8(row.config));
    return {
      id: toHex(coalitionId(config)),
      config: readableConfig(config),
      derivation: steps(config),
      operator: row.operator === null ? null : toHex(row.operator),
      role: row.role,
      since: row.at,
      index: row.index,
      stage: ledger.stageOf(row.index),
    };
  };
  const enter = async (
    kind: 'coalition.published' | 'coalition.joined',
    config: CoalitionConfig,
    file: string,
  ) => {
    const receipt = await ledger.submit(kind, { config: utf8(file) }, { coalition: coalitionId(config) });
    return { coalition: info(await required()), receipt };
  };

  return {
    async current() {
      const row = await found();
      return row === undefined ? null : info(row);
    },
    id: async () => coalitionId(readCoalitionFile(fromUtf8((await required()).config))),
    config: async () => readCoalitionFile(fromUtf8((await required()).config)),
    preview(file) {
      const config = readCoalitionFile(file);
      return { id: toHex(coalitionId(config)), config: readableConfig(config), derivation: steps(config) };
    },
    async create(input) {
      await none();
      const config = composeCoalition(input, input.issueTickets ? vault.publicKeys()?.issuer : undefined);
      return enter('coalition.published', config, coalitionFileText(config));
    },
    async join(file) {
      await none();
      return enter('coalition.joined', readCoalitionFile(file), file);
    },
    async export() {
      const config = readCoalitionFile(fromUtf8((await required()).config));
      return { name: `${config.instanceName}.coalition.json`, file: coalitionFileText(config) };
    },
  };
}

/** A new configuration; `issuer` is the key that will sign its tickets. Errors: `COALITION_*`, `ID_FORMAT`. */
export function composeCoalition(
  input: Omit<NewCoalition, 'issueTickets'>,
  issuer?: Uint8Array,
): CoalitionConfig {
  const read = ({ name, stableId, contentHash }: ReferenceText): Reference => ({
    name,
    stableId: readId(stableId),
    ...(contentHash === undefined ? {} : { contentHash: readId(contentHash) }),
  });
  return checkConfig({
    schemaVersion: 1,
    instanceName: input.name,
    lattices: input.lattices.map(read),
    organisms: input.organisms.map(read),
    confluences: [],
    // only what this version really runs
    modules: ['chronicle', 'compute'],
    ...(issuer === undefined ? {} : { ticketIssuer: ticketIssuer(input.name, issuer) }),
  });
}

const ticketIssuer = (name: string, key: Uint8Array) => ({
  name: `${name}.tickets`,
  keys: [key],
  // the issuer's fingerprint must not depend on the root it is folded into: no `iss`, no `aud` here
  acl: aclHash([jwtSignature({ keys: [key], issuers: [], audiences: [], maxLifetime: MAX_TICKET_LIFETIME })]),
});

export const coalitionFileText = (config: CoalitionConfig): string =>
  `${JSON.stringify(writeCoalition(config), null, 2)}\n`;

const readableConfig = (config: CoalitionConfig): CoalitionInfo['config'] =>
  writeCoalition(config) as CoalitionInfo['config'];

const steps = (config: CoalitionConfig): CoalitionInfo['derivation'] =>
  derivationOf(config).map(({ label, id }) => ({ label, id: toHex(id) }));
