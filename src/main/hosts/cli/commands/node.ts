/** The node itself: run, status, pair, identity. */
import { scope } from '../../../../contract/index.ts';
import type { Scope } from '../../../../contract/index.ts';
import { runConsole } from '../../console/index.ts';
import { rendererFolder } from '../../places.ts';
import type { Command } from '../command.ts';
import { argument, number, passphraseFrom, text } from '../input.ts';
import { short, table, UsageError, utc, yes } from '../output.ts';

const passphraseOption = {
  'passphrase-fd': { type: 'string', value: 'N', help: 'read the passphrase from this file descriptor' },
} as const;

const run: Command = {
  name: 'run',
  usage: '',
  summary: 'Run a headless node with its console until it is stopped.',
  options: {
    port: { type: 'string', value: 'N', help: 'port of the console on 127.0.0.1 (default: any free one)' },
    'ordered-log': {
      type: 'string',
      value: 'ADDRESS',
      help: 'etcd://host:port[,host:port…] orders the log in place of this node',
    },
    ...passphraseOption,
  },
  examples: ['muster run', 'muster run --port 4100 --passphrase-fd 3 3<passphrase.txt'],
  async run(invocation) {
    const port = number(text(invocation, 'port') ?? '0', '--port');
    if (port > 65_535) throw new UsageError(`There is no port ${port}.`);
    const running = await runConsole({
      folder: invocation.folder,
      port,
      renderer: rendererFolder(),
      orderedLog: text(invocation, 'ordered-log'),
      passphrase: passphraseFrom(invocation),
      opening: invocation.say,
    });
    const link = running.pairingLink(['admin']);
    invocation.print(
      invocation.json
        ? `${JSON.stringify({ console: running.origin, pair: link.url, expires: link.expires })}\n`
        : `Muster console: ${link.url}\n`,
    );
    invocation.say(
      `One-time link, valid for ten minutes; another one: muster pair. Data: ${invocation.folder}`,
    );
    if (!invocation.signal.aborted)
      await new Promise<void>((resolve) =>
        invocation.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
    invocation.say('Stopping.');
    await running.close();
    return { exit: 0, json: undefined, text: '' };
  },
};

const status: Command = {
  name: 'status',
  usage: '',
  summary: 'Show the running node: identity, coalition, log, problems.',
  examples: ['muster status', 'muster status --json'],
  async run(invocation) {
    const { client, close } = await invocation.connect();
    try {
      const [about, identity, coalition, head, health] = await Promise.all([
        client.settings.about(),
        client.identity.get(),
        client.coalition.get(),
        client.chronicle.head(),
        client.chronicle.health(),
      ]);
      const lines = table([
        ['node', `${about.version}, ${about.runtime}, since ${utc(about.startedAt)}`],
        [
          'identity',
          identity.peer === null
            ? 'none yet'
            : `${identity.name ?? ''} ${identity.peerId ?? ''} (${identity.state})`,
        ],
        [
          'coalition',
          coalition.current === null
            ? 'none yet'
            : `${coalition.current.config.instanceName} ${short(coalition.current.id)}`,
        ],
        ['log', `${head.size} entries, ${head.checkpoint?.size ?? 0} committed`],
        ['check', health.background.sentence],
        ...about.problems.map((problem) => ['problem', `${problem.what} (${problem.code})`]),
      ]);
      return yes({ about, identity, coalition: coalition.current, head, health }, lines);
    } finally {
      close();
    }
  },
};

const pair: Command = {
  name: 'pair',
  usage: '',
  summary: 'Make a one-time link that pairs a browser with the console.',
  options: {
    scope: { type: 'string', value: 'SCOPES', help: 'view, operate, mediate, audit, admin; comma between' },
  },
  examples: ['muster pair', 'muster pair --scope view,audit'],
  async run(invocation) {
    const scopes = (text(invocation, 'scope') ?? 'admin').split(',').map((name): Scope => {
      const read = scope.safeParse(name.trim());
      if (!read.success) throw new UsageError(`There is no scope ${name}.`);
      return read.data;
    });
    const { client, close } = await invocation.connect();
    try {
      const link = await client.settings.pair({ scopes });
      return yes(link, link.url);
    } finally {
      close();
    }
  },
};

const identityCreate: Command = {
  name: 'identity create',
  usage: 'NAME',
  summary: "Create this node's identity: one key, kept under a passphrase.",
  options: passphraseOption,
  examples: ['muster identity create rack-07 --passphrase-fd 3 3<passphrase.txt'],
  async run(invocation) {
    const name = argument(invocation, 0, 'NAME');
    const passphrase = passphraseFrom(invocation);
    const { client, close } = await invocation.connect();
    try {
      const { identity, receipt } = await client.identity.create({
        name,
        ...(passphrase === undefined ? {} : { passphrase }),
      });
      return yes({ identity, receipt }, `${identity.peerId ?? ''}\nrecorded as entry ${receipt.index}`);
    } finally {
      close();
    }
  },
};

const identityUnlock: Command = {
  name: 'identity unlock',
  usage: '',
  summary: 'Unlock the identity of the running node.',
  options: passphraseOption,
  examples: ['muster identity unlock --passphrase-fd 3 3<passphrase.txt'],
  async run(invocation) {
    const passphrase = passphraseFrom(invocation);
    if (passphrase === undefined) throw new UsageError('--passphrase-fd is missing.');
    const { client, close } = await invocation.connect();
    try {
      const identity = await client.identity.unlock({ passphrase });
      return yes(identity, `${identity.peerId ?? ''} is ${identity.state}`);
    } finally {
      close();
    }
  },
};

export const nodeCommands: readonly Command[] = [run, status, pair, identityCreate, identityUnlock];
