/** Event logs (tdx.md 2.8): real ones to the last event, made ones for what real ones do not do. */
import { describe, expect, it } from 'vitest';
import { nodeHashes } from '../../../src/main/hashes.ts';
import {
  compareEventLog,
  describeEvents,
  type EventLog,
  LARGEST_EVENT_LOG,
  parseQuote,
  readCcel,
  readEventLog,
  readJsonEventLog,
  readTdReport,
  registerLogs,
  replay,
  reportEventLog,
} from '../../../src/protocol/attestation/index.ts';
import { concat, Refusal, toHex, utf8 } from '../../../src/protocol/bytes/index.ts';
import { describeWith, hasPart } from '../../parts.ts';
import { ccelOf, DSTACK, jsonLogOf, le32, sha384, tcgRecord } from './event-logs.ts';
import { codeOf } from './refusals.ts';
import { vectorBytes, vectorJson, vectorQuote } from './vectors.ts';

interface LogCase {
  readonly id: string;
  readonly log: string;
  readonly quote?: string;
  readonly events: number;
  readonly endOffset: number;
  readonly replayed: Readonly<Record<'rtmr0' | 'rtmr1' | 'rtmr2' | 'rtmr3', string>>;
  readonly equalToQuote?: readonly boolean[];
  readonly quoteRtmrZero?: readonly boolean[];
}

const ZERO = '00'.repeat(48);
const zeros: [string, string, string, string] = [ZERO, ZERO, ZERO, ZERO];
const hexes = (log: EventLog): string[] => replay(log.events, nodeHashes).map(toHex);
const compare = (log: EventLog, rtmr: readonly string[] = zeros) =>
  compareEventLog(log, { rtmr: rtmr as typeof zeros }, nodeHashes);
const outcomes = (log: EventLog, rtmr: readonly string[] = zeros) => registerLogs(compare(log, rtmr));

