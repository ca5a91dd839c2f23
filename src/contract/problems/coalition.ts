/** Codes of identity, coalition and tickets. */
import type { ProblemList } from './text.ts';

export const coalitionProblems = {
  IDENTITY_EXISTS: {
    meaning: 'The identity is in the log already; a second entry changes nothing.',
    next: 'Go on with the next step.',
  },
  PEER_FORMAT: {
    meaning: 'This does not name a peer, so nothing was done.',
    next: 'Copy the peer id as a whole from the other node.',
  },
  COALITION_ABSENT: {
    meaning: 'This needs a coalition that the node stands in.',
    next: 'Create a coalition, or import the file of one.',
  },
  COALITION_EXISTS: {
    meaning: 'A node stands in one coalition; the first one was kept.',
    next: 'Use another data folder for another coalition.',
  },
  COALITION_MISPLACED: {
    meaning: 'The entry names another coalition than its content gives, so it changes nothing.',
    next: 'Tell its author; the log keeps it as it came.',
  },
  COALITION_FILE: {
    meaning: 'The file does not describe a coalition, so nothing was taken from it.',
    next: 'Ask the operator of the coalition for the file as published.',
  },
  COALITION_VERSION: {
    meaning: 'The file follows another version of the rules, and its id would be another one.',
    next: 'Update this node, or ask for a file of version 1.',
  },
  COALITION_NAME: {
    meaning: 'The name is part of the coalition id, so it must have one spelling.',
    next: 'Use 1 to 128 bytes of plain text without "|", as in signals.eu.',
  },
  COALITION_DUPLICATE: {
    meaning: 'The same id stands twice in one list, which no coalition id allows.',
    next: 'Remove one of the two, or ask the operator for a corrected file.',
  },
  NOT_THE_ISSUER: {
    meaning: 'Another key signs the tickets of this coalition; one from here would be refused.',
    next: 'Ask the operator of the coalition for a ticket.',
  },
  TICKET_FORMAT: {
    meaning: 'The text is no ticket, so it admits nobody.',
    next: 'Copy the ticket as a whole: three parts joined by dots.',
  },
  TICKET_KEY: {
    meaning: 'The ticket names a key that does not issue tickets for this coalition.',
    next: 'Ask the present issuer for a new ticket.',
  },
  TICKET_SIGNATURE: {
    meaning: 'The ticket was changed after it was signed, or was never signed by its issuer.',
    next: 'Ask the issuer for a new ticket.',
  },
  TICKET_ISSUER: {
    meaning: 'The ticket belongs to another coalition.',
    next: 'Use the ticket of this coalition, or ask its issuer for one.',
  },
  TICKET_AUDIENCE: {
    meaning: 'The ticket is for another component than this one.',
    next: 'Ask the issuer for a ticket with the right audience.',
  },
  TICKET_SUBJECT: {
    meaning: 'The ticket was issued to another peer; it cannot be handed on.',
    next: 'Ask the issuer for a ticket to your own peer id.',
  },
  TICKET_LIFETIME: {
    meaning: 'The ticket would be valid for longer than is allowed here, or for no time at all.',
    next: 'Ask for a ticket with a lifetime between one second and 90 days.',
  },
  TICKET_TIME: {
    meaning: 'The ticket has expired, or is not valid yet.',
    next: 'Check the clock of this machine; if it is right, ask the issuer for a new ticket.',
  },
  TICKET_REVOKED: {
    meaning: 'Its issuer took the ticket back; it admits nobody any more.',
    next: 'Ask the issuer why, and for a new ticket.',
  },
  TICKET_EXISTS: {
    meaning: 'The ticket is in the log already; a second entry changes nothing.',
    next: 'Look for it in the list of tickets.',
  },
  TICKET_UNKNOWN: {
    meaning: 'Nobody recorded a ticket of this id here.',
    next: 'Copy the id as a whole from the list of tickets.',
  },
  TICKET_NOT_YOURS: {
    meaning: 'Another member issued the ticket, and only that one may revoke it.',
    next: 'Ask its issuer to revoke it.',
  },
} satisfies ProblemList;
