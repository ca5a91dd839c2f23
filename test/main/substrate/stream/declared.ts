/** Streams that are declared once, in a module that whoever produces them and whoever consumes them load alike. */
import {
  canonicalCodec,
  defineStream,
  hasTag,
  minimumOf,
  textCodec,
} from '../../../../src/main/substrate/stream/index.ts';
import { idFrom, utf8 } from '../../../../src/protocol/bytes/index.ts';
import { readJwtKey } from '../../../../src/protocol/ticket/index.ts';
import { jwt } from '../../../protocol/ticket/tickets.ts';

export const TRUSTED = idFrom('trusted');

/** P-256: whoever holds the private half of it admits, and everybody can read here who that is. */
export const ORACLE = readJwtKey(
  'ES256',
  '024a6119ca58153cea3f0d5ce9cd95cceb2837daae63d22e469c69b2bcf088b16c',
);

export interface Price {
  readonly pair: string;
  readonly cents: number;
}

/** All that a declaration can carry. */
export const PRICES = defineStream({
  tag: 'test.oracle.Price/1',
  codec: canonicalCodec<Price>({
    encode: ({ pair, cents }) => ({ pair, cents }),
    decode(value) {
      const { pair, cents } = value as unknown as Price;
      return { pair, cents };
    },
  }),
  producer: {
    tickets: [jwt([ORACLE], { issuers: ['the oracle'] })],
    onlineWhen: minimumOf(2),
    maxConsumers: 2,
    buffer: 64,
    bufferBytes: 64 * 1024,
    lag: 'drop',
    patience: 500,
  },
  consumer: {
    require: [hasTag(TRUSTED)],
    maxRtt: 60_000,
    onlineWhen: minimumOf(1),
    buffer: 16,
    bufferBytes: 64 * 1024,
    retry: { first: 50, longest: 200 },
  },
});

/** This node writes it, and has no way to read what others write. */
export const WRITTEN = defineStream({
  tag: 'test.Written/1',
  codec: { encode: (line: string) => utf8(line) },
});

/** This node reads it, and has no way to write it. */
export const READ = defineStream({ id: WRITTEN.id, codec: { decode: textCodec.decode } });
