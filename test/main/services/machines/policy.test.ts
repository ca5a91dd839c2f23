/** The policy in force, the alarms, the bundle and the folder, through the API of a real node. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createSignatureChecker, nodeHashes } from '../../../../src/main/hashes.ts';
import { readBundle, reverifyBundle } from '../../../../src/protocol/attestation/index.ts';
import { fromBase64url, settle, toBase64url, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { describeWith, vectorsFolder } from '../../../parts.ts';
import { scratch } from '../../../scratch.ts';
import { jsonLogOf } from '../../../protocol/attestation/event-logs.ts';
import { vectorBytes, vectorCollateral } from '../../../protocol/attestation/vectors.ts';
import { startPccs } from '../../attestation/pccs.ts';
import { problemOf } from '../../node/support.ts';
import { DAY, evidenceOf, NOON, openLab, SIMULATED_ALLOWED } from './support.ts';

describe('the policy', () => {
  it('is the default one until one is adopted, which is an entry of the Chronicle', async () => {
    const { client } = await openLab({ simulated: false });
    const before = await client.attestation.policy();
    expect([before.policy.name, before.index]).toEqual(['default', null]);
    const { index, receipt } = await client.attestation.adoptPolicy({ policy: before.presets.strict });
    expect(index).toBe(receipt.index);
    const after = await client.attestation.policy();
    expect([after.policy.name, after.index]).toEqual(['strict', receipt.index]);
    expect((await client.chronicle.entry({ index: receipt.index })).kind).toBe('policy.adopted');
    expect(after.explained.length).toBeGreaterThan(5);
  });

  it('is tried on the registered machines before it is adopted, and then judges them', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const policy = { ...SIMULATED_ALLOWED, refusedAdvisories: [], allow: { fmspc: ['90c06f000000'] } };
    const { machines } = await client.attestation.tryPolicy({ policy });
    expect(machines).toMatchObject([{ id: machine.id, before: 'passed', after: 'refused' }]);
    expect(machines[0]!.lines.find(({ outcome }) => outcome === 'refused')?.rule).toBe('allow.fmspc');
    expect((await client.machines.get({ id: machine.id })).verdict!.policy.outcome).toBe('passed');
    await client.attestation.adoptPolicy({ policy });
    const judged = await client.machines.get({ id: machine.id });
    // the policy decides what is good enough, never what is genuine
    expect([judged.verdict!.evidence, judged.verdict!.policy.outcome]).toEqual(['genuine', 'refused']);
    const { alarms } = await client.attestation.alarms();
    expect(alarms.map(({ kind }) => kind)).toContain('policy-refused');
  });
});

describe('alarms', () => {
  it('tell of collateral that ends soon, and then of collateral that has ended', async () => {
    const { client, clock } = await openLab();
    const { quote, collateral } = await evidenceOf();
    await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const kinds = async () => (await client.attestation.alarms()).alarms.map(({ kind }) => kind);
    expect(await kinds()).toEqual([]);
    const { machines } = await client.machines.list();
    clock.now = Date.parse(machines[0]!.verdict!.collateralExpires!) - 3 * DAY;
    expect(await kinds()).toEqual(['collateral-expiring']);
    clock.now += 4 * DAY;
    expect(await kinds()).toEqual(['collateral-expired']);
  });

  it('tell when two machines stand on one platform', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    for (const name of ['rack-07', 'rack-08'])
      await client.machines.register({ name, quote, collateral, at: NOON });
    const { alarms } = await client.attestation.alarms();
    expect(alarms.map(({ kind }) => kind)).toEqual(['platform-twice']);
    expect(alarms[0]!.machines.map(({ name }) => name)).toEqual(['rack-07', 'rack-08']);
  });

  it('tell when a status falls', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const worse = await evidenceOf({ status: 'OutOfDate' });
    await client.machines.recheck({ id: machine.id, collateral: worse.collateral, at: NOON });
    const { alarms } = await client.attestation.alarms();
    expect(alarms.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['status-drop', 'policy-refused']));
  });
});

describe('the evidence bundle of a machine', () => {
  it('verifies offline to the same verdict', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack 07', quote, collateral, at: NOON });
    const { data, name } = await client.attestation.bundle({ machine: machine.id });
    expect(name).toBe('SIMULATED-rack-07.evidence');
    const bundle = readBundle(fromBase64url(data));
    const { then, now, sameAsRecorded } = settle(
      reverifyBundle(bundle, Math.floor(NOON / 1000) + 400 * 86_400, { hashes: nodeHashes }),
      createSignatureChecker(),
    );
    expect([then.evidence, then.simulated, sameAsRecorded]).toEqual(['genuine', true, true]);
    // 400 days later the same evidence is no longer current
    expect(now.evidence).toBe('refused');
  });
});

describeWith('vectors', 'a policy that refuses rolled-back collateral', () => {
  it('finds later what it found when the machine was judged: in the list, at a recheck, and offline', async () => {
    const newer = vectorCollateral('collateral/c02-00806f050000-2026-06-30.json');
    const pccs = await startPccs({ sets: [newer] });
    try {
      const { client } = await openLab({
        simulated: false,
        now: Date.parse('2026-07-04T09:41:00Z'),
        defaults: { collateralService: pccs.base },
      });
      await client.attestation.adoptPolicy({ policy: { name: 'no way back', refuseRollback: true } });
      const data = Buffer.from(vectorBytes('real/flashbots-gcp-quote.bin')).toString('base64url');
      const { machine } = await client.machines.register({
        name: 'rack-07',
        quote: { kind: 'bytes', data },
        collateral: { kind: 'service', url: pccs.base },
      });
      const lineOf = (of: { policy: { outcome: string; lines: readonly { detail: string }[] } }) => [
        of.policy.outcome,
        of.policy.lines[0]?.detail,
      ];
      const held = ['passed', 'No number of the collateral is lower than seen before.'];
      expect(machine.history[0]!.policy).toBe('passed');
      expect(lineOf(machine.verdict!)).toEqual(held);
      const { machine: again } = await client.machines.recheck({ id: machine.id });
      expect(again.history[0]!).toMatchObject({ event: 'attested', policy: 'passed' });
      expect(lineOf(again.verdict!)).toEqual(held);
      const bundle = readBundle(
        fromBase64url((await client.attestation.bundle({ machine: machine.id })).data),
      );
      const { then, sameAsRecorded } = settle(
        reverifyBundle(bundle, bundle.at, { hashes: nodeHashes }),
        createSignatureChecker(),
      );
      expect([...lineOf(then), sameAsRecorded]).toEqual([...held, true]);
      // a file says nothing about what was seen before
      const { machine: byFile } = await client.machines.recheck({
        id: machine.id,
        collateral: { kind: 'file', data: Buffer.from(JSON.stringify(newer)).toString('base64url') },
      });
      expect(byFile.verdict!.policy.outcome).toBe('refused');
    } finally {
      await pccs.close();
    }
  });
});

describe('an event log', () => {
  const eventLog = toBase64url(utf8(JSON.stringify([jsonLogOf('app-id', '0a0b')])));
  /** How often RTMRs were extended while `work` ran. */
  const extended = async (work: () => Promise<unknown>): Promise<number> => {
    const sha384 = vi.spyOn(nodeHashes, 'sha384');
    try {
      await work();
      return sha384.mock.calls.length;
    } finally {
      sha384.mockRestore();
    }
  };

  it('is replayed when a rule asks for it or somebody looks at it, and once', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const evidence = { quote, collateral, eventLog, at: NOON };
    let id = '';
    const register = async (name: string) =>
      void (id = (await client.machines.register({ name, ...evidence })).machine.id);
    expect(await extended(() => register('rack-07'))).toBe(0);
    expect(await extended(() => client.machines.list())).toBe(0);
    const one = await extended(() => client.attestation.eventLog({ machine: id }));
    expect(one).toBeGreaterThan(0);
    expect(await extended(() => client.attestation.verify(evidence))).toBe(one);
    await client.attestation.adoptPolicy({ policy: { ...SIMULATED_ALLOWED, eventLog: 'full' } });
    expect(await extended(() => client.attestation.verify(evidence))).toBe(one);
    expect(await extended(() => client.machines.list())).toBe(one);
    const [machine] = (await client.machines.list()).machines;
    expect(machine!.verdict!.policy.lines.find(({ rule }) => rule === 'eventLog')?.outcome).toBe('refused');
  });

  it('that cannot be read is not stored, whatever the policy asks', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const bad = toBase64url(utf8('[{"imr":9}]'));
    const refused = client.machines.register({
      name: 'rack-07',
      quote,
      collateral,
      eventLog: bad,
      at: NOON,
    });
    expect(await problemOf(refused)).toBe('EVENT_LOG_FORMAT');
  });
});

