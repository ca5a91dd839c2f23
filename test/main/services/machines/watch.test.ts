/** The look ahead: one quote under Intel's standard and early documents, and the alarm that comes of it. */
import { expect, it } from 'vitest';
import type { CachedCollateral, Edition } from '../../../../src/main/attestation/index.ts';
import { createVerifierCache } from '../../../../src/main/attestation/index.ts';
import type { CollateralKeeper } from '../../../../src/main/services/machines/collateral.ts';
import { createJudge } from '../../../../src/main/services/machines/judge.ts';
import { createObstacles } from '../../../../src/main/services/machines/obstacles.ts';
import { createAlarmWatch } from '../../../../src/main/services/machines/watch.ts';
import { memoryBlobs } from '../../../../src/main/store/index.ts';
import type { MachineRow } from '../../../../src/protocol/attestation/index.ts';
import { evidenceOf, NOON, simulatedGuest } from './support.ts';

const now = await evidenceOf();
const soon = await evidenceOf({ status: 'OutOfDate' });

/** A watch over one machine whose service gives these sets; only the root of the factory stands under them. */
function watchOver(early: typeof now) {
  const blobs = memoryBlobs();
  const edition = ({ raw }: typeof now): Edition => ({
    set: { collateral: raw.collateral } as unknown as CachedCollateral,
    problem: null,
  });
  const collateral = {
    editions: async () => ({ standard: edition(now), early: edition(early) }),
    rollbacks: () => [],
  } as unknown as CollateralKeeper;
  const judge = createJudge({
    guest: simulatedGuest(),
    collateral,
    cache: createVerifierCache(),
    simulatedRoots: [now.root],
  });
  const obstacles = createObstacles(() => undefined);
  const row = {
    machine: new Uint8Array(32).fill(1),
    name: 'rack-07',
    state: 'genuine',
    // as a real machine would be: nobody looks ahead for simulated ones
    simulated: false,
    quote: blobs.put(now.raw.quote),
    challenge: null,
    history: [],
  } as unknown as MachineRow;
  return { watch: createAlarmWatch({ blobs, judge, collateral, obstacles, now: () => NOON }), row };
}

it('says before it happens that a coming TCB recovery would leave a machine behind, and what to raise', async () => {
  const { watch, row } = watchOver(soon);
  const alarms = () => watch.alarms([{ row, verdict: null }], {}, 7);
  expect(alarms()).toEqual([]);
  await watch.lookAhead([row], {});
  expect(alarms()).toMatchObject([{ kind: 'bar-moves', severity: 'stale', machines: [{ name: 'rack-07' }] }]);
  expect(alarms()[0]!.sentence).toContain('OutOfDate instead of UpToDate');
  expect(alarms()[0]!.next).toContain('sgx[0] from 7 to 8');
});

it('says nothing when the early documents take nothing away', async () => {
  const { watch, row } = watchOver(now);
  await watch.lookAhead([row], {});
  expect(watch.alarms([{ row, verdict: null }], {}, 7)).toEqual([]);
});

it('does not ask for simulated machines, of which no service knows anything', async () => {
  const { watch, row } = watchOver(soon);
  await watch.lookAhead([{ ...row, simulated: true }], {});
  expect(watch.alarms([{ row, verdict: null }], {}, 7)).toEqual([]);
});
