import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toProblem } from '../../src/contract/index.ts';
import { problems } from '../../src/contract/problems.ts';
import { INPUT_CODES, REASON_CODES } from '../../src/protocol/attestation/index.ts';
import { scratch } from '../scratch.ts';
import { codesIn } from './codes.ts';

const src = join(import.meta.dirname, '../../src');

/** Words in capitals that are not codes of ours. */
const others = new Set([
  'ABORT_ERR', // Node
  'BAD_REQUEST', // oRPC
  'SSH_AUTH_SOCK',
  'XDG_DATA_HOME',
  'TDX_01', // a TDX module (tdx.md 2.5)
  'DSTACK_EVENT',
  // attribute names of a TD (tdx.md 2)
  'HGS_PLUS_PROF',
  'PERF_PROF',
  'PMT_PROF',
  'SEPT_VE_DISABLE',
  'TD_QE',
  // codes of the oRPC errors that carry a problem
  'PROBLEM',
  'FORBIDDEN',
  // collateral documents, by name
  'QE_IDENTITY',
  'TCB_INFO',
]);

/** The list itself does not count; of the renderer, whose own words stand in its language files, only refusals. */
const leave = (file: string): boolean => /^(contract\/problems|renderer\/)/.test(file);
const given = new Map(
  [...codesIn(src, { leave }), ...codesIn(join(src, 'renderer'), { thrown: true })].filter(
    // EV_…: event types of the TCG's event logs
    ([code]) => !others.has(code) && !code.startsWith('EV_'),
  ),
);

describe('the list of problems', () => {
  it('has words for every code that the source can give', () => {
    expect(given.size).toBeGreaterThan(150);
    const missing = [...given].filter(([code]) => problems[code] === undefined);
    expect(missing).toEqual([]);
  });

  it('has words for every reason of a verdict and every refusal of input', () => {
    const codes = [...REASON_CODES, ...INPUT_CODES];
    expect(codes.filter((code) => problems[code] === undefined)).toEqual([]);
  });

  it('has no words for a code that nothing gives', () => {
    expect(Object.keys(problems).filter((code) => !given.has(code))).toEqual([]);
  });

  it.each(Object.entries(problems))(
    '%s says what it means and what to do, in plain sentences',
    (_code, text) => {
      for (const sentence of [text.meaning, text.next]) {
        expect(sentence).toMatch(/^\p{Lu}[^\n]{8,200}[.?]$/u);
        expect(sentence).not.toContain('!');
        expect(sentence.trim()).toBe(sentence);
        // nobody is blamed, nobody is asked for pardon
        expect(sentence).not.toMatch(/\b(invalid|illegal|you failed|your fault|sorry|oops|please)\b/i);
      }
    },
  );

  it('fills a refusal with its words, and an unknown code with those of the unexpected', () => {
    const known = toProblem('DATA_IN_USE', 'Another node works here.', { pid: 7 });
    expect(known).toMatchObject({
      code: 'DATA_IN_USE',
      what: 'Another node works here.',
      details: { pid: 7 },
    });
    expect(known.next).toBe(problems['DATA_IN_USE']!.next);
    const unknown = toProblem('NOBODY_KNOWS', 'Something.');
    expect(unknown).toMatchObject({ code: 'NOBODY_KNOWS', next: problems['UNEXPECTED']!.next });
  });
});

describe('the search for codes', () => {
  const cases: [string, string, string[]][] = [
    ['a refusal on one line', "throw new Refusal('NEW_CODE', 'x');", ['NEW_CODE']],
    ['a refusal over several lines', "throw new Refusal(\n  'NEW_CODE',\n  'x',\n);", ['NEW_CODE']],
    ['a code of one word', "throw new Refusal('SHORT', 'x');", ['SHORT']],
    [
      'a code in a table',
      "const fail = { a: 'TABLE_CODE', b: 'ROOT_CRL_SIG' };",
      ['TABLE_CODE', 'ROOT_CRL_SIG'],
    ],
    ['a code handed on', "insist(ok, 'PASSED_ON', 'x');", ['PASSED_ON']],
    ['a problem made at once', "toProblem('SCOPE', what)", ['SCOPE']],
    ['no code in a comment', "/* 'IN_COMMENT' */\n// Errors: 'IN_LINE'\n", []],
    ['no code in a word of a sentence', "say('TDX');", []],
  ];
  it.each(cases)('finds %s', (_name, text, codes) => {
    const folder = scratch();
    mkdirSync(join(folder, 'main'));
    writeFileSync(join(folder, 'main/a.ts'), text);
    expect([...codesIn(folder).keys()].toSorted()).toEqual(codes.toSorted());
  });
});
