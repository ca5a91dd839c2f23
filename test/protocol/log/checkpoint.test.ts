/** Checkpoints and cosignatures: the published examples to the byte, a checkpoint of the real world, and forgeries. */
import { describe, expect, it } from 'vitest';
import { settle } from '../../../src/protocol/bytes/index.ts';
import {
  committeePolicy,
  cosignature,
  cosignatureMessage,
  equivocates,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  logSignature,
  NO_QUORUM,
  parseCheckpoint,
  parseCosignature,
  parseNote,
  parsePolicy,
  parseSignedCheckpoint,
  parseVerifierKey,
  signedCheckpoint,
  verifierKey,
  verifyCheckpoint,
} from '../../../src/protocol/log/index.ts';
import { b64, check, committee, hashes, refusal, signerNamed, text, toText } from './support.ts';

/** The example of c2sp.org/tlog-cosignature (its keys are not published). */
const SOFA_TEXT = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const SOFA = `${SOFA_TEXT}
— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

/** A checkpoint of a public Certificate Transparency log, cosigned by public witnesses in May 2026, and two of their keys. */
const ARCHE = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;
const ARCHE_POLICY = `log arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f
witness remora remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2
witness smartit witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO
witness stagemole witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv
witness garden transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM
group all-four all remora smartit stagemole garden
quorum all-four
`;

const head = { origin: 'log.example/chronicle', size: 7, root: new Uint8Array(32).fill(9) };

describe('the published checkpoint', () => {
  it('is read, and its text is written again to the byte', () => {
    const { checkpoint, note } = parseSignedCheckpoint(text(SOFA));
    expect(checkpoint).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      root: b64('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='),
      extensions: [],
    });
    expect(formatCheckpoint(checkpoint)).toBe(SOFA_TEXT);
    expect(toText(formatNote(note))).toBe(SOFA);
  });

  it('carries a cosignature of the published time, over the published message', () => {
    const line = parseNote(text(SOFA)).signatures[1]!;
    const parts = parseCosignature(line.signature)!;
    expect(parts.time).toBe(1_679_315_147);
    expect(parts.signature).toHaveLength(64);
    expect(toText(cosignatureMessage(parts.time, SOFA_TEXT))).toBe(
      `cosignature/v1\ntime 1679315147\n${SOFA_TEXT}`,
    );
    const key = { ...verifierKey(hashes, line.name, 4, new Uint8Array(32)), id: line.id };
    expect(cosignature(key, parts.time, parts.signature)).toEqual(line);
  });
});

describe('a checkpoint of a public log', () => {
  const policy = parsePolicy(hashes, text(ARCHE_POLICY));

  it('verifies under the keys of the log and of four public witnesses', () => {
    const verified = settle(verifyCheckpoint(text(ARCHE), policy), check);
    expect(verified.size).toBe(1_432_088_532);
    expect(formatVerifierKey(verified.log)).toContain('+ba2f06c0+');
    expect(verified.cosigners.map(({ name }) => name)).toEqual(['remora', 'smartit', 'stagemole', 'garden']);
    for (const { time } of verified.cosigners) expect(time).toBe(0x6a122120);
    // the RFC 6962 tree head signature of the same log is of a type that we do not know
    expect(verified.ignored).toBe(1);
  });

  it('does not verify for another size, or at another time of a cosigner', () => {
    refusal('NOTE_SIGNATURE', () =>
      settle(verifyCheckpoint(text(ARCHE.replace('1432088532', '1432088533')), policy), check),
    );
    const later = ARCHE.replace('2net5wAAAABqEiEg', '2net5wAAAABqEiEh');
    const refused = refusal('NOTE_SIGNATURE', () => settle(verifyCheckpoint(text(later), policy), check));
    expect(refused.details).toEqual({ key: 'remora.n621.de' });
  });
});

describe('a checkpoint of a committee', () => {
  const house = committee(head.origin, ['one', 'two', 'three', 'four']);
  const policy = committeePolicy([house.logKey], house.cosignerKeys, 3);
  const lines = house.lines(head, 1_700_000_000);

  it('counts with a quorum of cosignatures, and says who signed when', () => {
    const verified = settle(verifyCheckpoint(house.checkpoint(head, 1_800_000_000), policy), check);
    expect(verified).toMatchObject({ ...head, ignored: 0 });
    expect(verified.cosigners.map(({ key, time }) => [key.name, time])).toEqual(
      ['one', 'two', 'three', 'four'].map((name) => [name, 1_800_000_000]),
    );
    expect(
      settle(verifyCheckpoint(signedCheckpoint(head, lines.slice(0, 4)), policy), check).cosigners,
    ).toHaveLength(3);
  });

  it('does not count with fewer', () => {
    const few = signedCheckpoint(head, lines.slice(0, 3));
    const refused = refusal('CHECKPOINT_QUORUM', () => settle(verifyCheckpoint(few, policy), check));
    expect(refused.details).toEqual({ cosigned: 2, witnesses: 4 });
  });

  it('does not count twice for one cosigner', () => {
    const again = signedCheckpoint(head, [...lines.slice(0, 3), lines[1]!, lines[2]!]);
    refusal('CHECKPOINT_QUORUM', () => settle(verifyCheckpoint(again, policy), check));
  });

  it('does not count without the signature of the log', () => {
    const unsigned = signedCheckpoint(head, lines.slice(1));
    refusal('CHECKPOINT_LOG', () => settle(verifyCheckpoint(unsigned, policy), check));
  });

  it('does not count when the signing log is called otherwise than the origin', () => {
    const other = committee('other.example/log', []);
    const plan = verifyCheckpoint(
      signedCheckpoint(head, other.lines(head, 0)),
      committeePolicy([other.logKey], [], 0),
    );
    refusal('CHECKPOINT_LOG', () => settle(plan, check));
  });

  it('needs nothing but the log where there is no quorum', () => {
    const alone = committeePolicy([house.logKey], [], 0);
    expect(alone.quorum).toBe(NO_QUORUM);
    const verified = settle(verifyCheckpoint(house.checkpoint(head), alone), check);
    expect(verified).toMatchObject({ cosigners: [], ignored: 4 });
  });

  it('does not let a log signature stand in for a cosignature, nor the other way round', () => {
    const signer = signerNamed('both');
    const asLog = verifierKey(hashes, head.origin, 1, signer.key);
    const asCosigner = verifierKey(hashes, head.origin, 4, signer.key);
    const signature = signer.sign(text(formatCheckpoint(head)));
    const forged = signedCheckpoint(head, [
      logSignature(asLog, signature),
      { ...cosignature(asCosigner, 5, signature) },
    ]);
    refusal('NOTE_SIGNATURE', () =>
      settle(verifyCheckpoint(forged, committeePolicy([asLog], [asCosigner], 1)), check),
    );
    refusal('NOTE_KEY', () => logSignature(asCosigner, signature));
    refusal('NOTE_KEY', () => cosignature(asLog, 5, signature));
  });

  it('proves a fork together with another of the same size', () => {
    const other = { ...head, root: new Uint8Array(32) };
    expect(equivocates(head, other)).toBe(true);
    expect(equivocates(head, { ...head })).toBe(false);
    expect(equivocates(head, { ...other, size: 8 })).toBe(false);
    expect(equivocates(head, { ...other, origin: 'elsewhere' })).toBe(false);
  });
});

describe('what is not a checkpoint', () => {
  const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';

  it.each([
    ['two lines', 'log\n5\n'],
    ['no final newline', `log\n5\n${root}`],
    ['an empty origin', `\n5\n${root}\n`],
    ['a leading zero', `log\n05\n${root}\n`],
    ['a sign', `log\n+5\n${root}\n`],
    ['a negative size', `log\n-5\n${root}\n`],
    ['hex', `log\n0x5\n${root}\n`],
    ['a space', `log\n5 \n${root}\n`],
    ['digits of another script', `log\n٥\n${root}\n`],
    ['a size of 2^53', `log\n9007199254740992\n${root}\n`],
    ['a size of twenty digits', `log\n10000000000000000000\n${root}\n`],
    ['an empty size', `log\n\n${root}\n`],
    ['a short root', 'log\n5\nAAAA\n'],
    ['a long root', `log\n5\n${'A'.repeat(48)}\n`],
    ['a root without padding', `log\n5\n${root.slice(0, -1)}\n`],
    ['a root with stray bits', `log\n5\n${root.replace('2I=', '2J=')}\n`],
    ['an empty extension line', `log\n5\n${root}\n\nmore\n`],
  ])('%s is refused', (_, body) => {
    refusal('CHECKPOINT_FORMAT', () => parseCheckpoint(body));
  });

  it('the empty tree and the largest size are checkpoints; extension lines are kept', () => {
    expect(parseCheckpoint(`log\n0\n${root}\n`).size).toBe(0);
    expect(parseCheckpoint(`log\n9007199254740991\n${root}\n`).size).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseCheckpoint(`log\n5\n${root}\nx 1\ny\n`).extensions).toEqual(['x 1', 'y']);
  });

  it('is not written either', () => {
    refusal('CHECKPOINT_FORMAT', () => formatCheckpoint({ ...head, origin: 'a\nb' }));
    refusal('LOG_SIZE', () => formatCheckpoint({ ...head, size: 1.5 }));
    refusal('LOG_HASH', () => formatCheckpoint({ ...head, root: new Uint8Array(31) }));
    refusal('COSIGNATURE_TIME', () => cosignatureMessage(-1, SOFA_TEXT));
    refusal('COSIGNATURE_TIME', () =>
      cosignature(parseVerifierKey(hashes, ARCHE_POLICY.split(/\s/)[4]!), 2 ** 53, new Uint8Array(64)),
    );
  });

  it('a cosignature whose time is beyond 2^53 seconds is none', () => {
    expect(parseCosignature(new Uint8Array(72).fill(0xff))).toBeUndefined();
    expect(parseCosignature(new Uint8Array(71))).toBeUndefined();
    expect(parseCosignature(new Uint8Array(72))?.time).toBe(0);
  });
});