describeWith('vectors', 'real event logs', () => {
  const cases = hasPart('vectors') ? vectorJson<LogCase[]>('cases-eventlog.json') : [];

  it.each(cases.map((one) => [one.id, one] as const))('%s reads and replays as recorded', (_id, one) => {
    const log = readEventLog(vectorBytes(one.log));
    expect([log.form, log.events.length, log.endOffset, log.notes]).toEqual([
      'ccel',
      one.events,
      one.endOffset,
      [],
    ]);
    expect(hexes(log)).toEqual(Object.values(one.replayed));
  });

  it.each(cases.filter(({ quote }) => quote !== undefined).map((one) => [one.id, one] as const))(
    '%s accounts for the registers that it covers, and for no other',
    (_id, one) => {
      const quote = parseQuote(vectorQuote(one.quote!));
      const report = readTdReport(quote.body, quote.bodyType);
      const { registers } = compareEventLog(readCcel(vectorBytes(one.log)), report, nodeHashes);
      expect(registers.map(({ outcome }) => outcome === 'full')).toEqual(one.equalToQuote);
      expect(registers.map(({ quoted }) => quoted === ZERO)).toEqual(one.quoteRtmrZero);
      for (const { outcome, events, contentDiffers } of registers) {
        expect(contentDiffers).toBe(0);
        if (outcome === 'full' && events === 0) expect(one.quoteRtmrZero).toContain(true);
      }
    },
  );

  it('says that a register extended after boot is not covered, and never that it is verified', () => {
    const report = reportEventLog(
      readCcel(vectorBytes('real/cctrusted-ccel_data.bin')),
      vectorQuote('real/cctrusted-quote.bin'),
      nodeHashes,
    )!;
    expect(registerLogs(report)).toEqual(['full', 'full', 'partial', 'full']);
    expect(report.registers[2]!.detail).toContain('not covered');
    expect(report.registers[2]!.detail).toContain('Nothing of this register is verified');
    expect(report.registers[3]).toMatchObject({ events: 0, replayed: ZERO });
  });

  it('is a mismatch for the firmware of another machine', () => {
    const log = readCcel(vectorBytes('real/trustee-ccel-ovmf.bin'));
    const report = reportEventLog(log, vectorQuote('real/cctrusted-quote.bin'), nodeHashes)!;
    expect(registerLogs(report)).toEqual(['mismatch', 'mismatch', 'partial', 'full']);
  });

  it('have the digest of their content wherever it can be computed, and one changed byte shows', () => {
    let matching = 0;
    for (const one of cases) {
      const log = readCcel(vectorBytes(one.log));
      const described = describeEvents(log, nodeHashes);
      expect(described.filter(({ content }) => content === 'differs')).toEqual([]);
      for (const [i, { content }] of described.entries()) {
        if (content !== 'matches') continue;
        matching += 1;
        const event = log.events[i]!;
        const data = new Uint8Array(event.data!);
        const last = data.at(-1) === 0 && event.type === 0xd ? data.length - 2 : data.length - 1;
        data[last] = data[last]! ^ 1;
        const [changed] = describeEvents({ ...log, events: [{ ...event, data }] }, nodeHashes);
        expect(changed!.content, `${one.id} ${i}`).toBe('differs');
      }
    }
    // every type that says what it measured, in four logs of three firmwares
    expect(matching).toBe(128);
  });

  it('are told in words', () => {
    const described = describeEvents(readCcel(vectorBytes('real/go-tdx-ccel-data.bin')), nodeHashes);
    const words = (index: number) => [described[index]!.typeName, described[index]!.description];
    expect(words(0)).toEqual([
      'EV_EFI_HANDOFF_TABLES2',
      'TdxTable: TD hand-off block, 93bb96af-b9f2-4eb8-9462-e0ba74564236',
    ]);
    expect(words(1)[1]).toBe('Fv(48DB5E17-707C-472D-91CD-1613E7EF51B0), 131072 bytes at 0xffe00000');
    expect(words(2)).toEqual([
      'EV_EFI_VARIABLE_DRIVER_CONFIG',
      'SecureBoot (EFI global, 8be4df61-93ca-11d2-aa0d-00e098032b8c): off',
    ]);
    expect(words(6)[1]).toBe(
      'dbx (image security database, d719b2cb-3d3a-4596-a3bc-dad00e67656f): 4461 bytes',
    );
    expect(words(7)).toEqual(['EV_SEPARATOR', 'the end of a phase of boot']);
    expect(words(8)).toEqual(['EV_PLATFORM_CONFIG_FLAGS', 'ACPI DATA']);
    expect(words(11)[1]).toContain('BootOrder (EFI global');
    expect(words(11)[1]).toMatch(/: 0001, 0000$/);
    expect(words(12)[1]).toContain('"UEFI nvme_card-pd"');
    expect(words(14)).toEqual(['EV_EFI_ACTION', 'Calling EFI Application from Boot Option']);
    expect(words(16)[1]).toMatch(/^disk e0c6c56e-5ef7-8e4a-ace6-3c31a7f75a29, 12 partitions: /);
    expect(words(17)[1]).toMatch(/^Acpi\(0a0341d0\)\/Pci\(.*NVMe\(1\)\/Disk\(12, .*\.EFI, \d+ bytes$/i);
    expect(words(20)[1]).toContain(String.raw`sbat,1,2021030218\n`);
    expect(words(23)[1]).toMatch(/^\\EFI\\BOOT\\grub-lakitu\.efi, \d+ bytes$/);
    expect(words(40)[1]).toMatch(/^kernel_cmdline: \/syslinux\/vmlinuz\.A init=/);
    expect(
      describeEvents(readCcel(vectorBytes('real/trustee-ccel-ovmf.bin')), nodeHashes)[17]!.description,
    ).toBe('Linux initrd (tag 0x8f3b22ec)');
  });
});

describe('a binary log', () => {
  const digest = sha384(utf8('one'));
  const record = tcgRecord(1, 0xd, digest, utf8('one'));

  it('ends at its mark, at zeros, or with its bytes, and says what else follows', () => {
    const ends: [Uint8Array, number][] = [
      [new Uint8Array(0), 0],
      [new Uint8Array(3), 0],
      [new Uint8Array(4096), 0],
      [new Uint8Array(4096).fill(0xff), 0],
      [concat(le32(0xffff_ffff), new Uint8Array(50)), 0],
      [concat(le32(0xffff_ffff), utf8('something')), 1],
      [concat(new Uint8Array(64), utf8('something')), 1],
    ];
    for (const [end, notes] of ends) {
      const log = readCcel(ccelOf([record], end));
      expect(log.events).toHaveLength(1);
      expect(log.notes, toHex(end.subarray(0, 20))).toHaveLength(notes);
      expect(log.endOffset).toBe(ccelOf([record]).length);
    }
  });

  it('cut anywhere inside a record is refused', () => {
    const whole = ccelOf([record]);
    for (let length = 1; length < whole.length; length++)
      expect(
        codeOf(() => readCcel(whole.subarray(0, length))),
        String(length),
      ).toBe(length === ccelOf([]).length ? 'no refusal' : 'EVENT_LOG_FORMAT');
  });

  it.each([
    ['no log at all', utf8('hello'), 'EVENT_LOG_FORMAT'],
    ['nothing', new Uint8Array(0), 'EVENT_LOG_EMPTY'],
    ['too much', new Uint8Array(LARGEST_EVENT_LOG + 1), 'EVENT_LOG_TOO_LARGE'],
    ['a register that TDX does not have', ccelOf([tcgRecord(5, 1, digest, digest)]), 'EVENT_LOG_FORMAT'],
    ['no SHA-384 among its algorithms', ccelOf([], undefined, [[0xb, 32]]), 'EVENT_LOG_FORMAT'],
    ['SHA-384 of another size', ccelOf([], undefined, [[0xc, 32]]), 'EVENT_LOG_FORMAT'],
    [
      'an algorithm twice',
      ccelOf([], undefined, [
        [0xc, 48],
        [0xc, 48],
      ]),
      'EVENT_LOG_FORMAT',
    ],
    [
      'a thousand algorithms',
      ccelOf(
        [],
        undefined,
        Array.from({ length: 1000 }, () => [0xc, 48] as const),
      ),
      'EVENT_LOG_FORMAT',
    ],
    ['a digest out of the list', ccelOf([tcgRecord(1, 1, digest, digest, 0xb)]), 'EVENT_LOG_FORMAT'],
    ['an event without a digest', ccelOf([concat(le32(1), le32(1), le32(0), le32(0))]), 'EVENT_LOG_FORMAT'],
    [
      'four billion digests',
      ccelOf([concat(le32(1), le32(1), le32(0xffff_ffff), digest)]),
      'EVENT_LOG_FORMAT',
    ],
    [
      'data of four gigabytes',
      ccelOf([new Uint8Array(tcgRecord(1, 1, digest, digest).with(62, 0xff).with(65, 0xff))]),
      'EVENT_LOG_FORMAT',
    ],
  ])('that is %s is refused', (_what, bytes, code) => {
    expect(codeOf(() => readCcel(bytes))).toBe(code);
  });

  it('with a digest of each of several algorithms replays those of SHA-384', () => {
    const two = concat(
      le32(1),
      le32(1),
      le32(2),
      Uint8Array.of(0x0b, 0),
      new Uint8Array(32).fill(7),
      Uint8Array.of(0x0c, 0),
      digest,
      le32(0),
    );
    const log = readCcel(
      ccelOf([two], undefined, [
        [0xb, 32],
        [0xc, 48],
      ]),
    );
    expect(hexes(log)[0]).toBe(toHex(sha384(concat(new Uint8Array(48), digest))));
  });

  it('does not replay what only informs, nor what is for MRTD', () => {
    const log = readCcel(ccelOf([tcgRecord(1, 3, digest, digest), tcgRecord(0, 1, digest, digest)]));
    expect(hexes(log)).toEqual(zeros);
    expect(outcomes(log)).toEqual(['full', 'full', 'full', 'full']);
    expect(describeEvents(log, nodeHashes).map(({ register }) => register)).toEqual([0, null]);
  });

  it('is absent from a register that was extended and of which it has no event', () => {
    const log = readCcel(ccelOf([record]));
    const [first] = hexes(log);
    expect(outcomes(log, [first!, 'ab'.repeat(48), ZERO, 'cd'.repeat(48)])).toEqual([
      'full',
      'absent',
      'full',
      'absent',
    ]);
  });

  it('in another order is another log', () => {
    const other = tcgRecord(1, 0xd, sha384(utf8('two')), utf8('two'));
    const right = readCcel(ccelOf([record, other]));
    expect(outcomes(readCcel(ccelOf([other, record])), hexes(right))[0]).toBe('mismatch');
    expect(outcomes(right, hexes(right))[0]).toBe('full');
  });

  it('writes nothing hidden into a screen, and at most a line', () => {
    const hostile = [utf8('\u001b[2J\u0007\u202Egpj.exe\u200b\r\nend'), utf8('x'.repeat(100_000))];
    const log = readCcel(ccelOf(hostile.map((data) => tcgRecord(1, 0x8000_0007, sha384(data), data))));
    const [first, second] = describeEvents(log, nodeHashes).map(({ description }) => description);
    // oxlint-disable-next-line no-control-regex -- exactly these must not come through
    expect(first).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/);
    expect(second!.length).toBeLessThan(2100);
    const named = readJsonEventLog(utf8(JSON.stringify([jsonLogOf('na\u001bme\u2028', 'ab')])));
    expect(describeEvents(named, nodeHashes)[0]!.description).toBe(String.raw`na\u{1b}me\u{2028}: ab`);
  });
});

describe('a JSON log', () => {
  const payload = utf8('value');
  const v1 = toHex(sha384(concat(le32(DSTACK), utf8(':app-id:'), payload)));
  const v2 = toHex(sha384(utf8(`{"name":"app-id","payload":"${toHex(payload)}","type":134217729}`)));
  const event = (changes: Record<string, unknown> = {}) => ({
    ...jsonLogOf('app-id', toHex(payload)),
    ...changes,
  });
  const read = (...events: unknown[]) => readEventLog(utf8(JSON.stringify(events)));
  const rtmr3 = (digest: string) =>
    toHex(sha384(concat(new Uint8Array(48), Uint8Array.from(Buffer.from(digest, 'hex')))));

  it.each([
    ['a digest of version 1', { digest: v1 }, v1],
    ['a digest of version 2', { digest: v2 }, v2],
    ['no digest', { digest: '' }, v1],
    ['no digest, and version 2', { digest: '', version: 2 }, v2],
  ])('with %s leads to RTMR3', (_what, changes, digest) => {
    const log = read(event(changes));
    const report = compare(log, [ZERO, ZERO, ZERO, rtmr3(digest)]);
    expect(registerLogs(report)).toEqual(['full', 'full', 'full', 'full']);
    expect(report.events[0]).toMatchObject({ digest, content: 'matches', description: 'app-id: value' });
  });

  it.each([
    ['another payload', { event_payload: 'ff' }],
    ['another name', { event: 'app-ie' }],
    ['another version', { version: 2 }],
  ])(
    'whose event has %s under the right digest is a mismatch, though the digests lead there',
    (_what, changes) => {
      const report = compare(read(event({ digest: v1, ...changes })), [ZERO, ZERO, ZERO, rtmr3(v1)]);
      expect(report.registers[3]).toMatchObject({ outcome: 'mismatch', contentDiffers: 1 });
      expect(report.registers[3]!.replayed).toBe(report.registers[3]!.quoted);
    },
  );

  it('that leads elsewhere is a mismatch: it claims to be whole', () => {
    expect(outcomes(read(event({ digest: v1 })), [ZERO, ZERO, ZERO, rtmr3(v2)])[3]).toBe('mismatch');
  });

  it('takes boot events with their digest and without their data', () => {
    const log = read({ imr: 0, event_type: 4, digest: 'ab'.repeat(48), event: '', event_payload: '' });
    expect(compare(log).events[0]).toMatchObject({
      content: 'not-recomputable',
      description: 'no data in the log',
    });
  });

  it('may stand in an answer of dstack, as a list or as a text', () => {
    const events = [event({ digest: v1 })];
    for (const event_log of [events, JSON.stringify(events)])
      expect(readEventLog(utf8(` \n${JSON.stringify({ quote: '00', event_log })}`)).events).toHaveLength(1);
  });

  it.each([
    ['a register too high', event({ imr: 4 })],
    ['a short digest', event({ digest: 'abcd' })],
    ['a digest that is no hex', event({ digest: 'zz'.repeat(48) })],
    ['a boot event without digest', event({ event_type: 4 })],
    ['a payload that is no hex', event({ event_payload: 'hello' })],
    ['an unknown version', event({ version: 3 })],
    ['a type that is no number', event({ event_type: '134217729' })],
    ['a name with half a character', event({ event: '\ud800' })],
    ['no object', 'hello'],
  ])('with %s is refused', (_what, one) => {
    expect(codeOf(() => read(one))).toBe('EVENT_LOG_FORMAT');
  });

  it('that is no list, or no JSON, is refused', () => {
    for (const text of [
      '{}',
      '{"event_log":7}',
      '{"event_log":"["}',
      '[',
      '[{}]',
      '[[[[',
      '{"event_log":{}}',
    ])
      expect(
        codeOf(() => readEventLog(utf8(text))),
        text,
      ).toBe('EVENT_LOG_FORMAT');
    expect(readEventLog(utf8('[]')).events).toEqual([]);
  });
});

describe('whatever the bytes', () => {
  /** mulberry32 */
  function random(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) % below;
    };
  }
  const text = utf8(JSON.stringify([jsonLogOf('app-id', 'ab'), { ...jsonLogOf('x', ''), digest: '' }]));
  const made = ccelOf(
    [1, 2, 3, 4].map((register) =>
      tcgRecord(register, 0x8000_0001 + register, sha384(text), utf8('x'.repeat(60))),
    ),
  );

  it('5,000 changed logs are read or refused, and what is read can be told', () => {
    const real = hasPart('vectors')
      ? ['real/trustee-ccel-ovmf.bin', 'real/goeventlog-ccel_unpadded.bin'].map((path) =>
          vectorBytes(path).subarray(0, 2600),
        )
      : [];
    const from = [text, made, ...real];
    const pick = random(20_260_704);
    let readable = 0;
    for (let round = 0; round < 5_000; round++) {
      let bytes = new Uint8Array(from[round % from.length]!);
      for (let change = pick(4); change >= 0; change--) {
        const at = pick(bytes.length);
        const kind = pick(4);
        if (kind === 0) bytes[at] = pick(256);
        else if (kind === 1) bytes[at] = bytes[at]! ^ (1 << pick(8));
        else if (kind === 2) bytes = bytes.slice(0, at + 1);
        else bytes = concat(bytes.subarray(0, at), bytes.subarray(pick(bytes.length)));
        if (bytes.length === 0) bytes = Uint8Array.of(0);
      }
      try {
        const report = compare(readEventLog(bytes));
        readable += 1;
        for (const { description } of report.events) expect(description.length).toBeLessThan(2100);
      } catch (error) {
        expect(error, `round ${round}`).toBeInstanceOf(Refusal);
      }
    }
    expect(readable).toBeGreaterThan(500);
  });
});
