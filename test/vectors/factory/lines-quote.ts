/** Lines about the quote itself: format, every signature, what the QE report binds. */
import { bindingOf, littleEndian, makeKey } from '../../../src/main/attestation/simulate/index.ts';
import { concat } from '../../../src/protocol/bytes/index.ts';
import { accepted, type Line, refused } from './line.ts';
import { buildQuote, type Form, FORMS, KEYS, V4, V5, V5_15 } from './scene.ts';
import { BAD_SIGNATURES, flip, highS, lowS } from './surgery.ts';

/** Where the structures of the proper quote end (tdx.md 2.1 to 2.3). */
function edges(form: Form): Record<string, number> {
  const body = form.version === 4 ? 48 : 54;
  const length = body + (form.td === '1.0' ? 584 : 648);
  const data = length + 4;
  return {
    nothing: 0,
    'half the version': 1,
    'the version': 2,
    'the header but one': 47,
    'the header': 48,
    ...(form.version === 5 ? { 'the body type': 50, 'the descriptor': 54 } : {}),
    'half the body': body + 300,
    'the body': length,
    'the signature length': data,
    'the quote signature': data + 64,
    'the attestation key': data + 128,
    'the certification type': data + 130,
    'the certification length': data + 134,
    'the QE report': data + 518,
    'the QE report signature': data + 582,
    'the authentication length': data + 584,
    'the authentication data': data + 616,
    'the inner type': data + 618,
    'the inner length': data + 622,
    'all but one': buildQuote(form).length - 1,
  };
}

