/**
 * Seeded mutations of evidence: bytes, lengths and splices of the quote; edits of PEM, DER and JSON inside it and
 * beside it. Each returns changed evidence and leaves the given one alone.
 */
import {
  COLLATERAL_MEMBERS,
  type Collateral,
  readPemChain,
  writePemChain,
} from '../../src/protocol/attestation/index.ts';
import { concat, fromHex, fromUtf8, toHex, utf8 } from '../../src/protocol/bytes/index.ts';
import type { Random } from '../random.ts';
import type { Evidence } from './evidence.ts';

type Mutation = (evidence: Evidence, random: Random, all: readonly Evidence[]) => Evidence;

const u16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;
function put(bytes: Uint8Array, at: number, width: number, value: number): void {
  for (let i = 0; i < width && at + i < bytes.length; i++) bytes[at + i] = Math.floor(value / 256 ** i) % 256;
}

/** Where the parts of a genuine quote begin. */
function places(quote: Uint8Array) {
  const body = quote[0] === 4 ? 48 : 54;
  const length = body + (quote[0] === 5 && quote[48] === 3 ? 648 : 584);
  const data = length + 4;
  const inner = data + 586 - 2 + u16(quote, data + 582);
  const chain = inner + 6;
  return {
    body,
    length,
    data,
    outer: data + 130,
    auth: data + 582,
    inner,
    chain,
    end: chain + u32(quote, inner + 2),
  };
}

/** One change of a row of bytes that knows nothing of what they mean. */
function bytesChanged(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes);
  const at = random.below(out.length + 1);
  const from = random.below(other.length + 1);
  const length = random.oneIn(8) ? random.below(2000) + 1 : random.below(64) + 1;
  switch (random.below(9)) {
    case 0:
      if (at < out.length) out[at] = random.below(256);
      return out;
    case 1:
      if (at < out.length) out[at] = out[at]! ^ (1 << random.below(8));
      return out;
    case 2:
      return out.slice(0, at);
    case 3:
      return concat(out.slice(0, at), other.slice(from, from + length), out.slice(at));
    case 4:
      return concat(out.slice(0, at), out.slice(at + length));
    case 5:
      out.copyWithin(at, random.below(out.length + 1), random.below(out.length + 1));
      return out;
    case 6:
      out.set(other.slice(from, from + Math.min(length, out.length - at)), at);
      return out;
    case 7:
      out.fill(random.pick([0, 0xff, 0x20]), at, at + length);
      return out;
    default:
      return concat(out, random.oneIn(2) ? new Uint8Array(length) : random.bytes(length));
  }
}

const EXTREMES = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];

/** A length or type of the quote becomes an extreme, or is off by a little. */
const lengths: Mutation = (evidence, random) => {
  const quote = new Uint8Array(evidence.quote);
  const { length, outer, auth, inner } = places(quote);
  const [at, width] = random.pick([
    [0, 2],
    [2, 2],
    [4, 4],
    [48, 2],
    [50, 4],
    [length, 4],
    [outer - 2, 2],
    [outer, 4],
    [auth, 2],
    [inner, 2],
    [inner + 2, 4],
  ] as const);
  const old = width === 2 ? u16(quote, at) : u32(quote, at);
  put(quote, at, width, random.oneIn(2) ? random.pick(EXTREMES) : Math.max(0, old + random.below(65) - 32));
  return { ...evidence, quote };
};

const quoteBytes: Mutation = (evidence, random, all) => ({
  ...evidence,
  quote: bytesChanged(evidence.quote, random, random.pick(all).quote),
});

/** Whole parts of another genuine quote, in their places. */
const quoteParts: Mutation = (evidence, random, all) => {
  const [here, there] = [evidence.quote, random.pick(all).quote];
  const [a, b] = [places(here), places(there)];
  const part = random.pick([
    [0, 48, 0, 48],
    [a.body, a.length, b.body, b.length],
    [a.data, a.data + 64, b.data, b.data + 64],
    [a.data + 64, a.data + 128, b.data + 64, b.data + 128],
    [a.outer + 4, a.auth, b.outer + 4, b.auth],
    [a.auth, a.inner, b.auth, b.inner],
    [a.chain, a.end, b.chain, b.end],
    [a.length, a.end, b.length, b.end],
  ] as const);
  return {
    ...evidence,
    quote: concat(here.slice(0, part[0]), there.slice(part[2], part[3]), here.slice(part[1])),
  };
};

