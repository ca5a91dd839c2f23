/** What the screens of attestation compute: differences, tables for spreadsheets, faults in a policy, days, counts. */
import { describe, expect, it } from 'vitest';
import type { BulkRow, Machine } from '../../src/contract/index.ts';
import { DEFAULT_POLICY } from '../../src/protocol/attestation/index.ts';
import { createTranslate } from '../../src/renderer/language/translate.ts';
import { waitingFor } from '../../src/renderer/pages/home/waiting.ts';
import { bulkCsv, BULK_COLUMNS } from '../../src/renderer/pages/machines/bulk-csv.ts';
import { historyDays, STRIP_DAYS } from '../../src/renderer/pages/machines/history-days.ts';
import { diffHex, nearest } from '../../src/renderer/pages/machines/pin-diff.ts';
import { countMachines } from '../../src/renderer/pages/machines/states.ts';
import { policyText, readPolicyText, samePolicy } from '../../src/renderer/pages/policy/policy-json.ts';
import { alarmsOf } from '../fakes/node/attestation.ts';
import { makeData } from '../fakes/node/data.ts';

const NOW = 1_795_000_000_000;
const DAY = 86_400_000;
const t = createTranslate('en');
const { machines } = makeData('normal', '00'.repeat(32), '11'.repeat(32), NOW);
const named = (name: string): Machine => machines.find((machine) => machine.name === name)!;

describe('the difference of two registers', () => {
  const value = '0123456789abcdef'.repeat(6);
  it('marks exactly the groups in which a digit differs', () => {
    const other = `${value.slice(0, 20)}f${value.slice(21)}`;
    const diff = diffHex(value, other);
    expect(diff.differing).toBe(1);
    expect(diff.of).toBe(12);
    expect(diff.right.map(({ differs }) => differs).indexOf(true)).toBe(2);
    expect(diff.left.map(({ text }) => text).join('')).toBe(value);
    expect(diff.right.map(({ text }) => text).join('')).toBe(other);
  });

  it('sees no difference in the case of digits, and one in a length', () => {
    expect(diffHex(value, value.toUpperCase()).differing).toBe(0);
    expect(diffHex(value, value.slice(0, 80)).differing).toBe(2);
  });

  it('compares with the pinned value that is nearest', () => {
    const near = `${'f'.repeat(8)}${value.slice(8)}`;
    expect(nearest(['0'.repeat(96), near], value)).toBe(near);
  });
});

