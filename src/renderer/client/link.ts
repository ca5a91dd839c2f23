/**
 * The way to the node: a MessagePort where the host hands one over, else a WebSocket of the page's own origin.
 * Both are kept open by the same loop, which reconnects with back-off and says honestly how it stands.
 */
import { createORPCClient } from '@orpc/client';
import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client';
import { RPCLink as MessagePortLink } from '@orpc/client/message-port';
import { RPCLink as WebSocketLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../../contract/index.ts';

export type Client = ContractRouterClient<Contract>;

export interface ConnectionState {
  readonly state: 'connecting' | 'open' | 'lost';
  /** Unix milliseconds since when. */
  readonly since: number;
  /** Attempts since the connection was lost. */
  readonly attempts: number;
}

export interface Connection {
  get(): ConnectionState;
  subscribe(listener: () => void): () => void;
  /** Resolves when the connection stands. */
  opened(signal: AbortSignal): Promise<void>;
  /** Tries again now instead of waiting out the back-off. */
  retry(): void;
}

/** Thrown by every call while the node cannot be reached. */
export class Unreachable extends Error {
  constructor() {
    super('The node cannot be reached.');
    this.name = 'Unreachable';
  }
}

/** One open channel; `closed` is called once, when it is gone. */
type Dial = (closed: () => void) => Promise<ClientLink<ClientContext>>;

const BACK_OFF = [250, 500, 1000, 2000, 4000, 8000] as const;

export function connect(dial: Dial): { client: Client; connection: Connection } {
  let state: ConnectionState = { state: 'connecting', since: Date.now(), attempts: 0 };
  let current: ClientLink<ClientContext> | null = null;
  let wake: () => void = () => undefined;
  const listeners = new Set<() => void>();
  const set = (next: ConnectionState): void => {
    state = next;
    for (const listener of listeners) listener();
  };
  const lose = (): void =>
    set({
      state: 'lost',
      since: state.state === 'lost' ? state.since : Date.now(),
      attempts: state.state === 'lost' ? state.attempts + 1 : 0,
    });

  const loop = async (): Promise<void> => {
    for (let failures = 0; ;) {
      let onClosed: () => void = () => undefined;
      const closed = new Promise<void>((resolve) => (onClosed = resolve));
      try {
        current = await dial(onClosed);
        failures = 0;
        set({ state: 'open', since: Date.now(), attempts: 0 });
        await closed;
      } catch {
        failures += 1;
      }
      current = null;
      lose();
      const pause = BACK_OFF[Math.min(failures, BACK_OFF.length - 1)] ?? 8000;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, pause);
      });
    }
  };
  void loop();

  const connection: Connection = {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    opened: (signal) =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          if (state.state !== 'open' && !signal.aborted) return;
          listeners.delete(settle);
          signal.removeEventListener('abort', settle);
          if (signal.aborted) reject(new Unreachable());
          else resolve();
        };
        listeners.add(settle);
        signal.addEventListener('abort', settle);
        settle();
      }),
    retry: () => wake(),
  };

  const link: ClientLink<ClientContext> = {
    async call(path: readonly string[], input: unknown, options: ClientOptions<ClientContext>) {
      // only the very first calls wait; afterwards a lost node is an answer, not a pause
      if (state.state === 'connecting')
        await new Promise<void>((resolve) => {
          const unsubscribe = connection.subscribe(() => {
            unsubscribe();
            resolve();
          });
        });
      if (current === null) throw new Unreachable();
      return current.call(path, input, options);
    },
  };
  return { client: createORPCClient(link), connection };
}

/** Dials the WebSocket of the page's own origin. */
export function webSocketDial(address: URL): Dial {
  return (closed) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(address);
      socket.addEventListener('open', () => resolve(new WebSocketLink({ websocket: socket })), {
        once: true,
      });
      socket.addEventListener(
        'close',
        () => {
          closed();
          reject(new Unreachable());
        },
        { once: true },
      );
    });
}

/** What the preload of the desktop host puts on the window: `connect` has a port posted to this window. */
export interface HostBridge {
  connect(): void;
}

/** Asks the host for a port and waits for the message that brings it. */
export function portDial(bridge: HostBridge, page: Window): Dial {
  return (closed) =>
    new Promise((resolve, reject) => {
      const onMessage = (message: MessageEvent<unknown>): void => {
        const port = message.ports[0];
        const { data } = message;
        if (message.source !== page || port === undefined) return;
        if (typeof data !== 'object' || data === null || !('type' in data) || data.type !== 'muster:port')
          return;
        clearTimeout(timer);
        page.removeEventListener('message', onMessage);
        port.addEventListener('close', () => closed(), { once: true });
        const link = new MessagePortLink({ port });
        port.start();
        resolve(link);
      };
      const timer = setTimeout(() => {
        page.removeEventListener('message', onMessage);
        reject(new Unreachable());
      }, 5000);
      page.addEventListener('message', onMessage);
      bridge.connect();
    });
}
