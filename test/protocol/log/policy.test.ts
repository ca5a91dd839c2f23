/** c2sp.org/tlog-policy: what a file may say, what it means, and on which line it is wrong. */
import { describe, expect, it } from 'vitest';
import {
  committeePolicy,
  formatPolicy,
  formatVerifierKey,
  NO_QUORUM,
  parsePolicy,
  policyKeys,
  satisfies,
  verifierKey,
} from '../../../src/protocol/log/index.ts';
import { committee, hashes, refusal, signerNamed, text } from './support.ts';

const vkey = (name: string, type: 1 | 4): string =>
  formatVerifierKey(verifierKey(hashes, name, type, signerNamed(`policy ${name}`).key));
const log = vkey('log.example', 1);
const w = (name: string): string => vkey(name, 4);

/** The example of the text, with keys in it. */
const EXAMPLE = `log ${log}

witness X1 ${w('x1')}
witness X2 ${w('x2')}
witness X3 ${w('x3')}
group X-witnesses 2 X1 X2 X3

witness Y1 ${w('y1')}
witness Y2 ${w('y2')}
witness Y3 ${w('y3')}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const parse = (source: string) => parsePolicy(hashes, text(source));

describe('the example of the text', () => {
  const policy = parse(EXAMPLE);

  it('is read with its nested groups', () => {
    expect(policy.logs).toHaveLength(1);
    expect(policy.witnesses.map(({ name }) => name)).toEqual(['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3']);
    expect(policy.groups).toEqual([
      { name: 'X-witnesses', k: 2, members: ['X1', 'X2', 'X3'] },
      { name: 'Y-witnesses', k: 1, members: ['Y1', 'Y2', 'Y3'] },
      { name: 'X-and-Y', k: 2, members: ['X-witnesses', 'Y-witnesses'] },
    ]);
    expect(policyKeys(policy)).toHaveLength(7);
  });

  it('is satisfied by exactly those sets of witnesses that the text says', () => {
    const names = policy.witnesses.map(({ name }) => name);
    for (let set = 0; set < 2 ** names.length; set++) {
      const cosigned = new Set(names.filter((_, i) => (set >> i) % 2 === 1));
      const xs = [...cosigned].filter((name) => name.startsWith('X')).length;
      const ys = cosigned.size - xs;
      expect(satisfies(policy, cosigned), [...cosigned].join(' ')).toBe(xs >= 2 && ys >= 1);
    }
  });

  it('cannot be satisfied by naming its groups', () => {
    expect(satisfies(policy, new Set(['X-and-Y', 'X-witnesses', 'Y-witnesses', 'stranger']))).toBe(false);
  });

  it('means the same after it was written in our layout', () => {
    const written = formatPolicy(hashes, policy);
    expect(parse(written)).toEqual(policy);
    expect(formatPolicy(hashes, parse(written))).toBe(written);
  });
});

describe('a policy', () => {
  it('may have comments, odd spacing, URLs, and names in any script', () => {
    const policy = parse(
      `# a comment\n\t log\t${log}  https://log.example/ \n   \n  # another\nwitness Zürich ${w('z')}\thttps://z.example\nquorum Zürich\n`,
    );
    expect(policy.logs[0]?.url).toBe('https://log.example/');
    expect(policy.witnesses[0]).toMatchObject({ name: 'Zürich', url: 'https://z.example' });
    expect(satisfies(policy, new Set(['Zürich']))).toBe(true);
    expect(satisfies(policy, new Set())).toBe(false);
    expect(parse(formatPolicy(hashes, policy))).toEqual(policy);
  });

  it('without a quorum is satisfied by the log alone', () => {
    const policy = parse('quorum none\n');
    expect(policy).toEqual({ logs: [], witnesses: [], groups: [], quorum: NO_QUORUM });
    expect(satisfies(policy, new Set())).toBe(true);
  });

  it('of a committee of four asks for three', () => {
    const { logKey, cosignerKeys } = committee('log.example', ['a', 'b', 'c', 'd']);
    const policy = committeePolicy([logKey], cosignerKeys, 3);
    expect(parse(formatPolicy(hashes, policy))).toEqual(policy);
    expect(satisfies(policy, new Set(['member-1', 'member-2', 'member-4']))).toBe(true);
    expect(satisfies(policy, new Set(['member-1', 'member-2']))).toBe(false);
    refusal('POLICY_FORMAT', () => formatPolicy(hashes, committeePolicy([logKey], cosignerKeys, 5)));
  });

  it('may be as large as the text recommends', () => {
    const lines = Array.from({ length: 32 }, (_, i) => [
      `log ${vkey(`log${i}`, 1)}`,
      `witness w${i} ${w(`w${i}`)}`,
      `group g${i} 1 w${i}`,
    ]).flat();
    expect(parse(`${lines.join('\n')}\nquorum g31\n`).groups).toHaveLength(32);
  });
});

