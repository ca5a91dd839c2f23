import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/protocol/bytes/index.ts';
import {
  choosePlatform,
  MAX_DOCUMENT_BYTES,
  readConfig,
  readManifest,
} from '../../../src/protocol/compute/index.ts';
import type { ImageIndex } from '../../../src/protocol/compute/index.ts';
import { refusalOf } from '../../docker/refusal.ts';

const digest = (n: number): string => `sha256:${n.toString(16).padStart(64, '0')}`;
const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

const oci = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest(1), size: 100 },
  layers: [
    { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest(2), size: 1000 },
    { mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', digest: digest(3), size: 0 },
  ],
  annotations: { any: 'thing' },
};
const docker = {
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: digest(1), size: 100 },
  layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', digest: digest(2), size: 1000 }],
};

describe('an image manifest', () => {
  it('tells its configuration and its layers, in both formats', () => {
    expect(readManifest(json(oci))).toEqual({
      kind: 'manifest',
      config: { digest: digest(1), size: 100 },
      layers: [
        { digest: digest(2), size: 1000 },
        { digest: digest(3), size: 0 },
      ],
    });
    expect(readManifest(json(docker))).toMatchObject({ kind: 'manifest', layers: [{ digest: digest(2) }] });
    const { mediaType: _, ...bare } = oci;
    expect(readManifest(json(bare))).toMatchObject({ kind: 'manifest' });
  });

  it('is refused when it is anything else', async () => {
    const layer = oci.layers[0]!;
    const bad: readonly unknown[] = [
      null,
      [],
      'text',
      {},
      { ...oci, schemaVersion: 1 },
      { ...oci, mediaType: 'application/vnd.docker.distribution.manifest.v1+json' },
      { ...oci, config: undefined },
      { ...oci, config: { ...oci.config, mediaType: 'application/vnd.example.artifact' } },
      { ...oci, config: { ...oci.config, size: MAX_DOCUMENT_BYTES + 1 } },
      { ...oci, layers: [] },
      { ...oci, layers: Array.from({ length: 128 }, () => layer) },
      { ...oci, layers: [{ ...layer, digest: 'sha256:short' }] },
      { ...oci, layers: [{ ...layer, size: -1 }] },
      { ...oci, layers: [{ ...layer, size: 1.5 }] },
      { ...oci, layers: [{ ...layer, size: 2 ** 53 }] },
      {
        ...oci,
        layers: [{ ...layer, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' }],
      },
      { ...oci, manifests: oci.layers },
    ];
    for (const value of bad)
      expect(await refusalOf(() => readManifest(json(value))), JSON.stringify(value)?.slice(0, 80)).toBe(
        'IMAGE_MANIFEST',
      );
    for (const bytes of [
      utf8(''),
      utf8('{'),
      new Uint8Array([0xff, 0xfe]),
      new Uint8Array(MAX_DOCUMENT_BYTES + 1),
    ])
      expect(await refusalOf(() => readManifest(bytes))).toBe('IMAGE_MANIFEST');
  });
});

describe('an image index', () => {
  const entry = (n: number, os: string, architecture: string, variant?: string): object => ({
    mediaType: oci.mediaType,
    digest: digest(n),
    size: 500,
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
  });
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      { mediaType: oci.mediaType, digest: digest(8), size: 500 },
      {
        mediaType: 'application/vnd.example.signature',
        digest: digest(9),
        size: 5,
        platform: { os: 'linux', architecture: 'amd64' },
      },
      entry(1, 'windows', 'amd64'),
      entry(2, 'linux', 'arm64', 'v8'),
      entry(3, 'linux', 'amd64'),
      entry(4, 'linux', 'amd64'),
    ],
  };

  it('gives the first build for Linux on an architecture', () => {
    const read = readManifest(json(index)) as ImageIndex;
    expect(read.manifests.map((one) => one.digest)).toEqual([1, 2, 3, 4].map(digest));
    expect(choosePlatform(read, 'amd64').digest).toBe(digest(3));
    expect(choosePlatform(read, 'arm64')).toMatchObject({ digest: digest(2), variant: 'v8' });
  });

  it('refuses an architecture that it has no build for', async () => {
    const read = readManifest(json(index)) as ImageIndex;
    expect(await refusalOf(() => choosePlatform(read, 'riscv64'))).toBe('IMAGE_PLATFORM');
  });

  it('is refused when it is empty or endless', async () => {
    for (const manifests of [[], Array.from({ length: 257 }, () => index.manifests[2])])
      expect(await refusalOf(() => readManifest(json({ ...index, manifests })))).toBe('IMAGE_MANIFEST');
  });
});

describe('an image configuration', () => {
  const config = {
    os: 'linux',
    architecture: 'amd64',
    config: { Labels: { a: 'b' }, Volumes: { '/data': {}, '/a/b': {} }, Env: ['X=1'] },
    rootfs: { type: 'layers', diff_ids: [] },
  };

  it('tells platform, labels and volumes, which may be missing', () => {
    expect(readConfig(json(config))).toEqual({
      os: 'linux',
      arch: 'amd64',
      labels: { a: 'b' },
      volumes: ['/a/b', '/data'],
    });
    for (const inner of [undefined, null, {}, { Labels: null, Volumes: null }])
      expect(readConfig(json({ ...config, config: inner }))).toMatchObject({ labels: {}, volumes: [] });
  });

  it('is refused when it is none, or its volumes are no plain paths', async () => {
    const bad = [
      {},
      { ...config, os: 7 },
      { ...config, config: { Labels: { a: 1 } } },
      { ...config, config: { Labels: ['a'] } },
      ...['data', '/a/../../etc', '/a:rw', '/a,exec', ''].map((path) => ({
        ...config,
        config: { Volumes: { [path]: {} } },
      })),
    ];
    for (const value of bad)
      expect(await refusalOf(() => readConfig(json(value))), JSON.stringify(value)).toBe('IMAGE_CONFIG');
  });
});
