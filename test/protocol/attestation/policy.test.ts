/** The form of policies: one form in the rules, in the contract and in the published schema; presets; plain words. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { attestationPolicy } from '../../../src/contract/index.ts';
import {
  checkPolicy,
  DEFAULT_POLICY,
  explainPolicy,
  type Policy,
  STRICT_POLICY,
  TCB_STATUSES,
} from '../../../src/protocol/attestation/index.ts';
import { codeOf } from './refusals.ts';

const root = join(import.meta.dirname, '../../..');
const update = process.env['MUSTER_UPDATE'] === '1';
const current = (path: string, value: unknown): void => {
  const file = join(root, path);
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (update) writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
};

const ff = (bytes: number): string => 'fF'.repeat(bytes);
const zero = (bytes: number): string => '00'.repeat(bytes);
const until = '2027-01-31T00:00:00Z';
const hashOf = { purpose: 'machine.attest', nonce: ff(32), key: ff(32), coalition: zero(32), expires: 1 };
const override = { fmspc: '90c06f000000', until, note: 'waits for firmware', set: {} };

/** A policy with every member that there is, but for `minEvaluationNumber`, which excludes `grace`. */
const full = {
  v: 1,
  name: 'everything',
  description: 'two\nlines',
  allowDebug: true,
  allowSimulated: true,
  acceptedStatuses: [...TCB_STATUSES],
  grace: { collateralDays: 7, platformDays: 90 },
  refusedAdvisories: ['INTEL-SA-00837'],
  tdAttributes: { mask: 'ff00000000000000', value: zero(8) },
  xfam: { mask: ff(8), value: 'e702060000000000' },
  requireSeptVeDisable: true,
  allowMigratable: false,
  allowServiceTd: false,
  allowPerfmon: true,
  dynamicPlatform: 'refused',
  cachedKeys: 'allowed',
  smt: 'allowed',
  pins: { mrtd: [ff(48)], rtmr3: [] },
  names: { mrseam: { [ff(48)]: 'TDX module 1.5.24' } },
  jointPins: [{ name: 'image 7', mrtd: ff(48), rtmr0: zero(48) }],
  reportData: { exact: ff(64), prefix: 'ff', hashOf },
  minTeeTcbSvn: zero(16),
  minModuleSvn: { major: 1, minor: 5 },
  minPceSvn: 13,
  minQeSvn: 4,
  refuseRollback: true,
  eventLog: { registers: [0, 3] },
  allow: { ppid: [ff(16)], instanceId: [], fmspc: ['90C06F000000'] },
  overrides: [{ ...override, set: { acceptedStatuses: ['OutOfDate'], grace: { platformDays: 1 } } }],
};

const good: readonly unknown[] = [
  {},
  full,
  DEFAULT_POLICY,
  STRICT_POLICY,
  { minEvaluationNumber: 19, allowDebug: false },
  { pins: { mrtd: undefined }, allow: undefined },
  { eventLog: 'ignore' },
  { eventLog: { registers: [] } },
  { reportData: { prefix: '' } },
  { grace: {} },
  { jointPins: [] },
  { overrides: [override, { ...override, fmspc: 'b0c06f000000' }] },
  { description: 'x'.repeat(1024) },
];

