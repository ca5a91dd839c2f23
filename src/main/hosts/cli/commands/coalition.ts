/** Coalitions: create on the node or as a file, show, fingerprint. */
import { existsSync } from 'node:fs';
import { fromUtf8, Refusal, toHex, utf8 } from '../../../../protocol/bytes/index.ts';
import {
  coalitionId,
  derivationOf,
  MAX_COALITION_FILE,
  readCoalitionFile,
  writeCoalition,
} from '../../../../protocol/coalition/index.ts';
import { coalitionFileText, composeCoalition } from '../../../services/coalition/index.ts';
import { writeFileAtomic } from '../../../store/index.ts';
import type { Command } from '../command.ts';
import { argument, readInput, text, writing } from '../input.ts';
import { table, utc, yes } from '../output.ts';

const create: Command = {
  name: 'coalition create',
  usage: 'NAME',
  summary: 'Create a coalition on the running node, or with --out only its file.',
  options: { out: { type: 'string', value: 'FILE', help: 'write a coalition file instead, without a node' } },
  examples: ['muster coalition create signals.eu', 'muster coalition create signals.eu --out signals.json'],
  async run(invocation) {
    const name = argument(invocation, 0, 'NAME');
    const out = text(invocation, 'out');
    if (out !== undefined) {
      if (existsSync(out)) throw new Refusal('FILE_EXISTS', `${out} exists already.`);
      const config = composeCoalition({ name, lattices: [], organisms: [] });
      writing(out, () => writeFileAtomic(out, utf8(coalitionFileText(config))));
      return yes(
        { id: toHex(coalitionId(config)), file: out },
        `${toHex(coalitionId(config))}\nwritten to ${out}`,
      );
    }
    const { client, close } = await invocation.connect();
    try {
      const { coalition, receipt } = await client.coalition.create({ name });
      return yes({ coalition, receipt }, `${coalition.id}\nrecorded as entry ${receipt.index}`);
    } finally {
      close();
    }
  },
};

const show: Command = {
  name: 'coalition show',
  usage: '[FILE]',
  summary: "Show the node's coalition, or the one in a file.",
  examples: ['muster coalition show', 'muster coalition show signals.json --json'],
  async run(invocation) {
    const [file] = invocation.args;
    if (file !== undefined) {
      const config = readConfig(file);
      return yes(
        { id: toHex(coalitionId(config)), config: writeCoalition(config) },
        coalitionFileText(config).trimEnd(),
      );
    }
    const { client, close } = await invocation.connect();
    try {
      const { current } = await client.coalition.get();
      if (current === null) throw new Refusal('COALITION_ABSENT', 'This node stands in no coalition yet.');
      const lines = table([
        ['name', current.config.instanceName],
        ['id', current.id],
        ['role', `${current.role} since ${utc(current.since)}`],
      ]);
      return yes(current, lines);
    } finally {
      close();
    }
  },
};

const fingerprint: Command = {
  name: 'coalition fingerprint',
  usage: 'FILE',
  summary: "Compute a coalition's id from its file, step by step.",
  examples: ['muster coalition fingerprint signals.json'],
  async run(invocation) {
    const config = readConfig(argument(invocation, 0, 'FILE'));
    const steps = derivationOf(config).map(({ label, id }) => ({ label, id: toHex(id) }));
    return yes({ id: toHex(coalitionId(config)), steps }, table(steps.map(({ label, id }) => [label, id])));
  },
};

const readConfig = (file: string) => readCoalitionFile(fromUtf8(readInput(file, MAX_COALITION_FILE)));

export const coalitionCommands: readonly Command[] = [create, show, fingerprint];
