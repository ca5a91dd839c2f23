/**
 * A collateral service on 127.0.0.1 for tests: serves sets over the paths of Intel's PCS (tdx.md 4), as Intel
 * does or as a caching mirror does, in the open or behind a certificate, with faults on request.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Collateral, collateralHint } from '../../../src/protocol/attestation/index.ts';

export interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Changes an answer (null is a 404), or takes the response over and gives `taken`. */
export type Fault = (answer: Answer | null, response: ServerResponse) => Answer | null | 'taken';

export interface PccsOptions {
  readonly sets: readonly Collateral[];
  /** As a PCCS does: CRLs as hex text, the other spelling of header names. */
  readonly mirror?: boolean;
  /** PEM of the server's certificate and key; without it plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface Pccs {
  readonly base: string;
  /** Paths with queries, as they were asked for. */
  readonly asked: string[];
  /** What is served from now on; `early` where it differs. */
  serve(sets: readonly Collateral[], early?: readonly Collateral[]): void;
  /** A fault for the paths that contain `part`, until `mend`. */
  breakPath(part: string, fault: Fault): void;
  mend(): void;
  close(): Promise<void>;
}

/** What can go wrong, each as a fault. */
export const faults = {
  status:
    (status: number, headers: Record<string, string> = {}): Fault =>
    (_answer, response) => {
      response.writeHead(status, headers).end();
      return 'taken';
    },
  /** Busy for the first requests, then well. */
  busy: (times: number): Fault => {
    let left = times;
    return (answer, response) => (left-- > 0 ? faults.status(503)(answer, response) : answer);
  },
  silent: (): Fault => () => 'taken',
  /** Begins to answer and never ends. */
  endless: (): Fault => (answer, response) => {
    response.writeHead(200, answer?.headers).write('{');
    return 'taken';
  },
  /** Breaks the connection in the middle of the body. */
  cut: (): Fault => (answer, response) => {
    const body = Buffer.from(answer?.body ?? '');
    response.writeHead(200, { ...answer?.headers, 'content-length': String(body.length) });
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
    return 'taken';
  },
  hangUp: (): Fault => (_answer, response) => {
    response.destroy();
    return 'taken';
  },
  /** Hangs up on the first requests, then well. */
  flaky: (times: number): Fault => {
    let left = times;
    return (answer, response) => (left-- > 0 ? faults.hangUp()(answer, response) : answer);
  },
  /** Announces fewer bytes than the answer has. */
  shorter: (): Fault => (answer, response) => {
    const body = Buffer.from(answer?.body ?? '');
    const half = Math.floor(body.length / 2);
    response.strictContentLength = false;
    response.writeHead(200, { ...answer?.headers, 'content-length': String(half) }).end(body);
    return 'taken';
  },
  huge: (): Fault => (answer, response) => {
    response.writeHead(200, answer?.headers).end(Buffer.alloc(10_000_000, 0x20));
    return 'taken';
  },
  announcedHuge: (): Fault => (answer, response) => {
    response.writeHead(200, { ...answer?.headers, 'content-length': '10000000000' }).write('{');
    return 'taken';
  },
  hugeHeaders: (): Fault => (answer) => ({
    headers: { ...answer?.headers, 'x-much': 'x'.repeat(100_000) },
    body: answer?.body ?? '',
  }),
  compressed: (): Fault => (answer) => ({
    headers: { ...answer?.headers, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(10_000_000)),
  }),
  noHttp: (): Fault => (_answer, response) => {
    response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n');
    return 'taken';
  },
  body:
    (change: (body: string) => string | Uint8Array): Fault =>
    (answer) => ({ headers: answer?.headers ?? {}, body: change(String(answer?.body ?? '')) }),
  headers:
    (change: (headers: Readonly<Record<string, string>>) => Record<string, string>): Fault =>
    (answer) => ({ headers: change(answer?.headers ?? {}), body: answer?.body ?? '' }),
} as const;

export async function startPccs({ sets, mirror = false, tls }: PccsOptions): Promise<Pccs> {
  const asked: string[] = [];
  const broken: { part: string; fault: Fault }[] = [];
  let editions = { standard: sets, early: sets };

  const chosen = (query: URLSearchParams): Collateral | undefined => {
    const fmspc = query.get('fmspc')?.toLowerCase();
    const number = query.get('tcbEvaluationDataNumber');
    return editions[query.get('update') === 'early' ? 'early' : 'standard'].find(
      (set) =>
        (fmspc === undefined || collateralHint(set)?.fmspc === fmspc) &&
        (number === null || JSON.parse(set.tcb_info).tcbEvaluationDataNumber === Number(number)),
    );
  };
  const crl = (hex: string): string | Uint8Array => (mirror ? hex : Buffer.from(hex, 'hex'));
  const chain = (name: string, pem: string): Record<string, string> => ({
    [mirror ? name.toUpperCase() : name]: encodeURIComponent(pem),
  });
  const answers: Readonly<Record<string, (query: URLSearchParams) => Answer | null>> = {
    '/tdx/certification/v4/tcb': (query) => {
      const set = chosen(query);
      return set === undefined || !query.has('fmspc')
        ? null
        : {
            headers: chain(
              mirror ? 'SGX-TCB-Info-Issuer-Chain' : 'TCB-Info-Issuer-Chain',
              set.tcb_info_issuer_chain,
            ),
            body: `{"tcbInfo":${set.tcb_info},"signature":"${set.tcb_info_signature}"}`,
          };
    },
    '/tdx/certification/v4/qe/identity': (query) => {
      const set = chosen(query);
      return set === undefined
        ? null
        : {
            headers: chain('SGX-Enclave-Identity-Issuer-Chain', set.qe_identity_issuer_chain),
            body: `{ "enclaveIdentity" : ${set.qe_identity} ,\n "signature" : "${set.qe_identity_signature}" }\n`,
          };
    },
    '/tdx/certification/v4/tcbevaluationdatanumbers': () => ({
      headers: chain('TCB-Evaluation-Data-Numbers-Issuer-Chain', editions.standard[0]!.tcb_info_issuer_chain),
      body: '{"tcbEvaluationDataNumbers":{ "id":"TDX","version":1 },"signature":"00ff"}',
    }),
    '/sgx/certification/v4/fmspcs': () => ({
      headers: {},
      body: JSON.stringify([
        { fmspc: '00806F050000', platform: 'E5' },
        { fmspc: '00A067110000', platform: 'all' },
      ]),
    }),
    '/sgx/certification/v4/pckcrl': (query) => {
      const set = editions.standard[0]!;
      return query.get('ca') === 'platform' && query.get('encoding') === 'der'
        ? {
            headers: chain('SGX-PCK-CRL-Issuer-Chain', set.pck_crl_issuer_chain),
            body: crl(set.pck_crl),
          }
        : null;
    },
    '/sgx/certification/v4/rootcacrl': () => ({ headers: {}, body: crl(editions.standard[0]!.root_ca_crl) }),
  };

  const listener: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    asked.push(path);
    const url = new URL(path, 'http://127.0.0.1');
    let answer: Answer | null | 'taken' = answers[url.pathname]?.(url.searchParams) ?? null;
    for (const { part, fault } of broken)
      if (answer !== 'taken' && path.includes(part)) answer = fault(answer, response);
    if (answer === 'taken') return;
    if (answer === null) response.writeHead(404).end();
    else response.writeHead(200, answer.headers).end(answer.body);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    serve(standard, early = standard) {
      editions = { standard, early };
    },
    breakPath: (part, fault) => void broken.push({ part, fault }),
    mend: () => void broken.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
