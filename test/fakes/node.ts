/**
 * A node of made-up data behind the real contract, served with the real renderer under the real content policy:
 * for looks and renderer tests only. Its small Chronicle is really signed; the very full one is made up beyond it.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getEventMeta, implement, ORPCError, withEventMeta } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer } from 'ws';
import { contract, CONTRACT_MAJOR, defaultSettings, toProblem } from '../../src/contract/index.ts';
import type {
  AttestationPolicy,
  CoalitionInfo,
  EntrySummary,
  Event,
  IdentityState,
  LogLine,
  Machine,
  NetworkStatus,
  Settings,
  Status,
  Topic,
} from '../../src/contract/index.ts';
import { explainPolicy } from '../../src/protocol/attestation/index.ts';
import type { Policy } from '../../src/protocol/attestation/index.ts';
import { fromHex, peerIdText, toBase64, toBase64url, toHex } from '../../src/protocol/bytes/index.ts';
import { findAsset, loadAssets } from '../../src/main/hosts/assets.ts';
import { securityHeaders } from '../../src/main/hosts/console/headers.ts';
import { bodyOf, hexOf, kindAt, makeData, verdictOf } from './node/data.ts';
import type { DataSet } from './node/data.ts';
import { alarmsOf, cached, eventLogOf, folderRows, judge, presets } from './node/attestation.ts';
import { openChallenge } from './node/machines.ts';
import { plain, signedLog } from './node/log.ts';
import { groupsOf, peersOf, presented, proofOf, shownTickets, statusOf, streamsOf } from './node/network.ts';

export interface FakeOptions {
  readonly data: DataSet;
  /** Folder of the built renderer. */
  readonly renderer: string;
  readonly settings?: Partial<Settings>;
  /** Begin without identity and coalition. */
  readonly fresh?: boolean;
  readonly locked?: boolean;
  readonly contractMajor?: number;
  /** The page learns what it may do when this has passed. */
  readonly aboutAfter?: Promise<void>;
  /** Makes the list of machines fail, to see what unknown looks like. */
  readonly failMachines?: boolean;
  /** How many peers the network has; by default what suits the data. */
  readonly peers?: number;
  /** What the network is when the setting has turned it on. */
  readonly network?: NetworkStatus['state'];
  readonly port?: number;
}

export interface FakeNode {
  readonly origin: string;
  /** Cuts every connection; `down` refuses new ones until called with false. */
  cut(): void;
  down(isDown: boolean): void;
  /** Something happens: a new entry, told to every face. */
  append(): void;
  close(): Promise<void>;
}

const sleep = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

