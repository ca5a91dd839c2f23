import { describe, expect, it } from 'vitest';
import { linkAmong, readDeepLink } from '../../../../src/main/hosts/desktop/deep-link.ts';

describe('a link from another program', () => {
  it.each([
    ['muster://chronicle', '#/chronicle'],
    ['muster://machines/', '#/machines'],
    ['muster://chronicle?entry=12', '#/chronicle?entry=12'],
    ['muster://compute?id=ab12&tab=logs', '#/compute?id=ab12&tab=logs'],
    ['muster://tickets?q=a%20b%23%2F', '#/tickets?q=a+b%23%2F'],
  ])('%s shows %s', (link, hash) => {
    expect(readDeepLink(link)).toBe(hash);
  });

  it.each([
    ['another scheme', 'https://chronicle'],
    ['the inner scheme', 'app://muster/#/chronicle'],
    ['no page', 'muster://'],
    ['an unknown page', 'muster://welcome'],
    ['a path below', 'muster://chronicle/../../etc'],
    ['a form to open', 'muster://tickets?do=new'],
    ['a parameter twice', 'muster://chronicle?q=a&q=b'],
    ['a user', 'muster://a@chronicle'],
    ['a port', 'muster://chronicle:1'],
    ['a hash of its own', 'muster://chronicle#/settings'],
    ['control characters', 'muster://chronicle?q=%00'],
    ['a long value', `muster://chronicle?q=${'a'.repeat(257)}`],
    ['great length', `muster://chronicle?${'a'.repeat(2000)}`],
    ['capital letters in its scheme', 'MUSTER://chronicle'],
    ['nothing', ''],
  ])('with %s is not followed', (_what, link) => {
    expect(readDeepLink(link)).toBeNull();
  });

  it('is found among the arguments of a start', () => {
    expect(linkAmong(['electron', '.', '--data', '/tmp/x', 'muster://machines'])).toBe('#/machines');
    expect(linkAmong(['electron', '.', 'muster://nowhere'])).toBeNull();
  });
});
