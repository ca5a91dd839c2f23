/**
 * CoalitionConfig: what a coalition is made of (coalition.md 2.3, 2.4). A pure name for a composition; it has no
 * state. The readable form is JSON, the content of a coalition file; identity folds only the enumerated inputs of
 * version 1, so unknown members of a file are carried by nobody and change nothing.
 */
import { z } from 'zod';
import { fromHex, Refusal, toHex } from '../bytes/index.ts';

export const SCHEMA_VERSION = 1;
export const MODULES = ['atlas', 'almanac', 'chronicle', 'compute'] as const;
export type ModuleName = (typeof MODULES)[number];

/** A citizen, named by an id that its operator published. */
export interface Reference {
  readonly name: string;
  readonly stableId: Uint8Array;
  /** Pins the exact content; absent means: follow rotations. Not part of the coalition's identity. */
  readonly contentHash?: Uint8Array | undefined;
}

export interface TicketIssuer {
  readonly name: string;
  /** Ed25519 keys that sign tickets. */
  readonly keys: readonly Uint8Array[];
  /** Hash over the signatures of the issuer's validators (coalition.md 2.3, gap 7). */
  readonly acl: Uint8Array;
}

export interface CoalitionConfig {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly instanceName: string;
  readonly lattices: readonly Reference[];
  readonly organisms: readonly Reference[];
  readonly confluences: readonly { readonly name: string; readonly fingerprint: Uint8Array }[];
  readonly ticketIssuer?: TicketIssuer | undefined;
  /** Modules shipped; not part of the identity (gap 4). */
  readonly modules: readonly ModuleName[];
}

const hex32 = z.string().regex(/^[0-9a-fA-F]{64}$/, 'expected 64 hex digits');
const referenceShape = z.object({
  name: z.string().min(1).max(128),
  stableId: hex32,
  contentHash: hex32.optional(),
});
const fileShape = z.object({
  schemaVersion: z.number(),
  instanceName: z.string(),
  lattices: z.array(referenceShape).max(256).default([]),
  organisms: z.array(referenceShape).max(256).default([]),
  confluences: z
    .array(z.object({ name: z.string().min(1).max(128), fingerprint: hex32 }))
    .max(256)
    .default([]),
  ticketIssuer: z
    .object({ name: z.string().min(1).max(128), keys: z.array(hex32).min(1).max(16), acl: hex32 })
    .optional(),
  modules: z.array(z.enum(MODULES)).max(4).default([]),
});

/** The readable form, as it stands in a file. */
export type CoalitionFile = z.input<typeof fileShape>;

export const MAX_COALITION_FILE = 256 * 1024;

/**
 * Reads a coalition file. Errors: `COALITION_FILE` (no JSON, wrong shape), `COALITION_VERSION`, `COALITION_NAME`,
 * `COALITION_DUPLICATE`.
 */
export function readCoalitionFile(text: string): CoalitionConfig {
  if (text.length > MAX_COALITION_FILE)
    throw new Refusal('COALITION_FILE', 'The file is larger than 256 KiB.');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Refusal('COALITION_FILE', 'The file is not JSON.');
  }
  // the version comes first: a later one may have any shape
  const version = (json as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version !== SCHEMA_VERSION)
    throw new Refusal(
      'COALITION_VERSION',
      `The file has schema version ${version}; this node knows ${SCHEMA_VERSION}.`,
    );
  const parsed = fileShape.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Refusal(
      'COALITION_FILE',
      `The file's ${issue?.path.join('.') || 'form'} is wrong: ${issue?.message}.`,
    );
  }
  const { data } = parsed;
  const reference = ({ name, stableId, contentHash }: z.infer<typeof referenceShape>): Reference => ({
    name,
    stableId: fromHex(stableId),
    ...(contentHash === undefined ? {} : { contentHash: fromHex(contentHash) }),
  });
  return checkConfig({
    schemaVersion: SCHEMA_VERSION,
    instanceName: data.instanceName,
    lattices: data.lattices.map(reference),
    organisms: data.organisms.map(reference),
    confluences: data.confluences.map(({ name, fingerprint }) => ({
      name,
      fingerprint: fromHex(fingerprint),
    })),
    modules: data.modules,
    ...(data.ticketIssuer === undefined
      ? {}
      : {
          ticketIssuer: {
            name: data.ticketIssuer.name,
            keys: data.ticketIssuer.keys.map((key) => fromHex(key)),
            acl: fromHex(data.ticketIssuer.acl),
          },
        }),
  });
}

/** Refuses names and lists that could not be an identity. Errors: `COALITION_NAME`, `COALITION_DUPLICATE`. */
export function checkConfig(config: CoalitionConfig): CoalitionConfig {
  checkName(config.instanceName);
  const lists: [string, readonly Uint8Array[]][] = [
    ['lattice', config.lattices.map((r) => r.stableId)],
    ['organism', config.organisms.map((r) => r.stableId)],
    ['confluence', config.confluences.map((c) => c.fingerprint)],
    ['issuer key', config.ticketIssuer?.keys ?? []],
  ];
  for (const [what, ids] of lists) {
    const seen = new Set<string>();
    for (const id of ids.map(toHex)) {
      if (seen.has(id))
        throw new Refusal('COALITION_DUPLICATE', `The ${what} ${id.slice(0, 16)}… stands twice.`);
      seen.add(id);
    }
  }
  if (new Set(config.modules).size !== config.modules.length)
    throw new Refusal('COALITION_DUPLICATE', 'A module stands twice.');
  return config;
}

/** UTF-8, NFC, 1..128 bytes, no control characters, no "|" (coalition.md 2.3, gap 5). Errors: `COALITION_NAME`. */
export function checkName(name: string): void {
  const refuse = (why: string): never => {
    throw new Refusal('COALITION_NAME', `The coalition's name ${why}.`);
  };
  if (!name.isWellFormed() || name.normalize('NFC') !== name) refuse('is not Unicode text in NFC');
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what is refused
  if (/[\u0000-\u001f\u007f-\u009f|]/.test(name)) refuse('has a control character or a "|"');
  if (name.trim() !== name) refuse('has white space at an end');
  let bytes = 0;
  for (const char of name) {
    const point = char.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  if (bytes < 1 || bytes > 128) refuse(`has ${bytes} bytes; 1 to 128 are allowed`);
}

/** The readable form; `readCoalitionFile` of its JSON gives the same configuration. */
export function writeCoalition(config: CoalitionConfig): CoalitionFile {
  const reference = ({ name, stableId, contentHash }: Reference) => ({
    name,
    stableId: toHex(stableId),
    ...(contentHash === undefined ? {} : { contentHash: toHex(contentHash) }),
  });
  return {
    schemaVersion: config.schemaVersion,
    instanceName: config.instanceName,
    lattices: config.lattices.map(reference),
    organisms: config.organisms.map(reference),
    confluences: config.confluences.map(({ name, fingerprint }) => ({
      name,
      fingerprint: toHex(fingerprint),
    })),
    ...(config.ticketIssuer === undefined
      ? {}
      : {
          ticketIssuer: {
            name: config.ticketIssuer.name,
            keys: config.ticketIssuer.keys.map(toHex),
            acl: toHex(config.ticketIssuer.acl),
          },
        }),
    modules: [...config.modules],
  };
}
