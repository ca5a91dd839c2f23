/** The Chronicle: list, prove, export from a running node; verify offline. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { toBase64, utf8 } from '../../../../protocol/bytes/index.ts';
import { parseVerifierKey, verifyBundle } from '../../../../protocol/log/index.ts';
import { decodeRecord, signatureJob } from '../../../../protocol/record/index.ts';
import { createSignatureChecker, nodeHashes } from '../../../hashes.ts';
import type { Command } from '../command.ts';
import { argument, number, readInput, required, text, writing } from '../input.ts';
import { no, short, table, UsageError, utc, yes } from '../output.ts';

/** A bundle is read into memory once; the largest that a typed array may hold is a little more. */
const MAX_BUNDLE = 2 * 1024 ** 3 - 1;

const list: Command = {
  name: 'chronicle list',
  usage: '',
  summary: 'List entries, newest first.',
  options: {
    kind: { type: 'string', value: 'KIND', help: 'only this kind; a prefix ends in *' },
    limit: { type: 'string', value: 'N', help: 'how many (default 50)' },
  },
  examples: ["muster chronicle list --kind 'ticket.*'"],
  async run(invocation) {
    const kind = text(invocation, 'kind');
    const limit = number(text(invocation, 'limit') ?? '50', '--limit');
    const { client, close } = await invocation.connect();
    try {
      const answer = await client.chronicle.list({
        limit,
        ...(kind === undefined ? {} : { filter: { kind } }),
      });
      const rows = answer.entries.map((entry) => [
        String(entry.index),
        utc(entry.at),
        entry.kind,
        short(entry.author ?? ''),
        entry.refused === null ? entry.stage : `refused ${entry.refused}`,
      ]);
      return yes(answer, rows.length === 0 ? 'No entries.' : table(rows));
    } finally {
      close();
    }
  },
};

const prove: Command = {
  name: 'chronicle prove',
  usage: 'INDEX',
  summary: 'Print the .tlog-proof of an entry.',
  examples: ['muster chronicle prove 12 > entry-12.tlog-proof'],
  async run(invocation) {
    const index = number(argument(invocation, 0, 'INDEX'), 'INDEX');
    const { client, close } = await invocation.connect();
    try {
      const proof = await client.chronicle.proof({ index });
      return yes(proof, proof.file.trimEnd());
    } finally {
      close();
    }
  },
};

const exportBundle: Command = {
  name: 'chronicle export',
  usage: '',
  summary: 'Export entries as one file that verifies offline.',
  options: {
    out: { type: 'string', value: 'FILE', help: 'where to write it' },
    range: { type: 'string', value: 'A..B', help: 'entries A to B, both included (default: all)' },
  },
  examples: [
    'muster chronicle export --out log.bundle',
    'muster chronicle export --out part.bundle --range 10..19',
  ],
  async run(invocation) {
    const out = required(invocation, 'out');
    const range = text(invocation, 'range');
    const match = range === undefined ? null : /^(\d{1,15})\.\.(\d{1,15})$/.exec(range);
    if (range !== undefined && match === null) throw new UsageError(`Not a range: ${range}. Write 10..19.`);
    const part = `${out}.part`;
    const fd = writing(out, () => openSync(part, 'w', 0o600));
    let close: (() => void) | undefined;
    try {
      const { client, close: closeLink } = await invocation.connect();
      close = closeLink;
      const pieces = await client.chronicle.export(
        match === null ? {} : { from: Number(match[1]), to: Number(match[2]) },
        { signal: invocation.signal },
      );
      let entries = 0;
      for await (const { text: piece, total } of pieces) {
        writing(out, () => writeAll(fd, utf8(piece)));
        entries = total;
      }
      writing(out, () => {
        fsyncSync(fd);
        renameSync(part, out);
      });
      return yes({ file: out, entries }, `${entries} entries written to ${out}`);
    } finally {
      closeSync(fd);
      rmSync(part, { force: true });
      close?.();
    }
  },
};

function writeAll(fd: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(fd, bytes, at);
}

const verify: Command = {
  name: 'chronicle verify',
  usage: 'FILE',
  summary: 'Verify an exported bundle, offline. 0: whole; 1: damaged, and where.',
  options: {
    key: { type: 'string', value: 'VKEY', help: 'the log key you expect, as a tlog-policy file writes it' },
    origin: { type: 'string', value: 'ORIGIN', help: 'the log you expect' },
  },
  examples: ['muster chronicle verify log.bundle --json'],
  async run(invocation) {
    const file = readInput(argument(invocation, 0, 'FILE'), MAX_BUNDLE);
    const key = text(invocation, 'key');
    const origin = text(invocation, 'origin');
    const result = verifyBundle(
      file,
      {
        hashes: nodeHashes,
        checkRecord: (bytes, sig) => signatureJob(decodeRecord(bytes).author, { bytes, sig }),
        expect: {
          ...(origin === undefined ? {} : { origin }),
          ...(key === undefined ? {} : { log: parseVerifierKey(nodeHashes, key) }),
        },
      },
      createSignatureChecker(),
    );
    if (!result.ok) {
      const { index, what } = result.damage;
      return no(
        { ok: false, entries: null, head: null, damage: { index, what } },
        `damaged${index === null ? '' : ` at entry ${index}`}: ${what}`,
      );
    }
    const head = { size: result.head.size, root: toBase64(result.head.root) };
    const whose =
      result.keys === 'caller'
        ? 'under the key you gave'
        : 'under the keys in the file itself: compare them with --key';
    return yes(
      {
        ok: true,
        entries: result.entries,
        first: result.first,
        origin: result.origin,
        keys: result.keys,
        head,
      },
      `${result.entries} entries of ${result.origin} are whole, head ${head.size} ${head.root}, ${whose}`,
    );
  },
};

export const chronicleCommands: readonly Command[] = [list, prove, exportBundle, verify];
