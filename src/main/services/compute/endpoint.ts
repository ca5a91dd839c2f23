/**
 * Where a container engine is reached. The three ways that Docker offers: a Unix socket, TCP with mutual TLS,
 * and SSH. Plain TCP is allowed to this very machine only: who can talk to an engine is root on its host.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createRequire } from 'node:module';
import type Docker from 'dockerode';
import { Refusal } from '../../../protocol/bytes/index.ts';

export type EngineEndpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      /** PEM texts: the authority that signed the engine's certificate, and our own pair. */
      readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
    }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly port?: number;
      readonly user: string;
      /** `SHA256:…` as `ssh-keygen -lf` prints it. Without it anybody on the way could answer. */
      readonly hostKey: string;
      /** Socket of an SSH agent, or a private key in PEM. */
      readonly agent?: string;
      readonly privateKey?: string;
      readonly passphrase?: string;
    };

export const DEFAULT_SOCKET = '/var/run/docker.sock';
const CONNECT_MS = 10_000;

/** For people: `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host`. Never holds a key. */
export function endpointText(endpoint: EngineEndpoint): string {
  switch (endpoint.kind) {
    case 'socket':
      return `unix://${endpoint.path}`;
    case 'tcp':
      return `tcp://${endpoint.host}:${endpoint.port}`;
    case 'ssh':
      return `ssh://${endpoint.user}@${endpoint.host}${endpoint.port === undefined ? '' : `:${endpoint.port}`}`;
  }
}

/** Loaded when first an engine is asked: a node that runs no workload need not hold it in memory. */
const loadClient = (): typeof Docker => createRequire(import.meta.url)('dockerode') as typeof Docker;

/** The dockerode client for an endpoint. Opens nothing yet. Errors: `ENGINE_ADDRESS`. */
export function connect(endpoint: EngineEndpoint): Docker {
  // every field is named, as the client would fill what is missing from DOCKER_* in the environment
  const none = {
    host: undefined,
    port: undefined,
    socketPath: undefined,
    username: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    pathPrefix: '/',
  };
  switch (endpoint.kind) {
    case 'socket':
      return open({ ...none, protocol: 'http', socketPath: endpoint.path });
    case 'tcp': {
      const { host, port, tls } = endpoint;
      if (tls === undefined && !isLoopback(host))
        throw new Refusal(
          'ENGINE_ADDRESS',
          'An engine on another machine is reached with TLS or over SSH only.',
        );
      const where = { ...none, host: bare(host), port, connectionTimeout: CONNECT_MS };
      return tls === undefined
        ? open({ ...where, protocol: 'http' })
        : open({ ...where, protocol: 'https', ca: tls.ca, cert: tls.cert, key: tls.key });
    }
    case 'ssh': {
      const { host, port = 22, user, hostKey, agent, privateKey, passphrase } = endpoint;
      const pin = readFingerprint(hostKey);
      return open({
        ...none,
        protocol: 'ssh',
        host: bare(host),
        port,
        username: user,
        sshOptions: {
          readyTimeout: CONNECT_MS,
          hostVerifier: (key: Buffer) => timingSafeEqual(createHash('sha256').update(key).digest(), pin),
          ...(agent === undefined ? {} : { agent }),
          ...(privateKey === undefined ? {} : { privateKey }),
          ...(passphrase === undefined ? {} : { passphrase }),
        },
      });
    }
  }
}

/** True when the engine's host is reached through this machine's own addresses. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(host);

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

// the client's own types do not know that a field may be undefined
const open = (options: object): Docker => new (loadClient())(options as Docker.DockerOptions);

function readFingerprint(text: string): Buffer {
  const pin = Buffer.from(/^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(text)?.[1] ?? '', 'base64');
  if (pin.length !== 32)
    throw new Refusal(
      'ENGINE_ADDRESS',
      'The SSH host key is named by its fingerprint: SHA256: and 43 characters.',
    );
  return pin;
}