export async function startFakeNode(options: FakeOptions): Promise<FakeNode> {
  const now = Date.now();
  const owner = hexOf('owner');
  const coalitionId = hexOf('coalition');
  const data = makeData(options.data, owner, coalitionId, now);
  const log = signedLog(fromHex(coalitionId), data.history);
  const surplus = data.size - log.size();
  const size = (): number => log.size() + surplus;
  const made = (index: number): EntrySummary => {
    const kind = kindAt(index);
    return {
      index,
      id: `bafyrei${'a'.repeat(45)}${index
        .toString()
        .padStart(7, '2')
        .replaceAll(/[0189]/g, 'b')}`,
      kind,
      author: owner,
      seq: index,
      at: now - (size() - index) * 4000,
      stage: 'committed',
      refused: index % 997 === 0 ? 'TICKET_EXISTS' : null,
      size: 312,
      body: plain(bodyOf(kind, index, owner)),
    };
  };
  // the signed entries are the oldest ones
  const summary = (index: number): EntrySummary =>
    index < log.size() && surplus === 0 ? log.summary(index) : made(index);
  const newest = () => {
    const [first] = log.checkpoints();
    return first === undefined ? null : { ...first, size: surplus === 0 ? first.size : size() };
  };

  let settings: Settings = { ...defaultSettings, network: options.data !== 'empty', ...options.settings };
  const peerCount = options.peers ?? { empty: 0, normal: 11, full: 200 }[options.data];
  const peers = peersOf(peerCount, now);
  let tags = ['signals', 'eu-central'];
  let shown = shownTickets(options.data, now);
  const networkState = (): NetworkStatus['state'] =>
    !settings.network ? 'off' : (options.network ?? (identity.state === 'locked' ? 'locked' : 'on'));
  const networkStatus = (): NetworkStatus =>
    statusOf(networkState(), identity.peer, peers, tags, shown, now, options.data === 'full');
  let identity: IdentityState = {
    state: options.fresh === true ? 'absent' : options.locked === true ? 'locked' : 'ready',
    peer: options.fresh === true ? null : owner,
    peerId: options.fresh === true ? null : peerIdText(fromHex(owner)),
    name: options.fresh === true ? null : 'signals-fra-1',
    createdAt: now - 86_400_000,
    vault: {
      backend: 'passphrase-file',
      needsPassphrase: true,
      protection: 'The keys rest in a file that only you can read, wrapped with your passphrase (scrypt).',
    },
  };
  const derivation = [
    { label: 'universe', id: hexOf('universe') },
    { label: 'name', id: hexOf('name') },
    { label: 'ticket issuer admission', id: hexOf('issuer') },
    { label: 'coalition', id: coalitionId },
  ];
  const found = (name: string): CoalitionInfo => ({
    id: coalitionId,
    config: {
      schemaVersion: 1,
      instanceName: name,
      lattices: [],
      organisms: [],
      confluences: [],
      modules: ['atlas', 'almanac', 'chronicle', 'compute'],
    },
    derivation,
    operator: owner,
    role: 'operator',
    since: now - 86_000_000,
    index: 1,
    stage: 'committed',
  });
  const coalitionName =
    options.data === 'full' ? 'signals.eu, the coalition of operators with a rather long name' : 'signals.eu';
  let coalition: CoalitionInfo | null = options.fresh === true ? null : found(coalitionName);

  const status = (): Status => ({
    log: { size: size(), committed: size(), committedAt: newest()?.at ?? null, witnesses: 1 },
    runningOperations: data.operations.length,
    problems: 0,
    simulated: data.machines.some(({ simulated }) => simulated),
    now: Date.now(),
  });
  const faces = new Set<(event: Event) => void>();
  let counter = 0;
  const tell = (topic: Topic): void => {
    for (const face of faces) face({ kind: 'changed', topic, ids: [], entry: null, status: status() });
  };
  const machineOf = (id: string): Machine => {
    const one = data.machines.find((machine) => machine.id === id);
    if (one === undefined)
      throw new ORPCError('PROBLEM', {
        status: 422,
        data: toProblem('MACHINE_UNKNOWN', 'There is no such machine.'),
      });
    return one;
  };
  const receipt = { index: 0, id: hexOf('receipt'), stage: 'sequenced' as const };
  const change = (id: string, how: Partial<Machine>) => {
    const machine = Object.assign(machineOf(id), how);
    setTimeout(() => tell('machines'), 50);
    return { machine, receipt };
  };

  let adopted: { policy: AttestationPolicy; index: number | null } = { policy: presets.default, index: null };
  const policyState = () => ({ ...adopted, explained: explainPolicy(adopted.policy as Policy) });

  const os = implement(contract);
  const router = os.router({
    identity: {
      get: os.identity.get.handler(() => identity),
      create: os.identity.create.handler(({ input }) => {
        identity = {
          ...identity,
          state: 'ready',
          peer: owner,
          peerId: peerIdText(fromHex(owner)),
          name: input.name,
        };
        return { identity, receipt };
      }),
      unlock: os.identity.unlock.handler(({ input, errors }) => {
        if (input.passphrase !== 'correct horse battery')
          throw errors.PROBLEM({
            data: toProblem('VAULT_PASSPHRASE', 'The passphrase does not open the vault.'),
          });
        return (identity = { ...identity, state: 'ready' });
      }),
      lock: os.identity.lock.handler(() => (identity = { ...identity, state: 'locked' })),
    },
    coalition: {
      get: os.coalition.get.handler(() => ({ current: coalition })),
      preview: os.coalition.preview.handler(() => ({
        id: coalitionId,
        config: found('signals.eu').config,
        derivation,
      })),
      create: os.coalition.create.handler(({ input }) => ({
        coalition: (coalition = found(input.name)),
        receipt,
      })),
      import: os.coalition.import.handler(() => ({ coalition: (coalition = found('signals.eu')), receipt })),
      export: os.coalition.export.handler(() => ({ name: 'signals.eu.json', file: '{}' })),
    },
    machines: {
      list: os.machines.list.handler(({ errors }) => {
        if (options.failMachines === true)
          throw errors.PROBLEM({ data: toProblem('STORE_READ', 'The store could not be read.') });
        return { machines: data.machines };
      }),
      get: os.machines.get.handler(({ input }) => machineOf(input.id)),
      register: os.machines.register.handler(({ input }) => {
        const machine: Machine = {
          id: hexOf(`machine ${input.name}`),
          name: input.name,
          owner,
          state: input.quote.kind === 'none' ? 'none' : 'incomplete',
          sentence: 'Registered just now.',
          simulated: false,
          stale: false,
          registeredAt: Date.now(),
          index: size() - 1,
          stage: 'sequenced',
          verdict:
            input.quote.kind === 'none' ? null : verdictOf(input.name, 'incomplete', false, Date.now()),
          quote: null,
          collateral: null,
          eventLog: null,
          challenge: null,
          provedAt: null,
          pins: {},
          offer: null,
          inUse: { cpuMillicores: 0, ramMib: 0, storageGib: 0 },
          history: [],
        };
        data.machines.push(machine);
        tell('machines');
        return { machine, receipt };
      }),
      recheck: os.machines.recheck.handler(({ input }) => change(input.id, {})),
      challenge: os.machines.challenge.handler(({ input }) =>
        change(input.id, { challenge: openChallenge(input.id, Date.now(), settings.challengeMinutes) }),
      ),
      prove: os.machines.prove.handler(({ input }) =>
        change(input.id, { challenge: null, provedAt: Date.now(), state: 'genuine', stale: false }),
      ),
      pin: os.machines.pin.handler(({ input }) => change(input.id, {})),
      unpin: os.machines.unpin.handler(({ input }) => change(input.id, { pins: {} })),
      offer: os.machines.offer.handler(({ input: { id, ...offer } }) =>
        change(id, { offer: { ...offer, since: Date.now(), index: 1 } }),
      ),
      withdraw: os.machines.withdraw.handler(({ input }) => change(input.id, { offer: null })),
      retire: os.machines.retire.handler(({ input }) => change(input.id, { state: 'retired' })),
    },
    attestation: {
      detect: os.attestation.detect.handler(() => ({
        state: 'not-in-td' as const,
        sentence: 'This is an ordinary machine: its processor does not report a TD.',
        path: null,
        cloud: null,
      })),
      verify: os.attestation.verify.handler(({ input }) => ({
        verdict: verdictOf(
          'preview',
          input.collateral.kind === 'none' ? 'incomplete' : 'genuine',
          false,
          Date.now(),
        ),
        quote: { sha256: hexOf('quote'), size: 5006 },
        eventLog: null,
      })),
      eventLog: os.attestation.eventLog.handler(({ input }) => ({
        log: eventLogOf(machineOf(input.machine)),
      })),
      raw: os.attestation.raw.handler(({ input }) => ({
        data: toBase64url(fromHex(input.sha256)),
        size: 32,
        name: 'quote.bin',
      })),
      policy: os.attestation.policy.handler(() => ({ ...policyState(), presets })),
      adoptPolicy: os.attestation.adoptPolicy.handler(({ input }) => {
        adopted = { policy: input.policy, index: size() - 1 };
        tell('machines');
        return { ...policyState(), receipt };
      }),
      tryPolicy: os.attestation.tryPolicy.handler(({ input }) => ({
        explained: explainPolicy(input.policy as Policy),
        machines: data.machines
          .filter(({ verdict }) => verdict !== null)
          .map((machine) => {
            const after = judge(input.policy, machine);
            return {
              id: machine.id,
              name: machine.name,
              before: judge(adopted.policy, machine).outcome,
              after: after.outcome,
              lines: after.lines,
            };
          }),
      })),
      collateral: os.attestation.collateral.handler(() => ({
        service: settings.collateralService,
        entries: cached(options.data, now),
      })),
      refreshCollateral: os.attestation.refreshCollateral.handler(() => {
        tell('settings');
        return {};
      }),
      alarms: os.attestation.alarms.handler(() => ({ alarms: alarmsOf(data.machines, options.data, now) })),
      verifyFolder: os.attestation.verifyFolder.handler(() => ({ operation: 'folder-1' })),
      folderResult: os.attestation.folderResult.handler(() => ({
        rows: folderRows(options.data === 'full' ? 10_000 : options.data === 'normal' ? 60 : 0),
        done: true,
      })),
      bundle: os.attestation.bundle.handler(({ input }) => ({
        data: toBase64url(fromHex(input.machine)),
        name: `${machineOf(input.machine).name}.evidence`,
      })),
    },
    tickets: {
      list: os.tickets.list.handler(({ input }) => ({
        tickets: data.tickets.slice(0, input.limit),
        more: data.tickets.length > input.limit,
      })),
      get: os.tickets.get.handler(({ input, errors }) => {
        const ticket = data.tickets.find(({ id }) => id === input.id);
        if (ticket === undefined)
          throw errors.PROBLEM({ data: toProblem('TICKET_UNKNOWN', 'There is no such ticket.') });
        return ticket;
      }),
      issue: os.tickets.issue.handler(({ input }) => {
        const subject = hexOf(input.peer);
        const ticket = {
          id: hexOf(`ticket ${data.tickets.length}`),
          subject,
          subjectId: peerIdText(fromHex(subject)),
          audience: coalitionId,
          role: input.role ?? null,
          issuedAt: Date.now(),
          notBefore: Date.now(),
          expires: Date.now() + input.lifetimeSeconds * 1000,
          state: 'valid' as const,
          revoked: null,
          index: size() - 1,
          stage: 'sequenced' as const,
        };
        data.tickets.unshift(ticket);
        tell('tickets');
        return {
          ticket,
          token: `eyJhbGciOiJFZERTQSJ9.${hexOf('token', 64)}.${hexOf('signature', 64)}`,
          receipt,
        };
      }),
      token: os.tickets.token.handler(() => ({ token: null })),
      verify: os.tickets.verify.handler(() => ({
        ok: false,
        code: 'TICKET_SIGNATURE',
        checks: [
          { id: 'format', outcome: 'passed' as const, detail: 'compact JWT, EdDSA, all claims present' },
          { id: 'signature', outcome: 'failed' as const, detail: 'Ed25519 over header and claims' },
          { id: 'subject', outcome: 'not-checked' as const, detail: 'no peer was given' },
        ],
        claims: { sub: hexOf('peer 1'), exp: 1_795_000_000 },
      })),
      revoke: os.tickets.revoke.handler(({ input, errors }) => {
        const ticket = data.tickets.find(({ id }) => id === input.id);
        if (ticket === undefined)
          throw errors.PROBLEM({ data: toProblem('TICKET_UNKNOWN', 'There is no such ticket.') });
        Object.assign(ticket, {
          state: 'revoked',
          revoked: { at: Date.now(), reason: input.reason, index: 1 },
        });
        tell('tickets');
        return { ticket, receipt };
      }),
    },
    compute: {
      engine: os.compute.engine.handler(() =>
        options.data === 'empty'
          ? {
              state: 'absent' as const,
              endpoint: settings.engine,
              name: null,
              version: null,
              sentence: 'No container engine answers at this endpoint.',
              cpus: null,
              memoryMib: null,
              allowlist: false,
            }
          : {
              state: 'ready' as const,
              endpoint: settings.engine,
              name: 'Docker',
              version: '29.1.0',
              sentence: 'Docker 29.1.0 is ready.',
              cpus: 48,
              memoryMib: 196_608,
              allowlist: true,
            },
      ),
      list: os.compute.list.handler(() => ({ workloads: data.workloads })),
      get: os.compute.get.handler(
        ({ input }) => data.workloads.find(({ id }) => id === input.id) ?? data.workloads[0]!,
      ),
      check: os.compute.check.handler(({ input }) => ({
        digest: input.image.split('@')[1] ?? '',
        sizeBytes: 67_108_864,
        layers: 3,
        requirements: {
          minCpuMillicores: 2000,
          minRamMib: 4096,
          minStorageGib: 10,
          tdx: 'required' as const,
          network: 'none' as const,
          networkAllow: [],
          readOnly: true,
        },
        fits: false,
        reasons: [
          {
            code: 'TDX_MISSING',
            sentence: 'The image requires TDX; this machine is offered without.',
            have: 'without TDX',
            need: 'TDX',
          },
        ],
      })),
      submit: os.compute.submit.handler(() => ({ workload: data.workloads[0]!, operation: null })),
      stop: os.compute.stop.handler(() => data.workloads[0]!),
      remove: os.compute.remove.handler(() => data.workloads[0]!),
      logs: os.compute.logs.handler(async function* ({ signal }) {
        let seq = 0;
        const line = (): LogLine => ({
          seq,
          at: now - 60_000 + seq * 10,
          stream: seq % 9 === 4 ? 'stderr' : 'stdout',
          text:
            seq % 9 === 4
              ? `warning: queue ${seq % 5} is ${(seq * 7) % 100} % full`
              : `batch ${seq++ && seq} ingested 512 records in ${(seq * 13) % 90} ms from feeds.example:443`,
        });
        const some = (n: number): LogLine[] => Array.from({ length: n }, () => ({ ...line(), seq: seq++ }));
        yield { lines: some(options.data === 'full' ? 20_000 : 400) };
        while (signal?.aborted !== true) {
          await sleep(700, signal);
          yield { lines: some(2) };
        }
      }),
      load: os.compute.load.handler(async function* ({ signal }) {
        const sample = (at: number) => ({
          at,
          cpuMillicores: 1200 + Math.sin(at / 9000) * 500 + Math.sin(at / 1700) * 120,
          memoryMib: 2100 + Math.sin(at / 30_000) * 300,
          rxBytes: Math.floor((at - now + 600_000) * 40),
          txBytes: Math.floor((at - now + 600_000) * 3),
          pids: 14,
        });
        yield { samples: Array.from({ length: 240 }, (_, i) => sample(now - (240 - i) * 1000)) };
        while (signal?.aborted !== true) {
          await sleep(1000, signal);
          yield { samples: [sample(Date.now())] };
        }
      }),
    },
    chronicle: {
      head: os.chronicle.head.handler(() => ({
        origin: log.origin,
        size: options.fresh === true && identity.state === 'absent' ? 0 : size(),
        checkpoint: newest(),
        policy: log.policy,
        witnesses: 1,
      })),
      list: os.chronicle.list.handler(({ input }) => {
        const top = Math.min(input.from ?? size() - 1, size() - 1);
        const entries: EntrySummary[] = [];
        const { filter = {} } = input;
        let index = top;
        const deepest = Math.max(-1, top - (input.filter === undefined ? input.limit : 20_000));
        for (; index > deepest && entries.length < input.limit; index -= 1) {
          const entry = summary(index);
          const kind =
            filter.kind === undefined ||
            (filter.kind.endsWith('*')
              ? entry.kind.startsWith(filter.kind.slice(0, -1))
              : entry.kind === filter.kind);
          const refused = filter.refused === undefined || (entry.refused !== null) === filter.refused;
          const mentions =
            filter.mentions === undefined || JSON.stringify(entry.body).includes(filter.mentions);
          const id = filter.id === undefined || entry.id.startsWith(filter.id);
          if (kind && refused && mentions && id) entries.push(entry);
        }
        return { entries, size: size(), next: index < 0 ? null : index, searched: top - index };
      }),
      entry: os.chronicle.entry.handler(({ input, errors }) => {
        if (input.index >= size())
          throw errors.PROBLEM({ data: toProblem('ENTRY_UNKNOWN', `There is no entry ${input.index}.`) });
        if (surplus === 0) return log.detail(input.index);
        return {
          ...made(input.index),
          coalition: coalitionId,
          bytes: '',
          sig: '',
          leaf: toBase64(fromHex(owner)),
          refusedMessage: null,
          evidence: [],
          inclusion: null,
        };
      }),
      proof: os.chronicle.proof.handler(({ input }) => ({
        name: `entry-${input.index}.tlog-proof`,
        file: log.proof(input.index),
      })),
      checkpoints: os.chronicle.checkpoints.handler(({ input }) => {
        const all = log
          .checkpoints()
          .filter(({ size: one }) => input.before === undefined || one < input.before);
        const page = all.slice(0, input.limit);
        return { checkpoints: page, next: all.length > page.length ? (page.at(-1)?.size ?? null) : null };
      }),
      consistency: os.chronicle.consistency.handler(({ input }) => ({
        hashes: log.consistency(input.from, input.to),
      })),
      export: os.chronicle.export.handler(async function* () {
        for (let done = 20; done <= 80; done += 20) {
          await sleep(30, undefined);
          yield { text: `part ${done}\n`, done, total: 80 };
        }
      }),
      health: os.chronicle.health.handler(() => ({
        startup: [
          {
            id: 'store',
            outcome: 'passed' as const,
            detail: 'The store is whole and the head is the one that was signed last.',
          },
        ],
        background: {
          state: 'passed' as const,
          done: size(),
          total: size(),
          sentence: 'Every entry was checked.',
          finishedAt: new Date(now).toISOString(),
        },
        writable: true,
      })),
    },
    network: {
      status: os.network.status.handler(networkStatus),
      peers: os.network.peers.handler(({ input }) => {
        const all = networkState() === 'on' ? peers : [];
        return { peers: all.slice(0, input.limit), more: all.length > input.limit };
      }),
      groups: os.network.groups.handler(() => {
        const some = options.data !== 'empty' && networkState() === 'on';
        return { groups: some ? groupsOf(options.data === 'full' ? 5 : 2, owner, now) : [] };
      }),
      streams: os.network.streams.handler(() => {
        const some = options.data !== 'empty' && networkState() === 'on';
        return { streams: some ? streamsOf(options.data === 'full' ? 10 : 3, now) : [] };
      }),
      proof: os.network.proof.handler(({ input }) => proofOf(input.group)),
      connect: os.network.connect.handler(({ input, errors }) => {
        const one = peers.find(({ peerId }) => input.address.endsWith(`/p2p/${peerId}`));
        if (one === undefined)
          throw errors.PROBLEM({
            data: toProblem('PEER_UNREACHABLE', 'Nobody answers at this address.', {
              address: input.address,
            }),
          });
        tell('network');
        return { peer: one.peer, added: 2 };
      }),
      deny: os.network.deny.handler(({ input }) => {
        const one = peers.find(({ peer }) => peer === input.peer);
        if (one !== undefined) Object.assign(one, { state: 'known', connection: null, rtt: null });
        tell('network');
        return {};
      }),
      tags: os.network.tags.handler(({ input }) => {
        tags = [...input.tags];
        tell('network');
        return networkStatus();
      }),
      present: os.network.present.handler(({ input, errors }) => {
        const ticket = presented(input.ticket, now);
        if (input.ticket.includes('not.this.peer'))
          throw errors.PROBLEM({
            data: toProblem('TICKET_SUBJECT', 'The ticket names another peer than this node.'),
          });
        shown = [...shown, ticket];
        tell('network');
        return ticket;
      }),
      withdraw: os.network.withdraw.handler(({ input }) => {
        shown = shown.filter(({ id }) => id !== input.ticket);
        tell('network');
        return {};
      }),
    },
    operations: {
      list: os.operations.list.handler(() => ({ operations: data.operations })),
      get: os.operations.get.handler(() => data.operations[0]!),
      cancel: os.operations.cancel.handler(() => data.operations[0]!),
      dismiss: os.operations.dismiss.handler(() => ({})),
      watch: os.operations.watch.handler(async function* ({ signal }) {
        yield { kind: 'snapshot' as const, operations: data.operations };
        await sleep(2 ** 30, signal);
      }),
    },
    settings: {
      get: os.settings.get.handler(() => settings),
      set: os.settings.set.handler(({ input }) => {
        const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
        settings = { ...settings, ...given };
        tell('settings');
        tell('network');
        return settings;
      }),
      about: os.settings.about.handler(async () => {
        await options.aboutAfter;
        return {
          version: '0.1.0',
          contract: options.contractMajor ?? CONTRACT_MAJOR,
          host: 'test' as const,
          capabilities: ['pair'],
          runtime: 'Node 24.21.0',
          dataFolder: '/var/lib/muster',
          startedAt: now - 3_600_000,
          session: { scopes: ['admin' as const], door: 'console' },
          problems: [],
        };
      }),
      pair: os.settings.pair.handler(() => ({
        url: 'http://127.0.0.1:7411/pair/Q2hhbmdlIG1l',
        expires: Date.now() + 300_000,
      })),
    },
    events: {
      status: os.events.status.handler(status),
      watch: os.events.watch.handler(async function* ({ signal }) {
        const queue: Event[] = [{ kind: 'snapshot', status: status() }];
        let wake = (): void => undefined;
        const face = (event: Event): void => {
          queue.push(event);
          wake();
        };
        faces.add(face);
        signal?.addEventListener('abort', () => wake());
        try {
          while (signal?.aborted !== true) {
            const event = queue.shift();
            if (event === undefined) await new Promise<void>((resolve) => (wake = resolve));
            else yield withEventMeta(event, { id: String((counter += 1)) });
          }
        } finally {
          faces.delete(face);
        }
      }),
    },
  });
  void getEventMeta;

  const assets = loadAssets(options.renderer);
  const handler = new RPCHandler(router);
  const sockets = new WebSocketServer({ noServer: true });
  const connections = new Set<Socket>();
  let isDown = false;
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const asset = findAsset(assets, new URL(request.url ?? '/', 'http://127.0.0.1').pathname);
    response.writeHead(asset === undefined ? 404 : 200, { 'content-type': asset?.type ?? 'text/plain' });
    response.end(asset?.bytes);
  });
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    if (isDown) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (ws) => void handler.upgrade(ws, { context: {} }));
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const client of sockets.clients) client.terminate();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    down(next) {
      isDown = next;
      if (next) cut();
    },
    append() {
      log.append({ kind: 'ticket.issued', at: Date.now(), body: bodyOf('ticket.issued', log.size(), owner) });
      tell('chronicle');
    },
    async close() {
      cut();
      for (const socket of connections) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The id of the made-up machine of this name, for addresses in tests. */
export const machineId = (name: string): string => hexOf(`machine ${name}`);
export const workloadId = (i: number): string => hexOf(`workload ${i}`);
export const ticketId = (i: number): string => hexOf(`ticket ${i}`);
export const peerOf = (i: number): string => toHex(fromHex(hexOf(`peer ${i}`)));
