/** Turns what a socket, TLS, SSH or an engine answers into the few problems that a person can act on. */
import { Refusal } from '../../../protocol/bytes/index.ts';

interface Failure {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly level?: unknown;
  readonly statusCode?: unknown;
  readonly json?: unknown;
}

/** Codes that may stand for an HTTP status in one particular call. */
export type StatusCodes = Readonly<Record<number, readonly [code: string, sentence: string]>>;

/** The Refusal for whatever was thrown while talking to the engine at `where`. */
export function engineProblem(thrown: unknown, where: string, statuses: StatusCodes = {}): Refusal {
  if (thrown instanceof Refusal) return thrown;
  const failure: Failure = typeof thrown === 'object' && thrown !== null ? thrown : { message: thrown };
  const cause = causeOf(failure);
  const details = { engine: where, cause };
  if (failure.code === 'ABORT_ERR') return cancelled();
  if (typeof failure.statusCode === 'number') {
    if (/no space left on device/i.test(cause))
      return new Refusal('ENGINE_DISK_FULL', 'The disk of the container engine is full.', details);
    const known = statuses[failure.statusCode];
    if (known !== undefined) return new Refusal(known[0], known[1], details);
    if (failure.statusCode === 401 || failure.statusCode === 403)
      return new Refusal(
        'ENGINE_REFUSED',
        `The container engine at ${where} does not let this node in.`,
        details,
      );
    return new Refusal(
      'ENGINE_FAILED',
      `The container engine at ${where} could not do it: ${cause}`,
      details,
    );
  }
  switch (failure.code) {
    case 'ENOENT':
      return new Refusal(
        'ENGINE_ABSENT',
        `There is no container engine at ${where}. Is it installed and running?`,
        details,
      );
    case 'EACCES':
    case 'EPERM':
      return new Refusal(
        'ENGINE_REFUSED',
        `This user may not use the container engine at ${where}.`,
        details,
      );
    case 'ECONNREFUSED':
      return new Refusal(
        'ENGINE_REFUSED',
        `Nothing accepts connections at ${where}. Is the engine running?`,
        details,
      );
    default:
  }
  if (failure.level === 'client-authentication')
    return new Refusal(
      'ENGINE_REFUSED',
      `The SSH server at ${where} does not accept this user's key.`,
      details,
    );
  if (/host denied|verification failed/i.test(cause))
    return new Refusal(
      'ENGINE_REFUSED',
      `The SSH server at ${where} shows another host key than the pinned one.`,
      details,
    );
  if (typeof failure.code === 'string' && /CERT|TLS|SSL|SIGNED|ALERT|_SIGNATURE/.test(failure.code))
    return new Refusal(
      'ENGINE_REFUSED',
      `The TLS certificates do not fit for the engine at ${where}.`,
      details,
    );
  return new Refusal('ENGINE_UNREACHABLE', `The container engine at ${where} does not answer.`, details);
}

export const cancelled = (): Refusal => new Refusal('CANCELLED', 'It was cancelled.');

function causeOf(failure: Failure): string {
  const json = failure.json;
  const inner =
    typeof json === 'object' && json !== null && 'message' in json
      ? (json as Failure).message
      : failure.message;
  const text = typeof inner === 'string' && inner !== '' ? inner : String(failure.code ?? 'no reason given');
  return text.replace(/\s+/g, ' ').trim().slice(0, 400);
}
