/** Collateral checked by itself: what is kept by a cache, and for which reason the rest is not. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkCollateral, createVerifierCache } from '../../../src/main/attestation/index.ts';
import { type Collateral, isoTime } from '../../../src/protocol/attestation/index.ts';
import { fromHex, toHex } from '../../../src/protocol/bytes/index.ts';
import { describeWith, vectorsFolder } from '../../parts.ts';
import { vectorCollateral } from '../../protocol/attestation/vectors.ts';
import { known } from './collateral-source.ts';
import { type OwnAuthority, ownAuthority } from './own-collateral.ts';

const DAY = 86_400;
const issued = 1_780_000_000;

/** One bit of the last byte that a hex member writes. */
const flipped = (hex: string): string => {
  const bytes = fromHex(hex);
  bytes[bytes.length - 1]! ^= 1;
  return toHex(bytes);
};

describe('a set under a root of our own', () => {
  let own: OwnAuthority;
  let set: Collateral;
  beforeAll(async () => {
    own = await ownAuthority();
    set = await own.collateral({ issued });
  });
  const check = (
    changed: Partial<Collateral> = {},
    more: Partial<Parameters<typeof checkCollateral>[0]> = {},
  ) => checkCollateral({ collateral: { ...set, ...changed }, at: issued + DAY, root: own.root, ...more });

  it('is verified, marked as simulated, and says what it is', () => {
    expect(check()).toMatchObject({
      outcome: 'verified',
      code: null,
      simulated: true,
      facts: {
        fmspc: '00806f050000',
        ca: 'platform',
        evaluationNumbers: { tcbInfo: 18, qeIdentity: 18 },
        crlNumbers: { root: '1', pck: '1' },
        since: issued,
        expires: issued + 30 * DAY,
      },
    });
  });

  it('is nothing under Intel’s root', () => {
    expect(check({}, { root: undefined })).toMatchObject({ outcome: 'refused', facts: null });
  });

  it('is stale from the second after its end, and refused before its beginning', () => {
    const at = (time: number) => check({}, { at: time });
    expect(at(issued)).toMatchObject({ outcome: 'verified' });
    expect(at(issued + 30 * DAY)).toMatchObject({ outcome: 'verified' });
    expect(at(issued + 30 * DAY + 1)).toMatchObject({ outcome: 'stale', code: 'PCK_CRL_EXPIRED' });
    expect(at(issued - 1)).toMatchObject({ outcome: 'refused', code: 'ROOT_CRL_FUTURE' });
  });

  it.each([
    ['tcb_info_signature', 'TCB_INFO_SIG'],
    ['qe_identity_signature', 'QE_IDENTITY_SIG'],
    ['root_ca_crl', 'ROOT_CRL_SIG'],
    ['pck_crl', 'PCK_CRL_SIG'],
  ] as const)('is refused when one bit of %s is another', (member, code) => {
    expect(check({ [member]: flipped(set[member]) })).toMatchObject({
      outcome: 'refused',
      code,
      facts: null,
    });
  });

  it.each(['tcb_info', 'qe_identity'] as const)('is refused when %s says something else', (member) => {
    const changed = set[member].replace('"tcbEvaluationDataNumber":18', '"tcbEvaluationDataNumber":19');
    expect(changed).not.toBe(set[member]);
    expect(check({ [member]: changed }).outcome).toBe('refused');
  });

  it('is refused when a chain is missing, short, long or the other one', () => {
    const code = (changed: Partial<Collateral>) => check(changed).code;
    expect(code({ pck_crl_issuer_chain: '' })).toBe('CERT_FORMAT');
    expect(code({ pck_crl_issuer_chain: set.pck_crl_issuer_chain.repeat(2) })).toBe('PCK_CHAIN');
    expect(code({ pck_crl_issuer_chain: set.tcb_info_issuer_chain })).toBe('PCK_CHAIN');
    expect(code({ tcb_info_issuer_chain: set.pck_crl_issuer_chain })).toBe('SIGNING_CN');
    expect(code({ qe_identity_issuer_chain: set.pck_crl_issuer_chain })).toBe('SIGNING_CN');
  });

  it('is refused when the list of another CA stands beside the chain', async () => {
    const other = await own.collateral({ issued, ca: 'processor' });
    expect(check({ pck_crl: other.pck_crl }).code).toBe('PCK_CRL_ISSUER');
  });

  it('is refused when it is not what was asked for', () => {
    const wanted = { fmspc: '00806F050000', ca: 'platform' } as const;
    expect(check({}, { wanted }).outcome).toBe('verified');
    expect(check({}, { wanted: { ...wanted, fmspc: '90c06f000000' } }).code).toBe('TCB_INFO_MISMATCH');
    expect(check({}, { wanted: { ...wanted, ca: 'processor' } }).code).toBe('PCK_CRL_ISSUER');
    expect(check({}, { wanted: { ...wanted, evaluationNumber: 18 } }).outcome).toBe('verified');
    expect(check({}, { wanted: { ...wanted, evaluationNumber: 17 } }).code).toBe('TCB_EVAL_NUMBER');
  });

  it('says for every check what was found, also for those that did not run', () => {
    const { checks } = check({ root_ca_crl: '3000' });
    expect(checks.find(({ id }) => id === 'root-crl')).toMatchObject({
      outcome: 'failed',
      code: 'CRL_FORMAT',
    });
    expect(checks.find(({ id }) => id === 'tcb-info-signature')).toMatchObject({ outcome: 'not-checked' });
    expect(checks).toHaveLength(14);
  });

  it('takes no time that is none', () => {
    expect(() => check({}, { at: Number.NaN })).toThrow(RangeError);
  });
});

describeWith('vectors', 'the real sets', () => {
  it('are verified for the times when all their parts were valid, and only then', () => {
    const names = readdirSync(join(vectorsFolder, 'tdx', 'collateral')).filter((name) =>
      name.startsWith('c'),
    );
    const cache = createVerifierCache();
    const verified: string[] = [];
    for (const name of names) {
      const collateral = vectorCollateral(`collateral/${name}`);
      const year = 31_536_000;
      // looked for in steps of half a day, because the parts of some sets were never valid together
      for (let at = 1_680_000_000; at < 1_680_000_000 + 4 * year; at += DAY / 2) {
        const verdict = checkCollateral({ collateral, at, cache });
        if (verdict.outcome !== 'verified' || verdict.facts === null) continue;
        const { since, expires } = verdict.facts;
        const outcome = (time: number) => checkCollateral({ collateral, at: time, cache }).outcome;
        expect([since - 1, since, expires, expires + 1].map(outcome), `${name} ${isoTime(at)}`).toEqual([
          'refused',
          'verified',
          'verified',
          expect.not.stringMatching('verified'),
        ]);
        verified.push(name.slice(0, 3));
        break;
      }
    }
    expect(verified.length).toBeGreaterThan(8);
    console.log(`collateral sets that stand by themselves at some time: ${verified.join(' ')}`);
  });

  it('are refused when the SGX enclave’s documents are taken for those of TDX', () => {
    const collateral = vectorCollateral('collateral/sgx-genuine.json');
    expect(checkCollateral({ collateral, at: known.at })).toMatchObject({
      outcome: 'refused',
      code: 'TCB_INFO_MISMATCH',
    });
  });
});