function textChanged(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const from = random.below(text.length + 1);
  const piece = text.slice(from, from + random.below(24));
  const added = random.pick([
    '',
    ' ',
    '"',
    '0',
    'f',
    'F',
    '{',
    '}',
    '\0',
    '\n',
    '\r\n',
    ',',
    '\\u0000',
    piece,
    piece,
  ]);
  return text.slice(0, at) + added + text.slice(at + random.below(4));
}

/** One change of DER at an element's tag, length or contents, found by walking from the outside in. */
function derChanged(der: Uint8Array, random: Random): Uint8Array {
  const starts: [at: number, length: number, header: number][] = [];
  const walk = (from: number, to: number, depth: number): void => {
    for (let at = from; at + 2 <= to && starts.length < 400;) {
      const first = der[at + 1]!;
      const count = first < 0x80 ? 0 : first & 0x7f;
      if (count > 3) return;
      let length = first;
      if (count > 0) {
        length = 0;
        for (let i = 0; i < count; i++) length = length * 256 + (der[at + 2 + i] ?? 0);
      }
      const header = 2 + count;
      if (at + header + length > to) return;
      starts.push([at, length, header]);
      if ((der[at]! & 0x20) !== 0 && depth < 12) walk(at + header, at + header + length, depth + 1);
      at += header + length;
    }
  };
  walk(0, der.length, 0);
  if (starts.length === 0) return bytesChanged(der, random, der);
  const out = new Uint8Array(der);
  const [at, length, header] = random.pick(starts);
  switch (random.below(7)) {
    case 0:
      out[at] = random.below(256);
      return out;
    case 1:
      out[at + 1] = random.pick([0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff]);
      return out;
    case 2:
      out[at + header + random.below(length + 1)] = random.below(256);
      return out.slice(0, der.length);
    case 3: // the element is gone
      return concat(out.slice(0, at), out.slice(at + header + length));
    case 4: // the element stands twice
      return concat(out.slice(0, at + header + length), out.slice(at));
    case 5: // another element stands here
    {
      const [from, size, head] = random.pick(starts);
      return concat(out.slice(0, at), der.slice(from, from + head + size), out.slice(at + header + length));
    }
    default: // the same length, written longer
      return concat(
        out.slice(0, at + 1),
        Uint8Array.of(0x82, length >> 8, length & 0xff),
        out.slice(at + header),
      );
  }
}

/** The chain of a PEM text, changed as certificates and written again. */
function chainChanged(pem: string, random: Random): string {
  const chain = readPemChain(pem);
  const at = random.below(chain.length);
  switch (random.below(5)) {
    case 0:
      return writePemChain(chain.toSpliced(at, 1));
    case 1:
      return writePemChain(chain.toSpliced(at, 0, random.pick(chain)));
    case 2:
      return writePemChain(chain.with(at, random.pick(chain)));
    default:
      return writePemChain(chain.with(at, derChanged(chain[at]!, random)));
  }
}

/** Another chain in the quote, all lengths right. */
function withChain(quote: Uint8Array, text: string): Uint8Array {
  const { length, outer, inner, chain, end } = places(quote);
  const bytes = utf8(text);
  const out = concat(quote.slice(0, chain), bytes, quote.slice(end));
  const more = bytes.length - (end - chain);
  put(out, length, 4, u32(quote, length) + more);
  put(out, outer, 4, u32(quote, outer) + more);
  put(out, inner + 2, 4, bytes.length);
  return out;
}
const chainOf = (quote: Uint8Array): string => fromUtf8(quote.slice(places(quote).chain, places(quote).end));

const quotePem: Mutation = (evidence, random) => ({
  ...evidence,
  quote: withChain(evidence.quote, textChanged(chainOf(evidence.quote), random)),
});
const quoteDer: Mutation = (evidence, random) => ({
  ...evidence,
  quote: withChain(evidence.quote, chainChanged(chainOf(evidence.quote), random)),
});

