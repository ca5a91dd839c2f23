/**
 * The tour: the six steps of an operator without a person, against a real node in a fresh data folder and the real
 * container engine when there is one. It says what it does and what it sees, and stops at the first thing that is
 * not as it should be.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollateralInput, Machine, QuoteInput } from '../../../../contract/index.ts';
import { toBase64url, utf8 } from '../../../../protocol/bytes/index.ts';
import { verifyBundle } from '../../../../protocol/log/index.ts';
import { decodeRecord, signatureJob } from '../../../../protocol/record/index.ts';
import type { Client } from '../../../api/index.ts';
import { createSignatureChecker, nodeHashes } from '../../../hashes.ts';
import { runConsole } from '../../console/index.ts';
import { rendererFolder } from '../../places.ts';
import { connectToNode } from '../connect.ts';
import { tourImage } from './image.ts';
import { serveImages } from './registry.ts';

export interface TourOptions {
  readonly quote?: Uint8Array | undefined;
  readonly collateral?: Uint8Array | undefined;
  /** Moment to judge the quote for, Unix milliseconds. */
  readonly at?: number | undefined;
  /** A workload of one's own instead of the tour's. */
  readonly image?: string | undefined;
  say(text: string): void;
  readonly signal: AbortSignal;
}

export interface TourStep {
  readonly step: string;
  readonly saw: string;
}

/** Errors: whatever the node refuses, and TourError for what is not as it should be. */
export class TourError extends Error {}

const expect = (holds: boolean, what: string): void => {
  if (!holds) throw new TourError(`The tour expected that ${what}, and it is not so.`);
};

