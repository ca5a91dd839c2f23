/**
 * Machines: registration, judgement of their evidence, pins, capacity. A record carries the grade and the hashes;
 * the whole verdict is judged again from the stored quote and collateral whenever somebody looks.
 */
import { randomBytes } from 'node:crypto';
import type {
  Capacity,
  CollateralInput,
  Machine,
  Pins,
  QuoteInput,
  Receipt,
  Register,
  VerdictJson,
} from '../../../contract/index.ts';
import { fromBase64url, fromHex, readId, Refusal, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import type { Value } from '../../../protocol/bytes/index.ts';
import {
  machineKey,
  platformHint,
  readCollateral,
  readQuoteFile,
} from '../../../protocol/attestation/index.ts';
import type { Collateral, MachineRow, Policy, Verdict } from '../../../protocol/attestation/index.ts';
import { loadKey, offerKey } from '../../../protocol/compute/index.ts';
import type { LoadRow, OfferRow } from '../../../protocol/compute/index.ts';
import {
  createVerifierCache,
  createCollateralService,
  createFolderCollateralSource,
  verifyQuote,
} from '../../attestation/index.ts';
import type { QuoteSource } from '../../attestation/index.ts';
import type { Blobs } from '../../store/index.ts';
import type { Coalitions } from '../coalition/index.ts';
import type { Ledger } from '../ledger/index.ts';

export interface MachinePorts {
  readonly ledger: Ledger;
  readonly coalitions: Coalitions;
  readonly blobs: Blobs;
  readonly guest: QuoteSource;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Evidence as it was handed in and judged. */
export interface Judged {
  readonly verdict: Verdict;
  readonly quote: Uint8Array;
  /** The collateral as it will be stored; null when none was given. */
  readonly collateral: Uint8Array | null;
}

export interface Machines {
  /** Judges without recording. `at`: Unix milliseconds, default now. Errors: `QUOTE_*`, `COLLATERAL_*`, `GUEST_*`. */
  judge(
    quote: QuoteInput,
    collateral: CollateralInput,
    at: number | undefined,
    pins: Pins | undefined,
  ): Promise<Judged>;
  detect(): Promise<{
    state: 'in-td' | 'td-without-quoting-path' | 'not-in-td';
    sentence: string;
    path: string | null;
  }>;
  list(): Promise<Machine[]>;
  /** Whether any machine stood on simulated evidence when they were last read. */
  simulated(): boolean;
  /** Errors: `MACHINE_UNKNOWN`. */
  get(id: string): Promise<Machine>;
  register(
    name: string,
    quote: QuoteInput,
    collateral: CollateralInput,
    at: number | undefined,
  ): Promise<Answer>;
  recheck(id: string, collateral: CollateralInput | undefined, at: number | undefined): Promise<Answer>;
  pin(id: string, registers: readonly Register[]): Promise<Answer>;
  unpin(id: string): Promise<Answer>;
  offer(id: string, capacity: Capacity & { readonly tdx: boolean }): Promise<Answer>;
  withdraw(id: string): Promise<Answer>;
  retire(id: string): Promise<Answer>;
  raw(sha256: string): { data: Uint8Array; name: string };
}
type Answer = { machine: Machine; receipt: Receipt };

export function createMachines({ ledger, coalitions, blobs, guest, now }: MachinePorts): Machines {
  const cache = createVerifierCache();
  let simulated = false;

  const readQuote = async (input: QuoteInput): Promise<Uint8Array> => {
    if (input.kind === 'bytes') return readQuoteFile(fromBase64url(input.data)).quote;
    if (input.kind === 'none') throw new Refusal('QUOTE_EMPTY', 'No quote was given.');
    // bound to this node's key until challenges exist; the first half names who asks
    const reportData = new Uint8Array(64);
    reportData.set(ledger.author());
    return (await guest.quote(reportData)).quote;
  };

  const fetchCollateral = async (
    input: CollateralInput,
    quote: Uint8Array,
    at: number,
  ): Promise<Collateral | null> => {
    if (input.kind === 'none') return null;
    if (input.kind === 'file') return readCollateral(fromBase64url(input.data));
    const hint = platformHint(quote);
    if (hint === null) throw new Refusal('QUOTE_FORMAT', 'The quote does not say which platform it is from.');
    const source =
      input.kind === 'folder'
        ? createFolderCollateralSource(input.path)
        : createCollateralService({ base: input.url });
    return (await source.collateralFor(hint, at)).collateral;
  };

  const verdictOf = (
    quote: Uint8Array,
    collateral: Collateral | null,
    at: number,
    pins: Pins | undefined,
  ): Verdict =>
    verifyQuote({
      quote,
      at,
      cache,
      ...(collateral === null ? {} : { collateral }),
      ...(pins === undefined ? {} : { policy: { pins: pins as NonNullable<Policy['pins']> } }),
    });

  const judge: Machines['judge'] = async (quoteInput, collateralInput, atMs, pins) => {
    const at = Math.floor((atMs ?? now()) / 1000);
    const quote = await readQuote(quoteInput);
    const collateral = await fetchCollateral(collateralInput, quote, at);
    return {
      verdict: verdictOf(quote, collateral, at, pins),
      quote,
      collateral: collateral === null ? null : utf8(JSON.stringify(collateral)),
    };
  };

  /** What of a verdict goes into the record. */
  const judgement = ({ verdict, quote, collateral }: Judged): Record<string, Value> => ({
    evidence: verdict.evidence,
    ...(verdict.code === null ? {} : { code: verdict.code }),
    ...(verdict.status === null ? {} : { status: verdict.status }),
    simulated: verdict.simulated,
    judgedFor: Math.floor(Date.parse(verdict.verifiedAt) / 1000),
    quote: blobs.put(quote),
    ...(collateral === null ? {} : { collateral: blobs.put(collateral) }),
    anchor: fromHex(verdict.trustAnchor.sha256, 32),
  });

  const blobInfo = (sha256: Uint8Array | null) => {
    const bytes = sha256 === null ? null : blobs.get(sha256);
    return sha256 === null ? null : { sha256: toHex(sha256), size: bytes?.length ?? 0 };
  };

  const storedVerdict = (row: MachineRow): Verdict | null => {
    if (row.quote === null) return null;
    const quote = blobs.get(row.quote);
    if (quote === null) return null;
    const collateral = row.collateral === null ? null : blobs.get(row.collateral);
    const at = row.judgedFor ?? Math.floor(now() / 1000);
    return verdictOf(quote, collateral === null ? null : readCollateral(collateral), at, pinsJson(row));
  };

  const toMachine = async (coalition: Uint8Array, row: MachineRow): Promise<Machine> => {
    const [offer, load] = await Promise.all([
      ledger.row<OfferRow>(offerKey(coalition, row.machine)),
      ledger.row<LoadRow>(loadKey(coalition, row.machine)),
    ]);
    const verdict = storedVerdict(row);
    return {
      id: toHex(row.machine),
      name: row.name,
      owner: toHex(row.owner),
      state: row.state,
      sentence: sentenceOf(row, verdict, now()),
      simulated: row.simulated,
      stale: isStale(verdict, now()),
      registeredAt: row.registeredAt,
      index: row.index,
      stage: ledger.stageOf(row.index),
      verdict: verdict as VerdictJson | null,
      quote: blobInfo(row.quote),
      collateral: blobInfo(row.collateral),
      pins: pinsJson(row),
      offer:
        offer === undefined
          ? null
          : {
              cpuMillicores: offer.cpuMillicores,
              ramMib: offer.ramMib,
              storageGib: offer.storageGib,
              tdx: offer.tdx,
              since: offer.at,
              index: offer.index,
            },
      inUse: {
        cpuMillicores: load?.cpuMillicores ?? 0,
        ramMib: load?.ramMib ?? 0,
        storageGib: load?.storageGib ?? 0,
      },
      history: row.history.toReversed().map((event) => ({ ...event })),
    };
  };

  const rowOf = async (id: string): Promise<{ coalition: Uint8Array; row: MachineRow }> => {
    const coalition = await coalitions.id();
    const row = await ledger.row<MachineRow>(machineKey(coalition, readId(id)));
    if (row === undefined) throw new Refusal('MACHINE_UNKNOWN', 'No such machine is registered here.');
    return { coalition, row };
  };
  const get = async (id: string): Promise<Machine> => {
    const { coalition, row } = await rowOf(id);
    return toMachine(coalition, row);
  };
  const submit = async (kind: string, id: string, body: Record<string, Value> = {}): Promise<Answer> => {
    const receipt = await ledger.submit(
      kind,
      { machine: readId(id), ...body },
      { coalition: await coalitions.id() },
    );
    return { machine: await get(id), receipt };
  };

  return {
    judge,
    async detect() {
      const { state, available, detail } = await guest.look();
      return {
        state: state === 'file' ? 'not-in-td' : state,
        sentence: detail,
        path: available ? guest.name : null,
      };
    },
    async list() {
      const current = await coalitions.current();
      if (current === null) return [];
      const rows = await ledger.rows<MachineRow>(`machine/${current.id}/`);
      simulated = rows.some(([, row]) => row.simulated && row.state !== 'retired');
      const machines = await Promise.all(rows.map(([, row]) => toMachine(readId(current.id), row)));
      return machines.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
    },
    simulated: () => simulated,
    get,
    async register(name, quote, collateral, at) {
      const id = toHex(randomBytes(32));
      if (quote.kind === 'none')
        return submit('machine.registered', id, { name, evidence: 'none', simulated: false });
      const judged = await judge(quote, collateral, at, undefined);
      if (judged.verdict.evidence === 'refused')
        throw new Refusal('EVIDENCE_REFUSED', `The quote is refused: ${failedCheck(judged.verdict)}`, {
          reason: judged.verdict.code ?? '',
        });
      return submit('machine.registered', id, { name, ...judgement(judged) });
    },
    async recheck(id, collateral, at) {
      const { row } = await rowOf(id);
      const quote = row.quote === null ? null : blobs.get(row.quote);
      if (quote === null)
        throw new Refusal('MACHINE_NO_QUOTE', 'This machine has no stored quote to judge again.');
      const seconds = Math.floor((at ?? now()) / 1000);
      const held = row.collateral === null ? null : blobs.get(row.collateral);
      const used =
        collateral !== undefined
          ? await fetchCollateral(collateral, quote, seconds)
          : held === null
            ? null
            : readCollateral(held);
      const verdict = verdictOf(quote, used, seconds, pinsJson(row));
      const bytes = used === null ? null : utf8(JSON.stringify(used));
      return submit('machine.attested', id, judgement({ verdict, quote, collateral: bytes }));
    },
    async pin(id, registers) {
      const { row } = await rowOf(id);
      const report = storedVerdict(row)?.report;
      if (report === undefined || report === null)
        throw new Refusal('MACHINE_NO_QUOTE', 'A machine without a readable quote has nothing to pin.');
      const valueOf = (register: Register): string =>
        register === 'mrtd' ? report.mrTd : (report.rtmr[Number(register.slice(4))] ?? '');
      const pins = Object.fromEntries(
        registers.map((register) => [register, [fromHex(valueOf(register), 48)]]),
      );
      const before = Object.fromEntries(
        Object.entries(row.pins).filter(([, values]) => values !== undefined),
      );
      return submit('machine.pinned', id, { pins: { ...before, ...pins } as Value });
    },
    unpin: (id) => submit('machine.unpinned', id),
    offer: (id, { cpuMillicores, ramMib, storageGib, tdx }) =>
      submit('capacity.offered', id, { cpuMillicores, ramMib, storageGib, tdx }),
    withdraw: (id) => submit('capacity.withdrawn', id),
    retire: (id) => submit('machine.retired', id),
    raw(sha256) {
      const data = blobs.get(readId(sha256));
      if (data === null) throw new Refusal('BLOB_UNKNOWN', 'No file with this hash is kept here.');
      return { data, name: `${sha256.slice(0, 16)}.${data[0] === 0x7b ? 'json' : 'bin'}` };
    },
  };
}

const pinsJson = (row: MachineRow): Pins =>
  Object.fromEntries(
    Object.entries(row.pins).flatMap(([register, values]) =>
      values === undefined ? [] : [[register, values.map(toHex)] as const],
    ),
  );

const failedCheck = (verdict: Verdict): string =>
  verdict.checks.find((check) => check.outcome === 'failed' || check.outcome === 'stale')?.detail ??
  'a check did not pass.';

/** Evidence is of the moment it was judged for; when its collateral has expired, a new judgement is due. */
const isStale = (verdict: Verdict | null, now: number): boolean =>
  verdict !== null && verdict.collateralExpires !== null && Date.parse(verdict.collateralExpires) <= now;

function sentenceOf(row: MachineRow, verdict: Verdict | null, now: number): string {
  switch (row.state) {
    case 'none':
      return 'Not in a TD: registered without evidence.';
    case 'retired':
      return 'Retired; it takes no part any more.';
    case 'refused':
      return verdict === null
        ? `Refused (${row.code ?? 'no reason kept'}).`
        : `Refused: ${failedCheck(verdict)}`;
    case 'incomplete':
      return 'Signed by a genuine platform key; not every check could be made.';
    case 'genuine':
      return isStale(verdict, now)
        ? `A genuine TDX platform, ${row.status ?? 'status unknown'}, when it was judged; the collateral has expired since.`
        : `A genuine TDX platform, ${row.status ?? 'status unknown'}.`;
  }
}
