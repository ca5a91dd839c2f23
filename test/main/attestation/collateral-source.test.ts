/** The three sources of collateral: a file, a folder, and a service over HTTP with its faults (tdx.md 4). */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CollateralServiceOptions,
  type CollateralSource,
  createCollateralService,
  createFileCollateralSource,
  createFolderCollateralSource,
} from '../../../src/main/attestation/index.ts';
import { describeWith, vectorsFolder } from '../../parts.ts';
import { codeOfAsync } from '../../protocol/attestation/refusals.ts';
import { vectorCollateral } from '../../protocol/attestation/vectors.ts';
import {
  type CollateralServer,
  type CollateralServerOptions,
  startCollateralServer,
} from './collateral-server.ts';
import { collateralSourceSuite, known } from './collateral-source.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-collateral-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

const sets = join(vectorsFolder, 'tdx', 'collateral');
const spr = { fmspc: '00806f050000', ca: 'platform' } as const;
const known14 = { fmspc: 'b0c06f000000', ca: 'platform' } as const;
const seconds = (iso: string): number => Date.parse(iso) / 1000;

const codeOfFile = (path: string): Promise<string> =>
  codeOfAsync(() => createFileCollateralSource(path).collateralFor(spr, 0));

async function serve(options: Partial<CollateralServerOptions> = {}): Promise<CollateralServer> {
  const server = await startCollateralServer({
    set: vectorCollateral(known.set),
    fmspc: known14.fmspc,
    ...options,
  });
  cleanups.push(() => server.close());
  return server;
}
async function service(
  server: Partial<CollateralServerOptions> = {},
  options: Omit<CollateralServiceOptions, 'base'> = {},
): Promise<CollateralSource> {
  return createCollateralService({ base: (await serve(server)).base, ...options });
}

type Fault = NonNullable<CollateralServerOptions['fault']>;
/** A fault that only answers for one path. */
const faultOn =
  (part: string, answer: (response: ServerResponse) => void): Fault =>
  (request, response) => {
    if (request.url?.includes(part) !== true) return false;
    answer(response);
    return true;
  };

