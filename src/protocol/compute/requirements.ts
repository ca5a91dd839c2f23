/**
 * What an image asks for, read from the labels in its configuration (issue A, compute). The labels are part of
 * the bytes that the digest names, so nobody can change a minimum without changing the image.
 *
 *     org.muster.min-cpu-millicores   1..1000000      required
 *     org.muster.min-ram-mib          1..16777216     required
 *     org.muster.min-storage-gib      0..1048576      0 when absent
 *     org.muster.tdx                  required | preferred | none (when absent)
 *     org.muster.network              none (when absent) | allowlist | open
 *     org.muster.network-allow        host:port, comma or space between; with allowlist only, and required then
 *     org.muster.read-only            true (when absent) | false: the root file system is to be writable
 *
 * Any other label under `org.muster.` is refused: what it asks for would be ignored otherwise.
 */
import { z } from 'zod';
import { Refusal } from '../bytes/index.ts';

export type TdxNeed = 'required' | 'preferred' | 'none';
export type NetworkPolicy = 'none' | 'allowlist' | 'open';

/** One place that an allowlisted workload may open TCP connections to. */
export interface AllowedHost {
  /** Lower-case DNS name or dotted IPv4 address. */
  readonly host: string;
  readonly port: number;
}

export interface Requirements {
  readonly minCpuMillicores: number;
  readonly minRamMib: number;
  readonly minStorageGib: number;
  readonly tdx: TdxNeed;
  readonly network: NetworkPolicy;
  /** Sorted, without repetition; empty unless `network` is `allowlist`. */
  readonly networkAllow: readonly string[];
  readonly readOnly: boolean;
}

/** What a workload may use, enforced by the engine. */
export interface Limits {
  readonly cpuMillicores: number;
  readonly ramMib: number;
  readonly storageGib: number;
  /** Processes and threads. */
  readonly pids: number;
}

export const MAX_CPU_MILLICORES = 1_000_000;
export const MAX_RAM_MIB = 16_777_216;
export const MAX_STORAGE_GIB = 1_048_576;
export const MAX_PIDS = 65_536;
export const DEFAULT_PIDS = 256;
/** Engines refuse containers with less than these: a smaller minimum gets these limits. */
export const MIN_CPU_LIMIT = 10;
export const MIN_RAM_LIMIT = 6;
/** Keeps the record of a submission well under its 16 KiB. */
const MAX_ALLOWED = 32;

export const requirementsSchema = z
  .object({
    minCpuMillicores: z.number().int().min(1).max(MAX_CPU_MILLICORES),
    minRamMib: z.number().int().min(1).max(MAX_RAM_MIB),
    minStorageGib: z.number().int().min(0).max(MAX_STORAGE_GIB),
    tdx: z.enum(['required', 'preferred', 'none']),
    network: z.enum(['none', 'allowlist', 'open']),
    networkAllow: z
      .array(
        z
          .string()
          .min(3)
          .max(260)
          .refine((text) => isAllowed(text), { error: 'expected host:port' }),
      )
      .max(MAX_ALLOWED),
    readOnly: z.boolean(),
  })
  .refine((r) => (r.network === 'allowlist') === r.networkAllow.length > 0, {
    error: 'an allowlist and its hosts come together',
  });

export const limitsSchema = z.object({
  cpuMillicores: z.number().int().min(MIN_CPU_LIMIT).max(MAX_CPU_MILLICORES),
  ramMib: z.number().int().min(MIN_RAM_LIMIT).max(MAX_RAM_MIB),
  storageGib: z.number().int().min(0).max(MAX_STORAGE_GIB),
  pids: z.number().int().min(1).max(MAX_PIDS),
});

const PREFIX = 'org.muster.';
const KNOWN = new Set(
  [
    'min-cpu-millicores',
    'min-ram-mib',
    'min-storage-gib',
    'tdx',
    'network',
    'network-allow',
    'read-only',
  ].map((name) => PREFIX + name),
);

/**
 * Reads the requirements from an image's labels. Errors: `IMAGE_UNLABELLED` (no label of ours at all, or no
 * minimum for CPU or memory), `LABEL_UNKNOWN`, `LABEL_MIN_CPU`, `LABEL_MIN_RAM`, `LABEL_MIN_STORAGE`,
 * `LABEL_TDX`, `LABEL_NETWORK`, `LABEL_NETWORK_ALLOW`, `NETWORK_ALLOW_MISSING`, `LABEL_READ_ONLY`.
 */
