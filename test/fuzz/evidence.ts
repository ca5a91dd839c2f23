/** Genuine evidence to start from: the factory's in every form, and real evidence where the vectors are. */
import type { Collateral } from '../../src/protocol/attestation/index.ts';
import { realCases } from '../protocol/attestation/vectors.ts';
import {
  buildCollateral,
  buildQuote,
  FORMS,
  type QuoteVariant,
  ROOT,
  T0,
  V4,
} from '../vectors/factory/scene.ts';

export interface Evidence {
  readonly id: string;
  readonly quote: Uint8Array;
  readonly collateral: Collateral;
  readonly at: number;
  /** Undefined: Intel's. */
  readonly root: Uint8Array | undefined;
}

export function genuineEvidence(): Evidence[] {
  const collateral = buildCollateral();
  const made = (id: string, quote: Uint8Array): Evidence => ({ id, quote, collateral, at: T0, root: ROOT });
  // each with a measurement and authentication data of its own, so that no signature of one fits another
  const own = (n: number): QuoteVariant => ({
    td: { mrTd: new Uint8Array(48).fill(n) },
    authData: new Uint8Array(32).fill(n),
  });
  const factory = [
    ...FORMS.map((form, n) => made(`factory ${form.name}`, buildQuote(form, own(n)))),
    made(
      'factory v4, CRLF and padding',
      buildQuote(V4, {
        ...own(9),
        chainText: (pem) => `${pem.replaceAll('\n', '\r\n')}\0`,
        padding: new Uint8Array(70),
      }),
    ),
  ];
  const real = realCases()
    .filter(({ expect }) => expect.result === 'accept')
    .map(({ id, quote, collateral: set, at, root }): Evidence => ({ id, quote, collateral: set, at, root }));
  return [...factory, ...real];
}
