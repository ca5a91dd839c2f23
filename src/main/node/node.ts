/** The composition root: opens, wires, starts and stops one node. The only place where ports meet services. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { CONTRACT_MAJOR } from '../../contract/index.ts';
import type { About, Scope, Settings } from '../../contract/index.ts';
import { Refusal, toHex } from '../../protocol/bytes/index.ts';
import { createFolderCollateralStore, createGuestQuoteSource } from '../attestation/index.ts';
import type { QuoteSource } from '../attestation/index.ts';
import { createSignatureChecker } from '../hashes.ts';
import { createChronicle } from '../services/chronicle/index.ts';
import type { Chronicle } from '../services/chronicle/index.ts';
import { createCoalitions, createIdentity } from '../services/coalition/index.ts';
import type { Coalitions, Identity } from '../services/coalition/index.ts';
import {
  createCompute,
  createDockerEngine,
  createRegistry,
  endpointText,
  readAddress,
} from '../services/compute/index.ts';
import type { Compute } from '../services/compute/index.ts';
import { createEvents } from '../services/events/index.ts';
import type { Events } from '../services/events/index.ts';
import { startHealth } from '../services/health/index.ts';
import type { Health } from '../services/health/index.ts';
import { createIssuer } from '../services/issuer/index.ts';
import type { Issuer } from '../services/issuer/index.ts';
import { createLedger } from '../services/ledger/index.ts';
import { createMachines, readSimulatedRoots } from '../services/machines/index.ts';
import type { Machines } from '../services/machines/index.ts';
import { createNetwork } from '../services/network/index.ts';
import type { Network } from '../services/network/index.ts';
import { createOperations } from '../services/operations/index.ts';
import type { Operations } from '../services/operations/index.ts';
import { openSettings } from '../services/settings/index.ts';
import type { SettingsService } from '../services/settings/index.ts';
import { openFolderBlobs, openThreadedStore, openVault, ownerOnly } from '../store/index.ts';
import type { Seal } from '../store/index.ts';
import { lockFolder } from './lock.ts';
import { createNodeLog } from './ordered-log.ts';
import { rebuildNotes } from './rebuild-notes.ts';
import { VERSION } from './version.ts';

export interface NodeOptions {
  /** Data folder; made if it is absent. */
  readonly folder: string;
  readonly host: About['host'];
  readonly seal: Seal;
  /** Unix milliseconds; default the system clock. */
  readonly now?: () => number;
  readonly guest?: QuoteSource;
  /** `etcd://host:port[,host:port…]`: who orders the log; absent: this node does (docs/ordered-log.md). */
  readonly orderedLog?: string;
  /** Settings that differ from the defaults until a person changes them. */
  readonly defaults?: Partial<Settings>;
  /** Hears, in sentences, of what keeps the node from being open yet. */
  readonly opening?: (sentence: string) => void;
}

/** A running node as the API sees it. */
export interface MusterNode {
  readonly identity: Identity;
  readonly coalitions: Coalitions;
  readonly machines: Machines;
  readonly issuer: Issuer;
  readonly compute: Compute;
  readonly chronicle: Chronicle;
  readonly network: Network;
  readonly operations: Operations;
  readonly settings: SettingsService;
  readonly events: Events;
  readonly health: Health;
  readonly log: Logger;
  readonly folder: string;
  about(): Omit<About, 'session'>;
  /** A host that serves a console sets how a pairing link is made; absent: no such capability. */
  setPairing(pair: (scopes: readonly Scope[]) => { url: string; expires: number }): void;
  pair(): ((scopes: readonly Scope[]) => { url: string; expires: number }) | null;
  /** Stops everything in order; what was acknowledged is on disk. */
  close(): Promise<void>;
}