function formats(): Line[] {
  const lines: Line[] = [{ id: 'format: the proper quote', expect: accepted() }];
  for (const form of FORMS)
    for (const [what, end] of Object.entries(edges(form)))
      lines.push({
        id: `format: ends after ${what}`,
        forms: [form],
        quote: { post: (quote) => quote.slice(0, end) },
        expect: refused('QUOTE_FORMAT'),
      });
  for (const field of ['signature', 'outer', 'inner', 'auth'] as const)
    for (const lie of [-1, 1])
      for (const padding of [0, 70])
        lines.push({
          id: `format: length of ${field} ${lie}, padding ${padding}`,
          quote: { lies: { [field]: lie }, padding: new Uint8Array(padding) },
          expect: refused('QUOTE_FORMAT', 'PCK_CERT_TYPE'),
        });
  for (const [field, most] of [
    ['signature', 0xffff_0000],
    ['outer', 0xffff_0000],
    ['inner', 0xffff_0000],
    ['auth', 0xff00],
  ] as const)
    lines.push({
      id: `format: length of ${field} huge`,
      quote: { lies: { [field]: most } },
      expect: refused('QUOTE_FORMAT'),
    });
  for (const version of [0, 1, 2, 3, 6, 0x0104, 0xffff])
    lines.push({ id: `format: version ${version}`, quote: { version }, expect: refused('QUOTE_VERSION') });
  lines.push(
    {
      id: 'format: version 4 that calls itself 5',
      forms: [V4],
      quote: { version: 5 },
      expect: refused('BODY_TYPE', 'BODY_SIZE'),
    },
    {
      id: 'format: version 5 that calls itself 4',
      forms: [V5, V5_15],
      quote: { version: 4 },
      expect: refused('QUOTE_FORMAT'),
    },
    {
      id: 'format: version 5 without a descriptor',
      forms: [V5, V5_15],
      quote: { descriptor: null },
      expect: refused('BODY_TYPE', 'BODY_SIZE'),
    },
  );
  for (const type of [0, 1, 3, 0xffff])
    lines.push({
      id: `format: attestation key type ${type}`,
      quote: { header: { keyType: littleEndian(type, 2) } },
      expect: refused('ATT_KEY_TYPE'),
    });
  for (const tee of [0, 1, 0x80, 0x82, 0x8100_0000])
    lines.push({
      id: `format: TEE type ${tee}`,
      quote: { header: { teeType: littleEndian(tee, 4) } },
      expect: refused('TEE_TYPE'),
    });
  for (const byte of [0, 7, 15])
    lines.push({
      id: `format: vendor id, byte ${byte}`,
      quote: { signed: flip(12 + byte) },
      expect: refused('QE_VENDOR'),
    });
  for (const [what, header] of Object.entries({
    'QE SVN set': { qeSvn: littleEndian(9, 2) },
    'PCE SVN set': { pceSvn: littleEndian(0xffff, 2) },
    'user data other': { userData: new Uint8Array(20).fill(0xff) },
  }))
    lines.push({ id: `format: reserved ${what}`, quote: { header }, expect: accepted() });
  for (const [form, type, size] of [
    [V5, 2, 584],
    [V5_15, 3, 648],
  ] as const) {
    for (const wrong of [0, 1, 4, 0xffff])
      lines.push({
        id: `format: body type ${wrong}`,
        forms: [form],
        quote: { descriptor: [wrong, size] },
        expect: refused('BODY_TYPE'),
      });
    for (const wrong of [0, 384, size - 1, size + 1, size === 584 ? 648 : 584, 0xffff_ffff])
      lines.push({
        id: `format: body size ${wrong}`,
        forms: [form],
        quote: { descriptor: [type, wrong] },
        expect: refused('BODY_SIZE'),
      });
    lines.push({
      id: 'format: body of the other form',
      forms: [form],
      quote: { descriptor: type === 2 ? [3, 648] : [2, 584] },
      // the signature length is read from the wrong place
      expect: refused('QUOTE_FORMAT'),
    });
  }
  for (const outerType of [0, 1, 2, 3, 4, 5, 7, 0xffff])
    lines.push({
      id: `format: certification data of type ${outerType}`,
      quote: { outerType },
      expect: refused('CERT_DATA_TYPE'),
    });
  for (const innerType of [0, 1, 2, 3, 4, 6, 7, 0xffff])
    lines.push({
      id: `format: inner certification data of type ${innerType}`,
      quote: { innerType },
      expect: refused('PCK_CERT_TYPE'),
    });
  for (const length of [1, 70, 3000])
    lines.push({
      id: `format: ${length} zero bytes of padding`,
      quote: { padding: new Uint8Array(length) },
      expect: accepted(),
    });
  for (const at of [0, 35, 69])
    lines.push({
      id: `format: padding that is not zero at ${at}`,
      quote: { padding: new Uint8Array(70).with(at, 1) },
      expect: refused('QUOTE_FORMAT'),
    });
  for (const length of [0, 1, 31, 33, 64, 1000, 0xffff])
    lines.push({
      id: `format: ${length} bytes of authentication data`,
      quote: { authData: new Uint8Array(length).fill(3) },
      expect: accepted(),
    });
  lines.push({
    id: 'format: a megabyte of padding',
    quote: { padding: new Uint8Array(1024 * 1024) },
    expect: refused('QUOTE_TOO_LARGE'),
  });
  return lines;
}