describeWith('vectors', 'a collateral source', () => {
  describe('that is a file', () => {
    collateralSourceSuite(async () => createFileCollateralSource(join(vectorsFolder, 'tdx', known.set)));

    it('refuses what is no set, each by its name', async () => {
      const folder = await newFolder();
      const write = async (name: string, content: string | Uint8Array): Promise<string> => {
        await writeFile(join(folder, name), content);
        return join(folder, name);
      };
      expect(await codeOfFile(join(folder, 'missing'))).toBe('COLLATERAL_FILE_UNREADABLE');
      expect(await codeOfFile(await write('empty', ''))).toBe('COLLATERAL_EMPTY');
      expect(await codeOfFile(await write('noise', new Uint8Array(10_000_000)))).toBe('COLLATERAL_TOO_LARGE');
      expect(await codeOfFile(await write('binary', new Uint8Array(100).fill(0xff)))).toBe(
        'COLLATERAL_FORMAT',
      );
      expect(await codeOfFile(await write('list', '[]'))).toBe('COLLATERAL_FORMAT');
      expect(await codeOfFile(await write('part', '{"tcb_info":"{}"}'))).toBe('COLLATERAL_FORMAT');
      const set = JSON.stringify(vectorCollateral(known.set));
      expect(await codeOfFile(await write('twice', set.replace('{', '{"tcb_info":"{}",')))).toBe(
        'COLLATERAL_FORMAT',
      );
    });
  });

  describe('that is a folder', () => {
    collateralSourceSuite(async () => createFolderCollateralSource(sets));

    it.each([
      ['2025-02-01T00:00:00Z', 'c06-'],
      ['2025-02-20T00:00:00Z', 'c04-'],
      ['2025-07-13T00:00:00Z', 'c03-'],
      ['2025-10-01T00:00:00Z', 'c05-'],
      ['2026-03-01T00:00:00Z', 'c01-'],
      ['2026-11-20T00:00:00Z', 'c02-'],
    ])('gives the newest set of the family that existed on %s', async (at, name) => {
      const { origin } = await createFolderCollateralSource(sets).collateralFor(spr, seconds(at));
      expect(origin).toContain(name);
    });

    it('has nothing for another family, nor for a time before its first set', async () => {
      const source = createFolderCollateralSource(sets);
      const code = (fmspc: string, at: number) =>
        codeOfAsync(() => source.collateralFor({ fmspc, ca: 'platform' }, at));
      expect(await code('ffffffffffff', seconds('2026-11-20T00:00:00Z'))).toBe('COLLATERAL_NOT_FOUND');
      expect(await code(spr.fmspc, seconds('2020-01-01T00:00:00Z'))).toBe('COLLATERAL_NOT_FOUND');
    });

    it('passes over files that are no collateral, and is refused when it is not there', async () => {
      const folder = await newFolder();
      await writeFile(join(folder, 'a.json'), 'not JSON');
      await writeFile(join(folder, 'b.json'), '{}');
      await copyFile(join(vectorsFolder, 'tdx', known.set), join(folder, 'c.json'));
      const source = createFolderCollateralSource(folder);
      expect((await source.collateralFor(known14, known.at)).origin).toContain('c.json');
      const missing = createFolderCollateralSource(join(folder, 'missing'));
      expect(await codeOfAsync(() => missing.collateralFor(known14, known.at))).toBe(
        'COLLATERAL_FILE_UNREADABLE',
      );
    });
  });

  describe('that is a service', () => {
    describe('as Intel runs it', () => collateralSourceSuite(() => service()));
    describe('as a caching mirror runs it', () => collateralSourceSuite(() => service({ mirror: true })));

    it('asks over the published paths, and nothing else', async () => {
      const server = await serve();
      const set = await createCollateralService({ base: `${server.base}/` }).collateralFor(known14, known.at);
      expect(server.asked.toSorted()).toEqual([
        '/sgx/certification/v4/pckcrl?ca=platform&encoding=der',
        '/sgx/certification/v4/rootcacrl',
        '/tdx/certification/v4/qe/identity',
        '/tdx/certification/v4/tcb?fmspc=b0c06f000000',
      ]);
      expect(set.collateral).toEqual(vectorCollateral(known.set));
    });

    it('asks for an update mode or an evaluation number, never for both', async () => {
      for (const [options, wanted] of [
        [{ update: 'early' }, 'update=early'],
        [{ evaluationNumber: 18 }, 'tcbEvaluationDataNumber=18'],
      ] as const) {
        const server = await serve();
        await createCollateralService({ base: server.base, ...options }).collateralFor(known14, known.at);
        expect(server.asked.filter((path) => path.includes(wanted))).toHaveLength(2);
      }
      expect(() => createCollateralService({ update: 'early', evaluationNumber: 18 })).toThrow(RangeError);
    });

    it('does not find another family', async () => {
      const source = await service();
      expect(await codeOfAsync(() => source.collateralFor(spr, known.at))).toBe('COLLATERAL_NOT_FOUND');
    });

    const faults: [string, (response: ServerResponse) => void, string][] = [
      ['a number no longer served', (response) => response.writeHead(410).end(), 'COLLATERAL_GONE'],
      ['a service that is down', (response) => response.writeHead(503).end(), 'COLLATERAL_SERVICE'],
      ['a key that is missing', (response) => response.writeHead(401).end(), 'COLLATERAL_SERVICE'],
      [
        'an address elsewhere',
        (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
        'COLLATERAL_UNREACHABLE',
      ],
      ['a connection that breaks', (response) => response.destroy(), 'COLLATERAL_UNREACHABLE'],
      ['an answer that never comes', () => undefined, 'COLLATERAL_UNREACHABLE'],
      [
        'an answer that never ends',
        (response) => void response.writeHead(200, { 'TCB-Info-Issuer-Chain': 'x' }).write('{'),
        'COLLATERAL_UNREACHABLE',
      ],
      [
        'ten megabytes',
        (response) => response.writeHead(200).end(Buffer.alloc(10_000_000)),
        'COLLATERAL_TOO_LARGE',
      ],
      [
        'no header',
        (response) => response.writeHead(200).end('{"tcbInfo":{},"signature":"00"}'),
        'COLLATERAL_FORMAT',
      ],
      [
        'a header that is not encoded',
        (response) =>
          response.writeHead(200, { 'TCB-Info-Issuer-Chain': '%zz' }).end('{"tcbInfo":{},"signature":"00"}'),
        'COLLATERAL_FORMAT',
      ],
      [
        'two signed texts',
        (response) =>
          response
            .writeHead(200, { 'TCB-Info-Issuer-Chain': 'x' })
            .end('{"tcbInfo":{"a":1},"tcbInfo":{"a":2},"signature":"00"}'),
        'COLLATERAL_FORMAT',
      ],
      [
        'a page of some proxy',
        (response) => response.writeHead(200, { 'TCB-Info-Issuer-Chain': 'x' }).end('<html>'),
        'COLLATERAL_FORMAT',
      ],
    ];
    it.each(faults)('refuses %s with a code', async (_name, answer, code) => {
      const source = await service({ fault: faultOn('/tcb?', answer) }, { timeoutMs: 300 });
      expect(await codeOfAsync(() => source.collateralFor(known14, known.at))).toBe(code);
    });

    it('refuses a revocation list that is none', async () => {
      const set = { ...vectorCollateral(known.set), root_ca_crl: '3000' };
      expect(await codeOfAsync(async () => (await service({ set })).collateralFor(known14, known.at))).toBe(
        'COLLATERAL_FORMAT',
      );
      const fault = faultOn('rootcacrl', (response) => void response.writeHead(200).end('not hex'));
      expect(await codeOfAsync(async () => (await service({ fault })).collateralFor(known14, known.at))).toBe(
        'COLLATERAL_FORMAT',
      );
    });

    it('says so when nobody answers', async () => {
      const server = await serve();
      await server.close();
      const source = createCollateralService({ base: server.base });
      expect(await codeOfAsync(() => source.collateralFor(known14, known.at))).toBe('COLLATERAL_UNREACHABLE');
    });
  });
});