describeWith('vectors', 'a folder of quotes', () => {
  it('is judged for the time of the node where no other is named', async () => {
    const { client, clock } = await openLab({ simulated: false });
    const folder = join(scratch(), 'quotes');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'q.bin'), vectorBytes('real/flashbots-gcp-quote.bin'));
    const codeAt = async (now: string) => {
      clock.now = Date.parse(now);
      const { operation } = await client.attestation.verifyFolder({
        folder,
        collateral: { kind: 'folder', path: join(vectorsFolder, 'tdx/collateral') },
      });
      await expect
        .poll(async () => (await client.operations.get({ id: operation })).state, { timeout: 20_000 })
        .toBe('done');
      return (await client.attestation.folderResult({ operation })).rows[0]!.code;
    };
    expect(await codeAt('2026-07-04T09:41:00Z')).toBeNull();
    expect(await codeAt('2027-07-04T09:41:00Z')).toMatch(/_EXPIRED$/);
  });

  it('is verified as an operation, each file a row, whatever is in it', async () => {
    const { client } = await openLab({ simulated: false });
    const folder = join(scratch(), 'quotes');
    mkdirSync(folder, { recursive: true });
    const good = vectorBytes('real/flashbots-gcp-quote.bin');
    for (let i = 0; i < 70; i++) writeFileSync(join(folder, `q${String(i).padStart(3, '0')}.bin`), good);
    const bad = new Uint8Array(good);
    bad[200] = bad[200]! ^ 1;
    writeFileSync(join(folder, 'r-flipped.bin'), bad);
    writeFileSync(join(folder, 's-empty.bin'), '');
    writeFileSync(join(folder, 't-text.txt'), 'not a quote, but some words of text');
    const { operation } = await client.attestation.verifyFolder({
      folder,
      collateral: { kind: 'folder', path: join(vectorsFolder, 'tdx/collateral') },
      at: Date.parse('2026-07-04T09:41:00Z'),
    });
    await expect
      .poll(async () => (await client.operations.get({ id: operation })).state, { timeout: 20_000 })
      .toBe('done');
    const { rows, done } = await client.attestation.folderResult({ operation });
    expect([done, rows.length]).toEqual([true, 73]);
    expect(
      rows.slice(0, 70).every(({ evidence, status }) => evidence === 'genuine' && status === 'UpToDate'),
    ).toBe(true);
    expect(rows.slice(70).map(({ file, evidence, code }) => [file, evidence, code])).toEqual([
      ['r-flipped.bin', 'refused', 'QUOTE_SIG'],
      ['s-empty.bin', 'unreadable', 'QUOTE_EMPTY'],
      ['t-text.txt', 'unreadable', 'QUOTE_FORMAT'],
    ]);
  });
});