function signatures(): Line[] {
  const lines: Line[] = [];
  for (const [what, change] of Object.entries(BAD_SIGNATURES))
    lines.push(
      { id: `quote signature: ${what}`, quote: { quoteSignature: change }, expect: refused('QUOTE_SIG') },
      { id: `QE signature: ${what}`, quote: { qeSignature: change }, expect: refused('QE_REPORT_SIG') },
      {
        id: `TCB info signature: ${what}`,
        collateral: { info: { signature: change } },
        expect: refused('TCB_INFO_SIG'),
      },
      {
        id: `QE identity signature: ${what}`,
        collateral: { identity: { signature: change } },
        expect: refused('QE_IDENTITY_SIG'),
      },
    );
  lines.push(
    { id: 'quote signature: other key', quote: { quoteKey: KEYS.rogue }, expect: refused('QUOTE_SIG') },
    { id: 'quote signature: PCK key', quote: { quoteKey: KEYS.leaf }, expect: refused('QUOTE_SIG') },
    { id: 'QE signature: other key', quote: { qeKey: KEYS.rogue }, expect: refused('QE_REPORT_SIG') },
    {
      id: 'QE signature: attestation key',
      quote: { qeKey: KEYS.attestation },
      expect: refused('QE_REPORT_SIG'),
    },
    {
      id: 'TCB info signature: other key',
      collateral: { info: { key: KEYS.rogue } },
      expect: refused('TCB_INFO_SIG'),
    },
    {
      id: 'QE identity signature: other key',
      collateral: { identity: { key: KEYS.rogue } },
      expect: refused('QE_IDENTITY_SIG'),
    },
  );
  for (const [what, s] of [
    ['high', highS],
    ['low', lowS],
  ] as const)
    lines.push(
      { id: `quote signature: ${what} S`, quote: { quoteSignature: s }, expect: accepted() },
      { id: `QE signature: ${what} S`, quote: { qeSignature: s }, expect: accepted() },
      { id: `TCB info signature: ${what} S`, collateral: { info: { signature: s } }, expect: accepted() },
      {
        id: `QE identity signature: ${what} S`,
        collateral: { identity: { signature: s } },
        expect: accepted(),
      },
    );
  // each signed part, changed after it was signed; places in the body
  for (const [what, offset] of Object.entries({ 'module SVN': 0, MRTD: 136, RTMR3: 500, 'report data': 583 }))
    lines.push({
      id: `quote signature: ${what} changed`,
      quote: (form) => ({ post: flip((form.version === 4 ? 48 : 54) + offset) }),
      expect: refused('QUOTE_SIG'),
    });
  lines.push({
    id: 'quote signature: user data changed',
    quote: { post: flip(30) },
    expect: refused('QUOTE_SIG'),
  });
  return lines;
}

const OFF_CURVE: Readonly<Record<string, Uint8Array>> = {
  zero: new Uint8Array(64),
  ones: new Uint8Array(64).fill(0xff),
  'x plus one': flip(31)(KEYS.attestation.point),
  'x and y swapped': concat(KEYS.attestation.point.slice(32), KEYS.attestation.point.slice(0, 32)),
};

function bindings(): Line[] {
  const other = makeKey();
  const lines: Line[] = Object.entries(OFF_CURVE).map(([what, point]) => ({
    id: `attestation key: ${what}`,
    quote: { point },
    expect: refused('ATT_KEY'),
  }));
  lines.push({
    id: 'attestation key: another one, bound and signing',
    quote: { point: other.point, quoteKey: other },
    expect: accepted(),
  });
  const authData = Uint8Array.from({ length: 32 }, (_, i) => i);
  const { point } = KEYS.attestation;
  for (const [what, bound] of Object.entries({
    'another key': bindingOf(other.point, authData),
    'other authentication data': bindingOf(point, authData.with(0, 9)),
    'no authentication data': bindingOf(point, new Uint8Array(0)),
    'a point with its prefix': bindingOf(concat(Uint8Array.of(4), point), authData),
    nothing: new Uint8Array(64),
    'a hash in the second half': bindingOf(point, authData).toReversed(),
    'a first byte that is off': flip(0)(bindingOf(point, authData)),
    'a last byte that is off': flip(31)(bindingOf(point, authData)),
    'a second half that is not zero': flip(32)(bindingOf(point, authData)),
    'a last byte that is not zero': flip(63)(bindingOf(point, authData)),
  }))
    lines.push({
      id: `binding: ${what}`,
      quote: { binding: () => bound },
      expect: refused('QE_REPORT_DATA'),
    });
  lines.push({
    id: 'binding: the key of another quote put into this one',
    quote: { point: other.point, binding: () => bindingOf(point, authData), quoteKey: other },
    expect: refused('QE_REPORT_DATA'),
  });
  return lines;
}

export const quoteLines = (): Line[] => [...formats(), ...signatures(), ...bindings()];
