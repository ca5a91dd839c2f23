/** Challenges: a machine proves itself afresh, on demand and on schedule; what it fails to prove is on record. */
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../../src/protocol/bytes/index.ts';
import { problemOf } from '../../node/support.ts';
import { DAY, eventsOf, evidenceOf, HOUR, NOON, openLab, simulatedGuest } from './support.ts';

const answerTo = async (reportData: string, other = {}) => {
  const { quote, collateral } = await evidenceOf({ reportData: fromHex(reportData, 64), ...other });
  return { quote, collateral };
};

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

  it('is marked in the verdict, the machine and the status', async () => {
    const { client } = await openLab();
    const { quote, collateral } = await evidenceOf();
    const { machine } = await client.machines.register({ name: 'rack-07', quote, collateral, at: NOON });
    expect([machine.simulated, machine.verdict!.simulated]).toEqual([true, true]);
    expect(machine.sentence).toContain('SIMULATED');
    expect((await client.events.status()).simulated).toBe(true);
  });
});