describeWith('vectors', 'the collateral of the service', () => {
  it('is kept and shown, and nobody is asked twice for it', async () => {
    const newer = vectorCollateral('collateral/c02-00806f050000-2026-06-30.json');
    const pccs = await startPccs({ sets: [newer] });
    try {
      const { client, clock } = await openLab({ simulated: false });
      clock.now = Date.parse('2026-07-04T09:41:00Z');
      await client.settings.set({ collateralService: pccs.base });
      const data = Buffer.from(vectorBytes('real/flashbots-gcp-quote.bin')).toString('base64url');
      const verify = () =>
        client.attestation.verify({
          quote: { kind: 'bytes', data },
          collateral: { kind: 'service', url: pccs.base },
        });
      expect((await verify()).verdict).toMatchObject({ evidence: 'genuine', status: 'UpToDate' });
      const asked = pccs.asked.length;
      expect((await verify()).verdict.evidence).toBe('genuine');
      // the second time nobody was asked
      expect(pccs.asked.length).toBe(asked);
      const { entries } = await client.attestation.collateral();
      expect(entries).toMatchObject([
        { fmspc: '00806f050000', ca: 'platform', mode: 'standard', refresh: 'fresh', rolledBack: false },
      ]);
    } finally {
      await pccs.close();
    }
  });
});
