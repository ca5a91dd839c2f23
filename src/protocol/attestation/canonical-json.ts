/**
 * One spelling for a JSON value: members sorted, no blanks, whole numbers only, and every character outside ASCII
 * as an escape, so that the text survives any normalisation. Verdicts and policies stand in bundles this way.
 */
import { isJsonObject, type Json } from './json.ts';

const NOT_ASCII = /[^\x20-\x7e]/g;

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function write(value: Json): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new Error('canonical JSON has whole numbers only');
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (isJsonObject(value)) {
    const members = Object.keys(value)
      .toSorted()
      .map((name) => `${write(name)}:${write(value[name] as Json)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value).replaceAll(NOT_ASCII, escape);
}

/** Members that are undefined are left out, as everywhere in JSON. A number that is no whole one is a bug. */
export function canonicalJson(value: unknown): string {
  return write(JSON.parse(JSON.stringify(value)) as Json);
}
