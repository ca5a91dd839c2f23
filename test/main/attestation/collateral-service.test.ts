/** The client of Intel's service and of its mirrors, against a real server with every fault (tdx.md 4). */
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CollateralServiceOptions,
  createCollateralService,
} from '../../../src/main/attestation/index.ts';
import type { Refusal } from '../../../src/protocol/bytes/index.ts';
import { certificates } from '../../docker/certificates.ts';
import { describeWith } from '../../parts.ts';
import { vectorCollateral } from '../../protocol/attestation/vectors.ts';
import { codeOf, refusalFrom } from '../../refusal.ts';
import { collateralSourceSuite, known } from './collateral-source.ts';
import { type Fault, faults, type Pccs, type PccsOptions, startPccs } from './pccs.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const platform = { fmspc: 'b0c06f000000', ca: 'platform' } as const;
const knownSet = () => vectorCollateral(known.set);

async function serve(options: Partial<PccsOptions> = {}): Promise<Pccs> {
  const pccs = await startPccs({ sets: [knownSet()], ...options });
  cleanups.push(() => pccs.close());
  return pccs;
}
/** Quick to give up, so that a test of a fault does not wait. */
const quick = { tries: 1, pauseMs: 1 } as const;
const client = (pccs: Pccs, options: Omit<CollateralServiceOptions, 'base'> = {}) =>
  createCollateralService({ base: pccs.base, ...quick, ...options });
const ask = (pccs: Pccs, options: Omit<CollateralServiceOptions, 'base'> = {}) =>
  client(pccs, options).collateralFor(platform, known.at);

