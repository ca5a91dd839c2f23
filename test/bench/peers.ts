/** The two other verifiers of TDX quotes that run in JavaScript, as functions that throw for what they refuse. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { verify } from '@phala/dcap-qvl';
import { initSync, js_verify } from '@phala/dcap-qvl-web';
import type { Collateral } from '../../src/protocol/attestation/index.ts';

/** Verifies for a time in Unix seconds, and answers the status. */
export type Peer = (quote: Uint8Array, collateral: Collateral, at: number) => string;

export function loadPeers(): Record<'JavaScript' | 'wasm', Peer> {
  const { resolve } = createRequire(import.meta.url);
  initSync({ module: readFileSync(resolve('@phala/dcap-qvl-web/dcap-qvl-web_bg.wasm')) });
  return {
    JavaScript: (quote, collateral, at) => verify(quote, collateral, at).status,
    wasm: (quote, collateral, at) => (js_verify(quote, collateral, BigInt(at)) as { status: string }).status,
  };
}
