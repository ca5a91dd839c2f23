/**
 * AutoNAT: others dial this node's addresses to see whether strangers can, and this node does so for others. As the
 * library has it (3.0.28) whoever is asked finds the connection that it already has with the asker, proves nothing
 * with it, and then closes it, with everything that runs over it. Here a dial back is a connection of its own.
 */
import { autoNAT } from '@libp2p/autonat';

type Components = Parameters<ReturnType<typeof autoNAT>>[0];
type ConnectionManager = Components['connectionManager'];

export const autoNat =
  (protocolPrefix: string) =>
  (components: Components): unknown =>
    autoNAT({ protocolPrefix })(
      withMember(components, 'connectionManager', dialingAnew(components.connectionManager)),
    );

function dialingAnew(manager: ConnectionManager): ConnectionManager {
  const openConnection: ConnectionManager['openConnection'] = (peer, options) =>
    manager.openConnection(peer, { ...options, force: true });
  return withMember(manager, 'openConnection', openConnection);
}

/** `object` with another value for one of its members; methods stay those of the original. */
function withMember<T extends object, K extends keyof T>(object: T, name: K, value: T[K]): T {
  return new Proxy(object, {
    get(target, asked) {
      if (asked === name) return value;
      const found: unknown = Reflect.get(target, asked);
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
}
