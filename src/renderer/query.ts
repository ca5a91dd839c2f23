/**
 * The query language of the Chronicle: `kind:ticket.* by:8f2c after:2026-11-01 id:bafy… mentions:… refused:yes`.
 * Every word that is not understood is named, never dropped silently. Pure.
 */
import type { ChronicleFilter } from '../contract/index.ts';
import { recognise } from './recognise.ts';

export type QueryFault =
  | { readonly word: string; readonly why: 'key' }
  | { readonly word: string; readonly why: 'value' }
  | { readonly word: string; readonly why: 'twice' };

export interface ParsedQuery {
  readonly filter: ChronicleFilter;
  /** A bare number means: go to that entry. */
  readonly goTo: number | null;
  readonly faults: readonly QueryFault[];
}

export const QUERY_KEYS = ['kind', 'by', 'after', 'before', 'id', 'mentions', 'refused'] as const;

/** `2026-11-01`, `2026-11-01T08:30` or a full RFC 3339 time; days and minutes are UTC. */
export function parseMoment(text: string): number | null {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?Z?)?$/.exec(text);
  if (parts === null) return null;
  const at = Date.parse(`${parts[1]}T${parts[2] ?? '00:00'}${parts[3] ?? ':00'}Z`);
  // Date.parse rolls 31 November over; only a date that reads back the same exists
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(parts[1] ?? '') ? null : at;
}

type Part = Partial<ChronicleFilter> | null;
const readers: Readonly<Record<(typeof QUERY_KEYS)[number], (value: string) => Part>> = {
  kind: (kind) => (/^[a-z.]{1,63}\*?$|^\*$/.test(kind) ? { kind } : null),
  by: (author) => (/^[0-9a-fA-F]{1,64}$/.test(author) ? { author: author.toLowerCase() } : null),
  after: (text) => moment(text, (after) => ({ after })),
  before: (text) => moment(text, (before) => ({ before })),
  id: (id) => (/^b[a-z2-7]{0,58}$/.test(id) ? { id } : null),
  mentions: (text) => {
    const hex = text.replace(/^sha256:/, '').toLowerCase();
    return /^[0-9a-f]{8,128}$/.test(hex) ? { mentions: hex } : null;
  },
  refused: (text) =>
    text === 'yes' || text === 'true'
      ? { refused: true }
      : text === 'no' || text === 'false'
        ? { refused: false }
        : null,
};

function moment(text: string, make: (at: number) => Part): Part {
  const at = parseMoment(text);
  return at === null || at < 0 ? null : make(at);
}

export function parseQuery(text: string): ParsedQuery {
  let filter: ChronicleFilter = {};
  let goTo: number | null = null;
  const faults: QueryFault[] = [];
  const add = (word: string, part: Part): void => {
    if (part === null) faults.push({ word, why: 'value' });
    else if (Object.keys(part).some((key) => Object.hasOwn(filter, key))) faults.push({ word, why: 'twice' });
    else filter = { ...filter, ...part };
  };
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const colon = word.indexOf(':');
    const key = word.slice(0, Math.max(colon, 0));
    if (isQueryKey(key)) {
      add(word, readers[key](word.slice(colon + 1)));
      continue;
    }
    const found = recognise(word);
    if (found?.kind === 'index') goTo = found.index;
    else if (found?.kind === 'cid') add(word, { id: found.id });
    else if (found?.kind === 'hex') add(word, { mentions: found.id });
    else if (found?.kind === 'digest') add(word, { mentions: found.digest.slice(7) });
    else faults.push({ word, why: 'key' });
  }
  return { filter, goTo, faults };
}

const isQueryKey = (key: string): key is (typeof QUERY_KEYS)[number] =>
  (QUERY_KEYS as readonly string[]).includes(key);

/** True when nothing is asked for: the list then addresses the log directly. */
export const isEmptyFilter = (filter: ChronicleFilter): boolean => Object.keys(filter).length === 0;
