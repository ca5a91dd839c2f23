/**
 * Image manifests, indexes and configurations as the OCI image specification 1.1 and Docker's image manifest
 * v2 schema 2 describe them. Read from bytes whose hash has been checked already; still from a stranger, so
 * every size, count and name meets a limit.
 */
import { z } from 'zod';
import { fromUtf8, Refusal } from '../bytes/index.ts';
import { isDigest } from './reference.ts';

/** A registry's own limit for manifests, and ours for every document we read. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
/** No engine stacks more than 127 layers. */
const MAX_LAYERS = 127;
const MAX_MANIFESTS = 256;
/** 16 TiB: more than any layer, small enough that sums stay exact. */
const MAX_LAYER_BYTES = 2 ** 44;

export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

const CONFIG_TYPES = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
] as const;

const LAYER_TYPES = [
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
] as const;

const digest = z.string().refine(isDigest, { error: 'expected a sha256 digest' });
const size = z.number().int().min(0);

const descriptor = <T extends readonly [string, ...string[]]>(types: T, limit: number) =>
  z.object({ mediaType: z.enum(types), digest, size: size.max(limit) });

const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.enum([MANIFEST_TYPES[0], MANIFEST_TYPES[1]]).optional(),
  config: descriptor(CONFIG_TYPES, MAX_DOCUMENT_BYTES),
  layers: z.array(descriptor(LAYER_TYPES, MAX_LAYER_BYTES)).min(1).max(MAX_LAYERS),
});

const platform = z.object({
  os: z.string().max(64),
  architecture: z.string().max(64),
  variant: z.string().max(64).optional(),
});

const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.enum([MANIFEST_TYPES[2], MANIFEST_TYPES[3]]).optional(),
  manifests: z
    .array(
      // entries that are no image manifests (attestations, signatures) may stand here; they are passed over
      z.object({ mediaType: z.string().max(255), digest, size, platform: platform.optional() }),
    )
    .min(1)
    .max(MAX_MANIFESTS),
});

const configSchema = z.object({
  os: z.string().max(64),
  architecture: z.string().max(64),
  variant: z.string().max(64).optional(),
  config: z
    .object({
      Labels: z.record(z.string().max(256), z.string().max(65_536)).nullish(),
      Volumes: z.record(z.string().max(1024), z.unknown()).nullish(),
    })
    .nullish(),
});

export interface Descriptor {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface ImageManifest {
  readonly kind: 'manifest';
  readonly config: Descriptor;
  /** From the lowest to the uppermost. */
  readonly layers: readonly Descriptor[];
}

export interface IndexEntry extends Descriptor {
  readonly os: string;
  readonly arch: string;
  readonly variant: string | undefined;
}

export interface ImageIndex {
  readonly kind: 'index';
  /** Image manifests with a platform, in the order of the document. */
  readonly manifests: readonly IndexEntry[];
}

export interface ImageConfig {
  readonly os: string;
  readonly arch: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Paths that the image wants to write to, in ascending order. */
  readonly volumes: readonly string[];
}

/** Reads a manifest or an index. Errors: `IMAGE_MANIFEST`. */
export function readManifest(bytes: Uint8Array): ImageManifest | ImageIndex {
  const json = readJson(bytes, 'IMAGE_MANIFEST', 'manifest');
  const isIndex = typeof json === 'object' && json !== null && 'manifests' in json;
  if (isIndex) {
    const index = check(indexSchema, json, 'IMAGE_MANIFEST', 'index');
    return {
      kind: 'index',
      manifests: index.manifests.flatMap(({ mediaType, platform: on, ...entry }) =>
        on === undefined || (mediaType !== MANIFEST_TYPES[0] && mediaType !== MANIFEST_TYPES[1])
          ? []
          : [
              {
                digest: entry.digest,
                size: entry.size,
                os: on.os,
                arch: on.architecture,
                variant: on.variant,
              },
            ],
      ),
    };
  }
  const manifest = check(manifestSchema, json, 'IMAGE_MANIFEST', 'manifest');
  return {
    kind: 'manifest',
    config: { digest: manifest.config.digest, size: manifest.config.size },
    layers: manifest.layers.map((layer) => ({ digest: layer.digest, size: layer.size })),
  };
}

/** The index's manifest for Linux on `arch` (`amd64`, `arm64`, …): the first that fits. Errors: `IMAGE_PLATFORM`. */
export function choosePlatform(index: ImageIndex, arch: string): IndexEntry {
  const entry = index.manifests.find((candidate) => candidate.os === 'linux' && candidate.arch === arch);
  if (entry === undefined)
    throw new Refusal('IMAGE_PLATFORM', `The image has no build for linux/${arch}.`, {
      need: `linux/${arch}`,
      have: index.manifests.map((candidate) => `${candidate.os}/${candidate.arch}`).join(', '),
    });
  return entry;
}

/** Reads an image configuration. Errors: `IMAGE_CONFIG`. */
export function readConfig(bytes: Uint8Array): ImageConfig {
  const json = check(
    configSchema,
    readJson(bytes, 'IMAGE_CONFIG', 'configuration'),
    'IMAGE_CONFIG',
    'configuration',
  );
  const volumes = Object.keys(json.config?.Volumes ?? {});
  for (const path of volumes)
    if (!/^\/[^\0:,]*$/.test(path) || path.split('/').includes('..'))
      throw new Refusal(
        'IMAGE_CONFIG',
        'The image declares a volume at a path that is not absolute and plain.',
      );
  return {
    os: json.os,
    arch: json.architecture,
    labels: { ...json.config?.Labels },
    volumes: volumes.toSorted(),
  };
}

function readJson(bytes: Uint8Array, code: string, what: string): unknown {
  if (bytes.length > MAX_DOCUMENT_BYTES)
    throw new Refusal(code, `The image's ${what} is larger than ${MAX_DOCUMENT_BYTES} bytes.`);
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    throw new Refusal(code, `The image's ${what} is not JSON.`);
  }
}

function check<T>(schema: z.ZodType<T>, json: unknown, code: string, what: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Refusal(
    code,
    `The image's ${what} is not one that can be run here: ${issue?.path.join('.') || 'form'}: ${issue?.message}.`,
  );
}
