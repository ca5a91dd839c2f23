/** Every word comes from the language file: no key is missing, none is left over, every message can be formatted. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { pseudoText } from '../../src/renderer/language/pseudo.ts';
import { createTranslate } from '../../src/renderer/language/translate.ts';
import { en } from '../../src/renderer/language/en.ts';

const folder = resolve(import.meta.dirname, '../../src/renderer');
const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('language'))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
const keys = Object.keys(en);

describe('the language file', () => {
  it('has every key that is asked for literally', () => {
    const asked = sources.flatMap((text) =>
      [...text.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key ?? ''),
    );
    expect(asked.length).toBeGreaterThan(200);
    expect(asked.filter((key) => !keys.includes(key))).toEqual([]);
  });

  it('has no key that nothing asks for', () => {
    const all = sources.join('\n');
    const prefixes = [...all.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map(([, prefix]) => prefix ?? '');
    const unused = keys.filter(
      (key) => !all.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  it('holds only messages that can be read', () => {
    for (const [key, message] of Object.entries(en))
      expect(() => new IntlMessageFormat(message, 'en'), key).not.toThrow();
  });

  it('keeps to plain words: no exclamation marks, and never "trusted"', () => {
    expect(Object.entries(en).filter(([, text]) => /!|\btrusted\b/i.test(text))).toEqual([]);
  });

  it('has words for every check of the verifier and every step of the browser', async () => {
    const { CHECK_IDS } = await import('../../src/protocol/attestation/index.ts');
    const { STEPS } = await import('../../src/renderer/verify/verifier.ts');
    expect(CHECK_IDS.filter((id) => !keys.includes(`check.${id}`))).toEqual([]);
    expect(
      STEPS.filter((id) => !keys.includes(`verify.${id}`) || !keys.includes(`verify.${id}.passed`)),
    ).toEqual([]);
  });
});

describe('the pseudo-locale', () => {
  const pseudo = createTranslate('pseudo');
  it('is longer than English by nearly a third and leaves values alone', () => {
    const plain = createTranslate('en')('tickets.summary', { n: 12, valid: 5 });
    const marked = pseudo('tickets.summary', { n: 12, valid: 5 });
    expect(marked).toContain('12');
    expect(marked.length).toBeGreaterThan(plain.length * 1.2);
    expect(marked).not.toMatch(/[a-z]{3}/);
  });

  it('reaches into plurals and choices', () => {
    expect(pseudo('chronicle.signers', { n: 1 })).toBe(pseudoText('one signature'));
  });
});
