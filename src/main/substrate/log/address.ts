/** The address of an ordered log that lies elsewhere. */
import { Refusal } from '../../../protocol/bytes/index.ts';

/** `etcd://host:port,host:port` as endpoints. Errors: `ORDERED_LOG_ADDRESS`. */
export function readEtcdAddress(text: string): readonly string[] {
  const match = /^etcd:\/\/([^/]+)\/?$/.exec(text);
  const hosts = match?.[1]?.split(',') ?? [];
  if (hosts.length === 0 || hosts.some((host) => !/^[A-Za-z0-9.[\]:-]+:\d{1,5}$/.test(host)))
    throw new Refusal(
      'ORDERED_LOG_ADDRESS',
      'The address of an ordered log reads etcd://host:port[,host:port…].',
    );
  return hosts.map((host) => `http://${host}`);
}
