/** The machines service as its callers see it. */
import type {
  Alarm,
  AttestationPolicy,
  BulkRow,
  Capacity,
  CollateralInput,
  Machine,
  Pins,
  Problem,
  QuoteInput,
  Receipt,
  Register,
  Settings,
} from '../../../contract/index.ts';
import type {
  Collateral,
  EventLogReport,
  KnownNumbers,
  PlatformQuery,
  Verdict,
} from '../../../protocol/attestation/index.ts';
import type { Cloud, CollateralEntry, CollateralStore, QuoteSource } from '../../attestation/index.ts';
import type { Blobs } from '../../store/index.ts';
import type { Coalitions } from '../coalition/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Operations } from '../operations/index.ts';
import type { ChallengeSchedule } from './challenges.ts';
import type { Policies, PolicyTrial } from './policy.ts';

export interface MachinePorts {
  readonly ledger: Ledger;
  readonly coalitions: Coalitions;
  readonly operations: Operations;
  readonly blobs: Blobs;
  readonly guest: QuoteSource;
  readonly collateralStore: CollateralStore;
  readonly settings: () => Settings;
  /** DER of the roots whose evidence counts as SIMULATED. */
  readonly simulatedRoots: readonly Uint8Array[];
  /** Whether entries can be written now: the vault is open, and the store takes them. */
  readonly writable: () => boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly note: (sentence: string) => void;
  readonly changed: () => void;
  /** Called when `problems` changed. */
  readonly troubled: () => void;
}

/** Evidence as it was handed in and judged. */
export interface Judged {
  readonly verdict: Verdict;
  readonly quote: Uint8Array;
  /** The collateral as it will be stored; null when none was given. */
  readonly collateral: Uint8Array | null;
  readonly eventLog: Uint8Array | null;
  /** The event log replayed against the quote, when first asked; null without one. */
  readonly log: () => EventLogReport | null;
  /** Numbers of collateral that were known; undefined where nobody remembered any. */
  readonly highest?: KnownNumbers | undefined;
}

/** What is handed in as evidence. */
export interface Evidence {
  readonly quote: QuoteInput;
  readonly collateral: CollateralInput;
  readonly eventLog?: string | undefined;
  /** Unix milliseconds; default now. */
  readonly at?: number | undefined;
}

export interface Machines {
  /** Judges without recording, by `policy` or the one in force. Errors: `QUOTE_*`, `COLLATERAL_*`, `GUEST_*`. */
  judge(evidence: Evidence, pins?: Pins, policy?: AttestationPolicy): Promise<Judged>;
  detect(): Promise<{
    state: 'in-td' | 'td-without-quoting-path' | 'not-in-td';
    sentence: string;
    path: string | null;
    cloud: Cloud | null;
  }>;
  list(): Promise<Machine[]>;
  /** Whether any machine stood on simulated evidence when they were last read. */
  simulated(): boolean;
  /** Errors: `MACHINE_UNKNOWN`. */
  get(id: string): Promise<Machine>;
  register(name: string, evidence: Evidence): Promise<Answer>;
  recheck(id: string, collateral: CollateralInput | undefined, at: number | undefined): Promise<Answer>;
  /**
   * Where this node runs in the machine, it answers at once; what hinders it stands in the challenge, which stays
   * open and is tried again. Errors: `CHALLENGE_OPEN`, `MACHINE_NO_QUOTE`.
   */
  challenge(id: string): Promise<Answer>;
  /** Errors: `CHALLENGE_UNKNOWN`, `CHALLENGE_LAPSED`, `REPORT_DATA`. */
  prove(
    id: string,
    quote: QuoteInput,
    collateral: CollateralInput | undefined,
    eventLog: string | undefined,
  ): Promise<Answer>;
  pin(id: string, registers: readonly Register[]): Promise<Answer>;
  unpin(id: string): Promise<Answer>;
  offer(id: string, capacity: Capacity & { readonly tdx: boolean }): Promise<Answer>;
  withdraw(id: string): Promise<Answer>;
  retire(id: string): Promise<Answer>;
  raw(sha256: string): { data: Uint8Array; name: string };
  /** The stored event log, replayed against the stored quote; null when there is none. */
  eventLog(id: string): Promise<EventLogReport | null>;
  /** Errors: `MACHINE_NO_QUOTE` when quote or collateral are not kept. */
  bundle(id: string): Promise<{ data: Uint8Array; name: string }>;
  readonly policies: Policies;
  /** What a policy would say of the live machines, beside the one in force. Errors: `POLICY_FORMAT`. */
  tryPolicy(policy: AttestationPolicy): Promise<PolicyTrial>;
  alarms(): Promise<Alarm[]>;
  /**
   * Verifies every quote in a folder under the policy in force; answers the id of the operation. `at`: Unix
   * milliseconds, default now. Errors: `FOLDER_UNREADABLE`.
   */
  verifyFolder(request: {
    readonly folder: string;
    readonly collateral: CollateralInput;
    readonly at?: number | undefined;
  }): Promise<string>;
  /** All rows by name when it is done; before that the latest ones. Errors: `FOLDER_RESULT_UNKNOWN`. */
  folderResult(operation: string): { rows: readonly BulkRow[]; done: boolean };
  readonly collateral: {
    /** From the service of the settings, or what is kept of it. Errors: `COLLATERAL_*`. */
    collateralFor(platform: PlatformQuery, at: number): Promise<{ readonly collateral: Collateral }>;
    entries(): Promise<CollateralEntry[]>;
    refresh(): Promise<void>;
  };
  /** Standing problems: settings by which nobody can be asked for collateral. */
  problems(): Problem[];
  readonly schedule: Pick<ChallengeSchedule, 'look'>;
  /** Begins to refresh and to look after challenges, behind whoever calls. */
  start(): Promise<void>;
  /** Takes new settings. */
  renew(): Promise<void>;
  /** Stops; waits for what is under way. */
  close(): Promise<void>;
}

export type Answer = { machine: Machine; receipt: Receipt };