export function readRequirements(labels: Readonly<Record<string, string>>): Requirements {
  const ours = Object.keys(labels).filter((name) => name.startsWith(PREFIX));
  if (ours.length === 0)
    throw new Refusal(
      'IMAGE_UNLABELLED',
      'The image does not say what it needs: build it with the labels org.muster.min-cpu-millicores and org.muster.min-ram-mib.',
    );
  const unknown = ours.find((name) => !KNOWN.has(name));
  if (unknown !== undefined)
    throw new Refusal(
      'LABEL_UNKNOWN',
      `The image asks for something unknown here: ${unknown.slice(0, 80)}.`,
      {
        label: unknown.slice(0, 256),
      },
    );
  const read = (name: string): string | undefined =>
    Object.hasOwn(labels, PREFIX + name) ? labels[PREFIX + name] : undefined;
  const network = choice(
    'network',
    'LABEL_NETWORK',
    ['none', 'allowlist', 'open'],
    read('network') ?? 'none',
  );
  return {
    minCpuMillicores: minimum(
      'min-cpu-millicores',
      'LABEL_MIN_CPU',
      1,
      MAX_CPU_MILLICORES,
      read('min-cpu-millicores'),
    ),
    minRamMib: minimum('min-ram-mib', 'LABEL_MIN_RAM', 1, MAX_RAM_MIB, read('min-ram-mib')),
    minStorageGib: minimum(
      'min-storage-gib',
      'LABEL_MIN_STORAGE',
      0,
      MAX_STORAGE_GIB,
      read('min-storage-gib') ?? '0',
    ),
    tdx: choice('tdx', 'LABEL_TDX', ['required', 'preferred', 'none'], read('tdx') ?? 'none'),
    network,
    networkAllow: allowlist(network, read('network-allow')),
    readOnly:
      choice('read-only', 'LABEL_READ_ONLY', ['true', 'false'], read('read-only') ?? 'true') === 'true',
  };
}

/** Splits one `host:port` that `readRequirements` accepted. Errors: `LABEL_NETWORK_ALLOW`. */
export function readAllowed(text: string): AllowedHost {
  const match = /^([a-z0-9.-]{1,253}):([1-9][0-9]{0,4})$/.exec(text);
  const host = match?.[1] ?? '';
  const port = Number(match?.[2] ?? 0);
  if (match === null || port > 65_535 || !isHost(host))
    throw new Refusal('LABEL_NETWORK_ALLOW', `"${text.slice(0, 80)}" is not host:port.`, {
      label: `${PREFIX}network-allow`,
    });
  return { host, port };
}

/** The limits that just satisfy the requirements: what a workload gets when nobody asks for more. */
export function smallestLimits(requirements: Requirements): Limits {
  return {
    cpuMillicores: Math.max(requirements.minCpuMillicores, MIN_CPU_LIMIT),
    ramMib: Math.max(requirements.minRamMib, MIN_RAM_LIMIT),
    storageGib: requirements.minStorageGib,
    pids: DEFAULT_PIDS,
  };
}

/** Refuses limits below what the image needs. Errors: `LIMITS_BELOW_MINIMUM`. */
export function checkLimits(requirements: Requirements, limits: Limits): void {
  const pairs = [
    ['CPU', 'millicores', limits.cpuMillicores, requirements.minCpuMillicores],
    ['memory', 'MiB', limits.ramMib, requirements.minRamMib],
    ['storage', 'GiB', limits.storageGib, requirements.minStorageGib],
  ] as const;
  for (const [what, unit, have, need] of pairs)
    if (have < need)
      throw new Refusal(
        'LIMITS_BELOW_MINIMUM',
        `The limit for ${what} is ${have} ${unit}; the image needs at least ${need}.`,
        { have, need },
      );
}

function isHost(host: string): boolean {
  // digits and dots alone must be a whole IPv4 address, without the spellings that mean another one
  if (/^[0-9.]+$/.test(host))
    return /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(host);
  return host.split('.').every((part) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(part));
}

function isAllowed(text: string): boolean {
  try {
    readAllowed(text);
    return true;
  } catch {
    return false;
  }
}

function minimum(name: string, code: string, min: number, max: number, text: string | undefined): number {
  const label = PREFIX + name;
  if (text === undefined)
    throw new Refusal(
      'IMAGE_UNLABELLED',
      `The image does not say what it needs: the label ${label} is missing.`,
      {
        label,
      },
    );
  const value = /^(?:0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new Refusal(code, `The image's label ${label} must be a whole number from ${min} to ${max}.`, {
      label,
    });
  return value;
}

function choice<T extends string>(name: string, code: string, values: readonly T[], text: string): T {
  const value = values.find((candidate) => candidate === text);
  if (value === undefined)
    throw new Refusal(code, `The image's label ${PREFIX}${name} must be ${values.join(', ')}.`, {
      label: PREFIX + name,
    });
  return value;
}

function allowlist(network: NetworkPolicy, text: string | undefined): readonly string[] {
  const label = `${PREFIX}network-allow`;
  const items = (text ?? '').split(/[\s,]+/).filter((item) => item !== '');
  if (network !== 'allowlist') {
    if (text !== undefined)
      throw new Refusal(
        'LABEL_NETWORK_ALLOW',
        `The label ${label} stands only beside ${PREFIX}network=allowlist.`,
        {
          label,
        },
      );
    return [];
  }
  if (items.length === 0)
    throw new Refusal('NETWORK_ALLOW_MISSING', `An allowlist without hosts: the label ${label} is missing.`, {
      label,
    });
  if (items.length > MAX_ALLOWED)
    throw new Refusal('LABEL_NETWORK_ALLOW', `The label ${label} lists more than ${MAX_ALLOWED} hosts.`, {
      label,
    });
  const texts = items.map((item) => {
    const { host, port } = readAllowed(item.toLowerCase());
    return `${host}:${port}`;
  });
  return [...new Set(texts)].toSorted();
}
