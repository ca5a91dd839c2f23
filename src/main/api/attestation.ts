import { toBase64url, toHex } from '../../protocol/bytes/index.ts';
import type { VerdictJson } from '../../contract/index.ts';
import { nodeHashes } from '../hashes.ts';
import { os } from './base.ts';

export const attestation = {
  detect: os.attestation.detect.handler(({ context }) => context.node.machines.detect()),
  verify: os.attestation.verify.handler(async ({ context, input }) => {
    const { verdict, quote } = await context.node.machines.judge(
      input.quote,
      input.collateral,
      input.at,
      input.pins,
    );
    return {
      verdict: verdict as unknown as VerdictJson,
      quote: { sha256: toHex(nodeHashes.sha256(quote)), size: quote.length },
    };
  }),
  raw: os.attestation.raw.handler(({ context, input }) => {
    const { data, name } = context.node.machines.raw(input.sha256);
    return { data: toBase64url(data), size: data.length, name };
  }),
};