describeWith('vectors', 'a collateral service', () => {
  describe('as Intel runs it', () => collateralSourceSuite(async () => client(await serve())));
  describe('as a caching mirror runs it', () =>
    collateralSourceSuite(async () => client(await serve({ mirror: true }))));

  it('is asked over the published paths, and nothing else', async () => {
    const pccs = await serve();
    const { collateral, notes } = await createCollateralService({ base: `${pccs.base}/` }).collateralFor(
      platform,
      known.at,
    );
    expect(pccs.asked.toSorted()).toEqual([
      '/sgx/certification/v4/pckcrl?ca=platform&encoding=der',
      '/sgx/certification/v4/rootcacrl',
      '/tdx/certification/v4/qe/identity',
      '/tdx/certification/v4/tcb?fmspc=b0c06f000000',
    ]);
    expect(collateral).toEqual(knownSet());
    expect(notes).toEqual([]);
  });

  it('is asked for an update mode or an evaluation number, never for both', async () => {
    const pccs = await serve();
    const modes = async (run: () => Promise<unknown>): Promise<string[]> => {
      pccs.asked.splice(0);
      await run();
      return pccs.asked.flatMap((path) => /(?:update|tcbEval)[^&]*/.exec(path) ?? []);
    };
    const twice = (mode: string) => [mode, mode];
    expect(await modes(() => ask(pccs, { update: 'early' }))).toEqual(twice('update=early'));
    expect(await modes(() => ask(pccs, { evaluationNumber: 17 }))).toEqual(
      twice('tcbEvaluationDataNumber=17'),
    );
    expect(await modes(() => client(pccs).collateralFor(platform, known.at, 'early'))).toEqual(
      twice('update=early'),
    );
    // what the caller names stands above what the client was made for
    expect(
      await modes(() => client(pccs, { evaluationNumber: 18 }).collateralFor(platform, known.at, 'standard')),
    ).toEqual(twice('update=standard'));
    expect(() => createCollateralService({ update: 'early', evaluationNumber: 18 })).toThrow(RangeError);
  });

  it('gives the list of evaluation numbers with its signature and chain, and the list of families', async () => {
    const service = client(await serve());
    expect(await service.evaluationNumbers()).toEqual({
      text: '{ "id":"TDX","version":1 }',
      signature: '00ff',
      issuerChain: knownSet().tcb_info_issuer_chain,
    });
    expect(await service.families()).toEqual([
      { fmspc: '00806f050000', platform: 'E5' },
      { fmspc: '00a067110000', platform: 'all' },
    ]);
  });

  it('passes on what the service remarks', async () => {
    const pccs = await serve();
    pccs.breakPath(
      '/tcb?',
      faults.headers((headers) => ({ ...headers, Warning: '299 - "soon gone"' })),
    );
    const { notes } = await ask(pccs);
    expect(notes).toEqual([expect.stringMatching(/tcb\?fmspc=b0c06f000000 remarks: 299 - "soon gone"$/)]);
  });

  const told: [string, Fault, string, RegExp][] = [
    ['a bad request', faults.status(400), 'COLLATERAL_SERVICE', /does not understand .* \(400\)/],
    ['a key that is missing', faults.status(401), 'COLLATERAL_SERVICE', /wants a key or a login .* \(401\)/],
    ['an unknown family', faults.status(404), 'COLLATERAL_NOT_FOUND', /knows nothing under .* \(404\)/],
    ['a number no longer served', faults.status(410), 'COLLATERAL_GONE', /no longer serves .* \(410\)/],
    ['a service that fails', faults.status(500), 'COLLATERAL_SERVICE', /failed at .* \(500\)/],
    ['a service that is down', faults.status(503), 'COLLATERAL_SERVICE', /at the moment \(503\)/],
    ['a status out of place', faults.status(204), 'COLLATERAL_SERVICE', /answers 204/],
    [
      'an address elsewhere',
      faults.status(302, { location: 'http://127.0.0.1:1/' }),
      'COLLATERAL_SERVICE',
      /elsewhere \(302 to http:\/\/127\.0\.0\.1:1\/\); redirects are not followed/,
    ],
    ['a connection that breaks', faults.hangUp(), 'COLLATERAL_UNREACHABLE', /ECONNRESET/],
    ['an answer cut in the middle', faults.cut(), 'COLLATERAL_UNREACHABLE', /ECONNRESET/],
    ['an answer that never comes', faults.silent(), 'COLLATERAL_UNREACHABLE', /no answer in time/],
    ['an answer that never ends', faults.endless(), 'COLLATERAL_UNREACHABLE', /no answer in time/],
    ['another protocol', faults.noHttp(), 'COLLATERAL_FORMAT', /does not answer in HTTP/],
    ['ten megabytes', faults.huge(), 'COLLATERAL_TOO_LARGE', /more than 4194304 bytes/],
    ['ten announced gigabytes', faults.announcedHuge(), 'COLLATERAL_TOO_LARGE', /more than 4194304 bytes/],
    ['headers without end', faults.hugeHeaders(), 'COLLATERAL_TOO_LARGE', /32768 bytes of headers/],
    ['a gzip bomb', faults.compressed(), 'COLLATERAL_FORMAT', /compressed \(gzip\), which was not asked for/],
    ['a length that is too short', faults.shorter(), 'COLLATERAL_FORMAT', /cannot be read/],
    ['no header', faults.headers(() => ({})), 'COLLATERAL_FORMAT', /has no header TCB-Info-Issuer-Chain/],
    [
      'a chain that is not URL-encoded',
      faults.headers(() => ({ 'TCB-Info-Issuer-Chain': '-----BEGIN CERTIFICATE----- MIIC 100%' })),
      'COLLATERAL_FORMAT',
      /is not URL-encoded PEM/,
    ],
    [
      'a chain whose line ends were lost',
      faults.headers((headers) => ({
        'TCB-Info-Issuer-Chain': headers['TCB-Info-Issuer-Chain']!.replaceAll('%0A', '%20'),
      })),
      'COLLATERAL_FORMAT',
      /is not URL-encoded PEM/,
    ],
    [
      'a member that stands twice',
      faults.body((body) => body.replace('{"tcbInfo":', '{"tcbInfo":{},"tcbInfo":')),
      'COLLATERAL_FORMAT',
      /"tcbInfo" stands twice/,
    ],
    [
      'a member inside the signed text that stands twice',
      faults.body((body) => body.replace('"version":3', '"version":3,"version":3')),
      'COLLATERAL_FORMAT',
      /"version" stands twice/,
    ],
    [
      'no signature',
      faults.body((body) => body.replace('"signature"', '"unsigned"')),
      'COLLATERAL_FORMAT',
      /has no tcbInfo with a signature/,
    ],
    ['the page of some proxy', faults.body(() => '<html>'), 'COLLATERAL_FORMAT', /cannot be read\. .*JSON/],
    [
      'bytes that are no text',
      faults.body(() => new Uint8Array(64).fill(0xff)),
      'COLLATERAL_FORMAT',
      /is not text/,
    ],
  ];
  it.each(told)('says so of %s', async (_name, fault, code, sentence) => {
    const pccs = await serve();
    pccs.breakPath('/tcb?', fault);
    const refusal = await refusalFrom(ask(pccs, { timeoutMs: 300 }));
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(sentence) });
    expect(refusal.message).toContain('/tdx/certification/v4/tcb?fmspc=b0c06f000000');
  });

  it.each([
    ['neither DER nor hex', 'not hex', /is neither DER nor hex/],
    ['hex of something else', '30003000', /is not a revocation list/],
  ])('says so of a root CRL that is %s', async (_name, body, sentence) => {
    const pccs = await serve({ mirror: true });
    pccs.breakPath(
      'rootcacrl',
      faults.body(() => body),
    );
    expect(await refusalFrom(ask(pccs))).toMatchObject({
      code: 'COLLATERAL_FORMAT',
      message: expect.stringMatching(sentence),
    });
  });

  it('says so when nobody answers', async () => {
    const pccs = await serve();
    await pccs.close();
    expect(await refusalFrom(ask(pccs))).toMatchObject({
      code: 'COLLATERAL_UNREACHABLE',
      message: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  it('says so of a service that speaks no TLS where it should', async () => {
    const { base } = await serve();
    const secure = createCollateralService({ base: base.replace('http:', 'https:'), ...quick });
    expect(await refusalFrom(secure.collateralFor(platform, known.at))).toMatchObject({
      code: 'COLLATERAL_UNREACHABLE',
      message: expect.stringMatching(/does not answer in TLS/),
    });
  });

  describe('that is in trouble for a moment', () => {
    const asksOf = (pccs: Pccs) => pccs.asked.filter((path) => path.includes('/tcb?')).length;
    it.each([
      ['busy', faults.busy(2)],
      ['hanging up', faults.flaky(2)],
    ])('is asked again while it is %s, and then gives the set', async (_name, fault) => {
      const pccs = await serve();
      pccs.breakPath('/tcb?', fault);
      expect((await ask(pccs, { tries: 3 })).collateral).toEqual(knownSet());
      expect(asksOf(pccs)).toBe(3);
    });

    it('is asked so often and no oftener', async () => {
      const pccs = await serve();
      pccs.breakPath('/tcb?', faults.busy(100));
      expect((await refusalFrom(ask(pccs, { tries: 3 }))).code).toBe('COLLATERAL_SERVICE');
      expect(asksOf(pccs)).toBe(3);
    });

    it('is not waited for beyond the whole time', async () => {
      const pccs = await serve();
      pccs.breakPath('/tcb?', faults.busy(100));
      const refusal = await refusalFrom(ask(pccs, { tries: 100, pauseMs: 600_000, totalMs: 200 }));
      expect(refusal.details).toMatchObject({ status: 503 });
    });

    it.each([400, 401, 404, 410, 500, 302])('is not asked again after %i', async (status) => {
      const pccs = await serve();
      pccs.breakPath('/tcb?', faults.status(status));
      await refusalFrom(ask(pccs, { tries: 3 }));
      expect(asksOf(pccs)).toBe(1);
    });
  });

  describe('with a certificate of its own', () => {
    it('is reached when its CA is named, and only then', async () => {
      const { ca, server } = await certificates();
      const pccs = await serve({ tls: server, mirror: true });
      const refusal = await refusalFrom(ask(pccs, { tries: 3 }));
      expect(refusal).toMatchObject({
        code: 'COLLATERAL_UNREACHABLE',
        message: expect.stringMatching(/its certificate is not vouched for/),
      });
      expect(pccs.asked).toEqual([]);
      expect((await ask(pccs, { ca })).collateral).toEqual(knownSet());
    });

    it('is not reached under the CA of somebody else, nor by another name', async () => {
      const [mine, other] = [await certificates(), await certificates()];
      const pccs = await serve({ tls: mine.server });
      const unreachable = { code: 'COLLATERAL_UNREACHABLE' };
      expect(await refusalFrom(ask(pccs, { ca: other.ca }))).toMatchObject(unreachable);
      const base = pccs.base.replace('127.0.0.1', 'localhost');
      const named = createCollateralService({ base, ca: mine.ca, ...quick });
      expect(await refusalFrom(named.collateralFor(platform, known.at))).toMatchObject(unreachable);
    });
  });

  describe('behind a proxy', () => {
    const forward = async (url: string, response: ServerResponse): Promise<void> => {
      const answer = await fetch(url);
      const headers = [...answer.headers].filter(([name]) => name !== 'connection');
      response.writeHead(answer.status, Object.fromEntries(headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    };

    /** Forwards what is asked in full, and opens ways with CONNECT, to those who bring the password. */
    async function startProxy(): Promise<{ address: string; seen: string[] }> {
      const seen: string[] = [];
      const sockets = new Set<Socket>();
      const wanted = `Basic ${Buffer.from('operator:s3cret word').toString('base64')}`;
      const proxy = createServer((request, response) => {
        seen.push(`${request.method} ${request.url}`);
        if (request.headers['proxy-authorization'] !== wanted) {
          response.writeHead(407).end();
          return;
        }
        void forward(request.url ?? '', response);
      });
      proxy.on('connect', (request, socket: Socket) => {
        seen.push(`CONNECT ${request.url}`);
        sockets.add(socket);
        if (request.headers['proxy-authorization'] !== wanted) {
          socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
          return;
        }
        const [host, port] = (request.url ?? '').split(':');
        const onward = connect(Number(port), host, () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          onward.pipe(socket).pipe(onward);
        });
        sockets.add(onward);
        for (const end of [socket, onward]) end.on('error', () => undefined);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      cleanups.push(async () => {
        for (const socket of sockets) socket.destroy();
        proxy.closeAllConnections();
        proxy.close();
      });
      return { address: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, seen };
    }
    const login = 'operator:s3cret%20word';

    it('is asked through it in the open', async () => {
      const pccs = await serve();
      const { address, seen } = await startProxy();
      expect((await ask(pccs, { proxy: `http://${login}@${address}` })).collateral).toEqual(knownSet());
      expect(seen.toSorted()).toEqual(pccs.asked.map((path) => `GET ${pccs.base}${path}`).toSorted());
    });

    it('is asked through a way that the proxy opens, with the certificate of the service', async () => {
      const { ca, server } = await certificates();
      const pccs = await serve({ tls: server });
      const { address, seen } = await startProxy();
      const proxy = `http://${login}@${address}`;
      expect((await ask(pccs, { proxy, ca })).collateral).toEqual(knownSet());
      expect(new Set(seen)).toEqual(new Set([`CONNECT ${new URL(pccs.base).host}`]));
      expect(await refusalFrom(ask(pccs, { proxy }))).toMatchObject({
        message: expect.stringMatching(/its certificate is not vouched for/),
      });
    });

    it('is not asked when the proxy refuses, and no password is told', async () => {
      const { ca, server } = await certificates();
      const { address } = await startProxy();
      const proxy = `http://operator:wr0ng@${address}`;
      const refusals: Refusal[] = [];
      for (const pccs of [await serve(), await serve({ tls: server })]) {
        refusals.push(await refusalFrom(ask(pccs, { proxy, ca })));
        expect(pccs.asked).toEqual([]);
      }
      expect(refusals.map(({ code }) => code)).toEqual(['COLLATERAL_SERVICE', 'COLLATERAL_UNREACHABLE']);
      for (const { message } of refusals) {
        expect(message).toContain('407');
        expect(message).not.toContain('wr0ng');
      }
    });

    it('is never asked directly when the proxy is away', async () => {
      const pccs = await serve();
      const proxy = await serve();
      await proxy.close();
      expect((await refusalFrom(ask(pccs, { proxy: proxy.base }))).code).toBe('COLLATERAL_UNREACHABLE');
      expect(pccs.asked).toEqual([]);
    });
  });

  it('takes no settings that it cannot keep', () => {
    const code = (options: CollateralServiceOptions) => codeOf(() => createCollateralService(options));
    expect(code({ base: 'pccs.example' })).toBe('COLLATERAL_SETTINGS');
    expect(code({ base: 'ftp://pccs.example' })).toBe('COLLATERAL_SETTINGS');
    expect(code({ rootCrlUrl: 'file:///crl' })).toBe('COLLATERAL_SETTINGS');
    expect(code({ proxy: 'socks5://127.0.0.1:1080' })).toBe('COLLATERAL_SETTINGS');
    expect(code({ ca: 'not PEM' })).toBe('COLLATERAL_SETTINGS');
  });
});
