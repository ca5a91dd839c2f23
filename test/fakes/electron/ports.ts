/**
 * MessagePorts of the main process. One end may be handed to a frame; from then on its messages travel over the
 * debugger's connection. The `close` event comes when the *other* end is gone, as documented, and not otherwise.
 */
import { Faked } from './loud.ts';

/** The end of a channel that lives in a page. */
export interface RemoteEnd {
  deliver(message: Carried): void;
  close(): void;
}

/** Values that the relay carries: text, JSON, or bytes in base64. */
export interface Carried {
  readonly type: 'text' | 'json' | 'bytes';
  readonly value: string;
}

export function carry(message: unknown): Carried {
  if (typeof message === 'string') return { type: 'text', value: message };
  if (message instanceof Uint8Array) return { type: 'bytes', value: Buffer.from(message).toString('base64') };
  return { type: 'json', value: JSON.stringify(message ?? null) };
}

export function uncarry({ type, value }: Carried): unknown {
  if (type === 'text') return value;
  if (type === 'bytes') return new Uint8Array(Buffer.from(value, 'base64'));
  return JSON.parse(value) as unknown;
}

export class MessagePortMain extends Faked {
  #other: MessagePortMain | null = null;
  #remote: RemoteEnd | null = null;
  #started = false;
  #closed = false;
  #handedOver = false;
  readonly #queue: unknown[] = [];

  constructor() {
    super(['message', 'close']);
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new Error('electron: MessagePortMain transfer is not faked');
    if (this.#handedOver) throw new Error('this port was handed over');
    if (this.#closed) return;
    const other = this.#other;
    if (other !== null) other.receive(structuredClone(message));
  }
  start(): void {
    this.#started = true;
    this.#drain();
  }
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#other?.otherClosed();
  }

  /** For the other end. */
  receive(message: unknown): void {
    if (this.#closed) return;
    if (this.#remote !== null) return this.#remote.deliver(carry(message));
    this.#queue.push(message);
    if (this.#started) this.#drain();
  }
  /** For the other end, or for the page that had it. */
  otherClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#remote !== null) this.#remote.close();
    else queueMicrotask(() => this.emit('close'));
  }
  /** For frame.ts: this end lives in a page now. Answers how the page sends and closes. */
  handOver(remote: RemoteEnd): { send(message: Carried): void; close(): void } {
    if (this.#handedOver || this.#closed) throw new Error('this port cannot be handed over');
    this.#handedOver = true;
    this.#remote = remote;
    for (const message of this.#queue.splice(0)) remote.deliver(carry(message));
    return {
      send: (message) => this.#other?.receive(uncarry(message)),
      close: () => {
        if (this.#closed) return;
        this.#closed = true;
        this.#other?.otherClosed();
      },
    };
  }
  entangle(other: MessagePortMain): void {
    this.#other = other;
  }
  #drain(): void {
    while (this.#started && this.#queue.length > 0) {
      const data = this.#queue.shift();
      queueMicrotask(() => this.emit('message', { data, ports: [] }));
    }
  }
}

export class MessageChannelMain {
  readonly port1 = new MessagePortMain();
  readonly port2 = new MessagePortMain();
  constructor() {
    this.port1.entangle(this.port2);
    this.port2.entangle(this.port1);
  }
}
