/**
 * Judges a peer's tickets by validators (coalition.md 3.6, 3.8): for each validator the latest end among the good
 * tickets of its class, across validators the earliest. Signatures are jobs of the plan; quotes are named in the answer
 * until somebody has verified them.
 */
import { sameBytes } from '../bytes/index.ts';
import type { Hashes, Plan, UniqueId } from '../bytes/index.ts';
import { best, every, joined, refused, settled } from './judgement.ts';
import type { JudgeContext, Judgement } from './judgement.ts';
import { jwtRevocationIds, planJwt } from './judge-jwt.ts';
import { judgeTdx, tdxRevocationIds } from './judge-tdx.ts';
import { JWT_CLASS, TDX_CLASS, ticketIdOf } from './ticket.ts';
import type { Ticket } from './ticket.ts';
import type { Validator } from './validator.ts';

/** Classes of the tickets that a validator looks at; one may stand there twice. */
export function classesOf(validator: Validator): readonly UniqueId[] {
  switch (validator.kind) {
    case 'jwt':
      return [JWT_CLASS];
    case 'tdx':
      return [TDX_CLASS];
    case 'allOf':
    case 'anyOf':
      return validator.of.flatMap(classesOf);
  }
}

/** Every id by which a ticket may be named when it is taken back: of its bytes first. */
export function revocationIds(hashes: Hashes, ticket: Ticket): readonly UniqueId[] {
  const more = sameBytes(ticket.class, JWT_CLASS)
    ? jwtRevocationIds(hashes, ticket.data)
    : sameBytes(ticket.class, TDX_CLASS)
      ? tdxRevocationIds(ticket.data)
      : [];
  return [ticketIdOf(ticket), ...more];
}

/**
 * Plans the judgement of all tickets of a peer; every validator must be content, and no validator asks for nothing. The
 * validators have passed `checkValidator`.
 *
 * @example settle(planAdmission([validator], entry.tickets, { hashes, peer, network, now }), check).ok
 */
export function planAdmission(
  validators: readonly Validator[],
  tickets: readonly Ticket[],
  context: JudgeContext,
): Plan<Judgement> {
  const plan = (validator: Validator): Plan<Judgement> => {
    switch (validator.kind) {
      case 'allOf':
        return joined(validator.of.map(plan), every);
      case 'anyOf':
        return joined(validator.of.map(plan), (all) => best(all, missing));
      case 'jwt':
      case 'tdx':
        return joined(
          tickets
            .filter((ticket) => sameBytes(ticket.class, validator.kind === 'jwt' ? JWT_CLASS : TDX_CLASS))
            .map((ticket) => one(validator, ticket)),
          (all) => best(all, missing),
        );
    }
  };
  const one = (validator: Extract<Validator, { kind: 'jwt' | 'tdx' }>, ticket: Ticket): Plan<Judgement> => {
    if (context.revoked?.(ticketIdOf(ticket)) === true)
      return settled(refused('TICKET_REVOKED', 'The ticket was taken back.'));
    return validator.kind === 'jwt'
      ? planJwt(validator, ticket.data, context)
      : settled(judgeTdx(validator, ticket.data, context));
  };
  return joined(validators.map(plan), every);
}

const missing = refused('TICKET_MISSING', 'The peer has no ticket of the kind that is asked for.');
