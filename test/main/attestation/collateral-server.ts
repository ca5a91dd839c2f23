/** The test service with one set, as the journey starts it. */
import type { Collateral } from '../../../src/protocol/attestation/index.ts';
import { type Pccs, startPccs } from './pccs.ts';

export const startCollateralServer = ({
  set,
}: {
  readonly set: Collateral;
  readonly fmspc: string;
}): Promise<Pccs> => startPccs({ sets: [set] });
