/** Codes of the network, of links and Groups, and of what orders a log. */
import type { ProblemList } from './text.ts';

export const substrateProblems = {
  LISTEN_FAILED: {
    meaning: 'The network could not be opened at the address that was asked for.',
    next: 'Choose another port or address; another program may listen there.',
  },
  PEER_UNREACHABLE: {
    meaning: 'The other node does not answer at any address that is known of it.',
    next: 'Check that it runs and that a firewall lets it through; it is tried again by itself.',
  },
  FRAME_TOO_LONG: {
    meaning: 'A message between two nodes was larger than any may be. The link was closed.',
    next: 'If it happens again, the other node runs another version or misbehaves.',
  },
  FRAME_NESTING: {
    meaning: 'A message between two nodes was nested too deeply. The link was closed.',
    next: 'The other node runs another version or misbehaves.',
  },
  FRAME_FORMAT: {
    meaning: 'A message between two nodes was not in the form that both agreed on. The link was closed.',
    next: 'The other node runs another version or misbehaves.',
  },
  FRAME_STALLED: {
    meaning: 'A message from another node began and did not end. The link was closed.',
    next: 'Its connection is very slow, or it misbehaves.',
  },
  LINK_CLOSED: {
    meaning: 'The link to the other node ended before the answer came.',
    next: 'Try again; the number says why the other side closed.',
  },
  LINK_TIMEOUT: {
    meaning: 'The other node did not answer in time.',
    next: 'Try again when it is less busy or better connected.',
  },
  BOND_REFUSED: {
    meaning: 'The other member refused the bond, or does not hold what a member holds.',
    next: 'Compare secret, first members and tickets with its operator.',
  },
  BOND_FORMAT: {
    meaning: 'The other side of a bond spoke another language.',
    next: 'Compare the versions of both nodes.',
  },
  GROUP_FRAME: {
    meaning: 'A member sent something that no member sends. The bond was closed.',
    next: 'Compare the versions of both nodes.',
  },
  GROUP_CLOSED: {
    meaning: 'This node has left the Group, so nothing can be asked of it here.',
    next: 'Join it again.',
  },
  GROUP_BUSY: {
    meaning: 'Too many commands wait for this Group already. This one was not taken.',
    next: 'Wait until some are committed.',
  },
  GROUP_OFFLINE: {
    meaning: 'No leader of this Group can be reached: reads may be stale, writes wait.',
    next: 'See which members are reachable; more than half of the voters are needed.',
  },
  COMMAND_TOO_LONG: {
    meaning: 'A command is larger than an entry of the log may be. Nothing was done.',
    next: 'Put large things beside the log and their hash into it.',
  },
  OUTCOME_UNKNOWN: {
    meaning: 'This node cannot tell any more whether the command was committed.',
    next: 'Look into the log before you do it again.',
  },
  NOT_LEADER: {
    meaning: 'Only the member that leads can do this, and this one does not.',
    next: 'Ask again: requests find the new leader by themselves.',
  },
  NOT_A_VOTER: {
    meaning: 'Only members that vote sign checkpoints, and this one does not.',
    next: 'Nothing needs to be done.',
  },
  MEMBERS_FORMAT: {
    meaning: 'The list of members cannot be read. Nothing was changed.',
    next: 'Make the list again with this version.',
  },
  MEMBERS_COUNT: {
    meaning: 'A Group has 1 to 7 voters, at most 64 learners and 1 to 16 operators.',
    next: 'Make the list shorter; who only reads can be a learner.',
  },
  MEMBERS_TWICE: {
    meaning: 'Two members of the list have the same key.',
    next: 'Each member needs a node key, a log key and a cosigning key of its own.',
  },
  MEMBERS_GROUP: {
    meaning: 'The change of members was signed for another Group.',
    next: 'Sign it for this one.',
  },
  MEMBERS_STALE: {
    meaning: 'The members have changed since this change was signed.',
    next: 'Look at the present members and sign again.',
  },
  MEMBERS_OPERATOR: {
    meaning: 'Whoever signed the change of members is no operator of this Group.',
    next: 'Let one of its operators sign.',
  },
  MEMBERS_SIGNATURE: {
    meaning: 'The signature under the change of members is wrong. Nothing was changed.',
    next: 'Sign it again; if it came from elsewhere, do not trust it.',
  },
  MEMBERS_STEP: {
    meaning: 'Only one voter can come or go at a time, so that two majorities always share a member.',
    next: 'Make the change in several steps.',
  },
  MEMBERS_INVALID: {
    meaning: 'The new list of members cannot follow the present one. Nothing was changed.',
    next: 'Change one member at a time, and keep 1 to 7 voters.',
  },
  MEMBERS_PENDING: {
    meaning: 'Another change of members is under way, or the leader has only just been elected.',
    next: 'Wait a moment and sign again.',
  },
  LOG_PRUNED: {
    meaning: 'This member began with a state of the others; it does not have that part of the log.',
    next: 'Ask a member that was there before, or one that keeps the whole log.',
  },
  TRANSFER_TARGET: {
    meaning: 'The lead can only go to another voter of the Group.',
    next: 'Choose one of the voters.',
  },
  SIGNED_LARGER: {
    meaning: 'This member has signed a larger tree already and will not sign a smaller one.',
    next: 'Nothing needs to be done if it passes; else its log was cut.',
  },
  SIGNED_OTHER: {
    meaning: 'This member has signed another root for the same number of entries.',
    next: 'Stop and compare the logs of the members: one of them was changed.',
  },
  SNAPSHOT_FORMAT: {
    meaning: 'A state that another member sent cannot be read. It was not taken.',
    next: 'Compare the versions of both nodes.',
  },
  SNAPSHOT_SIZE: {
    meaning: 'A state is larger than 64 MiB, or its pieces do not fit together.',
    next: 'Keep large things beside the state.',
  },
  EQUIVOCATION_NONE: {
    meaning: 'The two checkpoints do not prove that somebody signed two histories.',
    next: 'A proof needs two signed roots of one log for one size.',
  },
  ETCD_UNREACHABLE: {
    meaning: 'The etcd that orders this log does not answer as it should. What was sent may be there.',
    next: 'See that etcd runs, has a leader and room; the node goes on by itself when it answers.',
  },
  ETCD_COMPACTED: {
    meaning:
      'The etcd behind this log has forgotten changes that this node has not seen. It reads all again.',
    next: 'Nothing needs to be done; keep more history in etcd if it happens often.',
  },
  LOG_FORKED: {
    meaning: 'This node has an entry that differs from the one in the shared log. It does not go on.',
    next: 'Find out which of the two was changed before anything is written again.',
  },
  ORDERED_LOG_ADDRESS: {
    meaning: 'The address of the ordered log cannot be read.',
    next: 'Write it as etcd://host:port, with more hosts after commas.',
  },
  COLLECTION_DEFINITION: {
    meaning: 'The collection cannot be what it is said to be, so it has no id.',
    next: 'Correct the tag, the writers or the capacity that is named.',
  },
  COLLECTION_COMMAND: {
    meaning: 'The bytes ask for nothing that this collection can do, so it changes nothing.',
    next: 'Tell its author; perhaps a newer version wrote it.',
  },
  COLLECTION_ELEMENT: {
    meaning: 'A key, value or priority is too long or has another form than its tag names.',
    next: 'Shorten it, or write what the tag names.',
  },
  COLLECTION_WRITER: {
    meaning: 'Only listed keys write here; the command stands in the log and changes nothing.',
    next: 'Ask whoever defined it, or write with a listed key.',
  },
  COLLECTION_REPLAYED: {
    meaning: 'Every command counts once, and this one was taken before.',
    next: 'Nothing needs doing; if it is yours, check that no copy of this node runs.',
  },
  COLLECTION_GAP: {
    meaning: 'A command came before the one that precedes it.',
    next: 'Send it again after that one.',
  },
  COLLECTION_SIGNATURE: {
    meaning: 'The author that is named did not sign this for this Group.',
    next: 'Ask the author; nobody else can repair it.',
  },
  COLLECTION_FULL: {
    meaning: 'The collection has reached its size.',
    next: 'Remove entries, or begin another collection.',
  },
  COLLECTION_SNAPSHOT: {
    meaning: 'What another member sent is no state of this collection; the own state was kept.',
    next: 'Wait for another leader and check that member.',
  },
  CONNECTION_RATE: {
    meaning:
      'Connections were turned away because too many came at once, or too many are open: altogether, or from one address.',
    next: 'Nothing needs to be done; deny who does it again and again.',
  },
  NETWORK_FAILED: {
    meaning: 'The network of this node could not be opened. It is tried again by itself.',
    next: 'Check who owns the data folder, and whether its disk has room and can be written.',
  },
  NETWORK_OFF: {
    meaning: 'The network of this node is not open, so nothing can be asked of it.',
    next: 'Turn it on under Network, and unlock the node.',
  },
  GROUP_UNKNOWN: {
    meaning: 'This node is in no Group with that id.',
    next: 'Compare the id with the list of Groups.',
  },
  ADDRESS_FORMAT: {
    meaning: 'The address of a node cannot be read.',
    next: 'Write it as /ip4/203.0.113.7/tcp/4001/p2p/12D3Koo…, as the other node shows it.',
  },
  GOSSIP_SIZE: {
    meaning: 'A message to everybody is larger than 64 KiB. It was not sent.',
    next: 'Announce its hash, and let others fetch it.',
  },
  GOSSIP_RATE: {
    meaning: 'A node sent more messages to everybody than it may. The rest was dropped.',
    next: 'It misbehaves, or its clock does; it can be denied for a while.',
  },
  UNIVERSE_CLOSED: {
    meaning: 'The network of this node is closing.',
    next: 'Turn it on again.',
  },
  POINTERS_OFF: {
    meaning: 'This node takes no part in the table of pointers.',
    next: 'Turn it on, or ask by address.',
  },
  POINTERS_FAILED: {
    meaning: 'The table of pointers gave no answer.',
    next: 'Try again when more nodes are connected.',
  },
  ENTRY_FORMAT: {
    meaning: 'What a node says of itself cannot be read. It was not taken.',
    next: 'It runs another version or misbehaves.',
  },
  ENTRY_SIZE: {
    meaning: 'What a node says of itself is larger than it may be. It was not taken.',
    next: 'It should list fewer addresses, tags or tickets.',
  },
  ENTRY_PROTOCOL: {
    meaning: 'A node speaks a version of the protocol that this one does not know.',
    next: 'Compare the versions of both nodes.',
  },
  ENTRY_SIGNATURE: {
    meaning: 'What was said in the name of a node was not signed by it. It was not taken.',
    next: 'Whoever passed it on misbehaves.',
  },
  ENTRY_NETWORK: {
    meaning: 'The node is in another network, so it does not exist for this one.',
    next: 'Nothing needs to be done.',
  },
  ENTRY_OLD: {
    meaning: 'What was heard of a node is older than what is known of it.',
    next: 'Nothing needs to be done.',
  },
  ENTRY_DRIFT: {
    meaning: 'The clock of a node is too far from the clock here, so it is not believed.',
    next: 'Set both clocks, best by NTP.',
  },
  ENTRY_STALE: {
    meaning: 'A node was not heard for five minutes, so it is not shown any more.',
    next: 'It comes back by itself when it is heard.',
  },
  DEPARTURE_FORMAT: {
    meaning: 'A farewell cannot be read. It was not believed.',
    next: 'Whoever sent it misbehaves.',
  },
  DEPARTURE_SIGNATURE: {
    meaning: 'A farewell was not signed by the node that it is about.',
    next: 'Whoever sent it misbehaves.',
  },
  ANNOUNCEMENT_FORMAT: {
    meaning: 'An announcement cannot be read. It was dropped.',
    next: 'Whoever sent it runs another version or misbehaves.',
  },
  CATALOGUE_FULL: {
    meaning: 'This node knows as many others as it can hold.',
    next: 'It goes on when some have left.',
  },
  DIFFERENT_NETWORK: {
    meaning: 'The other node is in another network.',
    next: 'Both must be in the same one to meet.',
  },
  SYNC_RATE: {
    meaning: 'A node handed over more entries of others than it may. The rest was not looked at.',
    next: 'It misbehaves; it can be denied for a while.',
  },
  SYNC_FORMAT: {
    meaning: 'The list of nodes that the other one sent cannot be read.',
    next: 'Compare the versions of both nodes.',
  },
  SYNC_FAILED: {
    meaning: 'The two nodes could not compare whom they know.',
    next: 'Try again; see whether both run the same version.',
  },
  PING_FAILED: {
    meaning: 'The other node did not answer as it should.',
    next: 'Try again later.',
  },
  TICKET_MISSING: {
    meaning: 'The peer holds no ticket of the kind that is asked for here.',
    next: 'Ask the issuer for one, and put it into the entry of the node.',
  },
  TICKET_ALGORITHM: {
    meaning: 'The ticket or key uses a signature algorithm that is not supported.',
    next: 'Use EdDSA or ES256.',
  },
  TICKET_KEY_FORMAT: {
    meaning: 'The public key of an issuer cannot be read.',
    next: 'Copy it as a whole: 32 bytes for EdDSA, a point of P-256 for ES256.',
  },
  TICKET_CLAIM: {
    meaning: 'A claim of the ticket is not what is asked for here.',
    next: 'Ask the issuer for a ticket with that claim.',
  },
  TICKET_AGE: {
    meaning: 'The ticket is too old, or does not say how old it is.',
    next: 'Get a fresh ticket.',
  },
  TICKET_DATA: {
    meaning: 'The TDX ticket cannot be read, so it admits nobody.',
    next: 'Make it again with this version.',
  },
  TICKET_NETWORK: { meaning: 'The ticket was made for another network.', next: 'Make one for this network.' },
  TICKET_BINDING: {
    meaning: 'The quote was made for another peer, network or time than its ticket says.',
    next: 'Make a fresh quote together with the ticket.',
  },
  TICKET_MEASUREMENTS: {
    meaning: 'The machine is a TD, but runs something else than what is admitted here.',
    next: 'Compare its measurements with those that are asked for.',
  },
  TICKET_SIMULATED: {
    meaning: 'The evidence is simulated and proves nothing about a machine.',
    next: 'Use a quote of a real TD.',
  },
  TICKET_QUOTE: {
    meaning: 'The quote of the ticket is not genuine, or the attestation policy refuses it.',
    next: 'Look at the reason, and verify the quote by itself to see every check.',
  },
  TICKET_COLLATERAL: {
    meaning: 'There is no collateral to verify the quote of the ticket with.',
    next: 'See that the collateral source can be reached; it is tried again by itself.',
  },
  TICKET_POLICY: {
    meaning: 'The attestation policy that the validator names is not known to this node.',
    next: 'Adopt that policy here.',
  },
  TICKET_PENDING: {
    meaning: 'The quote of the ticket is being verified.',
    next: 'Wait a moment; this passes by itself.',
  },
  TICKETS_FULL: {
    meaning: 'The entry of this node has no room for one more ticket. It was not taken.',
    next: 'Withdraw a ticket that is not needed any more.',
  },
  VALIDATOR_FORMAT: {
    meaning: 'The rules for tickets cannot be read. Nothing was changed.',
    next: 'Correct the part that is named.',
  },
  STREAM_DEFINITION: {
    meaning: 'A stream needs a tag, or an id of 32 bytes.',
    next: 'Name the datums with a versioned tag, as coalition.prices.Tick/1.',
  },
  STREAM_DATUM_SIZE: {
    meaning: 'A datum is larger than a message between two nodes may be. It was not sent.',
    next: 'Send large things in pieces, or their hash.',
  },
  STREAM_CLOSED: {
    meaning: 'The stream is closed on this node; the datum was not sent.',
    next: 'Open the stream again.',
  },
  STREAM_FRAME: {
    meaning: 'The other end of a stream sent something that none sends. The link was closed.',
    next: 'Compare the versions of both nodes.',
  },
} as const satisfies ProblemList;
