/** The attestation policy: which one is in force, how it is adopted, and what another one would change. */
import type { AttestationPolicy, Receipt } from '../../../contract/index.ts';
import {
  checkPolicy,
  DEFAULT_POLICY,
  explainPolicy,
  policyKey,
  readPolicy,
} from '../../../protocol/attestation/index.ts';
import type {
  Explanation,
  MachineRow,
  Policy,
  PolicyRow,
  Verdict,
} from '../../../protocol/attestation/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import type { Coalitions } from '../coalition/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { MachineView } from './view.ts';

export interface PolicyState {
  readonly policy: Policy;
  /** Entry that adopted it; null while the default is in force. */
  readonly index: number | null;
}

export interface Policies {
  current(): Promise<PolicyState>;
  /** Errors: `POLICY_FORMAT`, `COALITION_ABSENT`, and those of the ledger. */
  adopt(policy: AttestationPolicy): Promise<PolicyState & { receipt: Receipt }>;
}

export function createPolicies(ports: {
  readonly ledger: Ledger;
  readonly coalitions: Coalitions;
}): Policies {
  const { ledger, coalitions } = ports;
  const current = async (): Promise<PolicyState> => {
    const coalition = await coalitions.current();
    const row =
      coalition === null ? undefined : await ledger.row<PolicyRow>(policyKey(await coalitions.id()));
    return row === undefined
      ? { policy: DEFAULT_POLICY, index: null }
      : { policy: readPolicy(row.policy), index: row.index };
  };
  return {
    current,
    async adopt(policy) {
      checkPolicy(policy);
      const receipt = await ledger.submit(
        'policy.adopted',
        { policy: utf8(JSON.stringify(policy)) },
        { coalition: await coalitions.id() },
      );
      return { ...(await current()), receipt };
    },
  };
}

/** What a policy would say of the registered machines, beside the one in force. */
export interface PolicyTrial {
  readonly explained: readonly Explanation[];
  /** Live machines of which there is a verdict. */
  readonly machines: readonly {
    readonly machine: MachineRow;
    readonly before: Verdict;
    readonly after: Verdict;
  }[];
}

/** Judges the machines by both policies; nothing is recorded. Errors: `POLICY_FORMAT`. */
export function tryPolicy(
  policy: unknown,
  inForce: Policy,
  rows: readonly MachineRow[],
  view: Pick<MachineView, 'storedVerdict'>,
): PolicyTrial {
  checkPolicy(policy);
  return {
    explained: explainPolicy(policy),
    machines: rows.flatMap((machine) => {
      if (machine.state === 'retired') return [];
      const [before, after] = [inForce, policy].map((one) => view.storedVerdict(machine, one));
      return before == null || after == null ? [] : [{ machine, before, after }];
    }),
  };
}
