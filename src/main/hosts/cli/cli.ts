/** The command line: finds the command in the table, reads its options, runs it, prints its answer. */
import { parseArgs } from 'node:util';
import { VERSION } from '../../node/index.ts';
import { defaultDataFolder } from '../places.ts';
import type { Command, Option } from './command.ts';
import { chronicleCommands } from './commands/chronicle.ts';
import { coalitionCommands } from './commands/coalition.ts';
import { computeCommands } from './commands/compute.ts';
import { networkCommands } from './commands/network.ts';
import { nodeCommands } from './commands/node.ts';
import { quoteCommands } from './commands/quote.ts';
import { ticketCommands } from './commands/ticket.ts';
import { tourCommand } from './commands/tour.ts';
import { connectToNode } from './connect.ts';
import { failure, table, UsageError } from './output.ts';
import type { Answer } from './output.ts';

const commands: readonly Command[] = [
  ...nodeCommands,
  tourCommand,
  ...quoteCommands,
  ...coalitionCommands,
  ...ticketCommands,
  ...computeCommands,
  ...networkCommands,
  ...chronicleCommands,
];

const globals: Readonly<Record<string, Option>> = {
  data: { type: 'string', value: 'DIR', help: "data folder (default: the platform's)" },
  json: { type: 'boolean', help: 'answer with one JSON document on stdout' },
  help: { type: 'boolean', help: 'show this help' },
  version: { type: 'boolean', help: 'show the version' },
};

export interface CliIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Runs one command line (without the program's own name); answers the exit code: 0 yes, 1 no, 2 wrong input. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const json = argv.includes('--json');
  const answer = await answerTo(argv, json, io).catch(failure);
  if (json) {
    if (answer.json !== undefined) io.stdout(`${JSON.stringify(answer.json)}\n`);
  } else if (answer.text !== '') (answer.exit === 0 ? io.stdout : io.stderr)(`${answer.text}\n`);
  return answer.exit;
}

async function answerTo(argv: readonly string[], json: boolean, io: CliIo): Promise<Answer> {
  const words = wordsOf(argv);
  const command = commands.find(({ name }) => words.slice(0, name.split(' ').length).join(' ') === name);
  if (argv.includes('--version')) return { exit: 0, json: { version: VERSION }, text: VERSION };
  if (argv.includes('--help') || argv.length === 0) {
    const text = command === undefined ? overview(words) : helpOf(command);
    return { exit: 0, json: { help: text }, text };
  }
  if (command === undefined)
    throw new UsageError(`There is no command "${words.slice(0, 2).join(' ')}". See muster --help.`);
  let parsed: ReturnType<typeof parseArgs>;
  try {
    const options = typesOf({ ...globals, ...command.options });
    parsed = parseArgs({ args: [...argv], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(`${(error as Error).message} See muster ${command.name} --help.`);
  }
  const options = parsed.values as Record<string, string | boolean | undefined>;
  const folder = typeof options['data'] === 'string' ? options['data'] : defaultDataFolder();
  return command.run({
    folder,
    json,
    args: parsed.positionals.slice(command.name.split(' ').length),
    options,
    say: (text) => io.stderr(`${text}\n`),
    print: io.stdout,
    connect: () => connectToNode(folder),
    signal: io.signal,
  });
}

const typesOf = (options: Readonly<Record<string, Option>>) =>
  Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]));

/** The words that are no options and no values of options, whichever command they belong to. */
function wordsOf(argv: readonly string[]): string[] {
  const all = Object.assign({}, globals, ...commands.map(({ options }) => options ?? {})) as Record<
    string,
    Option
  >;
  return parseArgs({ args: [...argv], allowPositionals: true, strict: false, options: typesOf(all) })
    .positionals;
}

const optionRows = (options: Readonly<Record<string, Option>>): string[][] =>
  Object.entries(options).map(([name, { value, help }]) => [
    `  --${name}${value === undefined ? '' : ` ${value}`}`,
    help,
  ]);

function helpOf({ name, usage, summary, options = {}, examples }: Command): string {
  return [
    `muster ${name} ${usage}`.trim(),
    '',
    summary,
    '',
    table(optionRows({ ...options, ...globals })),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
    'Exit code: 0 yes, 1 no, 2 wrong input.',
  ].join('\n');
}

function overview(words: readonly string[]): string {
  const [area] = words;
  const shown = commands.filter(({ name }) => area === undefined || name.startsWith(area));
  return [
    'muster: a node for people who run Intel-TDX machines together',
    '',
    table(
      (shown.length > 0 ? shown : commands).map(({ name, usage, summary }) => [
        `  ${name} ${usage}`.trimEnd(),
        summary,
      ]),
    ),
    '',
    table(optionRows(globals)),
    '',
    'muster COMMAND --help shows options and examples. Exit code: 0 yes, 1 no, 2 wrong input.',
  ].join('\n');
}
