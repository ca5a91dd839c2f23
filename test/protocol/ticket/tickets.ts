/** Keys, tokens and findings for tests of tickets. */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { createSignatureChecker, nodeHashes } from '../../../src/main/hashes.ts';
import { concat, fromBase64url, settle, toBase64url, utf8 } from '../../../src/protocol/bytes/index.ts';
import { JWT_CLASS, planAdmission, readJwtKey } from '../../../src/protocol/ticket/index.ts';
import type {
  JudgeContext,
  Judgement,
  JwtAlgorithm,
  JwtKey,
  JwtValidator,
  Ticket,
  Validator,
} from '../../../src/protocol/ticket/index.ts';

export interface TestIssuer {
  readonly alg: JwtAlgorithm;
  readonly key: JwtKey;
  /** Raw for Ed25519, r‖s for P-256. */
  sign(text: string): Uint8Array;
}

export function newIssuer(alg: JwtAlgorithm = 'EdDSA', kid?: string): TestIssuer {
  const { privateKey, publicKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const raw = alg === 'EdDSA' ? fromBase64url(x) : concat(fromBase64url(x), fromBase64url(y));
  const secret = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return {
    alg,
    key: readJwtKey(alg, raw, kid),
    sign: (text) =>
      new Uint8Array(
        alg === 'EdDSA'
          ? sign(null, utf8(text), secret)
          : sign('sha256', utf8(text), { key: secret, dsaEncoding: 'ieee-p1363' }),
      ),
  };
}

/** A token whose header and claims are whatever a test wants, properly signed. */
export function tokenOf(by: TestIssuer, claims: object, header: object = {}): string {
  const part = (value: object): string => toBase64url(utf8(JSON.stringify(value)));
  const input = `${part({ alg: by.alg, typ: 'JWT', ...header })}.${part(claims)}`;
  return `${input}.${toBase64url(by.sign(input))}`;
}

export const jwtTicket = (token: string): Ticket => ({ class: JWT_CLASS, data: utf8(token) });
export const jwt = (keys: readonly JwtKey[], rest: Partial<JwtValidator> = {}): JwtValidator => ({
  kind: 'jwt',
  keys,
  issuers: [],
  audiences: [],
  ...rest,
});

const check = createSignatureChecker();
export const admission = (
  validators: readonly Validator[],
  tickets: readonly Ticket[],
  context: Omit<JudgeContext, 'hashes'>,
): Judgement => settle(planAdmission(validators, tickets, { hashes: nodeHashes, ...context }), check);

/** The code of a refusal, or `ok`. */
export const codeOfJudgement = (judgement: Judgement): string => (judgement.ok ? 'ok' : judgement.code);
