/** What an entry is about in a few characters: names and ids of its body, nothing interpreted. */
import type { EntrySummary } from '../../../contract/index.ts';
import { shorten, shortenImage } from '../../format.ts';

const NAMES = ['name', 'image', 'role', 'reason', 'event', 'evidence', 'code'] as const;
const IDS = ['machine', 'workload', 'ticket', 'subject'] as const;

export function gist({ body }: Pick<EntrySummary, 'body'>): string {
  if (typeof body !== 'object' || body === null) return '';
  const fields = body as Readonly<Record<string, unknown>>;
  const parts: string[] = [];
  for (const name of NAMES) {
    const value = fields[name];
    if (typeof value === 'string') parts.push(name === 'image' ? shortenImage(value) : value);
  }
  for (const name of IDS) {
    const value = fields[name];
    if (typeof value === 'string' && parts.length < 3) parts.push(`${name} ${shorten(value, 6, 0)}`);
  }
  return parts.join(' · ');
}
