/** The shared TDX vectors as values: cases with their bytes, after the operations that derive them (tdx.md 5). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Collateral, readCollateral, readQuoteFile } from '../../../src/protocol/attestation/index.ts';
import { fromBase64, fromHex, toHex } from '../../../src/protocol/bytes/index.ts';
import { hasPart, vectorsFolder } from '../../parts.ts';

const folder = join(vectorsFolder, 'tdx');

export const vectorBytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder, path)));
export const vectorJson = <T>(path: string): T => JSON.parse(readFileSync(join(folder, path), 'utf8')) as T;
export const vectorQuote = (path: string): Uint8Array => readQuoteFile(vectorBytes(path)).quote;
export const vectorCollateral = (path: string): Collateral => readCollateral(vectorBytes(path));

export interface Expectation {
  readonly result: 'accept' | 'reject';
  readonly code?: string;
  readonly codes?: readonly string[];
  readonly status?: string;
  readonly platform?: string;
  readonly module?: string;
  readonly qe?: string;
  readonly current?: string;
  readonly advisories?: readonly string[];
  readonly tcbDate?: string;
  readonly collateralExpires?: string;
}

export interface Case {
  readonly id: string;
  readonly quote: Uint8Array;
  readonly collateral: Collateral;
  readonly at: number;
  /** Undefined: Intel's root. */
  readonly root: Uint8Array | undefined;
  readonly minEvaluationNumber: number | undefined;
  readonly expect: Expectation;
}

interface QuoteOp {
  readonly op: string;
  readonly off: number;
  readonly mask?: number;
  readonly hex: string;
  readonly len: number;
  readonly from: number;
  readonly to: number;
  readonly src: string;
  readonly srcFrom: number;
  readonly srcTo: number;
}

function applyQuoteOp(quote: Uint8Array, op: QuoteOp): Uint8Array {
  const out = new Uint8Array(quote);
  switch (op.op) {
    case 'xor':
      out[op.off] = out[op.off]! ^ (op.mask ?? 1);
      return out;
    case 'set':
      out.set(fromHex(op.hex), op.off);
      return out;
    case 'truncate':
      return out.slice(0, op.len);
    case 'append':
      return Uint8Array.from([...out, ...fromHex(op.hex)]);
    case 'splice':
      return Uint8Array.from([
        ...out.slice(0, op.from),
        ...vectorQuote(op.src).slice(op.srcFrom, op.srcTo),
        ...out.slice(op.to),
      ]);
    default:
      throw new Error(`unknown quote operation ${op.op}`);
  }
}

interface CollateralOp {
  readonly op: string;
  readonly field: keyof Collateral;
  readonly srcField?: keyof Collateral;
  readonly off: number;
  readonly mask?: number;
  readonly from: string;
  readonly to: string;
  readonly value: string;
  readonly bundle: string;
}

function applyCollateralOp(collateral: Collateral, op: CollateralOp): Collateral {
  const old = collateral[op.field];
  const put = (value: string): Collateral => ({ ...collateral, [op.field]: value });
  switch (op.op) {
    case 'xorHex': {
      const bytes = fromHex(old);
      const at = op.off < 0 ? bytes.length + op.off : op.off;
      bytes[at] = bytes[at]! ^ (op.mask ?? 1);
      return put(toHex(bytes));
    }
    case 'replace':
      return put(old.replace(op.from, () => op.to));
    case 'put':
      return put(op.value);
    case 'take':
      return put(vectorCollateral(op.bundle)[op.srcField ?? op.field]);
    default:
      throw new Error(`unknown collateral operation ${op.op}`);
  }
}

interface RealCase {
  readonly id: string;
  readonly quote: string;
  readonly quoteOps?: readonly QuoteOp[];
  readonly collateral: string;
  readonly collateralOps?: readonly CollateralOp[];
  readonly at: number;
  readonly policy?: { readonly minEval?: number };
  readonly expect: Expectation;
}

/** cases-real.json: genuine quotes, and what was derived from them; empty where there are no vectors. */
export function realCases(): Case[] {
  if (!hasPart('vectors')) return [];
  return vectorJson<RealCase[]>('cases-real.json').map((raw) => ({
    id: raw.id,
    quote: (raw.quoteOps ?? []).reduce(applyQuoteOp, vectorQuote(raw.quote)),
    collateral: (raw.collateralOps ?? []).reduce(applyCollateralOp, vectorCollateral(raw.collateral)),
    at: raw.at,
    root: undefined,
    minEvaluationNumber: raw.policy?.minEval,
    expect: raw.expect,
  }));
}

interface SyntheticFile {
  readonly cases: readonly {
    readonly id: string;
    readonly quote: string;
    readonly root: string;
    readonly collateral: Record<keyof Collateral, string>;
    readonly at: number;
    readonly policy?: { readonly minEval?: number };
    readonly expect: Expectation;
  }[];
  readonly blobs: Readonly<Record<string, string>>;
}

/** synthetic/cases.json: made by a software quote factory under its own root. */
export function syntheticCases(): Case[] {
  if (!hasPart('vectors')) return [];
  const { cases, blobs } = vectorJson<SyntheticFile>('synthetic/cases.json');
  const text = (name: string): string => {
    const blob = blobs[name];
    // the empty blob is both an empty quote and an empty list
    if (blob === 'b64:') return '';
    if (!blob?.startsWith('txt:')) throw new Error(`${name} is not a text`);
    return blob.slice(4);
  };
  const bytes = (name: string): Uint8Array => {
    const blob = blobs[name];
    if (!blob?.startsWith('b64:')) throw new Error(`${name} is not bytes`);
    return fromBase64(blob.slice(4));
  };
  return cases.map((raw) => ({
    id: raw.id,
    quote: bytes(raw.quote),
    collateral: Object.fromEntries(
      Object.entries(raw.collateral).map(([name, blob]) => [name, text(blob)]),
    ) as unknown as Collateral,
    at: raw.at,
    root: bytes(raw.root),
    minEvaluationNumber: raw.policy?.minEval,
    expect: raw.expect,
  }));
}
