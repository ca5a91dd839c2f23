/** Records about who a node is and which coalition it stands in. */
import { z } from 'zod';
import { fromUtf8, NO_COALITION, Refusal, sameBytes, toHex } from '../bytes/index.ts';
import type { Value } from '../bytes/index.ts';
import { bytes, defineKind, label, memberKey } from '../record/index.ts';
import type { AnyKind, Change, FoldContext, Record } from '../record/index.ts';
import { coalitionId } from './fingerprint.ts';
import { readCoalitionFile } from './config.ts';

/** A configuration travels as the exact text of its file: JSON is for people, the id is computed from it. */
const config = bytes(2, 12 * 1024);

const identityCreated = defineKind<{
  name: string;
  log: Uint8Array;
  cosigner: Uint8Array;
  issuer: Uint8Array;
}>({
  name: 'identity.created',
  schema: z.object({ name: label(64), log: bytes(32), cosigner: bytes(32), issuer: bytes(32) }),
  authorize(_view, record) {
    if (!sameBytes(record.coalition, NO_COALITION))
      throw new Refusal('COALITION_MISPLACED', 'An identity stands before every coalition.');
  },
  fold(view, record, { index }) {
    const key = `identity/${toHex(record.author)}`;
    if (view.get(key) !== undefined)
      throw new Refusal('IDENTITY_EXISTS', 'This identity was recorded before.');
    const { name, log, cosigner, issuer } = record.body;
    return [[key, { name, log, cosigner, issuer, at: record.at, index }]];
  },
});

type CoalitionBody = { config: Uint8Array };

/** The row of a coalition, as the view holds it. */
export interface CoalitionRow {
  readonly config: Uint8Array;
  readonly operator: Uint8Array | null;
  readonly role: 'operator' | 'joined';
  readonly at: number;
  readonly index: number;
}

function enter(record: Record<CoalitionBody>, { index }: FoldContext, role: CoalitionRow['role']): Change[] {
  const id = idOfConfig(record.body.config);
  if (!sameBytes(id, record.coalition))
    throw new Refusal(
      'COALITION_MISPLACED',
      'The record names another coalition than its configuration gives.',
    );
  const row: CoalitionRow = {
    config: record.body.config,
    operator: role === 'operator' ? record.author : null,
    role,
    at: record.at,
    index,
  };
  return [
    [`coalition/${toHex(id)}`, row as unknown as Value],
    [memberKey(id, record.author), { since: record.at }],
  ];
}

const idOfConfig = (file: Uint8Array): Uint8Array => coalitionId(readCoalitionFile(fromUtf8(file)));

const published = defineKind<CoalitionBody>({
  name: 'coalition.published',
  schema: z.object({ config }),
  authorize(view, record) {
    if (view.get(`coalition/${toHex(record.coalition)}`) !== undefined)
      throw new Refusal('COALITION_EXISTS', 'This coalition was recorded before.');
  },
  fold: (_view, record, context) => enter(record, context, 'operator'),
});

/** A node takes up a configuration that somebody else published. */
const joined = defineKind<CoalitionBody>({
  name: 'coalition.joined',
  schema: z.object({ config }),
  authorize(view, record) {
    if (view.get(`coalition/${toHex(record.coalition)}`) !== undefined)
      throw new Refusal('COALITION_EXISTS', 'This coalition was recorded before.');
  },
  fold: (_view, record, context) => enter(record, context, 'joined'),
});

export const coalitionKinds: readonly AnyKind[] = [identityCreated, published, joined];
