/** Signed notes: the published examples to the byte, and everything that is not a note. */
import { describe, expect, it } from 'vitest';
import { settle } from '../../../src/protocol/bytes/index.ts';
import {
  formatNote,
  formatVerifierKey,
  MAX_NOTE_BYTES,
  MAX_NOTE_SIGNATURES,
  parseNote,
  parseVerifierKey,
  signaturesBy,
  SIGNATURE_TYPE,
  verifierKey,
  verifyNote,
} from '../../../src/protocol/log/index.ts';
import { b64, check, hashes, refusal, signerOf, signerNamed, text, toText } from './support.ts';

/** The example of c2sp.org/signed-note, "Verifier keys". */
const C2SP_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const C2SP_NOTE =
  'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

/** The example of Go's package sumdb/note, whose private key is published with it. */
const GO_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_SEED = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const GO_TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_NOTE = `${GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

/** The first example of c2sp.org/signed-note: a text with an empty line of its own (its key is not published). */
const QUASIMODO =
  'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';

const c2sp = parseVerifierKey(hashes, C2SP_KEY);
const go = parseVerifierKey(hashes, GO_KEY);

describe('the published notes', () => {
  it('verify under their published keys', () => {
    for (const [note, key] of [
      [C2SP_NOTE, c2sp],
      [GO_NOTE, go],
    ] as const) {
      const verified = settle(verifyNote(parseNote(text(note)), [key]), check);
      expect(verified.verified.map((line) => line.key)).toEqual([key]);
      expect(verified.text).toBe(note.slice(0, note.indexOf('\n\n') + 1));
      expect(verified.ignored).toBe(0);
    }
  });

  it('are written again to the byte, by signing with the published private key', () => {
    const signer = signerOf(b64(GO_SEED).subarray(1));
    const key = verifierKey(hashes, 'PeterNeumann', SIGNATURE_TYPE.ed25519, signer.key);
    expect(formatVerifierKey(key)).toBe(GO_KEY);
    const signature = signer.sign(text(GO_TEXT));
    const note = formatNote({ text: GO_TEXT, signatures: [{ name: key.name, id: key.id, signature }] });
    expect(toText(note)).toBe(GO_NOTE);
  });

  it('are written again to the byte after parsing', () => {
    for (const note of [C2SP_NOTE, GO_NOTE, QUASIMODO])
      expect(toText(formatNote(parseNote(text(note))))).toBe(note);
  });

  it('keep empty lines inside the text', () => {
    const note = parseNote(text(QUASIMODO));
    expect(note.text).toBe(QUASIMODO.slice(0, QUASIMODO.indexOf('\n\n—') + 1));
    expect(note.signatures.map(({ name }) => name)).toEqual(['quasimodo.example/salvatore']);
  });

  it('stop verifying when any single byte changes', () => {
    const bytes = text(C2SP_NOTE);
    for (const mask of [0x01, 0x80])
      for (let at = 0; at < bytes.length; at++) {
        const spoilt = Uint8Array.from(bytes);
        spoilt[at]! ^= mask;
        expect(() => settle(verifyNote(parseNote(spoilt), [c2sp]), check), `byte ${at}`).toThrow();
      }
  });
});

describe('verifying a note', () => {
  const [a, b] = ['a.example', 'b.example'].map((name) => {
    const signer = signerNamed(name);
    return { signer, key: verifierKey(hashes, name, SIGNATURE_TYPE.ed25519, signer.key) };
  }) as [
    { signer: ReturnType<typeof signerNamed>; key: typeof c2sp },
    { signer: ReturnType<typeof signerNamed>; key: typeof c2sp },
  ];
  const body = 'a text\n';
  const line = (who: typeof a) => ({
    name: who.key.name,
    id: who.key.id,
    signature: who.signer.sign(text(body)),
  });

  it('ignores unknown keys, also those that share a name or an id with a known one', () => {
    const sameName = { ...line(b), name: a.key.name };
    const sameId = { ...line(b), id: a.key.id };
    const note = { text: body, signatures: [sameName, line(a), sameId] };
    const verified = settle(verifyNote(note, [a.key]), check);
    expect(verified.verified).toHaveLength(1);
    expect(verified.ignored).toBe(2);
  });

  it('refuses the whole note for one bad signature of a known key, naming it', () => {
    const bad = { ...line(b), signature: line(a).signature };
    const note = { text: body, signatures: [line(a), bad] };
    const refused = refusal('NOTE_SIGNATURE', () => settle(verifyNote(note, [a.key, b.key]), check));
    expect(refused.details).toEqual({ key: 'b.example' });
    expect(settle(verifyNote(note, [a.key]), check).ignored).toBe(1);
  });

  it('refuses a signature of the wrong length without asking anybody', () => {
    const cut = { ...line(a), signature: line(a).signature.subarray(1) };
    const plan = verifyNote({ text: body, signatures: [cut, line(b)] }, [a.key, b.key]);
    expect(plan.jobs).toHaveLength(1);
    refusal('NOTE_SIGNATURE', () => plan.conclude([true]));
  });

  it('refuses a note that no known key has signed', () => {
    refusal('NOTE_UNSIGNED', () => settle(verifyNote({ text: body, signatures: [line(b)] }, [a.key]), check));
  });

  it('can drop the lines of unknown keys', () => {
    const note = { text: body, signatures: [line(a), line(b)] };
    expect(signaturesBy(note, [b.key]).signatures.map(({ name }) => name)).toEqual(['b.example']);
  });
});

describe('what is not a note', () => {
  const sig = '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1T\n';

  it.each([
    ['nothing', ''],
    ['a text alone', 'text\n'],
    ['no signature line', 'text\n\n'],
    ['no empty line', `text\n${sig}`],
    ['no text', `\n${sig}`],
    ['a cut last line', `text\n\n${sig.slice(0, -1)}`],
    ['a line after the signatures', `text\n\n${sig}rest\n`],
    ['a hyphen for the em dash', `text\n\n${sig.replace('—', '-')}`],
    ['two spaces', `text\n\n${sig.replace('— ', '—  ')}`],
    ['a trailing space', `text\n\n${sig.replace('\n', ' \n')}`],
    ['a plus in the name', `text\n\n${sig.replace('foo', 'f+o')}`],
    ['a no-break space in the name', `text\n\n${sig.replace('foo', 'f\u00a0o')}`],
    ['a next-line character in the name', `text\n\n${sig.replace('foo', 'f\u0085o')}`],
    ['an ideographic space in the name', `text\n\n${sig.replace('foo', 'f\u3000o')}`],
    ['an empty name', `text\n\n${sig.replace('example.com/foo', '')}`],
    ['base64 without its padding', 'text\n\n— a AAAAAAA\n'],
    ['base64 with stray bits', 'text\n\n— a AAAAAAB=\n'],
    ['the URL alphabet', 'text\n\n— a AAAA_-AA\n'],
    ['a key id with nothing after it', 'text\n\n— a AAAAAA==\n'],
    ['a carriage return', `text\r\n\n${sig}`],
    ['a tab', `te\txt\n\n${sig}`],
    ['a zero byte', `te\0xt\n\n${sig}`],
    ['too many signatures', `text\n\n${sig.repeat(MAX_NOTE_SIGNATURES + 1)}`],
    ['too many bytes', `${'x'.repeat(MAX_NOTE_BYTES)}\n\n${sig}`],
  ])('%s is refused', (_, note) => {
    refusal('NOTE_FORMAT', () => parseNote(text(note)));
  });

  it('bytes that are not UTF-8 are refused', () => {
    refusal('NOTE_FORMAT', () => parseNote(Uint8Array.of(0xff, ...text(`text\n\n${sig}`))));
  });

  it('32 signatures are accepted, and so is the shortest text', () => {
    expect(parseNote(text(`\n\n${sig.repeat(MAX_NOTE_SIGNATURES)}`))).toMatchObject({ text: '\n' });
  });

  it('is not written either', () => {
    refusal('NOTE_FORMAT', () => formatNote({ text: 'no newline', signatures: [] }));
    refusal('NOTE_FORMAT', () => formatNote({ text: 'unsigned\n', signatures: [] }));
    const bad = { name: 'a b', id: new Uint8Array(4), signature: new Uint8Array(64) };
    refusal('NOTE_KEY', () => formatNote({ text: 'text\n', signatures: [bad] }));
  });
});

describe('verifier keys', () => {
  it('are written as they were read', () => {
    for (const vkey of [
      C2SP_KEY,
      GO_KEY,
      'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
      // base64 with plus signs, and a cosigner's key
      'TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6',
      'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
    ])
      expect(formatVerifierKey(parseVerifierKey(hashes, vkey))).toBe(vkey);
  });

  it('are refused after any change of one character', () => {
    for (let at = 0; at < GO_KEY.length; at++) {
      const changed = `${GO_KEY.slice(0, at)}${String.fromCharCode(GO_KEY.charCodeAt(at) ^ 1)}${GO_KEY.slice(at + 1)}`;
      refusal('NOTE_KEY', () => parseVerifierKey(hashes, changed));
      refusal('NOTE_KEY', () => parseVerifierKey(hashes, GO_KEY.slice(0, at)));
    }
  });

  it('are refused with the wrong length for their type, even under a fitting id', () => {
    refusal('NOTE_KEY', () => verifierKey(hashes, 'a', 1, new Uint8Array(33)));
    refusal('NOTE_KEY', () => verifierKey(hashes, 'a', 4, new Uint8Array(31)));
    refusal('NOTE_KEY', () => verifierKey(hashes, 'a', 256, new Uint8Array(32)));
    refusal('NOTE_KEY', () => verifierKey(hashes, 'a', 7, new Uint8Array(0)));
  });
});