export async function runTour(options: TourOptions): Promise<{ steps: TourStep[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tour-'));
  const steps: TourStep[] = [];
  const saw = (step: string, text: string): void => {
    steps.push({ step, saw: text });
    options.say(`${steps.length}. ${step}: ${text}`);
  };
  const running = await runConsole({ folder, port: 0, renderer: rendererFolder() });
  const { client, close } = await connectToNode(folder);
  try {
    await found(client, saw);
    const machine = await register(client, options, saw);
    await offer(client, machine, saw);
    await admit(client, saw);
    await work(client, machine, options, saw);
    await audit(client, saw);
  } finally {
    close();
    await running.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { steps };
}

type Saw = (step: string, text: string) => void;

async function found(client: Client, saw: Saw): Promise<void> {
  const { identity } = await client.identity.create({
    name: 'tour',
    passphrase: toBase64url(randomBytes(24)),
  });
  const { coalition } = await client.coalition.create({ name: 'tour.coalition' });
  const { file } = await client.coalition.export();
  const preview = await client.coalition.preview({ file });
  expect(preview.id === coalition.id, 'an exported coalition file gives the same id');
  saw(
    'Identity and coalition',
    `${identity.peerId ?? ''} founded ${coalition.config.instanceName}, ${coalition.id}.`,
  );
}

async function register(client: Client, { quote, collateral, at }: TourOptions, saw: Saw): Promise<Machine> {
  const detected = await client.attestation.detect();
  const input: QuoteInput =
    quote !== undefined
      ? { kind: 'bytes', data: toBase64url(quote) }
      : detected.state === 'in-td'
        ? { kind: 'guest' }
        : { kind: 'none' };
  const sealed: CollateralInput =
    collateral === undefined ? { kind: 'none' } : { kind: 'file', data: toBase64url(collateral) };
  const { machine } = await client.machines.register({
    name: 'this-machine',
    quote: input,
    collateral: sealed,
    ...(at === undefined ? {} : { at }),
  });
  if (machine.verdict === null) {
    saw('Register this machine', `${detected.sentence} Registered without evidence.`);
    return machine;
  }
  const { verdict } = machine;
  const passed = verdict.checks.filter((check) => check.outcome === 'passed').length;
  const pinned = await client.machines.pin({ id: machine.id, registers: ['mrtd'] });
  expect(pinned.machine.pins.mrtd?.[0] === verdict.report?.mrTd, 'the pin is the MR_TD of the quote');
  saw(
    'Register this machine',
    `${verdict.simulated ? 'SIMULATED: ' : ''}evidence ${verdict.evidence}, ${verdict.status ?? 'status unknown'}; ` +
      `${passed} of ${verdict.checks.length} checks passed under ${verdict.trustAnchor.name}; MR_TD pinned.`,
  );
  return pinned.machine;
}

async function offer(client: Client, { id, state }: Machine, saw: Saw): Promise<void> {
  const tdx = state === 'genuine' || state === 'incomplete';
  const { machine } = await client.machines.offer({
    id,
    cpuMillicores: 500,
    ramMib: 256,
    storageGib: 1,
    tdx,
  });
  saw(
    'Offer capacity',
    `${machine.offer?.cpuMillicores} mcpu, ${machine.offer?.ramMib} MiB, ${tdx ? 'TDX' : 'without TDX'}.`,
  );
}

async function admit(client: Client, saw: Saw): Promise<void> {
  const peer = randomBytes(32).toString('hex');
  const { ticket, token } = await client.tickets.issue({ peer, lifetimeSeconds: 600, role: 'provider' });
  expect((await client.tickets.verify({ token })).ok, 'a fresh ticket verifies');
  const { ticket: revoked } = await client.tickets.revoke({ id: ticket.id, reason: 'end of the tour' });
  const after = await client.tickets.verify({ token });
  expect(revoked.state === 'revoked' && after.code === 'TICKET_REVOKED', 'a revoked ticket is refused');
  saw(
    'Admit a peer',
    `ticket for ${ticket.subjectId.slice(0, 16)}… verified, revoked, and refused after that.`,
  );
}

async function work(client: Client, machine: Machine, options: TourOptions, saw: Saw): Promise<void> {
  const engine = await client.compute.engine();
  if (engine.state !== 'ready') return saw('Run a workload', `not run here: ${engine.sentence}`);
  if (process.arch !== 'x64' && options.image === undefined)
    return saw('Run a workload', "not run here: the tour's own image is for amd64; name one with --image.");
  const small = tourImage(100, 16);
  const greedy = tourImage(64_000, 16);
  const registry = await serveImages([small, greedy]);
  try {
    const refused = await client.compute.submit({ image: registry.reference(greedy), machine: machine.id });
    expect(refused.workload.state === 'refused', 'an image that needs 64 CPUs is refused');
    const image = options.image ?? registry.reference(small);
    const { workload, operation } = await client.compute.submit({ image, machine: machine.id });
    if (operation === null)
      throw new TourError(`The workload was refused: ${workload.reasons.map((r) => r.sentence).join(' ')}`);
    for (let state = 'running'; state === 'running';) {
      const now = await client.operations.get({ id: operation });
      ({ state } = now);
      if (state === 'failed') throw new TourError(now.problem?.what ?? 'The workload failed.');
      await new Promise((resolve) => setTimeout(resolve, 100));
      options.signal.throwIfAborted();
    }
    let line = '';
    for await (const { lines } of await client.compute.logs({ id: workload.id })) {
      line = lines[0]?.text ?? '';
      break;
    }
    let samples = 0;
    for await (const batch of await client.compute.load({ id: workload.id })) {
      samples += batch.samples.length;
      if (samples >= 2) break;
    }
    const stopped = await client.compute.stop({ id: workload.id, graceSeconds: 1 });
    expect(
      stopped.state === 'ended' && stopped.usage !== null,
      'a stopped workload has ended and its usage is known',
    );
    const removed = await client.compute.remove({ id: workload.id, image: options.image === undefined });
    expect(removed.state === 'removed' && !removed.present, 'removal leaves nothing behind');
    saw(
      'Run a workload',
      `${engine.sentence} Refused one that does not fit (${refused.workload.reasons[0]?.sentence ?? ''}) ` +
        `Ran ${workload.digest.slice(0, 19)}…, read “${line}”, ${samples} load samples, ` +
        `stopped it; used ${stopped.usage?.cpuMs ?? 0} ms of CPU.`,
    );
  } finally {
    await registry.close();
  }
}

async function audit(client: Client, saw: Saw): Promise<void> {
  const { entries, size } = await client.chronicle.list({ limit: 500 });
  expect(
    entries.length === size && entries.every(({ stage }) => stage === 'committed'),
    'every entry is committed',
  );
  let bundle = '';
  for await (const { text } of await client.chronicle.export({})) bundle += text;
  const check = (file: Uint8Array) =>
    verifyBundle(
      file,
      {
        hashes: nodeHashes,
        checkRecord: (bytes, sig) => signatureJob(decodeRecord(bytes).author, { bytes, sig }),
      },
      createSignatureChecker(),
    );
  const file = utf8(bundle);
  const whole = check(file);
  expect(whole.ok && whole.entries === size, 'the exported bundle verifies');
  const index = size - 2;
  const at = bundle.indexOf(`\n${index} `) + 60;
  const broken = file.slice();
  broken[at] = (broken[at] ?? 0) ^ 1;
  const refused = check(broken);
  expect(!refused.ok && refused.damage.index === index, 'one flipped byte is found, with the entry it is in');
  saw(
    'Audit',
    `${size} entries, all committed; the bundle verifies, and with one bit flipped it is refused at entry ${index}.`,
  );
}