const bad: readonly unknown[] = [
  null,
  undefined,
  [],
  'policy',
  7,
  { allowDebugg: true },
  { v: 2 },
  { name: '' },
  { name: 'x'.repeat(65) },
  { name: 'a\u0000b' },
  { name: 'two\nlines' },
  { description: 'x'.repeat(1025) },
  { allowDebug: 'no' },
  { allowSimulated: null },
  { minEvaluationNumber: Number.NaN },
  { minEvaluationNumber: -1 },
  { minEvaluationNumber: 1.5 },
  { minEvaluationNumber: '19' },
  { acceptedStatuses: 'UpToDate' },
  { acceptedStatuses: ['uptodate'] },
  { refusedAdvisories: [''] },
  { refusedAdvisories: Array.from({ length: 4097 }, () => 'A') },
  { grace: { platformDays: 3651 } },
  { grace: { days: 1 } },
  { grace: {}, minEvaluationNumber: 19 },
  { minEvaluationNumber: 19, overrides: [{ ...override, set: { grace: {} } }] },
  { tdAttributes: { mask: ff(8) } },
  { tdAttributes: { mask: ff(7), value: zero(8) } },
  { xfam: { mask: zero(8), value: '0100000000000000' } },
  { requireSeptVeDisable: 1 },
  { dynamicPlatform: true },
  { smt: 'maybe' },
  { pins: { mrTd: [] } },
  { pins: { mrtd: ['00'] } },
  { pins: { mrtd: ff(48) } },
  { pins: [] },
  { names: { mrtd: { ff: 'short' } } },
  { names: { mrtd: { [ff(48)]: '' } } },
  { names: { image: {} } },
  { jointPins: [{ name: 'empty' }] },
  { jointPins: [{ mrtd: ff(48) }] },
  { jointPins: [{ name: 'x', mrtd: [ff(48)] }] },
  { jointPins: Array.from({ length: 65 }, () => ({ name: 'x', mrtd: ff(48) })) },
  { reportData: { exact: '00' } },
  { reportData: { prefix: 'f' } },
  { reportData: { prefix: 5 } },
  { reportData: { hashOf: { ...hashOf, nonce: ff(31) } } },
  { reportData: { hashOf: { ...hashOf, expires: -1 } } },
  { reportData: { hashOf: { ...hashOf, purpose: 'é' } } },
  { reportData: { hashOf: { ...hashOf, coalition: undefined } } },
  { minTeeTcbSvn: zero(15) },
  { minModuleSvn: { major: 1 } },
  { minModuleSvn: { major: 256, minor: 0 } },
  { minPceSvn: 65_536 },
  { minQeSvn: -1 },
  { refuseRollback: 'yes' },
  { eventLog: 'partial' },
  { eventLog: { registers: [4] } },
  { eventLog: {} },
  { allow: { host: [] } },
  { allow: { ppid: [ff(15)] } },
  { overrides: [{ ...override, until: '2027-02-30T00:00:00Z' }] },
  { overrides: [{ ...override, until: '2027' }] },
  { overrides: [{ ...override, note: '' }] },
  { overrides: [override, { ...override, fmspc: '90C06F000000' }] },
  { overrides: [{ ...override, set: { allowDebug: true } }] },
  { overrides: [{ ...override, set: { minEvaluationNumber: 1 } }] },
  { overrides: [{ ...override, set: { allowSimulated: true } }] },
  { overrides: [{ ...override, set: { overrides: [] } }] },
  { overrides: [{ fmspc: '90c06f000000', until, note: 'no set' }] },
];

const show = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 90);
const takes = (policy: unknown): boolean => codeOf(() => checkPolicy(policy)) === 'no refusal';
const contractTakes = (policy: unknown): boolean => attestationPolicy.safeParse(policy).success;

