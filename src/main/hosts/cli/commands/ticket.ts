/** Admission tickets on the running node. */
import { MAX_TICKETS } from '../../../../contract/index.ts';
import type { Ticket } from '../../../../contract/index.ts';
import type { Command } from '../command.ts';
import { argument, duration, number, text } from '../input.ts';
import { no, short, table, utc, yes } from '../output.ts';

const row = (ticket: Ticket): string[] => [
  short(ticket.id),
  ticket.state,
  short(ticket.subject),
  `until ${utc(ticket.expires)}`,
  ticket.role ?? '',
];

const issue: Command = {
  name: 'ticket issue',
  usage: 'PEER',
  summary: 'Issue an admission ticket to a peer; prints the token.',
  options: {
    lifetime: { type: 'string', value: 'TIME', help: 'how long it is valid: 30m, 24h, 7d (default 24h)' },
    audience: { type: 'string', value: 'ID', help: 'component it is for (default: the coalition)' },
    role: { type: 'string', value: 'ROLE', help: 'role that it carries' },
  },
  examples: ['muster ticket issue 12D3KooW… --lifetime 7d --role provider'],
  async run(invocation) {
    const peer = argument(invocation, 0, 'PEER');
    const [lifetime, audience, role] = ['lifetime', 'audience', 'role'].map((name) => text(invocation, name));
    const { client, close } = await invocation.connect();
    try {
      const issued = await client.tickets.issue({
        peer,
        ...(lifetime === undefined ? {} : { lifetimeSeconds: duration(lifetime) }),
        ...(audience === undefined ? {} : { audience }),
        ...(role === undefined ? {} : { role }),
      });
      invocation.say(
        `ticket ${issued.ticket.id}, valid until ${utc(issued.ticket.expires)}, entry ${issued.receipt.index}`,
      );
      return yes(issued, issued.token);
    } finally {
      close();
    }
  },
};

const verify: Command = {
  name: 'ticket verify',
  usage: 'TOKEN',
  summary: 'Verify a token against the coalition and its Chronicle.',
  examples: ['muster ticket verify eyJhbGciOi…'],
  async run(invocation) {
    const token = argument(invocation, 0, 'TOKEN');
    const { client, close } = await invocation.connect();
    try {
      const verdict = await client.tickets.verify({ token });
      const lines = verdict.checks.map(({ id, outcome, detail }) => `${outcome.padEnd(11)} ${id}: ${detail}`);
      return (verdict.ok ? yes : no)(verdict, lines.join('\n'));
    } finally {
      close();
    }
  },
};

const revoke: Command = {
  name: 'ticket revoke',
  usage: 'ID',
  summary: 'Revoke a ticket; the revocation is an entry that everybody can see.',
  options: { reason: { type: 'string', value: 'TEXT', help: 'why (default: revoked by its issuer)' } },
  examples: ['muster ticket revoke 5b1c…  --reason "machine was sold"'],
  async run(invocation) {
    const id = argument(invocation, 0, 'ID');
    const reason = text(invocation, 'reason') ?? 'revoked by its issuer';
    const { client, close } = await invocation.connect();
    try {
      const revoked = await client.tickets.revoke({ id, reason });
      return yes(revoked, `revoked, entry ${revoked.receipt.index}`);
    } finally {
      close();
    }
  },
};

const list: Command = {
  name: 'ticket list',
  usage: '',
  summary: 'List the tickets that were issued here, newest first.',
  options: {
    limit: { type: 'string', value: 'N', help: `at most so many (default: 500, most: ${MAX_TICKETS})` },
  },
  examples: ['muster ticket list --json', 'muster ticket list --limit 20'],
  async run(invocation) {
    const limit = Math.min(MAX_TICKETS, Math.max(1, number(text(invocation, 'limit') ?? '500', '--limit')));
    const { client, close } = await invocation.connect();
    try {
      const { tickets, more } = await client.tickets.list({ limit });
      const lines = tickets.length === 0 ? 'No tickets.' : table(tickets.map(row));
      return yes({ tickets, more }, more ? `${lines}\n(older ones left off; --limit)` : lines);
    } finally {
      close();
    }
  },
};

export const ticketCommands: readonly Command[] = [issue, verify, revoke, list];
