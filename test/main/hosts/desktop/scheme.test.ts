import { describe, expect, it } from 'vitest';
import { isOurs, mayLoad } from '../../../../src/main/hosts/desktop/origin.ts';
import { createAnswer } from '../../../../src/main/hosts/desktop/scheme.ts';

const asset = (text: string, immutable = false) => ({
  bytes: new TextEncoder().encode(text),
  type: 'text/html; charset=utf-8',
  immutable,
});
const answer = createAnswer(
  new Map([
    ['/index.html', asset('<p>page')],
    ['/assets/a-123.js', asset('1', true)],
  ]),
);
const ask = (url: string, method = 'GET') => answer({ url, method });

describe('the scheme of the window', () => {
  it('serves the page and its files from the manifest', async () => {
    const page = ask('app://muster/');
    expect(await page.text()).toBe('<p>page');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(ask('app://muster/assets/a-123.js').headers.get('cache-control')).toContain('immutable');
    expect(await ask('app://muster/', 'HEAD').text()).toBe('');
  });

  it.each([
    'app://muster/missing.js',
    'app://muster/../package.json',
    'app://muster/..%2fpackage.json',
    'app://muster/assets',
    'app://muster/%2e%2e/%2e%2e/etc/passwd',
    'app://other/index.html',
    'app://muster@other/index.html',
  ])('knows nothing of %s', async (url) => {
    const response = ask(url);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });

  it('is only read', () => {
    expect(ask('app://muster/', 'POST').status).toBe(405);
  });

  it.each(['app://muster/', 'app://muster/missing', 'app://muster/stopped.html'])(
    'sends the policy with %s: nothing from elsewhere, no connection, Trusted Types',
    (url) => {
      const policy = ask(url).headers.get('content-security-policy')?.split('; ');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "connect-src 'none'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
        ]),
      );
      expect(ask(url).headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  it('has a page for the time when the interface has stopped, without script or style', async () => {
    const text = await ask('app://muster/stopped.html').text();
    expect(text).toContain('<a href="/">');
    expect(text).not.toMatch(/<script|<style|style=/);
  });
});

describe('an address', () => {
  it.each([
    'app://muster.evil/',
    'app://muster@evil/',
    'app://muster:1/',
    'app:muster/',
    'app://muster',
    'https://muster/',
    'javascript:1',
    'blob:app://muster/x',
    '',
  ])('like %s is not ours', (url) => {
    expect(isOurs(url)).toBe(false);
  });

  it('may be loaded when it is ours, or made by the page itself', () => {
    for (const url of ['app://muster/', 'app://muster/a?b#c', 'blob:app://muster/x', 'data:image/png,'])
      expect(mayLoad(url)).toBe(true);
    for (const url of [
      'blob:https://elsewhere/x',
      'file:///etc/passwd',
      'ws://127.0.0.1/',
      'https://elsewhere/',
    ])
      expect(mayLoad(url)).toBe(false);
  });
});
