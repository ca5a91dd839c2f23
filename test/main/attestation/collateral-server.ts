/** A collateral service on 127.0.0.1 that serves a set over the paths of Intel's PCS, with faults on request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Collateral } from '../../../src/protocol/attestation/index.ts';

export interface CollateralServer {
  readonly base: string;
  /** Paths with queries, as they were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

export interface CollateralServerOptions {
  readonly set: Collateral;
  readonly fmspc: string;
  /** As a PCCS does: CRLs as hex text, the other spelling of the TCB info header. */
  readonly mirror?: boolean;
  /** Takes over an answer; true when it did. */
  readonly fault?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export async function startCollateralServer(options: CollateralServerOptions): Promise<CollateralServer> {
  const { set, fmspc, mirror = false, fault } = options;
  const asked: string[] = [];
  const crl = (hex: string): string | Buffer => (mirror ? hex : Buffer.from(hex, 'hex'));
  const answers: Record<
    string,
    (query: URLSearchParams) => [Record<string, string>, string | Buffer] | null
  > = {
    '/tdx/certification/v4/tcb': (query) =>
      query.get('fmspc')?.toLowerCase() === fmspc
        ? [
            {
              [mirror ? 'SGX-TCB-Info-Issuer-Chain' : 'TCB-Info-Issuer-Chain']: encodeURIComponent(
                set.tcb_info_issuer_chain,
              ),
            },
            `{"tcbInfo":${set.tcb_info},"signature":"${set.tcb_info_signature}"}`,
          ]
        : null,
    '/tdx/certification/v4/qe/identity': () => [
      { 'sgx-enclave-identity-issuer-chain': encodeURIComponent(set.qe_identity_issuer_chain) },
      `{ "enclaveIdentity" : ${set.qe_identity} ,\n "signature" : "${set.qe_identity_signature}" }\n`,
    ],
    '/sgx/certification/v4/pckcrl': (query) =>
      query.get('ca') === 'platform' && query.get('encoding') === 'der'
        ? [{ 'SGX-PCK-CRL-Issuer-Chain': encodeURIComponent(set.pck_crl_issuer_chain) }, crl(set.pck_crl)]
        : null,
    '/sgx/certification/v4/rootcacrl': () => [{}, crl(set.root_ca_crl)],
  };
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (fault?.(request, response) === true) return;
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    const answer = answers[url.pathname]?.(url.searchParams);
    if (answer === null || answer === undefined) response.writeHead(404).end();
    else response.writeHead(200, answer[0]).end(answer[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
