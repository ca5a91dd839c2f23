/**
 * The one list of codes. A Refusal carries a code and the particulars; this list adds what it means and what to
 * do. test/contract/problems.test.ts proves that every code that src can give stands here, and none besides.
 */
import { attestationProblems } from './problems/attestation.ts';
import { chronicleProblems } from './problems/chronicle.ts';
import { coalitionProblems } from './problems/coalition.ts';
import { computeProblems } from './problems/compute.ts';
import { machineProblems } from './problems/machines.ts';
import { nodeProblems } from './problems/node.ts';
import { substrateProblems } from './problems/substrate.ts';
import type { ProblemList } from './problems/text.ts';

export type { ProblemText } from './problems/text.ts';

export const problems: ProblemList = {
  ...nodeProblems,
  ...coalitionProblems,
  ...machineProblems,
  ...attestationProblems,
  ...computeProblems,
  ...chronicleProblems,
  ...substrateProblems,
};
