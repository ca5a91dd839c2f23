/** A line of the matrix (tdx.md 9.11): how evidence differs, in which forms, and what is expected of it. */
import type { Collateral, Policy } from '../../../src/protocol/attestation/index.ts';
import {
  buildCollateral,
  buildQuote,
  type CollateralVariant,
  type Form,
  FORMS,
  type QuoteVariant,
  ROOT,
  T0,
} from './scene.ts';

/** What must come of a case: the first reason of a refusal is one of `codes`; else members of the verdict. */
export type Expected =
  | { readonly codes: readonly string[] }
  | {
      readonly status: string;
      readonly platform?: string;
      readonly module?: string | null;
      readonly qe?: string;
      readonly current?: string | null;
      readonly advisories?: readonly string[];
      readonly tcbDate?: string;
      readonly policy?: 'passed' | 'refused';
    };

export interface Line {
  readonly id: string;
  readonly quote?: QuoteVariant | ((form: Form) => QuoteVariant);
  readonly collateral?: CollateralVariant;
  readonly at?: number;
  /** Null: nobody names a root, so that it is Intel's. */
  readonly root?: Uint8Array | null;
  readonly policy?: Policy;
  readonly forms?: readonly Form[];
  readonly expect: Expected | ((form: Form) => Expected);
}

export const refused = (...codes: string[]): Expected => ({ codes });
export const accepted = (
  status = 'UpToDate',
  more: Omit<Extract<Expected, { status: string }>, 'status'> = {},
): Expected => ({ status, ...more });

export interface MatrixCase {
  readonly id: string;
  readonly quote: Uint8Array;
  readonly collateral: Collateral;
  readonly at: number;
  readonly root: Uint8Array | undefined;
  readonly policy: Policy;
  readonly expect: Expected;
}

/** The cases of a line, one for each form. */
export function casesOf(line: Line): MatrixCase[] {
  const collateral = buildCollateral(line.collateral);
  return (line.forms ?? FORMS).map((form) => ({
    id: `${line.id} · ${form.name}`,
    quote: buildQuote(form, typeof line.quote === 'function' ? line.quote(form) : line.quote),
    collateral,
    at: line.at ?? T0,
    root: line.root === null ? undefined : (line.root ?? ROOT),
    policy: line.policy ?? {},
    expect: typeof line.expect === 'function' ? line.expect(form) : line.expect,
  }));
}
