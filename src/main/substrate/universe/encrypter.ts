/**
 * Noise: what a connection is encrypted with. As the library has it (17.0.3) a message goes to the socket in pieces:
 * its length, what was encrypted, the tag; each is a call of the system and a packet of its own, and wakes the other
 * side for a message that is not whole. Here a message is one piece.
 */
import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';

export const encrypter = (): ((
  ...components: Parameters<ReturnType<typeof noise>>
) => ConnectionEncrypter) => {
  const factory = noise();
  return (...components) => {
    const made = factory(...components);
    for (const secure of ['secureInbound', 'secureOutbound'] as const) {
      const work = made[secure].bind(made);
      made[secure] = (connection, options) => work(inOnePiece(connection), options);
    }
    return made;
  };
};

function inOnePiece<T extends Pick<MessageStream, 'send'>>(connection: T): T {
  const send = connection.send.bind(connection);
  connection.send = (data) => send(data.subarray());
  return connection;
}
