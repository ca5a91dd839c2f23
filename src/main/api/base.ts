/**
 * What every procedure shares: the caller's session, the scope check, and refusals as problems. Procedures
 * themselves are thin: they call one service and start no work of their own.
 */
import { implement, ORPCError } from '@orpc/server';
import { allows, contract, toProblem } from '../../contract/index.ts';
import type { ProcedureMeta, Scope } from '../../contract/index.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import type { MusterNode } from '../node/index.ts';

/** Who calls, and through which door. */
export interface Session {
  readonly scopes: readonly Scope[];
  /** `window`, `console`, `socket`, `in process`: shown to the person and written to the activity log. */
  readonly door: string;
}

export interface ApiContext {
  readonly node: MusterNode;
  readonly session: Session;
}

const base = implement(contract).$context<ApiContext>();

/** Refusals cross as PROBLEM with what it means and what to do; bugs cross without their inner words. */
const problems = base.middleware(async ({ next, context, path }) => {
  try {
    return await next();
  } catch (error) {
    throw toOrpcError(error, (bug) =>
      context.node.log.error({ path: path.join('.'), error: bug }, 'procedure failed'),
    );
  }
});

const scopes = base.middleware(async ({ next, context, procedure, path }) => {
  // every procedure of the contract carries ProcedureMeta; oRPC's middleware sees it untyped
  const { scope, command } = procedure['~orpc'].meta as unknown as ProcedureMeta;
  const { session, node } = context;
  if (!allows(session.scopes, scope)) {
    const what = `This session may ${session.scopes.join(', ') || 'do nothing'}; ${path.join('.')} needs ${scope}.`;
    throw new ORPCError('FORBIDDEN', {
      status: 403,
      message: what,
      data: toProblem('SCOPE', what, { scope }),
    });
  }
  if (command) node.log.info({ path: path.join('.'), door: session.door }, 'command');
  return next();
});

export const os = base.use(problems).use(scopes);

export function toOrpcError(error: unknown, report: (bug: string) => void): unknown {
  if (error instanceof Refusal)
    return new ORPCError('PROBLEM', {
      status: 422,
      message: error.message,
      data: toProblem(error.code, error.message, error.details),
    });
  if (error instanceof ORPCError) return inputProblem(error);
  report(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return new ORPCError('PROBLEM', {
    status: 422,
    message: 'Something went wrong.',
    data: toProblem('UNEXPECTED', 'Something went wrong that has no name yet.'),
  });
}

interface InputIssue {
  readonly message: string;
  readonly path?: readonly PropertyKey[];
}

/** Input that does not fit its schema names the member that is wrong. */
function inputProblem(error: ORPCError<string, unknown>): unknown {
  if (error.code !== 'BAD_REQUEST') return error;
  const issues = (error.data as { issues?: readonly InputIssue[] } | undefined)?.issues ?? [];
  const [first] = issues;
  const where =
    first?.path === undefined || first.path.length === 0 ? 'the input' : first.path.map(String).join('.');
  const what = `${where}: ${first?.message ?? 'not of the expected form'}.`;
  return new ORPCError('PROBLEM', {
    status: 422,
    message: what,
    data: toProblem('INPUT', what, { where }),
  });
}
