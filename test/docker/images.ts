/**
 * Images for tests, put together here and pushed over the registry's own API: layers of a static busybox and
 * whatever a test adds, a configuration with the labels, a manifest. So a test can also push what no build tool
 * would make. Needs the part `registry`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { onPath } from '../parts.ts';

export interface TestImage {
  /** Labels; `labels()` has a set that every machine can satisfy. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Command line; a single text is given to the shell. */
  readonly cmd?: string | readonly string[];
  /** Layers above busybox, each of so many random bytes (never seen by an engine before). */
  readonly layers?: readonly number[];
  readonly volumes?: readonly string[];
  readonly arch?: string;
  /** Docker's manifest v2 schema 2, or the OCI image manifest. */
  readonly format?: 'docker' | 'oci';
  /** Repository on the registry. */
  readonly name?: string;
}

export interface PushedImage {
  /** `host/repository@sha256:…` */
  readonly reference: string;
  readonly digest: string;
  readonly configDigest: string;
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
  readonly mediaType: string;
  readonly manifestSize: number;
}

/** The architecture of this machine, as images name it. */
export const hostArch = process.arch === 'x64' ? 'amd64' : process.arch;

/** Labels that every machine can satisfy, and what a test wants beside or instead. */
export const labels = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  'org.muster.min-cpu-millicores': '250',
  'org.muster.min-ram-mib': '32',
  ...more,
});

const TYPES = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const;

/** Builds and pushes an image to the registry at `host`. */
export async function pushTestImage(host: string, image: TestImage = {}): Promise<PushedImage> {
  const { format = 'docker', name = 'test/image', arch = hostArch, cmd = ['true'], volumes = [] } = image;
  const types = TYPES[format];
  const tars = [busyboxLayer(), ...(image.layers ?? []).map((size, i) => randomLayer(i, size))];
  const layers = [];
  for (const { packed } of tars)
    layers.push({ mediaType: types.layer, digest: await pushBlob(host, name, packed), size: packed.length });
  const config = Buffer.from(
    JSON.stringify({
      architecture: arch,
      os: 'linux',
      config: {
        Cmd: typeof cmd === 'string' ? ['/bin/sh', '-c', cmd] : cmd,
        Env: ['PATH=/bin'],
        Labels: image.labels ?? labels(),
        ...(volumes.length === 0 ? {} : { Volumes: Object.fromEntries(volumes.map((path) => [path, {}])) }),
      },
      rootfs: { type: 'layers', diff_ids: tars.map(({ plain }) => digestOf(plain)) },
      history: tars.map((_, i) => ({ created_by: `layer ${i}` })),
    }),
  );
  const configDigest = await pushBlob(host, name, config);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: configDigest, size: config.length },
      layers,
    }),
  );
  const digest = await pushManifest(host, name, types.manifest, manifest);
  return {
    reference: `${host}/${name}@${digest}`,
    digest,
    configDigest,
    layers: layers.map((layer) => ({ digest: layer.digest, size: layer.size })),
    mediaType: types.manifest,
    manifestSize: manifest.length,
  };
}

/** Pushes an index over images in the same repository; answers its digest. */
export async function pushIndex(
  host: string,
  entries: readonly { readonly image: PushedImage; readonly os?: string; readonly arch: string }[],
  { name = 'test/image', format = 'docker' }: { name?: string; format?: 'docker' | 'oci' } = {},
): Promise<string> {
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: TYPES[format].index,
      manifests: entries.map(({ image, os = 'linux', arch }) => ({
        mediaType: image.mediaType,
        digest: image.digest,
        size: image.manifestSize,
        platform: { os, architecture: arch },
      })),
    }),
  );
  return pushManifest(host, name, TYPES[format].index, index);
}

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Puts any bytes under a manifest's address; answers their digest. */
export async function pushManifest(host: string, name: string, type: string, bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes);
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${digest}`, {
    method: 'PUT',
    headers: { 'content-type': type },
    body: new Uint8Array(bytes),
  });
  if (!answer.ok) throw new Error(`the registry refused a manifest: ${answer.status} ${await answer.text()}`);
  return digest;
}

async function pushBlob(host: string, name: string, bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes);
  if ((await fetch(`http://${host}/v2/${name}/blobs/${digest}`, { method: 'HEAD' })).ok) return digest;
  const begun = await fetch(`http://${host}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const where = new URL(begun.headers.get('location') ?? '', `http://${host}`);
  where.searchParams.set('digest', digest);
  const answer = await fetch(where, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
  });
  if (!answer.ok) throw new Error(`the registry refused a blob: ${answer.status} ${await answer.text()}`);
  return digest;
}

interface Layer {
  readonly plain: Buffer;
  readonly packed: Buffer;
}

const APPLETS =
  'sh cat cp dd echo env grep head id ifconfig ip kill ls mkdir mount nc nslookup ping printf rm seq sleep sort tail test touch true false wget yes';

let busybox: Layer | undefined;
function busyboxLayer(): Layer {
  if (busybox !== undefined) return busybox;
  const program = onPath('busybox');
  if (program === undefined) throw new Error('test images take a static busybox on the PATH');
  const plain = tar([
    { path: 'bin/', mode: 0o755 },
    { path: 'bin/busybox', mode: 0o755, bytes: readFileSync(program) },
    ...APPLETS.split(' ').map((applet) => ({ path: `bin/${applet}`, mode: 0o777, link: 'busybox' })),
    { path: 'tmp/', mode: 0o1777 },
    { path: 'etc/', mode: 0o755 },
  ]);
  busybox = { plain, packed: gzipSync(plain, { level: 1 }) };
  return busybox;
}

function randomLayer(index: number, size: number): Layer {
  const plain = tar([{ path: `data-${index}`, mode: 0o644, bytes: randomBytes(size) }]);
  // random bytes do not shrink: stored as they are
  return { plain, packed: gzipSync(plain, { level: 0 }) };
}

interface Entry {
  /** Ends with a slash for a folder. */
  readonly path: string;
  readonly mode: number;
  readonly bytes?: Buffer;
  readonly link?: string;
}

/** A POSIX ustar archive with fixed times and owners, so that the same entries give the same digest. */
function tar(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  for (const { path, mode, bytes = Buffer.alloc(0), link } of entries) {
    const head = Buffer.alloc(512);
    const octal = (value: number, at: number, width: number): void => {
      head.write(value.toString(8).padStart(width - 1, '0'), at, 'ascii');
    };
    head.write(path, 0, 'ascii');
    octal(mode, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(bytes.length, 124, 12);
    octal(0, 136, 12);
    head.write('        ', 148, 'ascii');
    head.write(link !== undefined ? '2' : path.endsWith('/') ? '5' : '0', 156, 'ascii');
    if (link !== undefined) head.write(link, 157, 'ascii');
    head.write('ustar\u000000', 257, 'latin1');
    octal(
      head.reduce((sum, byte) => sum + byte, 0),
      148,
      7,
    );
    parts.push(head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}
