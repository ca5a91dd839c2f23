/** `muster quote read`: a fresh quote of the TD that this runs in, for the report data of a challenge. */
import { existsSync } from 'node:fs';
import { fromHex, Refusal, toHex } from '../../../../protocol/bytes/index.ts';
import { createGuestQuoteSource } from '../../../attestation/index.ts';
import { nodeHashes } from '../../../hashes.ts';
import { writeFileAtomic } from '../../../store/index.ts';
import type { Command } from '../command.ts';
import { required, text, writing } from '../input.ts';
import { UsageError, yes } from '../output.ts';

export const readCommand: Command = {
  name: 'quote read',
  usage: '',
  summary: 'Ask the TD that this runs in for a quote, for example to answer a challenge.',
  options: {
    'report-data': { type: 'string', value: 'HEX', help: 'the 64 bytes that the challenge asks for' },
    out: { type: 'string', value: 'FILE', help: 'the quote; never written over another file' },
    helper: { type: 'string', value: 'PATH', help: 'program for kernels without configfs-tsm' },
  },
  examples: [`muster quote read --report-data ${'ab'.repeat(4)}… --out quote.bin`],
  async run(invocation) {
    const out = required(invocation, 'out');
    const hex = required(invocation, 'report-data');
    let reportData: Uint8Array;
    try {
      reportData = fromHex(hex.toLowerCase(), 64);
    } catch {
      throw new UsageError('--report-data has 128 hex digits.');
    }
    const helper = text(invocation, 'helper');
    const source = createGuestQuoteSource(helper === undefined ? {} : { helper });
    if (existsSync(out)) throw new Refusal('FILE_EXISTS', `${out} exists already.`);
    const { quote, origin } = await source.quote(reportData);
    writing(out, () => writeFileAtomic(out, quote));
    const made = { file: out, bytes: quote.length, sha256: toHex(nodeHashes.sha256(quote)), origin };
    return yes(made, `${out}: ${quote.length} bytes from ${origin}.`);
  },
};
