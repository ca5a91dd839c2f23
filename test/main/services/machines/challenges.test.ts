/** Challenges: a machine proves itself afresh, on demand and on schedule; what it fails to prove is on record. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { QuoteSource } from '../../../../src/main/attestation/index.ts';
import { createChallengeSchedule } from '../../../../src/main/services/machines/challenges.ts';
import { fromHex, Refusal, toHex } from '../../../../src/protocol/bytes/index.ts';
import { problemOf } from '../../node/support.ts';
import { DAY, eventsOf, evidenceOf, HOUR, NOON, openLab, simulatedGuest } from './support.ts';
import type { SimulatedMachine } from './support.ts';

const answerTo = async (reportData: string, other = {}) => {
  const { quote, collateral } = await evidenceOf({ reportData: fromHex(reportData, 64), ...other });
  return { quote, collateral };
};

/** A guest that others keep from its quotes for the first `busy` times, and what it was asked for. */
function busyGuest(busy: number, machine: SimulatedMachine = {}): { guest: QuoteSource; asked: string[] } {
  const guest = simulatedGuest(machine);
  const asked: string[] = [];
  return {
    asked,
    guest: {
      ...guest,
      async quote(reportData) {
        asked.push(toHex(reportData));
        if (asked.length <= busy) throw new Refusal('GUEST_BUSY', 'No quote after 5 attempts: EBUSY.');
        return guest.quote(reportData);
      },
    },
  };
}

describe('a challenged machine', () => {
  it('answers at once where the node runs on it, and the Chronicle shows both entries', async () => {
    const { client } = await openLab({ guest: simulatedGuest() });
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const answer = await client.machines.challenge({ id: machine.id });
    expect(answer.machine.state).toBe('genuine');
    expect(answer.machine.challenge).toBeNull();
    expect(answer.machine.provedAt).toBe(NOON);
    expect(eventsOf(answer.machine)).toEqual(['registered', 'challenged', 'proved']);
    const { entries } = await client.chronicle.list({});
    expect(entries.slice(0, 2).map(({ kind }) => kind)).toEqual(['machine.attested', 'machine.challenged']);
  });

  it('elsewhere waits for a fresh quote with the report data of the challenge', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const { machine: asked } = await client.machines.challenge({ id: machine.id });
    const { reportData, expires } = asked.challenge!;
    expect(expires).toBe(NOON + HOUR);
    // the registered quote is genuine, and no answer
    expect(await problemOf(client.machines.prove({ id: machine.id, quote, collateral }))).toBe('REPORT_DATA');
    const { machine: proved } = await client.machines.prove({
      id: machine.id,
      ...(await answerTo(reportData)),
    });
    expect([proved.state, proved.provedAt, proved.challenge]).toEqual(['genuine', NOON, null]);
    // an answer is spent
    expect(await problemOf(client.machines.prove({ id: machine.id, ...(await answerTo(reportData)) }))).toBe(
      'CHALLENGE_UNKNOWN',
    );
  });

  it('cannot put off an open challenge by asking for another', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    await client.machines.challenge({ id: machine.id });
    expect(await problemOf(client.machines.challenge({ id: machine.id }))).toBe('CHALLENGE_OPEN');
  });

  it('is refused on record when its answer is', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const { machine: asked } = await client.machines.challenge({ id: machine.id });
    const debug = await answerTo(asked.challenge!.reportData, { debug: true });
    const { machine: failed } = await client.machines.prove({ id: machine.id, ...debug });
    expect([failed.state, failed.history[0]!.code]).toEqual(['refused', 'TD_DEBUG']);
  });

  it('is refused on record when another platform answers for it', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const { machine: asked } = await client.machines.challenge({ id: machine.id });
    const other = await answerTo(asked.challenge!.reportData, { fmspc: '90c06f000000' });
    const { machine: failed } = await client.machines.prove({ id: machine.id, ...other });
    expect([failed.state, failed.history[0]!.code]).toEqual(['refused', 'PLATFORM_CHANGED']);
  });

  it('lapses on record when the time is over, and only a proof brings it back', async () => {
    const { node, client, clock } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const { machine: asked } = await client.machines.challenge({ id: machine.id });
    const late = await answerTo(asked.challenge!.reportData);
    await node.machines.schedule.look();
    expect((await client.machines.get({ id: machine.id })).state).toBe('genuine');
    clock.now += 2 * HOUR;
    expect(await problemOf(client.machines.prove({ id: machine.id, ...late }))).toBe('CHALLENGE_LAPSED');
    await node.machines.schedule.look();
    expect((await client.machines.get({ id: machine.id })).state).toBe('lapsed');
    // judging the old quote again proves nothing about now
    expect((await client.machines.recheck({ id: machine.id, at: NOON })).machine.state).toBe('lapsed');
    const { machine: again } = await client.machines.challenge({ id: machine.id });
    const fresh = await answerTo(again.challenge!.reportData);
    const { machine: proved } = await client.machines.prove({ id: machine.id, ...fresh });
    expect(proved.state).toBe('genuine');
    expect(eventsOf(proved)).toEqual([
      'registered',
      'challenged',
      'lapsed',
      'attested',
      'challenged',
      'proved',
    ]);
  });

  it('is challenged by the schedule when its proof has grown old, once', async () => {
    const { node, client, clock } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    await node.machines.schedule.look();
    clock.now += DAY;
    await node.machines.schedule.look();
    // no schedule, no challenge
    expect((await client.machines.get({ id: machine.id })).challenge).toBeNull();
    await client.settings.set({ challengeHours: 24 });
    await node.machines.schedule.look();
    await node.machines.schedule.look();
    const { challenge, history } = await client.machines.get({ id: machine.id });
    expect(challenge?.at).toBe(NOON + DAY);
    expect(history.filter(({ event }) => event === 'challenged')).toHaveLength(1);
  });

  it('needs evidence to be challenged at all', async () => {
    const { client } = await openLab();
    const { machine } = await client.machines.register({ name: 'plain', quote: { kind: 'none' } });
    expect(await problemOf(client.machines.challenge({ id: machine.id }))).toBe('MACHINE_NO_QUOTE');
  });
});

