/** Numbers, sizes, spans and ids as people read them. */
import { describe, expect, it } from 'vitest';
import {
  bytes,
  cpu,
  duration,
  mib,
  number,
  percent,
  relative,
  shorten,
  shortenImage,
  utc,
} from '../../src/renderer/format.ts';
import { createTranslate } from '../../src/renderer/language/translate.ts';
import { parseCount } from '../../src/renderer/numbers.ts';

const t = createTranslate('en');
const plain = (text: string): string => text.replaceAll('\u00a0', ' ').replaceAll('\u2009', "'");

describe('formatting', () => {
  it('groups thousands with thin spaces', () => {
    expect(plain(number(999))).toBe('999');
    expect(plain(number(1_000_000))).toBe("1'000'000");
    expect(plain(number(-1234.5, 1))).toBe("−1'234.5");
  });

  it('says sizes in the unit that a person would choose', () => {
    expect(plain(bytes(5006))).toBe("5'006 B");
    expect(plain(bytes(38_412))).toBe('37.5 KiB');
    expect(plain(bytes(67_108_864))).toBe('64.0 MiB');
    expect(plain(mib(4096))).toBe("4'096 MiB");
    expect(plain(mib(196_608))).toBe('192 GiB');
    expect(plain(cpu(1500))).toBe('1.5 vCPU');
    expect(plain(cpu(48_000))).toBe('48 vCPU');
  });

  it('says spans in their two largest units', () => {
    expect(duration(t, 340)).toBe('340 ms');
    expect(duration(t, 12_999)).toBe('12 s');
    expect(duration(t, 185_000)).toBe('3 min 5 s');
    expect(duration(t, 187_200_000)).toBe('2 d 4 h');
  });

  it('says moments relative to now', () => {
    expect(relative(t, 1000, 1500)).toBe('now');
    expect(relative(t, 0, 12_000)).toBe('12 s ago');
    expect(relative(t, 0, 3 * 86_400_000)).toBe('3 d ago');
    expect(relative(t, 187_200_000, 0)).toBe('in 2 d 4 h');
    expect(utc(0)).toBe('1970-01-01 00:00:00 UTC');
  });

  it('keeps both ends of what it shortens', () => {
    expect(shorten('abcdefghijklmnopqrstuvwxyz')).toBe('abcdefgh…wxyz');
    expect(shorten('abcdefghijklm')).toBe('abcdefghijklm');
    expect(shortenImage(`registry.example/app@sha256:${'0123456789abcdef'.repeat(4)}`)).toBe(
      'registry.example/app@01234567…cdef',
    );
  });

  it('never says 100 % before the end', () => {
    expect(percent(999, 1000)).toBe(99);
    expect(percent(1000, 1000)).toBe(100);
    expect(percent(5, 0)).toBe(0);
  });

  it('reads whole numbers only', () => {
    expect(parseCount(' 48 000 ')).toBe(48_000);
    for (const text of ['', '-1', '1.5', '1e3', 'four']) expect(parseCount(text)).toBeNull();
  });
});
