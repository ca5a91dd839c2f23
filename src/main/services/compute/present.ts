/** How workloads are told to faces: reasons, ends, and log lines in batches. */
import type { LogLine, Unfit } from '../../../contract/index.ts';
import type { EndReason } from '../../../protocol/compute/index.ts';

/** Why it does not fit, with both figures as text. */
export const readableReason = ({
  code,
  sentence,
  have,
  need,
}: {
  code: string;
  sentence: string;
  have: unknown;
  need: unknown;
}): Unfit => ({
  code,
  sentence,
  have: String(have),
  need: String(need),
});

/** How a workload ended, for a person. */
export function endSentence(reason: EndReason, exitCode: number | null): string {
  switch (reason) {
    case 'exited':
      return exitCode === 0
        ? 'It ended by itself, successfully.'
        : `It ended by itself with exit code ${exitCode ?? 'unknown'}.`;
    case 'stopped':
      return 'It was stopped on request.';
    case 'oom':
      return 'The kernel ended it: it needed more memory than its limit.';
    case 'failed':
      return 'It could not be started.';
    case 'lost':
      return 'Its container was gone when this node came back.';
  }
}

/** Lines that are there together go out together. */
export async function* batched(
  lines: AsyncIterable<{ seq: number; time: string; stream: 'stdout' | 'stderr'; text: string }>,
): AsyncGenerator<{ lines: LogLine[] }, void> {
  const toLine = (line: {
    seq: number;
    time: string;
    stream: 'stdout' | 'stderr';
    text: string;
  }): LogLine => ({
    seq: line.seq,
    at: Date.parse(line.time),
    stream: line.stream,
    text: line.text,
  });
  const iterator = lines[Symbol.asyncIterator]();
  let pending = iterator.next();
  try {
    for (;;) {
      const first = await pending;
      if (first.done === true) return;
      const batch = [toLine(first.value)];
      pending = iterator.next();
      // take what is already decoded, without waiting for more
      while (batch.length < 500) {
        const next = await Promise.race([
          pending,
          new Promise<null>((resolve) => setImmediate(resolve, null)),
        ]);
        if (next === null || next.done === true) break;
        batch.push(toLine(next.value));
        pending = iterator.next();
      }
      yield { lines: batch };
    }
  } finally {
    await iterator.return?.();
  }
}
