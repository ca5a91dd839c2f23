/**
 * From a reference to an image that may be run: manifest and configuration with their hashes checked and the
 * requirements read, before a single layer is pulled; and after the pull, that the engine holds those bytes.
 */
import { Refusal } from '../../../protocol/bytes/index.ts';
import {
  choosePlatform,
  readAllowed,
  readConfig,
  readManifest,
  readReference,
  readRequirements,
  referenceText,
} from '../../../protocol/compute/index.ts';
import type { Descriptor, ImageReference, Limits, Requirements } from '../../../protocol/compute/index.ts';
import type { InspectedImage, PullRequest, RunNetwork, RunSpec } from './engine.ts';
import type { Registry } from './registry.ts';

export interface PreparedImage {
  /** As it goes into records: `host[:port]/repository@sha256:…`, with the digest the person named. */
  readonly reference: string;
  /** The digest the person named: of a manifest, or of an index. */
  readonly digest: string;
  /** The manifest for this platform; the same as `digest` unless that names an index. */
  readonly manifestDigest: string;
  readonly configDigest: string;
  readonly layers: readonly Descriptor[];
  /** Compressed bytes of all layers. */
  readonly pullBytes: number;
  readonly requirements: Requirements;
  readonly volumes: readonly string[];
  /** Hand this to `engine.pull` and its reference to `engine.inspectImage`. */
  readonly pull: PullRequest;
}

/**
 * Fetches and checks what an image says about itself. `arch` is the engine's (`amd64`, …). Errors: those of
 * `readReference`, `Registry`, `readManifest`, `readConfig` and `readRequirements`, and `IMAGE_PLATFORM`.
 */
export async function prepareImage(
  registry: Registry,
  reference: string | ImageReference,
  arch: string,
  signal?: AbortSignal,
): Promise<PreparedImage> {
  const named = typeof reference === 'string' ? readReference(reference) : reference;
  const { host, repository } = named;
  let manifestDigest = named.digest;
  let manifest = readManifest(await registry.manifest(host, repository, manifestDigest, signal));
  if (manifest.kind === 'index') {
    manifestDigest = choosePlatform(manifest, arch).digest;
    manifest = readManifest(await registry.manifest(host, repository, manifestDigest, signal));
    if (manifest.kind === 'index')
      throw new Refusal('IMAGE_MANIFEST', 'The image is an index of indexes; name one of them.');
  }
  const config = readConfig(await registry.blob(host, repository, manifest.config.digest, signal));
  if (config.os !== 'linux' || config.arch !== arch)
    throw new Refusal(
      'IMAGE_PLATFORM',
      `The image is built for ${config.os}/${config.arch}, not for linux/${arch}.`,
      {
        need: `linux/${arch}`,
        have: `${config.os}/${config.arch}`,
      },
    );
  return {
    reference: referenceText(named),
    digest: named.digest,
    manifestDigest,
    configDigest: manifest.config.digest,
    layers: manifest.layers,
    pullBytes: manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
    requirements: readRequirements(config.labels),
    volumes: config.volumes,
    pull: { reference: referenceText({ host, repository, digest: manifestDigest }), layers: manifest.layers },
  };
}

/** Refuses an engine that holds other bytes under this digest. Errors: `IMAGE_NOT_THE_DIGEST`. */
export function checkPulled(prepared: PreparedImage, inspected: InspectedImage): void {
  // Docker's own store names an image by its configuration, the containerd store by its manifest or index
  const names = [prepared.configDigest, prepared.manifestDigest];
  if (!names.includes(inspected.id))
    throw new Refusal(
      'IMAGE_NOT_THE_DIGEST',
      'What the engine holds under this name is not what the digest names.',
      {
        have: inspected.id,
        need: prepared.configDigest,
      },
    );
}

/** The run of a prepared, pulled image. `workload`: 64 hex digits. */
export function runSpec(
  workload: string,
  prepared: PreparedImage,
  inspected: InspectedImage,
  limits: Limits,
): RunSpec {
  const { requirements, volumes } = prepared;
  return {
    workload,
    imageId: inspected.id,
    limits,
    readOnlyRoot: requirements.readOnly,
    network: networkOf(requirements),
    volumes,
  };
}

function networkOf({ network, networkAllow }: Requirements): RunNetwork {
  return network === 'allowlist'
    ? { mode: network, allow: networkAllow.map(readAllowed) }
    : { mode: network };
}
