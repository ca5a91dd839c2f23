/** The writes of a simulated node on their way to its disk: in order, what waits together in one go, torn by death. */
import type { Envelope } from '../../src/protocol/raft/index.ts';
import type { Disk, Write } from './disk.ts';
import { within } from './plan.ts';
import type { World } from './world.ts';

export interface Pending {
  /** Null: only messages, which wait for what was written before them. */
  readonly write: Write | null;
  readonly after: readonly Envelope[];
}

/** What the node that writes does for it. */
export interface Owner {
  /** Runs something later, unless the node dies before. */
  later(delay: number, run: () => void): void;
  /** All of this is durable now. */
  written(done: readonly Pending[]): void;
  dieWriting(): void;
}

export class Writer {
  readonly #world: World;
  readonly #disk: Disk;
  readonly #owner: Owner;
  #queue: Pending[] = [];
  #writing: Pending[] = [];

  constructor(world: World, disk: Disk, owner: Owner) {
    this.#world = world;
    this.#disk = disk;
    this.#owner = owner;
  }

  put(pending: Pending): void {
    this.#queue.push(pending);
    if (this.#writing.length === 0) this.#flush();
  }

  /** Writes what waits in one go; what comes meanwhile is the next go (group commit). */
  #flush(): void {
    const { random, plan, network } = this.#world;
    this.#writing = this.#queue;
    this.#queue = [];
    if (this.#writing.every(({ write }) => write === null)) return this.#finish();
    const delay = network.calm ? 2 : within(random, plan.flush);
    if (!network.calm && random.below(1000) < plan.dieWriting)
      this.#owner.later(random.below(delay + 1), () => this.#owner.dieWriting());
    else this.#owner.later(delay, () => this.#finish());
  }

  #strokes(): (() => void)[] {
    const { judge } = this.#world;
    return this.#writing.flatMap(({ write }) =>
      write === null ? [] : this.#disk.strokes(write, (entry, before) => judge.written(entry, before)),
    );
  }

  #finish(): void {
    for (const stroke of this.#strokes()) stroke();
    const done = this.#writing;
    this.#writing = [];
    this.#owner.written(done);
    if (this.#writing.length === 0 && this.#queue.length > 0) this.#flush();
  }

  /** The node dies: what waits is lost, and of what is being written all but a beginning. Says what survived. */
  tear(): string {
    const { random } = this.#world;
    const strokes = this.#strokes();
    const survive = random.oneIn(2) ? 0 : random.below(strokes.length + 1);
    for (const stroke of strokes.slice(0, survive)) stroke();
    this.#queue = [];
    this.#writing = [];
    return `${survive} of ${strokes.length} strokes survive`;
  }
}
