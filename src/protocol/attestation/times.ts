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

function fromDigits(found: RegExpExecArray | null, year: (digits: number) => number): number | null {
  if (found === null) return null;
  const [y, mo, d, h, mi, s] = found.slice(1).map(Number) as [number, number, number, number, number, number];
  return seconds(year(y), mo, d, h, mi, s);
}

/** Reads `YYYY-MM-DDTHH:MM:SSZ`; `null` when it is anything else. */
export function readIsoTime(text: string): number | null {
  return fromDigits(/^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(text), (year) => year);
}

/** Reads an ASN.1 UTCTime as RFC 5280 4.1.2.5.1 narrows it (`YYMMDDHHMMSSZ`, years 1950 to 2049). */
export function readUtcTime(text: string): number | null {
  return fromDigits(/^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text), (year) =>
    year < 50 ? 2000 + year : 1900 + year,
  );
}

/** Reads an ASN.1 GeneralizedTime as RFC 5280 4.1.2.5.2 narrows it (`YYYYMMDDHHMMSSZ`). */
export function readGeneralizedTime(text: string): number | null {
  return fromDigits(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text), (year) => year);
}

/** Unix seconds as `YYYY-MM-DDTHH:MM:SSZ`. */
export function isoTime(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 19)}Z`;
}