describe('the CSV of a bulk verification', () => {
  const row = (file: string): BulkRow => ({
    file,
    evidence: 'genuine',
    code: null,
    status: 'UpToDate',
    policy: 'passed',
    fmspc: '90c06f000000',
    ppid: null,
    tcbDate: '2026-08-13T00:00:00Z',
    collateralExpires: null,
    mrTd: null,
    simulated: false,
  });
  const fileField = (file: string): string =>
    bulkCsv([row(file)])
      .split('\r\n')
      .slice(1)
      .join('\r\n')
      .split(',genuine,')[0] ?? '';

  it('has a header, one line for each row, and empty fields for what is not known', () => {
    expect(bulkCsv([row('a.bin'), row('b.bin')])).toBe(
      `${BULK_COLUMNS.join(',')}\r\n` +
        'a.bin,genuine,,UpToDate,passed,90c06f000000,,2026-08-13T00:00:00Z,,,no\r\n' +
        'b.bin,genuine,,UpToDate,passed,90c06f000000,,2026-08-13T00:00:00Z,,,no\r\n',
    );
  });

  it('quotes commas, quotation marks and line breaks', () => {
    expect(fileField('a,b "c".bin')).toBe('"a,b ""c"".bin"');
    expect(fileField('two\nlines')).toBe('"two\nlines"');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '＝1', '\r=1'])(
    'lets no spreadsheet run %j as a formula',
    (name) => {
      expect(fileField(name).replace(/^"/, '')).toMatch(/^'/);
    },
  );

  it('leaves an ordinary name alone', () => {
    expect(fileField('rack-07=old.bin')).toBe('rack-07=old.bin');
  });
});

describe('a policy as text', () => {
  it('comes back as it was written', () => {
    const text = policyText(DEFAULT_POLICY as never);
    const read = readPolicyText(text);
    expect(read.faults).toEqual([]);
    expect(read.policy).toEqual(DEFAULT_POLICY);
  });

  it('names the line and the member of every fault, in the order of the lines', () => {
    const text = `{
  "acceptedStatuses": ["UpToDate",
    "Nonsense"],
  "misspelt": true,
  "overrides": [
    { "fmspc": "90c06f000000", "until": "2027-01-31T00:00:00Z", "note": "n",
      "set": { "smt": "maybe" } }
  ]
}`;
    const { policy, faults } = readPolicyText(text);
    expect(policy).toBeNull();
    expect(faults.map(({ line, member }) => [line, member])).toEqual([
      [3, 'acceptedStatuses[1]'],
      [4, 'misspelt'],
      [7, 'overrides[0].set.smt'],
    ]);
  });

  it('puts what is missing at the line of what lacks it', () => {
    const { faults } = readPolicyText('{\n  "minModuleSvn": {\n    "major": 1 }\n}');
    expect(faults).toMatchObject([{ line: 2, member: 'minModuleSvn.minor' }]);
  });

  it('finds the line at which a text is no JSON, and refuses a member that stands twice', () => {
    expect(readPolicyText('{\n  "smt": "allowed",\n}').faults).toMatchObject([{ line: 3 }]);
    expect(readPolicyText('{ "allowDebug": false, "allowDebug": true }').policy).toBeNull();
  });

  it('is the same policy in another order, and another one with another value', () => {
    const policy = { smt: 'allowed', allowDebug: false } as const;
    expect(samePolicy(policy, { allowDebug: false, smt: 'allowed', xfam: undefined })).toBe(true);
    expect(samePolicy(policy, { allowDebug: true, smt: 'allowed' })).toBe(false);
  });
});

describe('the strip of the last days', () => {
  const event = (daysAgo: number, what: Partial<Machine['history'][number]>) => ({
    index: 1,
    at: NOW - daysAgo * DAY,
    event: 'attested',
    state: 'genuine' as const,
    code: null,
    status: null,
    policy: null,
    ...what,
  });

  it('shows the worst verdict of a day, and only verdicts', () => {
    const days = historyDays(
      [event(3, {}), event(3, { state: 'refused' }), event(3, {}), event(1, { event: 'pinned' })],
      NOW,
    );
    expect(days).toHaveLength(STRIP_DAYS);
    expect(days.filter((day) => day.event !== null)).toHaveLength(1);
    expect(days.at(-4)?.event?.state).toBe('refused');
  });

  it('counts a verdict that the policy refused as worse than a genuine one', () => {
    const days = historyDays([event(0, {}), event(0, { policy: 'refused' })], NOW);
    expect(days.at(-1)?.event?.policy).toBe('refused');
  });

  it('leaves out what is older', () => {
    expect(historyDays([event(90, {})], NOW).every((day) => day.event === null)).toBe(true);
    expect(historyDays([event(89, {})], NOW)[0]?.event).not.toBeNull();
  });
});

describe('the sentence of the machines page', () => {
  it('does not count a machine whose collateral has expired as genuine now', () => {
    const before = countMachines([named('rack-07')]);
    expect(before).toMatchObject({ genuine: 1, expired: 0 });
    expect(countMachines([{ ...named('rack-07'), stale: true }])).toMatchObject({ genuine: 0, expired: 1 });
    expect(t('machines.summary', countMachines(machines))).toBe(
      '12 machines, 4 genuine now, 1 expired since, 1 incomplete, 3 refused, 1 lapsed, 8 offering capacity.',
    );
  });

  it('counts nothing simulated as genuine', () => {
    expect(countMachines([named('fra-blade-2')])).toMatchObject({ n: 1, genuine: 0, expired: 0 });
  });
});

describe('what is waiting for me', () => {
  const known = { machines, tickets: [], engine: undefined, operations: [], problems: [] };
  const alarms = alarmsOf(machines, 'normal', NOW);

  it('has every alarm, with its deadline and the machine that it is about', () => {
    const waiting = waitingFor(t, { ...known, alarms }, NOW);
    const challenge = waiting.find(({ id }) => id.startsWith('challenge-open'));
    expect(challenge).toMatchObject({
      mark: 'stale',
      deadline: named('rack-09').challenge?.expires,
      target: { to: '/machines', search: { id: named('rack-09').id } },
    });
    expect(alarms.every(({ id }) => waiting.some((item) => item.id === id))).toBe(true);
  });

  it('tells an expiry once, and from the verdicts while the alarms are not known', () => {
    const about = (some: ReturnType<typeof waitingFor>) =>
      some.filter(({ id }) => id.includes(named('rack-12').id));
    expect(about(waitingFor(t, { ...known, alarms }, NOW))).toHaveLength(1);
    expect(about(waitingFor(t, { ...known, alarms: undefined }, NOW))).toMatchObject([
      { id: `${named('rack-12').id}-expires` },
    ]);
  });

  it('gathers many alarms of a kind into one line', () => {
    const one = alarms.find(({ kind }) => kind === 'challenge-lapsed')!;
    const many = Array.from({ length: 30 }, (_, i) => ({ ...one, id: `challenge-lapsed:${i}` }));
    const waiting = waitingFor(t, { ...known, alarms: many }, NOW);
    expect(waiting.filter(({ sort }) => sort === 'challenge-lapsed')).toMatchObject([
      { title: '30 machines did not answer a challenge' },
    ]);
  });
});
