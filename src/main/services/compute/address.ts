/** Reads an engine's address as people write it into an endpoint, with what the scheme needs besides. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../../contract/index.ts';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { EngineEndpoint } from './endpoint.ts';

type EngineSettings = Pick<Settings, 'engine' | 'engineCertificates' | 'engineHostKey'>;

/** Errors: `ENGINE_ADDRESS`. */
export function readAddress({ engine, engineCertificates, engineHostKey }: EngineSettings): EngineEndpoint {
  const refuse = (why: string): never => {
    throw new Refusal('ENGINE_ADDRESS', `The engine's address ${engine} ${why}.`);
  };
  if (engine.startsWith('unix:///')) return { kind: 'socket', path: engine.slice('unix://'.length) };
  let url: URL;
  try {
    url = new URL(engine);
  } catch {
    return refuse('is not one');
  }
  if (url.protocol === 'tcp:') {
    const where = { kind: 'tcp', host: url.hostname, port: Number(url.port) || 2376 } as const;
    if (engineCertificates === '') return where;
    const pem = (name: string): string => {
      try {
        return readFileSync(join(engineCertificates, name), 'utf8');
      } catch {
        return refuse(`needs ${name} in the folder of certificates`);
      }
    };
    return { ...where, tls: { ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem') } };
  }
  if (url.protocol === 'ssh:') {
    if (url.username === '') refuse('names no user');
    const agent = process.env['SSH_AUTH_SOCK'];
    return {
      kind: 'ssh',
      host: url.hostname,
      user: decodeURIComponent(url.username),
      hostKey: engineHostKey,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      ...(agent === undefined ? {} : { agent }),
    };
  }
  return refuse('begins with none of unix://, tcp:// and ssh://');
}
