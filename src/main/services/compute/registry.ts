/**
 * Manifests and configurations by digest, over the OCI distribution API (Docker Registry HTTP API v2). We fetch
 * them ourselves, because what an engine says about an image is only as good as the engine; whatever comes back
 * must hash to the digest it was asked by. Anonymous, with the bearer token that public registries ask for.
 */
import { createHash } from 'node:crypto';
import { Refusal } from '../../../protocol/bytes/index.ts';
import { MANIFEST_TYPES, MAX_DOCUMENT_BYTES } from '../../../protocol/compute/index.ts';
import { isLoopback } from './endpoint.ts';

export interface RegistryOptions {
  /** Registries (`host` or `host:port`) that may be asked without TLS; this machine's own always may. */
  readonly insecure?: readonly string[];
  /** Registries whose API lives on another host than their images are named by. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Milliseconds for one request, body included; 20 s when not given. */
  readonly timeout?: number;
  readonly fetch?: typeof fetch;
}

export interface Registry {
  /**
   * A manifest or an index by its digest. Errors: `IMAGE_NOT_FOUND`, `IMAGE_DIGEST_MISMATCH`,
   * `IMAGE_MANIFEST` (too large), `REGISTRY_UNREACHABLE`, `REGISTRY_REFUSED`, `CANCELLED`.
   */
  manifest(host: string, repository: string, digest: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** A small blob by its digest; the same errors. */
  blob(host: string, repository: string, digest: string, signal?: AbortSignal): Promise<Uint8Array>;
}

const TIMEOUT = 20_000;
const MAX_TOKEN_BYTES = 64 * 1024;
/** Its images are named by one host and served by another. */
const ALIASES: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

export function createRegistry(options: RegistryOptions = {}): Registry {
  const { insecure = [], aliases = ALIASES, timeout = TIMEOUT } = options;
  const send = options.fetch ?? fetch;
  const tokens = new Map<string, string>();

  const mayBePlain = (host: string): boolean =>
    insecure.includes(host) || isLoopback(host.replace(/:\d+$/, ''));

  /** One request and its whole body, within limits. */
  async function get(
    url: string,
    host: string,
    headers: Record<string, string>,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<{ status: number; challenge: string; body: Uint8Array }> {
    const late = AbortSignal.timeout(timeout);
    try {
      const answer = await send(url, {
        headers,
        signal: signal === undefined ? late : AbortSignal.any([late, signal]),
      });
      // a redirect (to where the blobs lie) must not leave TLS
      if (answer.url !== '' && !answer.url.startsWith('https:') && !mayBePlain(host))
        throw new Refusal('REGISTRY_REFUSED', `The registry ${host} sends its images without TLS.`, { host });
      return {
        status: answer.status,
        challenge: answer.headers.get('www-authenticate') ?? '',
        body: await readBody(answer, answer.ok ? limit : MAX_TOKEN_BYTES),
      };
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if (signal?.aborted === true) throw new Refusal('CANCELLED', 'It was cancelled.');
      const cause = late.aborted ? 'no answer in time' : causeOf(error);
      throw new Refusal('REGISTRY_UNREACHABLE', `The registry ${host} does not answer: ${cause}.`, {
        host,
        cause,
      });
    }
  }

  async function fetchDigest(
    kind: 'manifests' | 'blobs',
    host: string,
    repository: string,
    digest: string,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const scheme = mayBePlain(host) ? 'http' : 'https';
    const url = `${scheme}://${aliases[host] ?? host}/v2/${repository}/${kind}/${digest}`;
    const scope = `${host}/${repository}`;
    const ask = (): ReturnType<typeof get> => {
      const token = tokens.get(scope);
      const headers = {
        accept: kind === 'manifests' ? MANIFEST_TYPES.join(', ') : 'application/octet-stream',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      return get(url, host, headers, MAX_DOCUMENT_BYTES, signal);
    };
    let answer = await ask();
    if (answer.status === 401) {
      tokens.set(scope, await fetchToken(host, repository, answer.challenge, signal));
      answer = await ask();
    }
    const { status, body } = answer;
    if (status === 404)
      throw new Refusal(
        'IMAGE_NOT_FOUND',
        `The registry ${host} has no ${digest.slice(0, 19)}… in ${repository}.`,
        {
          host,
          repository,
          digest,
        },
      );
    if (status === 401 || status === 403)
      throw new Refusal(
        'REGISTRY_REFUSED',
        `The registry ${host} does not hand out ${repository} without a login.`,
        {
          host,
        },
      );
    if (status !== 200)
      throw new Refusal('REGISTRY_UNREACHABLE', `The registry ${host} answers with status ${status}.`, {
        host,
        status,
      });
    const found = sha256Digest(body);
    if (found !== digest)
      throw new Refusal('IMAGE_DIGEST_MISMATCH', 'The registry sent other bytes than the digest names.', {
        host,
        need: digest,
        have: found,
      });
    return body;
  }

  /** An anonymous token, from where the registry's challenge points to (distribution specification, token auth). */
  async function fetchToken(
    host: string,
    repository: string,
    challenge: string,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const refused = new Refusal(
      'REGISTRY_REFUSED',
      `The registry ${host} does not hand out ${repository} without a login.`,
      { host },
    );
    const fields = new Map(
      [...challenge.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const realm = fields.get('realm');
    if (!/^bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm)) throw refused;
    const url = new URL(realm);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBePlain(host))) throw refused;
    const service = fields.get('service');
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', fields.get('scope') ?? `repository:${repository}:pull`);
    const { status, body } = await get(
      url.href,
      host,
      { accept: 'application/json' },
      MAX_TOKEN_BYTES,
      signal,
    );
    if (status !== 200) throw refused;
    try {
      const json = JSON.parse(new TextDecoder().decode(body)) as { token?: unknown; access_token?: unknown };
      const text = json.token ?? json.access_token;
      if (typeof text === 'string' && /^[\x21-\x7e]+$/.test(text)) return text;
    } catch {
      // said below
    }
    throw refused;
  }

  return {
    manifest: (host, repository, digest, signal) =>
      fetchDigest('manifests', host, repository, digest, signal),
    blob: (host, repository, digest, signal) => fetchDigest('blobs', host, repository, digest, signal),
  };
}

/** `sha256:…` of bytes. */
export const sha256Digest = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function readBody(answer: Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit)
      throw new Refusal('IMAGE_MANIFEST', `The registry sent a document of more than ${limit} bytes.`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function causeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = inner as { code?: unknown; message?: unknown };
  return String(code ?? message ?? 'no reason given').slice(0, 200);
}
