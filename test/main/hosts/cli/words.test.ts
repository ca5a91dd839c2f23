/** What every command has in common: help, exit codes, one document on stdout, people's words on stderr. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../../../src/main/node/index.ts';
import { scratch } from '../../../scratch.ts';
import { childCli, cli } from './support.ts';

/** Every command of the issue, and the two that create and unlock an identity. */
const commands = [
  'run',
  'status',
  'pair',
  'tour',
  'identity create',
  'identity unlock',
  'quote show',
  'quote verify',
  'quote read',
  'quote bundle',
  'quote simulate',
  'coalition create',
  'coalition show',
  'coalition fingerprint',
  'ticket issue',
  'ticket verify',
  'ticket revoke',
  'ticket list',
  'compute submit',
  'compute list',
  'compute logs',
  'compute stop',
  'network status',
  'network on',
  'network off',
  'network peers',
  'network connect',
  'network tickets',
  'network present',
  'network withdraw',
  'chronicle list',
  'chronicle prove',
  'chronicle export',
  'chronicle verify',
];

describe('help', () => {
  it.each(commands)('of %s shows its options, examples and exit codes', async (name) => {
    const { exit, out, err } = await cli(...name.split(' '), '--help');
    expect([exit, err]).toEqual([0, '']);
    expect(out.startsWith(`muster ${name}`)).toBe(true);
    for (const word of [
      '--data DIR',
      '--json',
      'Examples:',
      `  muster ${name}`,
      'Exit code: 0 yes, 1 no, 2 wrong input',
    ])
      expect(out).toContain(word);
  });

  it('lists every command, and those of one area', async () => {
    for (const argv of [[], ['--help']]) {
      const { exit, out } = await cli(...argv);
      expect(exit).toBe(0);
      for (const name of commands) expect(out).toContain(`  ${name}`);
    }
    const area = await cli('ticket', '--help');
    expect(area.out).toContain('ticket revoke');
    expect(area.out).not.toContain('chronicle');
  });

  it('is one document with --json', async () => {
    expect((await cli('ticket', 'issue', '--help', '--json')).json.help).toContain('Examples:');
  });

  it('comes from a process of its own too, as does the version', () => {
    expect(childCli('--version')).toMatchObject({ exit: 0, out: `${VERSION}\n`, err: '' });
    expect(childCli('chronicle', 'verify', '--help').out).toContain('muster chronicle verify FILE');
  });
});

describe('a command line that cannot be understood', () => {
  it.each([
    ['a command that does not exist', ['dance']],
    ['half a command', ['chronicle']],
    ['an option that does not exist', ['ticket', 'list', '--colour', 'red']],
    ['an option without its value', ['chronicle', 'export', '--out']],
    ['a missing file', ['chronicle', 'verify']],
    ['a missing quote', ['quote', 'show']],
    ['a missing ticket', ['network', 'present']],
    ['a missing folder', ['quote', 'simulate']],
    ['report data that is none', ['quote', 'read', '--report-data', 'abcd', '--out', 'x']],
    ['a missing name', ['coalition', 'create']],
    ['a missing option', ['chronicle', 'export']],
    ['a number that is none', ['chronicle', 'prove', 'seven']],
    ['a negative number', ['chronicle', 'list', '--limit=-1']],
    ['a range that is none', ['chronicle', 'export', '--out', 'x', '--range', '1-2']],
    ['a port that is none', ['run', '--port', 'http']],
    ['a port beyond the last', ['run', '--port', '65536']],
    ['a scope that does not exist', ['pair', '--scope', 'view,root']],
    ['a missing passphrase', ['identity', 'unlock']],
  ])('(%s) is exit 2, in words and as a document', async (_what, argv) => {
    const data = ['--data', join(scratch(), 'none')];
    const words = await cli(...argv, ...data);
    expect([words.exit, words.out]).toEqual([2, '']);
    expect(words.err).toMatch(/\S/);
    const { exit, json } = await cli(...argv, ...data, '--json');
    expect(exit).toBe(2);
    expect(json.error).toMatchObject({ code: 'USAGE' });
    expect(json.error.what).toMatch(/\S/);
  });

  it('is exit 2 for a process of its own', () => {
    expect(childCli('dance')).toMatchObject({ exit: 2, out: '' });
    expect(childCli('chronicle', 'verify', '/nowhere/at-all', '--json').json.error.code).toBe(
      'FILE_UNREADABLE',
    );
  });
});

describe('a command that needs a node', () => {
  it.each([
    ['status'],
    ['pair'],
    ['identity create x'],
    ['coalition show'],
    ['coalition create x'],
    ['ticket issue x'],
    ['ticket verify x'],
    ['ticket revoke x'],
    ['ticket list'],
    ['compute submit x'],
    ['compute list'],
    ['compute logs x'],
    ['compute stop x'],
    ['network status'],
    ['network on'],
    ['network off'],
    ['network peers'],
    ['network connect x'],
    ['network tickets'],
    ['network present /dev/null'],
    ['network withdraw x'],
    ['chronicle list'],
    ['chronicle prove 0'],
    ['chronicle export --out OUT'],
  ])('(%s) says that none is running, with exit 1', async (line) => {
    const folder = scratch();
    const argv = [...line.replace('OUT', join(folder, 'out')).split(' '), '--data', folder];
    const words = await cli(...argv);
    expect([words.exit, words.out]).toEqual([1, '']);
    expect(words.err).toContain('NODE_NOT_RUNNING');
    expect(words.err).toContain('muster run');
    const { exit, json } = await cli(...argv, '--json');
    expect(exit).toBe(1);
    expect(json.error).toMatchObject({ code: 'NODE_NOT_RUNNING' });
  });
});