describe('the form of a policy', () => {
  it.each(good.map((policy) => [show(policy), policy]))('is met by %s', (_text, policy) => {
    expect(takes(policy)).toBe(true);
    expect(contractTakes(policy)).toBe(true);
  });

  it.each(bad.map((policy) => [show(policy), policy]))('is missed by %s', (_text, policy) => {
    expect(codeOf(() => checkPolicy(policy))).toBe('POLICY_FORMAT');
    expect(contractTakes(policy)).toBe(false);
  });

  it('is the same in the rules and in the contract, whatever one member becomes', () => {
    /** Every place in the full policy at which a value stands. */
    const places = (value: unknown, path: readonly string[] = []): string[][] =>
      typeof value === 'object' && value !== null
        ? [[...path], ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))]
        : [[...path]];
    const put = (value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown => {
      if (key === undefined) return replacement;
      const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
        string,
        unknown
      >;
      copy[key] = put(copy[key], rest, replacement);
      return copy;
    };
    const strange = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(undefined, '', 'ff', ff(6), ff(8), ff(48), 'full', 1, 4, -1, 0.5, {}, [], [[]]),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places(full)), strange, (path, replacement) => {
        const policy = put(full, path, replacement);
        expect(takes(policy), show([path, replacement])).toBe(contractTakes(policy));
      }),
      { numRuns: 2000, seed: 7 },
    );
  });

  it('says at which place a policy is wrong', () => {
    expect(() => checkPolicy({ pins: { rtmr1: [ff(48), 'xy'] } })).toThrow('pins.rtmr1[1]');
    expect(() => checkPolicy({ overrides: [{ ...override, set: { smt: 'off' } }] })).toThrow(
      'overrides[0].set.smt',
    );
  });

  it('reads back from the contract as a policy of the rules', () => {
    const policy: Policy = attestationPolicy.parse(full);
    expect(policy).toEqual(full);
  });

  it('stands in docs/policy.schema.json (MUSTER_UPDATE=1 rewrites it)', () => {
    current('docs/policy.schema.json', {
      ...z.toJSONSchema(attestationPolicy),
      title: 'Muster attestation policy',
    });
  });
});

describe('the presets', () => {
  it.each([
    ['default', DEFAULT_POLICY],
    ['strict', STRICT_POLICY],
  ])('%s stands in resources/policies as it is (MUSTER_UPDATE=1 rewrites it)', (name, policy) => {
    expect(policy.name).toBe(name);
    current(`resources/policies/${name}.json`, policy);
  });

  it('accept neither debug nor simulated evidence, nor a machine that is out of date', () => {
    for (const policy of [DEFAULT_POLICY, STRICT_POLICY]) {
      expect(policy).toMatchObject({ allowDebug: false, allowSimulated: false });
      for (const status of TCB_STATUSES.slice(4)) expect(policy.acceptedStatuses).not.toContain(status);
    }
  });

  it('strict accepts nothing that default refuses', () => {
    const accepted = new Set(DEFAULT_POLICY.acceptedStatuses);
    expect(STRICT_POLICY.acceptedStatuses!.every((status) => accepted.has(status))).toBe(true);
    expect(STRICT_POLICY.refusedAdvisories).toEqual(
      expect.arrayContaining([...DEFAULT_POLICY.refusedAdvisories!]),
    );
  });
});

describe('a policy in plain words', () => {
  const said = explainPolicy(full as unknown as Policy);

  it('has a sentence for every rule that is set, parts and overrides included', () => {
    const rules = said.map(({ rule }) => rule);
    const silent = ['v', 'name', 'description', 'names'];
    for (const member of Object.keys(full).filter((key) => !silent.includes(key)))
      expect(
        rules.some(
          (rule) => rule === member || rule.startsWith(`${member}.`) || rule.startsWith(`${member}[`),
        ),
        member,
      ).toBe(true);
    expect(rules).toEqual(
      expect.arrayContaining(['grace.platformDays', 'pins.rtmr3', 'overrides[0].set.acceptedStatuses']),
    );
    expect(new Set(rules).size).toBe(rules.length);
  });

  it('is made of sentences', () => {
    for (const { rule, sentence } of said.filter((line) => !/^overrides\[\d+\]$/.test(line.rule)))
      expect(sentence, rule).toMatch(/^[A-Z].*\.$/s);
  });

  it('names the bits of a mask, so that the order of its bytes cannot be mistaken', () => {
    const [line] = explainPolicy({
      tdAttributes: { mask: '0100001000000000', value: '0000001000000000' },
    });
    expect(line!.sentence).toContain('must be set: SEPT_VE_DISABLE; and these must not: DEBUG.');
  });

  it('is empty for the empty policy', () => expect(explainPolicy({})).toEqual([]));
});
