/** The check of collateral by itself (protocol/attestation) on node:crypto: one call from a set to its verdict. */
import {
  type CollateralCheckInput,
  type CollateralVerdict,
  planCollateral,
} from '../../protocol/attestation/index.ts';
import { settle } from '../../protocol/bytes/index.ts';
import { createSignatureChecker } from '../hashes.ts';
import type { VerifierCache } from './verify.ts';

export interface CheckCollateralRequest extends Omit<CollateralCheckInput, 'memo'> {
  readonly cache?: VerifierCache | undefined;
}

/** Bad collateral never throws; the verdict carries the reason. Throws a RangeError for a time that is none. */
export function checkCollateral({ cache, ...request }: CheckCollateralRequest): CollateralVerdict {
  return settle(planCollateral({ ...request, memo: cache?.memo }), cache?.check ?? createSignatureChecker());
}
