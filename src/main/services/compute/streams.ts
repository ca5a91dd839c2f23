/** Small steps between an engine's HTTP answer and values. */
import type { Readable } from 'node:stream';
import { Refusal } from '../../../protocol/bytes/index.ts';

const MAX_JSON_LINE = 1024 * 1024;

/** The chunks of a stream; on the signal, and when the reader leaves early, the connection is closed. */
export async function* abortable(
  stream: Readable,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const end = (): void => void stream.destroy();
  signal?.addEventListener('abort', end, { once: true });
  try {
    if (signal?.aborted === true) return;
    for await (const chunk of stream) yield chunk as Uint8Array;
  } finally {
    signal?.removeEventListener('abort', end);
    stream.destroy();
  }
}

/** One value per line of JSON. Errors: `ENGINE_FAILED` for a line that is none. */
export async function* jsonLines<T>(source: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  let held = '';
  const decoder = new TextDecoder();
  for await (const chunk of source) {
    held += decoder.decode(chunk, { stream: true });
    if (held.length > MAX_JSON_LINE) throw notJson();
    const parts = held.split('\n');
    held = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield parse<T>(part);
  }
  if (held.trim() !== '') yield parse<T>(held);
}

function parse<T>(line: string): T {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as T;
  } catch {
    // said below
  }
  throw notJson();
}

const notJson = (): Refusal =>
  new Refusal('ENGINE_FAILED', 'The engine answered in a form that is not known here.');
