/** One frame of a page, as the main process sees it. */
import { Faked } from './loud.ts';
import type { MessagePortMain } from './ports.ts';
import { fromWire, originOf } from './wire.ts';

export interface FrameInfo {
  /** As Chromium has it. */
  url: string;
  /** Of a frame without a URL of its own, the parent's. */
  inherited: string | null;
  detached: boolean;
}

export class WebFrameMain extends Faked {
  readonly frameTreeNodeId: number;
  readonly parent: WebFrameMain | null;
  readonly #info: FrameInfo;
  readonly #send: (channel: string, message: unknown, ports: readonly MessagePortMain[]) => void;

  constructor(
    id: number,
    parent: WebFrameMain | null,
    info: FrameInfo,
    send: (channel: string, message: unknown, ports: readonly MessagePortMain[]) => void,
  ) {
    super([]);
    this.frameTreeNodeId = id;
    this.parent = parent;
    this.#info = info;
    this.#send = send;
  }
  get url(): string {
    return fromWire(this.#info.url);
  }
  get origin(): string {
    return originOf(this.#info.inherited ?? this.#info.url);
  }
  get top(): WebFrameMain {
    return this.parent?.top ?? this;
  }
  get detached(): boolean {
    return this.#info.detached;
  }
  postMessage(channel: string, message: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.#send(channel, message, transfer);
  }
}
