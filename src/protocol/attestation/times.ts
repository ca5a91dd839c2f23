/**
 * Points in time as whole Unix seconds, from the three spellings that collateral uses. Date.parse accepts "2026"
 * and 30 February, and every comparison with NaN is false, so dates are read by shape and by calendar
 * (tdx.md 7.1 hole 7 and 11).
 */

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar, counted in eras of 400 years. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function seconds(year: number, month: number, day: number, hour: number, minute: number, second: number) {
  const longest = month === 2 && isLeap(year) ? 29 : monthDays[month - 1];
  if (longest === undefined || day < 1 || day > longest || hour > 23 || minute > 59 || second > 59)
    return null;
  return daysFromCivil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
}

/** The number that the two digits at this place write; NaN, which no calendar accepts, when they are none. */
function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30;
  const ones = (bytes[at + 1] ?? 0) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** The rest of an ASN.1 time after its year: `MMDDHHMMSSZ`, and nothing behind it. */
function afterYear(year: number, bytes: Uint8Array, at: number): number | null {
  if (bytes.length !== at + 11 || bytes[at + 10] !== 0x5a) return null;
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((offset) => two(bytes, at + offset)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return Number.isNaN(year + day + hour + minute + second)
    ? null
    : seconds(year, month, day, hour, minute, second);
}

/** Reads `YYYY-MM-DDTHH:MM:SSZ`; `null` when it is anything else. */
export function readIsoTime(text: string): number | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(text);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return seconds(year, month, day, hour, minute, second);
}

/** Reads an ASN.1 UTCTime as RFC 5280 4.1.2.5.1 narrows it (`YYMMDDHHMMSSZ`, years 1950 to 2049). */
export function readUtcTime(bytes: Uint8Array): number | null {
  const year = two(bytes, 0);
  return afterYear(year < 50 ? 2000 + year : 1900 + year, bytes, 2);
}

/** Reads an ASN.1 GeneralizedTime as RFC 5280 4.1.2.5.2 narrows it (`YYYYMMDDHHMMSSZ`). */
export function readGeneralizedTime(bytes: Uint8Array): number | null {
  return afterYear(two(bytes, 0) * 100 + two(bytes, 2), bytes, 4);
}

/** Unix seconds as `YYYY-MM-DDTHH:MM:SSZ`. */
export function isoTime(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 19)}Z`;
}
