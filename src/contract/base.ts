/** The two ways to begin a procedure: a query reads, a command leads to a record or changes local state. */
import { oc } from '@orpc/contract';
import { problem } from './problem.ts';
import type { Scope } from './scopes.ts';

export interface ProcedureMeta {
  readonly scope: Scope;
  /** Commands are written to the activity log with the session that called them. */
  readonly command: boolean;
}

const base = oc.$meta<ProcedureMeta>({ scope: 'admin', command: true }).errors({
  PROBLEM: { status: 422, message: 'The request was refused.', data: problem },
  FORBIDDEN: { status: 403, message: 'This session may not do that.', data: problem },
});

export const query = (scope: Scope) => base.meta({ scope, command: false });
export const command = (scope: Scope) => base.meta({ scope, command: true });
