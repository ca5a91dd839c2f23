/** Images by digest: fetched, hashed and read before any layer is pulled. The real registry. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  checkPulled,
  createRegistry,
  prepareImage,
  runSpec,
} from '../../../../src/main/services/compute/index.ts';
import type { ContainerEngine } from '../../../../src/main/services/compute/index.ts';
import { smallestLimits } from '../../../../src/protocol/compute/index.ts';
import { newWorkload, testEngine } from '../../../docker/engine.ts';
import { hostArch, labels, pushIndex, pushManifest, pushTestImage } from '../../../docker/images.ts';
import { refusalOf } from '../../../docker/refusal.ts';
import { testRegistry } from '../../../docker/registry.ts';
import type { TestRegistry } from '../../../docker/registry.ts';
import { describeWith } from '../../../parts.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describeWith('registry', 'an image on a registry', () => {
  let registry: TestRegistry;
  const client = createRegistry();
  const prepare = (reference: string, arch = hostArch): ReturnType<typeof prepareImage> =>
    prepareImage(client, reference, arch);
  const through = (reference: string): string => reference.replace(registry.host, registry.interferedHost);

  beforeAll(async () => {
    registry = await testRegistry();
  });
  beforeEach(() => registry.interfere(() => false));
  afterAll(() => registry.stop());

  for (const format of ['docker', 'oci'] as const)
    it(`tells what it needs, without its layers being pulled (${format} manifest)`, async () => {
      const image = await pushTestImage(registry.host, {
        format,
        layers: [100, 200],
        volumes: ['/var/data'],
        labels: labels({
          'org.muster.min-storage-gib': '2',
          'org.muster.tdx': 'preferred',
          'org.muster.network': 'allowlist',
          'org.muster.network-allow': 'api.example:443, 192.0.2.1:80',
          maintainer: 'somebody',
        }),
      });
      const asked: string[] = [];
      registry.interfere((ask) => {
        asked.push(`${ask.method} ${ask.url}`);
        return false;
      });
      const reference = through(image.reference);
      expect(await prepare(reference)).toEqual({
        reference,
        digest: image.digest,
        manifestDigest: image.digest,
        configDigest: image.configDigest,
        layers: image.layers,
        pullBytes: image.layers.reduce((sum, layer) => sum + layer.size, 0),
        requirements: {
          minCpuMillicores: 250,
          minRamMib: 32,
          minStorageGib: 2,
          tdx: 'preferred',
          network: 'allowlist',
          networkAllow: ['192.0.2.1:80', 'api.example:443'],
          readOnly: true,
        },
        volumes: ['/var/data'],
        pull: { reference, layers: image.layers },
      });
      expect(asked).toEqual([
        `GET /v2/test/image/manifests/${image.digest}`,
        `GET /v2/test/image/blobs/${image.configDigest}`,
      ]);
    });

  for (const format of ['docker', 'oci'] as const)
    it(`is chosen for this platform where the digest names an index, and both digests are kept (${format})`, async () => {
      const ours = await pushTestImage(registry.host, { format, cmd: 'echo ours' });
      const other = await pushTestImage(registry.host, { format, cmd: 'echo other', arch: 'riscv64' });
      const index = await pushIndex(
        registry.host,
        [
          { image: other, arch: 'riscv64' },
          { image: ours, os: 'plan9', arch: hostArch },
          { image: ours, arch: hostArch },
        ],
        { format },
      );
      const prepared = await prepare(`${registry.host}/test/image@${index}`);
      expect(prepared).toMatchObject({
        digest: index,
        manifestDigest: ours.digest,
        configDigest: ours.configDigest,
      });
      expect(prepared.reference).toContain(index);
      expect(prepared.pull.reference).toContain(ours.digest);
      expect(await refusalOf(prepare(`${registry.host}/test/image@${index}`, 's390x'))).toBe(
        'IMAGE_PLATFORM',
      );
      expect(await refusalOf(prepare(other.reference))).toBe('IMAGE_PLATFORM');
    });

  it('is refused when it is unlabelled', async () => {
    const image = await pushTestImage(registry.host, { labels: {} });
    expect(await refusalOf(prepare(image.reference))).toBe('IMAGE_UNLABELLED');
  });

  it('is not found under a digest that does not exist', async () => {
    expect(await refusalOf(prepare(`${registry.host}/test/image@sha256:${'0d'.repeat(32)}`))).toBe(
      'IMAGE_NOT_FOUND',
    );
    expect(await refusalOf(prepare(`${registry.host}/no/such@sha256:${'0d'.repeat(32)}`))).toBe(
      'IMAGE_NOT_FOUND',
    );
  });

  it('is refused by a tag alone, before anybody is asked', async () => {
    expect(
      await refusalOf(
        prepareImage({ manifest: never, blob: never }, `${registry.host}/test/image:latest`, hostArch),
      ),
    ).toBe('IMAGE_NO_DIGEST');
  });

  it('is refused when the registry sends other bytes for the manifest or for the configuration', async () => {
    const image = await pushTestImage(registry.host, { cmd: 'echo right' });
    const wrong = await pushTestImage(registry.host, { cmd: 'echo wrong' });
    for (const part of ['/manifests/', '/blobs/'] as const) {
      registry.interfere((ask) => {
        if (ask.url?.includes(part) === true)
          ask.url = ask.url
            .replace(image.digest, wrong.digest)
            .replace(image.configDigest, wrong.configDigest);
        return false;
      });
      expect(await refusalOf(prepare(through(image.reference)))).toBe('IMAGE_DIGEST_MISMATCH');
    }
  });

  it('is refused when its manifest is larger than a manifest may be', async () => {
    registry.interfere((_, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.end(Buffer.alloc(4 * 1024 * 1024 + 1, 0x20));
      return true;
    });
    expect(await refusalOf(prepare(`${registry.interferedHost}/test/image@sha256:${'0d'.repeat(32)}`))).toBe(
      'IMAGE_MANIFEST',
    );
  });

  it('is refused when the bytes under the digest are no manifest of an image', async () => {
    const artifact = await pushManifest(
      registry.host,
      'test/image',
      'application/vnd.oci.image.index.v1+json',
      Buffer.from('{"schemaVersion":2,"manifests":[]}'),
    );
    expect(await refusalOf(prepare(`${registry.host}/test/image@${artifact}`))).toBe('IMAGE_MANIFEST');
  });

  it('is fetched with the token that the registry asks for', async () => {
    const image = await pushTestImage(registry.host);
    const asked: string[] = [];
    registry.interfere((ask, answer) => {
      if (ask.url?.startsWith('/token?') === true) {
        asked.push(new URL(ask.url, 'http://x').search);
        answer.writeHead(200, { 'content-type': 'application/json' }).end('{"token":"let-me-in"}');
        return true;
      }
      if (ask.headers.authorization === 'Bearer let-me-in') return false;
      const realm = `http://${registry.interferedHost}/token`;
      answer.writeHead(401, {
        'www-authenticate': `Bearer realm="${realm}",service="here",scope="repository:test/image:pull"`,
      });
      answer.end('{}');
      return true;
    });
    expect((await prepare(through(image.reference))).configDigest).toBe(image.configDigest);
    // one token serves the manifest and the configuration
    expect(asked).toEqual(['?service=here&scope=repository%3Atest%2Fimage%3Apull']);
  });

  it('is refused where the registry wants a login', async () => {
    const image = await pushTestImage(registry.host);
    for (const challenge of ['Basic realm="here"', 'Bearer realm="http://192.0.2.1/token"', 'Bearer', '']) {
      registry.interfere((ask, answer) => {
        answer.writeHead(ask.url?.startsWith('/token') === true ? 403 : 401, {
          'www-authenticate': challenge.replace('192.0.2.1', registry.interferedHost),
        });
        answer.end();
        return true;
      });
      expect(await refusalOf(prepare(through(image.reference)))).toBe('REGISTRY_REFUSED');
    }
  });
});

const never = async (): Promise<never> => {
  throw new Error('nobody should have been asked');
};

const hangs: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
  });

const downgrades: typeof fetch = async () => {
  const answer = new Response('x');
  Object.defineProperty(answer, 'url', { value: 'http://elsewhere.example/blob' });
  return answer;
};

describe('a registry that is not there', () => {
  const digest = `sha256:${'0d'.repeat(32)}`;
  const ask = (send: typeof fetch, host = 'registry.example', timeout = 20_000): Promise<string> =>
    refusalOf(createRegistry({ fetch: send, timeout }).manifest(host, 'test', digest));

  it('is one clear problem', async () => {
    expect(await refusalOf(createRegistry().manifest('127.0.0.1:9', 'test', digest))).toBe(
      'REGISTRY_UNREACHABLE',
    );
    expect(await ask(async () => new Response('', { status: 502 }))).toBe('REGISTRY_UNREACHABLE');
  });

  it('is given up after a while, and at once when cancelled', async () => {
    expect(await ask(hangs, undefined, 20)).toBe('REGISTRY_UNREACHABLE');
    const cancel = new AbortController();
    const waiting = createRegistry({ fetch: hangs }).manifest(
      'registry.example',
      'test',
      digest,
      cancel.signal,
    );
    cancel.abort();
    expect(await refusalOf(waiting)).toBe('CANCELLED');
  });

  it('is asked over TLS, unless it is this machine or configured otherwise', async () => {
    const urls: string[] = [];
    const send: typeof fetch = async (url) => {
      urls.push(String(url));
      return new Response('', { status: 404 });
    };
    const client = createRegistry({
      fetch: send,
      insecure: ['plain.example:5000'],
      aliases: { 'a.example': 'b.example' },
    });
    for (const host of [
      'registry.example',
      'localhost:5000',
      'plain.example:5000',
      'plain.example',
      'a.example',
    ])
      expect(await refusalOf(client.manifest(host, 'x/y', digest))).toBe('IMAGE_NOT_FOUND');
    expect(urls.map((url) => url.replace(`/v2/x/y/manifests/${digest}`, ''))).toEqual([
      'https://registry.example',
      'http://localhost:5000',
      'http://plain.example:5000',
      'https://plain.example',
      'https://b.example',
    ]);
  });

  it('may not lead away from TLS', async () => {
    expect(await ask(downgrades)).toBe('REGISTRY_REFUSED');
  });
});

describeWith(['docker', 'registry'], 'what the engine pulled', () => {
  let registry: TestRegistry;
  let engine: ContainerEngine;
  const world = testEngine();

  beforeAll(async () => {
    registry = await testRegistry();
    engine = world.engine;
  });
  afterAll(async () => {
    await world.clean(registry.host, registry.interferedHost);
    await registry.stop();
  });

  for (const format of ['docker', 'oci'] as const)
    it(`is the digest, by way of an index too, and runs as it asked (${format})`, async () => {
      const image = await pushTestImage(registry.host, { format, cmd: 'echo it runs', layers: [512] });
      const index = await pushIndex(registry.host, [{ image, arch: hostArch }], { format });
      const { arch } = await engine.info();
      const prepared = await prepareImage(createRegistry(), `${registry.host}/test/image@${index}`, arch);
      await engine.pull(prepared.pull, () => undefined);
      const inspected = await engine.inspectImage(prepared.pull.reference);
      checkPulled(prepared, inspected);
      const limits = smallestLimits(prepared.requirements);
      const { id } = await engine.run(runSpec(newWorkload(), prepared, inspected, limits));
      const lines: string[] = [];
      for await (const line of engine.logs(id, { follow: true })) lines.push(line.text);
      expect(lines).toEqual(['it runs']);
    });

  it('is refused when it is another image', async () => {
    const image = await pushTestImage(registry.host, { cmd: 'echo this' });
    const other = await pushTestImage(registry.host, { cmd: 'echo that' });
    const prepared = await prepareImage(createRegistry(), image.reference, hostArch);
    await engine.pull({ reference: other.reference, layers: other.layers }, () => undefined);
    const inspected = await engine.inspectImage(other.reference);
    expect(await refusalOf(() => checkPulled(prepared, inspected))).toBe('IMAGE_NOT_THE_DIGEST');
  });

  it('is refused by the engine when a layer is not what the manifest says', async () => {
    const image = await pushTestImage(registry.host, { layers: [3000] });
    registry.interfere((ask, answer) => {
      if (ask.url?.includes(image.layers[1]!.digest) !== true) return false;
      answer.writeHead(200, { 'content-type': 'application/octet-stream' });
      answer.end(
        ask.method === 'HEAD'
          ? undefined
          : Buffer.alloc(image.layers[1]!.size, createHash('sha256').digest()),
      );
      return true;
    });
    const reference = image.reference.replace(registry.host, registry.interferedHost);
    const pulled = await refusalOf(engine.pull({ reference, layers: image.layers }, () => undefined));
    expect(pulled).toBe('IMAGE_DIGEST_MISMATCH');
    expect(await refusalOf(engine.inspectImage(reference))).toBe('IMAGE_NOT_FOUND');
  });

  it('cannot be pulled from a registry that is gone', async () => {
    const gone = await testRegistry();
    const image = await pushTestImage(gone.host);
    await gone.stop();
    const pulled = refusalOf(
      engine.pull({ reference: image.reference, layers: image.layers }, () => undefined),
    );
    expect(await pulled).toBe('REGISTRY_UNREACHABLE');
  });
});