/** Errors: `DATA_IN_USE`, `DATA_FOLDER`, `STORE_*`, `VAULT_*`, `ORDERED_LOG_ADDRESS`. */
export async function openNode(options: NodeOptions): Promise<MusterNode> {
  const { folder, host, seal, now = Date.now } = options;
  const startedAt = now();
  makeFolder(folder);
  const unlock = lockFolder(folder);
  /** What is open already, for the case that the next thing fails. */
  const opened: { close(): Promise<void> }[] = [];
  try {
    const path = join(folder, 'store.db');
    const vault = openVault(join(folder, 'vault.json'), seal);
    const log = openLogFile(join(folder, 'muster.log'));
    opened.push({ close: async () => log.flush() });
    const store = await openThreadedStore(
      { path, headPath: join(folder, 'head'), rules: 'kinds' },
      rebuildNotes(now, (sentence) => {
        log.info(sentence);
        options.opening?.(sentence);
      }),
    );
    opened.push(store);
    const settings = await openSettings(store, options.defaults);
    const operations = createOperations(now);
    const events: Events = createEvents(() => {
      const head = ledger.log()?.head() ?? { size: store.health.size, checkpoint: store.health.checkpoint };
      return {
        log: {
          size: head.size,
          committed: head.checkpoint?.size ?? 0,
          committedAt: head.checkpoint?.at ?? null,
          witnesses: 0,
        },
        runningOperations: operations.list().filter(({ state }) => state === 'running').length,
        problems: standing().length,
        simulated: machines.simulated(),
        now: now(),
      };
    });
    /** What a person should look at, as long as it lasts. */
    const standing = () => [
      ...nodeLog.problems(),
      ...network.problems(),
      ...health.problems(),
      ...machines.problems(),
    ];
    const ledger = createLedger({ store, vault, events, now });
    const health = startHealth({
      path,
      health: store.health,
      now,
      changed: () => events.changed('problems'),
    });
    opened.push(health);
    const nodeLog = createNodeLog({
      address: options.orderedLog,
      ledger,
      store,
      vault,
      now,
      note: (sentence) => log.warn(sentence),
      changed: () => events.changed('problems'),
    });
    const identity = createIdentity({
      vault,
      ledger,
      openLog: nodeLog.open,
      quietly: (lock) => network.closedFor(lock),
      changed: () => {
        events.changed('identity');
        void network.review().catch((error: unknown) => log.error({ error: String(error) }, 'network'));
      },
    });
    const coalitions = createCoalitions({ vault, ledger });
    const check = createSignatureChecker();
    const issuer = createIssuer({ store, vault, ledger, coalitions, check, now });
    const guest = options.guest ?? guestOf(() => settings.current().quoteHelper);
    const blobs = openFolderBlobs(join(folder, 'blobs'));
    const note = (sentence: string): void => log.warn(sentence);
    const simulatedRoots = readSimulatedRoots(join(folder, 'simulated-roots'), note);
    const machines = createMachines({
      ledger,
      coalitions,
      operations,
      blobs,
      guest,
      collateralStore: createFolderCollateralStore(join(folder, 'collateral')),
      settings: settings.current,
      simulatedRoots,
      writable: () => vault.state() === 'ready' && store.health.writable,
      now,
      note,
      changed: () => events.changed('machines'),
      troubled: () => events.changed('problems'),
    });

    const network = await createNetwork({
      folder,
      vault,
      store,
      events,
      evidence: {
        collateralFor: machines.collateral.collateralFor,
        simulatedRoots,
        policy: async () => (await machines.policies.current()).policy,
      },
      settings: settings.current,
      guest,
      stopQuote: () => settings.set({ networkQuote: false }),
      now,
      note,
      changed: () => events.changed('network'),
      troubled: () => events.changed('problems'),
    });
    opened.push(network);

    const engineOf = () => {
      const endpoint = readAddress(settings.current());
      return { engine: createDockerEngine(endpoint, { node: nodeLabel() }), address: endpointText(endpoint) };
    };
    const nodeLabel = (): string => toHex(vault.publicKeys()?.node ?? new Uint8Array(32));
    let engine: ReturnType<typeof engineOf> | null = null;
    settings.subscribe(() => {
      engine = null;
      void network.review().catch((error: unknown) => log.error({ error: String(error) }, 'network'));
      void machines.renew().catch((error: unknown) => log.warn(String(error)));
      events.changed('settings');
      events.changed('network');
    });
    const compute = createCompute({
      ledger,
      coalitions,
      operations,
      store,
      events,
      engine: () => (engine ??= engineOf()),
      registry: () => createRegistry({ insecure: settings.current().insecureRegistries }),
    });
    opened.push(nodeLog);
    await nodeLog.open();
    operations.subscribe(() => events.touched());
    opened.push(machines);
    await machines.start();
    void network.review().catch((error: unknown) => log.error({ error: String(error) }, 'network'));
    void compute.resume().catch((error: unknown) => log.error({ error: String(error) }, 'resume failed'));

    let pairing: ReturnType<MusterNode['pair']> = null;
    log.info({ version: VERSION, host }, 'node started');
    return {
      identity,
      coalitions,
      machines,
      issuer,
      compute,
      chronicle: createChronicle({ store, ledger }),
      network,
      operations,
      settings,
      events,
      health,
      log,
      folder,
      about: () => ({
        version: VERSION,
        contract: CONTRACT_MAJOR,
        host,
        capabilities: pairing === null ? [] : ['pair'],
        runtime: `Node ${process.versions.node}`,
        dataFolder: folder,
        startedAt,
        problems: standing(),
      }),
      setPairing(pair) {
        pairing = pair;
      },
      pair: () => pairing,
      async close() {
        await compute.close();
        await operations.close();
        await machines.close();
        await network.close();
        await nodeLog.close();
        await health.close();
        await store.close();
        log.info('node stopped');
        log.flush();
        unlock();
      },
    };
  } catch (error) {
    for (const one of opened.toReversed()) await one.close();
    unlock();
    throw error;
  }
}

/** This machine as a source of quotes, by the helper of the settings as they are at each call. */
function guestOf(helperPath: () => string): QuoteSource {
  const source = (): QuoteSource => {
    const helper = helperPath();
    return createGuestQuoteSource(helper === '' ? {} : { helper });
  };
  return {
    name: 'guest',
    look: () => source().look(),
    quote: (reportData) => source().quote(reportData),
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Refusal('DATA_FOLDER', `${folder} cannot be made (${(error as Error).message}).`);
  }
}

/** The activity log; where it cannot be written (a full disk), lines are lost and the node goes on. */
function openLogFile(path: string): Logger {
  ownerOnly(path);
  const file = pino.destination({ dest: path, sync: false });
  file.on('error', () => undefined);
  return pino({ base: null, redact: ['passphrase', 'token'] }, file);
}
