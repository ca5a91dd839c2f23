/** The node on the network: turning it on and off, who is there, meeting somebody, the tickets that it shows. */
import type { NetworkStatus, ShownTicket } from '../../../../contract/index.ts';
import { fromUtf8 } from '../../../../protocol/bytes/index.ts';
import type { Command } from '../command.ts';
import { argument, readInput, text } from '../input.ts';
import { short, table, UsageError, utc, yes } from '../output.ts';

const statusText = (status: NetworkStatus): string =>
  table([
    ['network', status.problem === null ? status.state : `${status.state}: ${status.problem.what}`],
    ['peer id', status.peerId ?? 'none yet'],
    ['peers', `${status.connected} connected, ${status.known} known`],
    ['reach', status.reach],
    ...status.addresses.map((address) => ['address', address]),
    ...status.refused.map(({ code, count }) => ['refused', `${code} ${count}`]),
  ]);

/** Asks until the network has opened, or said why it does not. */
const settled = async (ask: () => Promise<NetworkStatus>): Promise<NetworkStatus> => {
  for (let attempt = 0; ; attempt++) {
    const status = await ask();
    if (status.state !== 'opening' || attempt > 100) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

const turn = (name: 'on' | 'off', summary: string): Command => ({
  name: `network ${name}`,
  usage: '',
  summary,
  ...(name === 'on'
    ? {
        options: {
          listen: { type: 'string', value: 'ADDRESS', help: 'multiaddr to listen on, kept as a setting' },
        },
      }
    : {}),
  examples: name === 'on' ? ['muster network on --listen /ip4/0.0.0.0/tcp/4001'] : ['muster network off'],
  async run(invocation) {
    const listen = name === 'on' ? text(invocation, 'listen') : undefined;
    const { client, close } = await invocation.connect();
    try {
      await client.settings.set({
        network: name === 'on',
        ...(listen === undefined ? {} : { networkListen: listen }),
      });
      const status = await settled(() => client.network.status());
      return yes(status, statusText(status));
    } finally {
      close();
    }
  },
});

const quote: Command = {
  name: 'network quote',
  usage: 'on|off',
  summary:
    'Show others a fresh quote of this machine, or no more: a TDX ticket, for Streams and Groups that ask for one.',
  examples: ['muster network quote on', 'muster network quote off'],
  async run(invocation) {
    const wish = argument(invocation, 0, 'on or off');
    if (wish !== 'on' && wish !== 'off') throw new UsageError('Say on or off.');
    const { client, close } = await invocation.connect();
    try {
      const { networkQuote } = await client.settings.set({ networkQuote: wish === 'on' });
      return yes(
        { networkQuote },
        networkQuote
          ? 'a quote is shown while the network is on; see muster network tickets'
          : 'no quote is shown',
      );
    } finally {
      close();
    }
  },
};

const status: Command = {
  name: 'network status',
  usage: '',
  summary: 'Show this node on the network: state, addresses, counts.',
  examples: ['muster network status', 'muster network status --json'],
  async run(invocation) {
    const { client, close } = await invocation.connect();
    try {
      const found = await client.network.status();
      return yes(found, statusText(found));
    } finally {
      close();
    }
  },
};

const peers: Command = {
  name: 'network peers',
  usage: '',
  summary: 'List the peers that this node is connected with or knows.',
  examples: ['muster network peers'],
  async run(invocation) {
    const { client, close } = await invocation.connect();
    try {
      const found = await client.network.peers({ limit: 2000 });
      const rows = found.peers.map(({ peer, state, rtt, tags, updatedAt }) => [
        short(peer),
        state,
        rtt === null ? '' : `${rtt.smoothed.toFixed(1)} ms`,
        tags.map(short).join(' '),
        utc(updatedAt),
      ]);
      return yes(found, rows.length === 0 ? 'no peers' : table(rows));
    } finally {
      close();
    }
  },
};

const connect: Command = {
  name: 'network connect',
  usage: 'ADDRESS',
  summary: 'Dial a node by an address that ends in /p2p/12D3Koo…, and learn whom it knows.',
  examples: ['muster network connect /ip4/203.0.113.7/tcp/4001/p2p/12D3KooW…'],
  async run(invocation) {
    const address = argument(invocation, 0, 'ADDRESS');
    const { client, close } = await invocation.connect();
    try {
      const met = await client.network.connect({ address });
      return yes(met, `connected with ${met.peer}, ${met.added} entries learnt`);
    } finally {
      close();
    }
  },
};

const ticketRow = ({ id, kind, state, expires, issuer }: ShownTicket): string[] => [
  id,
  kind,
  state,
  expires === null ? 'does not say when it ends' : `until ${utc(expires)}`,
  issuer === null ? '' : `by ${issuer}`,
];

const tickets: Command = {
  name: 'network tickets',
  usage: '',
  summary: 'List the tickets that this node shows to others.',
  examples: ['muster network tickets', 'muster network tickets --json'],
  async run(invocation) {
    const { client, close } = await invocation.connect();
    try {
      const { tickets: shown } = await client.network.status();
      return yes({ tickets: shown }, shown.length === 0 ? 'no tickets' : table(shown.map(ticketRow)));
    } finally {
      close();
    }
  },
};

const present: Command = {
  name: 'network present',
  usage: 'FILE|-',
  summary: 'Show a ticket of this node to everybody, so that Streams and Groups let it in; - reads stdin.',
  examples: ['muster network present ticket.jwt', 'muster network present - < ticket.jwt'],
  async run(invocation) {
    const ticket = fromUtf8(readInput(argument(invocation, 0, 'FILE'), MAX_TICKET_FILE));
    const { client, close } = await invocation.connect();
    try {
      const shown = await client.network.present({ ticket });
      return yes(shown, table([ticketRow(shown)]));
    } finally {
      close();
    }
  },
};

/** What the contract takes, white space included. */
const MAX_TICKET_FILE = 9_000;

const withdraw: Command = {
  name: 'network withdraw',
  usage: 'ID',
  summary: 'Show a ticket no more; what it opened closes.',
  examples: ['muster network withdraw 5b1c…'],
  async run(invocation) {
    const ticket = argument(invocation, 0, 'ID');
    const { client, close } = await invocation.connect();
    try {
      await client.network.withdraw({ ticket });
      return yes({ ticket }, 'withdrawn');
    } finally {
      close();
    }
  },
};

export const networkCommands: readonly Command[] = [
  status,
  turn('on', 'Take part in the network: opens the port of the settings.'),
  turn('off', 'Leave the network.'),
  peers,
  connect,
  tickets,
  present,
  withdraw,
  quote,
];
