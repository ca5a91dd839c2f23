/** The attestation policy: which one is in force, how it is adopted, and what another one would change. */
import type { AttestationPolicy, Receipt } from '../../../contract/index.ts';
import { checkPolicy, DEFAULT_POLICY, policyKey, readPolicy } from '../../../protocol/attestation/index.ts';
import type { Policy, PolicyRow } from '../../../protocol/attestation/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import type { Coalitions } from '../coalition/index.ts';
import type { Ledger } from '../ledger/index.ts';

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