const member = (evidence: Evidence, name: keyof Collateral, text: string): Evidence => ({
  ...evidence,
  collateral: { ...evidence.collateral, [name]: text },
});
const collateralText: Mutation = (evidence, random) => {
  const name = random.pick(COLLATERAL_MEMBERS);
  return member(evidence, name, textChanged(evidence.collateral[name], random));
};
const collateralSwapped: Mutation = (evidence, random) =>
  member(evidence, random.pick(COLLATERAL_MEMBERS), evidence.collateral[random.pick(COLLATERAL_MEMBERS)]);
const signersChanged: Mutation = (evidence, random) => {
  const name = random.pick(['tcb_info_issuer_chain', 'qe_identity_issuer_chain'] as const);
  return member(evidence, name, chainChanged(evidence.collateral[name], random));
};
const listChanged: Mutation = (evidence, random) => {
  const name = random.pick(['root_ca_crl', 'pck_crl'] as const);
  return member(evidence, name, toHex(derChanged(fromHex(evidence.collateral[name]), random)));
};

/** One value somewhere in a JSON text becomes another, or a member is gone, doubled or new. */
function jsonChanged(text: string, random: Random): string {
  const document = JSON.parse(text) as Record<string, unknown>;
  const owners: Record<string, unknown>[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    owners.push(value as Record<string, unknown>);
    Object.values(value).forEach(walk);
  };
  walk(document);
  const owner = random.pick(owners);
  const names = Object.keys(owner);
  if (names.length === 0) return `${text} `;
  const name = random.pick(names);
  switch (random.below(5)) {
    case 0:
      delete owner[name];
      return JSON.stringify(document);
    case 1:
      return text.replace(`"${name}":`, () => `"${name}":${JSON.stringify(owner[name])},"${name}":`);
    case 2:
      return JSON.stringify(document, null, random.below(4) + 1);
    default: {
      const old = owner[name];
      owner[name] = random.pick<unknown>([
        typeof old === 'number' ? old + random.below(3) - 1 : 0,
        typeof old === 'string' ? old.replace(/[0-9]/, String(random.below(10))) : '',
        random.pick(['UpToDate', 'OutOfDate', 'Revoked', 'TDX_01', '2026-02-30T00:00:00Z']),
        random.pick([-1, 255, 256, 65_536, 2 ** 53, 1e300, 0.5]),
        random.pick([null, true, [], {}, [[[]]]]),
      ]);
      return JSON.stringify(document);
    }
  }
}
const documentChanged: Mutation = (evidence, random) => {
  const name = random.pick(['tcb_info', 'qe_identity'] as const);
  return member(evidence, name, jsonChanged(evidence.collateral[name], random));
};

/** Everything of somebody else's: under another root, which vouches for none of it. */
const foreign: Mutation = (evidence, random, all) => {
  const others = all.filter(({ root }) => (root === undefined) !== (evidence.root === undefined));
  if (others.length === 0) return quoteBytes(evidence, random, all);
  const other = random.pick(others);
  switch (random.below(3)) {
    case 0:
      return { ...evidence, quote: other.quote };
    case 1:
      return { ...evidence, root: other.root };
    default: {
      const name = random.pick(COLLATERAL_MEMBERS);
      return member(evidence, name, other.collateral[name]);
    }
  }
};

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  quoteBytes,
  lengths,
  quoteParts,
  quotePem,
  quoteDer,
  collateralText,
  collateralSwapped,
  signersChanged,
  listChanged,
  documentChanged,
  foreign,
};

/** One to three mutations on top of each other; a later one that finds nothing to hold on to is left out. */
export function mutated(
  evidence: Evidence,
  random: Random,
  all: readonly Evidence[],
): { changed: Evidence; by: string[] } {
  const by: string[] = [];
  let changed = evidence;
  for (let left = random.oneIn(4) ? random.below(2) + 2 : 1; left > 0; left--) {
    const name = random.pick(Object.keys(MUTATIONS));
    try {
      changed = MUTATIONS[name]!(changed, random, all);
      by.push(name);
    } catch (error) {
      // the parts that this mutation works on are broken already
      if (by.length === 0) throw error;
    }
  }
  return { changed, by };
}
