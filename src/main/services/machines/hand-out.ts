/** What a machine's stored evidence gives out: its files, its event log replayed, and the bundle that verifies offline. */
import { factsOf, writeBundle } from '../../../protocol/attestation/index.ts';
import type { MachineRow } from '../../../protocol/attestation/index.ts';
import { readId, Refusal } from '../../../protocol/bytes/index.ts';
import type { Blobs } from '../../store/index.ts';
import { withPins } from './judge.ts';
import type { Judge } from './judge.ts';
import type { Machines } from './machines.ts';
import type { Policies } from './policy.ts';
import { heldLog, heldLogReport, heldQuote, heldSet } from './stored.ts';
import { pinsJson } from './view.ts';
import type { MachineView } from './view.ts';

export interface HandOutPorts {
  readonly blobs: Blobs;
  readonly judge: Judge;
  readonly view: MachineView;
  readonly policies: Policies;
  readonly rowOf: (id: string) => Promise<{ row: MachineRow }>;
}

export function createHandOut(ports: HandOutPorts): Pick<Machines, 'raw' | 'eventLog' | 'bundle'> {
  const { blobs, judge, view, policies, rowOf } = ports;
  return {
    raw(sha256) {
      const data = blobs.get(readId(sha256));
      if (data === null) throw new Refusal('BLOB_UNKNOWN', 'No file with this hash is kept here.');
      return { data, name: `${sha256.slice(0, 16)}.${data[0] === 0x7b ? 'json' : 'bin'}` };
    },
    async eventLog(id) {
      const { row } = await rowOf(id);
      const quote = heldQuote(blobs, row);
      return quote === null ? null : heldLogReport(blobs, row, quote);
    },
    async bundle(id) {
      const { row } = await rowOf(id);
      const quote = heldQuote(blobs, row);
      const set = heldSet(blobs, row);
      const { policy } = await policies.current();
      const verdict = view.storedVerdict(row, policy);
      if (quote === null || set === null || verdict === null)
        throw new Refusal('MACHINE_NO_QUOTE', 'A bundle needs the quote and the collateral of the machine.');
      const log = heldLog(blobs, row);
      const root = judge.rootOf(quote);
      const facts = factsOf(set.highest);
      const content = {
        at: Math.floor(Date.parse(verdict.verifiedAt) / 1000),
        quote,
        collateral: set.collateral,
        policy: withPins(policy, pinsJson(row)),
        ...(log === null ? {} : { log }),
        ...(facts === undefined ? {} : { facts }),
        ...(root === undefined ? {} : { root }),
      };
      const mark = verdict.simulated ? 'SIMULATED-' : '';
      return {
        data: writeBundle(content, verdict),
        name: `${mark}${row.name.replaceAll(/[^\w.-]+/g, '-')}.evidence`,
      };
    },
  };
}
