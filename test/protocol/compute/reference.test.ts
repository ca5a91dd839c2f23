import { describe, expect, it } from 'vitest';
import { isDigest, readReference, referenceText } from '../../../src/protocol/compute/index.ts';
import { refusalOf } from '../../docker/refusal.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an image reference', () => {
  it('is a host, a repository and a digest', () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['registry.example/app', 'registry.example', 'app'],
      ['registry.example:5000/team/app', 'registry.example:5000', 'team/app'],
      ['localhost/app', 'localhost', 'app'],
      ['127.0.0.1:5000/a/b__c/d.e-f', '127.0.0.1:5000', 'a/b__c/d.e-f'],
    ];
    for (const [name, host, repository] of cases) {
      const read = readReference(` ${name}@${digest}\n`);
      expect(read).toEqual({ host, repository, digest });
      expect(referenceText(read)).toBe(`${name}@${digest}`);
    }
  });

  it('loses a tag beside the digest', () => {
    expect(referenceText(readReference(`registry.example/app:1.2.3@${digest}`))).toBe(
      `registry.example/app@${digest}`,
    );
  });

  it('is refused without a digest, with or without a tag', async () => {
    for (const text of ['registry.example/app:latest', 'registry.example/app', 'localhost:5000/app:1'])
      expect(await refusalOf(() => readReference(text)), text).toBe('IMAGE_NO_DIGEST');
  });

  it('is refused with a digest of another shape', async () => {
    const hex = digest.slice(7);
    for (const bad of [
      '',
      'sha256:',
      `sha256:${hex.slice(1)}`,
      `sha256:${hex}0`,
      `SHA256:${hex}`,
      `sha256:${hex.toUpperCase()}`,
      `sha512:${hex}${hex}`,
      hex,
      `${digest}@${digest}`,
    ])
      expect(await refusalOf(() => readReference(`registry.example/app@${bad}`)), bad).toBe('IMAGE_DIGEST');
  });

  it('is refused when it is no reference, or names no registry', async () => {
    const bad = [
      '',
      'app',
      'team/app',
      'https://registry.example/app',
      'registry.example/',
      'registry.example/App',
      'registry.example/a//b',
      'registry.example/../b',
      'registry.example/a b',
      'registry.example:0/app',
      'registry.example:70000/app',
      'registry.example:1:2/app',
      '-registry.example/app',
      'registry..example/app',
      `registry.example/${'a'.repeat(300)}`,
      'registry.example/app:bad tag',
      'registry.example/ünïcode',
    ];
    for (const name of bad)
      expect(await refusalOf(() => readReference(`${name}@${digest}`)), name).toBe('IMAGE_REFERENCE');
  });

  it('knows digests by their one spelling', () => {
    expect(isDigest(digest)).toBe(true);
    expect(isDigest(digest.toUpperCase())).toBe(false);
    expect(isDigest(`${digest}\n`)).toBe(false);
  });
});