describe('a machine that this node runs in', () => {
  it('is asked for one quote, which is the answer', async () => {
    const { guest, asked } = busyGuest(0);
    const { client } = await openLab({ guest });
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const { machine: proved } = await client.machines.challenge({ id: machine.id });
    expect(asked).toEqual([proved.verdict!.report!.reportData]);
    expect(asked[0]).not.toBe('00'.repeat(64));
  });

  it('answers at a later look when its guest was busy, and says until then what is in the way', async () => {
    const { guest, asked } = busyGuest(2);
    const { node, client } = await openLab({ guest });
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const { machine: waiting, receipt } = await client.machines.challenge({ id: machine.id });
    expect(waiting.challenge).toMatchObject({ obstacle: 'No quote after 5 attempts: EBUSY.' });
    expect(waiting.challenge!.index).toBe(receipt.index);
    const { alarms } = await client.attestation.alarms();
    expect(alarms.find(({ kind }) => kind === 'challenge-open')?.sentence).toContain('EBUSY');
    await node.machines.schedule.look();
    expect((await client.machines.get({ id: machine.id })).challenge).not.toBeNull();
    await node.machines.schedule.look();
    const proved = await client.machines.get({ id: machine.id });
    expect([proved.state, proved.challenge, proved.provedAt]).toEqual(['genuine', null, NOON]);
    expect(eventsOf(proved)).toEqual(['registered', 'challenged', 'proved']);
    // every attempt was for this challenge
    expect(asked).toEqual(Array.from({ length: 3 }, () => waiting.challenge!.reportData));
  });

  it('lapses when its guest gives nothing until the challenge is due', async () => {
    const { guest } = busyGuest(Infinity);
    const { node, client, clock } = await openLab({ guest });
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    await client.machines.challenge({ id: machine.id });
    clock.now += 2 * HOUR;
    await node.machines.schedule.look();
    expect((await client.machines.get({ id: machine.id })).state).toBe('lapsed');
  });

  it('is asked once for a challenge of a machine on another platform', async () => {
    const { guest, asked } = busyGuest(0, { fmspc: '90c06f000000' });
    const { node, client } = await openLab({ guest });
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    const { machine: open } = await client.machines.challenge({ id: machine.id });
    await node.machines.schedule.look();
    expect([asked.length, open.challenge?.obstacle]).toEqual([1, undefined]);
    expect((await client.machines.get({ id: machine.id })).challenge).not.toBeNull();
  });

  it('is left alone while the node is locked', async () => {
    const { guest, asked } = busyGuest(1);
    const { node, client, clock } = await openLab({ guest });
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    await client.machines.challenge({ id: machine.id });
    await client.identity.lock();
    await node.machines.schedule.look();
    clock.now += 2 * HOUR;
    await node.machines.schedule.look();
    const { state, challenge } = await client.machines.get({ id: machine.id });
    expect([asked.length, state, challenge === null]).toEqual([1, 'genuine', false]);
  });
});

it('a look that failed does not end the schedule', async () => {
  let looks = 0;
  const schedule = createChallengeSchedule({
    async machines() {
      if (looks++ === 0) throw new Error('the store was busy');
      return [];
    },
    everyHours: () => 0,
    challenge: async () => undefined,
    answer: async () => undefined,
    lapse: async () => undefined,
    now: () => NOON,
    note: () => undefined,
  });
  await expect(schedule.look()).rejects.toThrow('busy');
  await schedule.look();
  expect(looks).toBe(2);
});

describe('simulated evidence', () => {
  it('is refused by the policy that is in force without anybody having chosen one', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { presets } = await client.attestation.policy();
    for (const policy of [presets.default, presets.strict]) {
      await client.attestation.adoptPolicy({ policy });
      const refused = client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
      expect(await problemOf(refused)).toBe('SIMULATED_REFUSED');
    }
  });

  it('is no evidence at all where its root is not in the store of simulated roots', async () => {
    const { client } = await openLab({ simulated: false });
    const { quote, collateral } = await evidenceOf();
    const { verdict } = await client.attestation.verify({ quote, collateral, at: NOON });
    expect([verdict.evidence, verdict.trustAnchor.pinned]).toEqual(['refused', true]);
  });

  it('counts from the next start when its root comes while the node runs', async () => {
    const { client, folder } = await openLab({ simulated: false });
    const { quote, collateral, root } = await evidenceOf();
    mkdirSync(join(folder, 'simulated-roots'));
    writeFileSync(join(folder, 'simulated-roots', 'factory.der'), root);
    const { verdict } = await client.attestation.verify({ quote, collateral, at: NOON });
    expect([verdict.evidence, verdict.simulated]).toEqual(['refused', false]);
  });

  it('is marked in the verdict, the machine and the status', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    expect([machine.simulated, machine.verdict!.simulated]).toEqual([true, true]);
    expect(machine.sentence).toContain('SIMULATED');
    expect((await client.events.status()).simulated).toBe(true);
  });
});