describe('a policy is refused on line', () => {
  const good = `witness a ${w('a')}\nwitness b ${w('b')}\n`;

  it.each([
    [1, 'an unknown keyword', 'logs x\n'],
    [1, 'a log without a key', 'log\nquorum none\n'],
    [1, 'a log with too much', `log ${log} url more\n`],
    [1, 'a broken key', `log ${log.slice(0, -1)}\n`],
    [1, 'a log with a cosigner’s key', `log ${w('a')}\n`],
    [1, 'a witness with a log’s key', `witness a ${log}\n`],
    [1, 'a witness without a name', `witness ${w('a')}\n`],
    [1, 'a witness called none', `witness none ${w('a')}\n`],
    [2, 'the same log twice', `log ${log}\nlog ${log}\n`],
    [3, 'the same witness key under another name', `${good}witness c ${w('a')}\n`],
    [3, 'the same name twice', `${good}witness a ${w('c')}\n`],
    [3, 'a group called like a witness', `${good}group a all b\n`],
    [3, 'a group without members', `${good}group g all\n`],
    [3, 'a group with an unknown member', `${good}group g all c\n`],
    [3, 'a group in itself', `${good}group g any g\n`],
    [3, 'none in a group', `${good}group g any none\n`],
    [3, 'a member twice in a group', `${good}group g any a a\n`],
    [4, 'a member of two groups', `${good}group g any a\ngroup h any a\n`],
    [3, 'a threshold of zero', `${good}group g 0 a b\n`],
    [3, 'a threshold above the members', `${good}group g 3 a b\n`],
    [3, 'a threshold with a leading zero', `${good}group g 01 a b\n`],
    [3, 'a threshold in words', `${good}group g most a b\n`],
    [3, 'a quorum that is not defined yet', `${good}quorum g\ngroup g all a b\n`],
    [4, 'a second quorum', `${good}quorum a\nquorum a\n`],
    [3, 'a quorum of two names', `${good}quorum a b\n`],
    [3, 'no quorum at all', good],
    [3, 'a last line without its newline', `${good}quorum a`],
    [3, 'a control character', `${good}quorum\u000ba\n`],
    [1, 'a carriage return', `# windows\r\nquorum none\n`],
    [1, 'a delete character', `#\u007f\nquorum none\n`],
    [1, 'nothing', ''],
  ])('%i for %s', (line, _, source) => {
    expect(refusal('POLICY_FORMAT', () => parse(source)).details).toEqual({ line });
  });

  it('and as a whole when it is not UTF-8 or too large', () => {
    refusal('POLICY_FORMAT', () => parsePolicy(hashes, Uint8Array.of(0x23, 0xff, 0x0a)));
    refusal('POLICY_FORMAT', () => parse(`${'#\n'.repeat(200_000)}quorum none\n`));
    refusal('POLICY_FORMAT', () =>
      parse(Array.from({ length: 1100 }, (_, i) => `witness w${i} ${w(`w${i}`)}\n`).join('')),
    );
  });
});
