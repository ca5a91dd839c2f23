/** Numbers, sizes, times and ids as people read them. Pure; the words come in through `t`. */
import type { Translate } from './language/translate.ts';

/** Thin space, between thousands. */
export const THIN = '\u2009';
/** No-break space, between a number and its unit. */
export const UNIT = '\u00a0';

/** 48201 → `48 201` with thin spaces; four digits and more are grouped. */
export function number(value: number, digits = 0): string {
  const [whole = '0', rest] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+(?!\d))/g, THIN);
  return `${value < 0 ? '−' : ''}${grouped}${rest === undefined ? '' : `.${rest}`}`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** 5006 → `5 006 B`; from 10 KiB on in the largest unit that keeps the number at 1 or more. */
export function bytes(value: number): string {
  if (value < 10_240) return `${number(value)}${UNIT}B`;
  const power = Math.min(Math.floor(Math.log2(value) / 10), BYTE_UNITS.length - 1);
  const scaled = value / 1024 ** power;
  return `${number(scaled, scaled < 10 ? 2 : scaled < 100 ? 1 : 0)}${UNIT}${BYTE_UNITS[power]}`;
}

/** MiB as MiB below 10 GiB, then GiB. */
export const mib = (value: number): string =>
  value < 10_240 || value % 1024 !== 0 ? `${number(value)}${UNIT}MiB` : `${number(value / 1024)}${UNIT}GiB`;

/** Millicores as vCPU: 1500 → `1.5 vCPU`. */
export const cpu = (millicores: number): string =>
  `${number(millicores / 1000, millicores % 1000 === 0 ? 0 : millicores % 100 === 0 ? 1 : 2)}${UNIT}vCPU`;

export const percent = (part: number, whole: number): number =>
  whole <= 0 ? 0 : Math.min(100, Math.floor((part / whole) * 100));

/** `2026-11-20 14:02:11 UTC` */
export const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
/** `2026-11-20 14:02` */
export const utcShort = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
/** `14:02:11.482` */
export const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `2 d 4 h`, `3 min 5 s`, `8.2 s`, `340 ms`: the two largest units. */
export function duration(t: Translate, millis: number): string {
  const ms = Math.max(0, Math.round(millis));
  if (ms < SECOND) return t('time.ms', { n: ms });
  if (ms < MINUTE) return t('time.s', { n: Math.floor(ms / SECOND) });
  const pair = (large: string, small: string | null): string =>
    small === null ? large : `${large} ${small}`;
  if (ms < HOUR) {
    const s = Math.floor((ms % MINUTE) / SECOND);
    return pair(t('time.min', { n: Math.floor(ms / MINUTE) }), s === 0 ? null : t('time.s', { n: s }));
  }
  if (ms < DAY) {
    const min = Math.floor((ms % HOUR) / MINUTE);
    return pair(t('time.h', { n: Math.floor(ms / HOUR) }), min === 0 ? null : t('time.min', { n: min }));
  }
  const h = Math.floor((ms % DAY) / HOUR);
  return pair(t('time.d', { n: Math.floor(ms / DAY) }), h === 0 ? null : t('time.h', { n: h }));
}

/** `12 s ago`, `in 2 d 4 h`, `now`; one unit for the past, two for what is to come. */
export function relative(t: Translate, at: number, now: number): string {
  const gap = now - at;
  if (Math.abs(gap) < SECOND) return t('time.now');
  if (gap < 0) return t('time.in', { span: duration(t, -gap) });
  const span =
    gap < MINUTE
      ? t('time.s', { n: Math.floor(gap / SECOND) })
      : gap < HOUR
        ? t('time.min', { n: Math.floor(gap / MINUTE) })
        : gap < DAY
          ? t('time.h', { n: Math.floor(gap / HOUR) })
          : t('time.d', { n: number(Math.floor(gap / DAY)) });
  return t('time.ago', { span });
}

/** Keeps both ends of a long id: `8f2c91ab…77d0e1f2`. */
export function shorten(text: string, head = 8, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(text.length - tail)}`;
}

/** An image reference with its digest shortened; the name is what people read. */
export function shortenImage(image: string): string {
  const at = image.indexOf('@sha256:');
  return at < 0 ? image : `${image.slice(0, at)}@${shorten(image.slice(at + 8), 8, 4)}`;
}
