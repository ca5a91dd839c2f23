/**
 * An organism with a state machine of its own: a tally of votes, kept by a Group of three. It shows what every organism
 * has (coalition.md 1): a Config whose fingerprint everything is derived from, one public primitive, a deterministic
 * machine behind it, and a typed constructor. Run it with `node examples/organism.ts`.
 */
import type { Command, Group, Groups, StateMachine } from '../src/main/substrate/index.ts';
import {
  blake3,
  decodeCanonical,
  derive,
  encodeCanonical,
  Refusal,
  toHex,
} from '../src/protocol/bytes/index.ts';
import type { UniqueId } from '../src/protocol/bytes/index.ts';
import { logReplaySync } from '../src/protocol/group/index.ts';
import type { Membership } from '../src/protocol/group/index.ts';
import { acquaint, end, foundersOf, openNode } from './node.ts';

// ---- Config: whoever differs in any of this has another tally and never meets the others ----

interface TallyConfig {
  readonly question: string;
  readonly choices: readonly string[];
}

const fingerprint = ({ question, choices }: TallyConfig): UniqueId =>
  blake3(encodeCanonical(['examples.tally/1', question, choices]));

// ---- the machine: no clock, no chance, nothing but the commands in their order ----

type Vote = readonly [voter: string, choice: string];
type Judged = 'counted' | 'voted before';

const readVote = (leaf: Uint8Array, config: TallyConfig): Vote => {
  const value = decodeCanonical(leaf, 1024);
  const [voter, choice] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof voter !== 'string' || typeof choice !== 'string' || !config.choices.includes(choice))
    throw new Refusal('TALLY_VOTE', 'A vote is a voter and one of the choices.');
  return [voter, choice];
};

interface TallyMachine extends StateMachine<Judged> {
  count(choice: string): number;
}

function createTallyMachine(config: TallyConfig): TallyMachine {
  const votes = new Map<string, string>();
  const judge = ({ leaf }: Command): Judged => {
    const [voter, choice] = readVote(leaf, config);
    if (votes.has(voter)) return 'voted before';
    votes.set(voter, choice);
    return 'counted';
  };
  return {
    signature: derive(fingerprint(config), 'machine'),
    sync: logReplaySync('examples.tally/1'),
    applied: 0,
    // nothing malformed gets into the log, so that `apply` cannot fail on it
    accepts: (leaf) => void readVote(leaf, config),
    apply: (commands) => commands.map(judge),
    count: (choice) => [...votes.values()].filter((one) => one === choice).length,
  };
}

// ---- the public face: `Tally.open(node, config)`, one named primitive ----

class Tally {
  readonly #group: Group<Judged>;
  readonly #machine: TallyMachine;

  private constructor(group: Group<Judged>, machine: TallyMachine) {
    this.#group = group;
    this.#machine = machine;
  }

  /** Takes part in the committee of this tally. Errors: as `Groups.join`. */
  static async open(groups: Groups, config: TallyConfig, genesis: Membership): Promise<Tally> {
    const machine = createTallyMachine(config);
    const secret = derive(fingerprint(config), 'committee');
    const timing = { election: 500, jitter: 300, bootstrap: 100 };
    return new Tally(await groups.join({ secret, genesis, machine, timing }), machine);
  }

  get id(): UniqueId {
    return this.#group.id;
  }

  /** Resolves when the vote is committed. Errors: `TALLY_VOTE`. */
  async vote(voter: string, choice: string): Promise<Judged> {
    const { answer } = await this.#group.execute(encodeCanonical([voter, choice]));
    return answer;
  }

  /** With everything that was committed when it was asked. */
  async count(choice: string): Promise<number> {
    await this.#group.barrier();
    return this.#machine.count(choice);
  }
}

const config: TallyConfig = { question: 'Tea or coffee?', choices: ['tea', 'coffee'] };
console.log(`${config.question} fingerprint ${toHex(fingerprint(config)).slice(0, 12)}…`);

const first = await openNode();
const nodes = [first, await openNode(first), await openNode(first)];
await acquaint(nodes);
const genesis = foundersOf(nodes);
const tallies = await Promise.all(nodes.map(({ groups }) => Tally.open(groups, config, genesis)));
console.log(`Three members of Group ${toHex(tallies[0]?.id ?? new Uint8Array()).slice(0, 12)}…`);

// any member takes a vote; the Group decides in which order they count
const given: readonly Vote[] = [
  ['ada', 'tea'],
  ['grace', 'coffee'],
  ['barbara', 'tea'],
  ['ada', 'coffee'],
];
for (const [i, [voter, choice]] of given.entries()) {
  const judged = await tallies[i % tallies.length]?.vote(voter, choice);
  console.log(`${voter} for ${choice}: ${judged}`);
}
try {
  await tallies[1]?.vote('margaret', 'cocoa');
} catch (error) {
  console.log(`margaret for cocoa: ${(error as Refusal).code}`);
}

const counts = await Promise.all(
  tallies.map(async (tally) => `tea ${await tally.count('tea')}, coffee ${await tally.count('coffee')}`),
);
const agreed = counts.every((count) => count === counts[0]);
await end(`${agreed ? 'All three say' : 'They differ'}: ${counts[0]}.`, ...nodes);
