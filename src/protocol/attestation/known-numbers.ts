/**
 * The highest numbers of collateral that a node knew when it judged: what refusing a rolled-back set rests on
 * (tdx.md 4). They stand in the record of the judgement, so that its evidence is judged alike on any later day.
 */
import { z } from 'zod';
import { count } from '../record/index.ts';
import type { BundleFacts } from './bundle.ts';

/** Null: none had been seen. CRL numbers are decimal texts; Intel's have up to 20 bytes. */
export interface KnownNumbers {
  readonly evaluation: number | null;
  readonly rootCrl: string | null;
  readonly pckCrl: string | null;
}

const decimal = z.string().regex(/^\d{1,50}$/);

/** As a record carries them. */
export const knownNumbers: z.ZodType<KnownNumbers> = z.object({
  evaluation: count.nullable(),
  rootCrl: decimal.nullable(),
  pckCrl: decimal.nullable(),
});

/** As a policy and an evidence bundle take them; undefined where nobody remembered any. */
export const factsOf = (known: KnownNumbers | null | undefined): BundleFacts | undefined =>
  known == null
    ? undefined
    : {
        highestEvaluationNumber: known.evaluation,
        highestCrlNumbers: { root: known.rootCrl, pck: known.pckCrl },
      };
