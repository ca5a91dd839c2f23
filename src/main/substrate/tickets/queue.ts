/**
 * A queue in which nobody blocks those whom somebody waits for: they go first, peers that nobody asks about never take
 * all places, and one peer takes few. How much may wait is for those who put it there to bound.
 */
export interface Job {
  /** Hex of the node key. */
  readonly peer: string;
  /** Somebody waits for it; may become true at any time, see `review`. */
  urgent: boolean;
}

export interface Queue {
  /** Does the work when its turn comes. A job is in a queue once at a time. */
  run<T>(job: Job, work: () => Promise<T>): Promise<T>;
  /** A job has become urgent. */
  review(): void;
}

export interface QueuePlaces {
  /** Pieces of work at a time. */
  readonly all: number;
  /** Of these, what is not urgent. */
  readonly idle: number;
  readonly perPeer: number;
}

export function createQueue({ all, idle, perPeer }: QueuePlaces): Queue {
  const waiting: { readonly job: Job; readonly start: () => void }[] = [];
  const running = new Set<Job>();
  const count = (which: (job: Job) => boolean): number => [...running].filter(which).length;
  const mayRun = (job: Job): boolean =>
    running.size < all &&
    (job.urgent || count(({ urgent }) => !urgent) < idle) &&
    count(({ peer }) => peer === job.peer) < perPeer;

  const review = (): void => {
    for (;;) {
      let next = waiting.findIndex(({ job }) => job.urgent && mayRun(job));
      if (next === -1) next = waiting.findIndex(({ job }) => mayRun(job));
      const [one] = next === -1 ? [] : waiting.splice(next, 1);
      if (one === undefined) return;
      running.add(one.job);
      one.start();
    }
  };

  return {
    async run(job, work) {
      const turn = Promise.withResolvers<void>();
      waiting.push({ job, start: turn.resolve });
      review();
      await turn.promise;
      try {
        return await work();
      } finally {
        running.delete(job);
        review();
      }
    },
    review,
  };
}
