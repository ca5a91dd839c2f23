/**
 * Which ordered log a node writes to: its own committee of one, or etcd where it was started so. An etcd that does
 * not answer does not keep the node from starting; it is a standing problem and is tried again.
 */
import type { Problem } from '../../contract/index.ts';
import { toProblem } from '../../contract/index.ts';
import { idFrom, Refusal, toHex } from '../../protocol/bytes/index.ts';
import type { KeyVault, Store } from '../store/index.ts';
import type { Ledger } from '../services/ledger/index.ts';
import { nodeOrigin, openCommitteeOfOne, readEtcdAddress } from '../substrate/log/index.ts';
import type { OrderedLog } from '../substrate/log/index.ts';

export interface OrderedLogPorts {
  /** `etcd://host:port…`; undefined: the node orders its own log. */
  readonly address: string | undefined;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly vault: KeyVault;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly note: (sentence: string) => void;
  /** Problems have come or gone. */
  readonly changed: () => void;
}

export interface NodeLog {
  /** Opens the log once there are keys, and signs what could not be signed while they were locked. */
  open(): Promise<void>;
  problems(): readonly Problem[];
  close(): Promise<void>;
}

/** Between two attempts to reach an etcd that is away, milliseconds. */
const AGAIN = 5000;

/** Errors: `ORDERED_LOG_ADDRESS`. */
export function createNodeLog(ports: OrderedLogPorts): NodeLog {
  const { address, ledger, store, vault, now, note } = ports;
  const endpoints = address === undefined ? null : readEtcdAddress(address);
  let trouble: Refusal | null = null;
  let timer: NodeJS.Timeout | undefined;
  let opening: Promise<void> | null = null;
  let closed = false;

  const make = async (keys: NonNullable<ReturnType<KeyVault['publicKeys']>>): Promise<OrderedLog> => {
    const self = toHex(keys.node);
    const origin = nodeOrigin(self);
    if (endpoints === null) return openCommitteeOfOne({ origin, store, vault, now });
    // what only few need is loaded when it is needed
    const { openEtcdCommittee } = await import('../substrate/etcd/index.ts');
    return openEtcdCommittee({
      endpoints,
      subject: idFrom(origin),
      origin,
      self,
      members: {
        voters: [{ node: keys.node, log: keys.log, cosigner: keys.cosigner }],
        learners: [],
        operators: [keys.node],
      },
      signer: { log: keys.log, cosigner: keys.cosigner, sign: (key, message) => vault.sign(key, message) },
      store,
      now,
      note,
    });
  };

  const attempt = async (): Promise<void> => {
    const keys = vault.publicKeys();
    if (keys === null || closed) return;
    try {
      ledger.attach(await make(keys));
      if (trouble !== null) ports.changed();
      trouble = null;
    } catch (error) {
      if (endpoints === null || !(error instanceof Refusal)) throw error;
      if (trouble === null) note(error.message);
      trouble = error;
      ledger.missing(error);
      ports.changed();
      timer = setTimeout(() => void open().catch(() => undefined), AGAIN);
      timer.unref();
    }
  };
  const open = async (): Promise<void> => {
    const log = ledger.log();
    if (log !== null) return log.resume();
    opening ??= attempt().finally(() => {
      opening = null;
    });
    return opening;
  };

  return {
    open,
    problems: () => (trouble === null ? [] : [toProblem(trouble.code, trouble.message, trouble.details)]),
    async close() {
      closed = true;
      clearTimeout(timer);
      await opening?.catch(() => undefined);
      await ledger.log()?.close();
    },
  };
}
