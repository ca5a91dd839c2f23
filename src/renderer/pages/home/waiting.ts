/** What needs this person, soonest deadline first. Only what is known counts; nothing is guessed. Pure. */
import type { Alarm, EngineState, Machine, Operation, Problem, Ticket } from '../../../contract/index.ts';
import { shorten } from '../../format.ts';
import type { Translate } from '../../language/translate.ts';
import type { MarkKind } from '../../parts/Mark.tsx';
import type { Target } from '../../parts/EntityLink.tsx';

/** How long before its end something is brought up. */
const COLLATERAL_NOTICE = 7 * 86_400_000;
const TICKET_NOTICE = 86_400_000;

type Sort = 'refused' | 'incomplete' | 'expires' | 'ticket' | Alarm['kind'];

export interface Waiting {
  readonly id: string;
  /** What can be gathered into one line when there are many. */
  readonly sort?: Sort;
  readonly mark: MarkKind;
  readonly title: string;
  readonly text: string;
  /** Null: no deadline, comes after those that have one. */
  readonly deadline: number | null;
  readonly target:
    | Target
    | { readonly to: '/settings' | '/machines' | '/compute' }
    | {
        readonly to: '/machines' | '/tickets';
        readonly search: { readonly q?: string; readonly sort?: string };
      };
}

export interface Known {
  readonly machines: readonly Machine[] | undefined;
  readonly alarms: readonly Alarm[] | undefined;
  readonly tickets: readonly Ticket[] | undefined;
  readonly engine: EngineState | undefined;
  readonly operations: readonly Operation[];
  readonly problems: readonly Problem[] | undefined;
}

export function waitingFor(t: Translate, known: Known, now: number): readonly Waiting[] {
  const out: Waiting[] = [];
  for (const [i, problem] of (known.problems ?? []).entries())
    out.push({
      id: `problem-${i}`,
      mark: 'failed',
      title: t('home.problem'),
      text: problem.what,
      deadline: now,
      target: { to: '/settings' },
    });
  const machines = (known.machines ?? []).filter(({ state }) => state !== 'retired');
  for (const machine of machines) {
    const target: Target = { to: '/machines', search: { id: machine.id } };
    const base = { target, id: machine.id };
    if (machine.state === 'refused')
      out.push({
        ...base,
        sort: 'refused',
        mark: 'failed',
        title: t('home.refused', { name: machine.name }),
        text: machine.sentence,
        deadline: null,
      });
    else if (machine.state === 'incomplete')
      out.push({
        ...base,
        sort: 'incomplete',
        mark: 'not-checked',
        title: t('home.incomplete', { name: machine.name }),
        text: t('home.incompleteText'),
        deadline: null,
      });
    const expires = machine.verdict?.collateralExpires ?? null;
    const end = expires === null ? Number.NaN : Date.parse(expires);
    // the node's alarms know more about it; without them it is told from the verdicts
    if (known.alarms === undefined && machine.state !== 'refused' && end - now < COLLATERAL_NOTICE)
      out.push({
        id: `${machine.id}-expires`,
        sort: 'expires',
        mark: 'stale',
        title: t(end < now ? 'home.expired' : 'home.expires', { name: machine.name }),
        text: t('home.expiresText'),
        deadline: end,
        target,
      });
  }
  for (const alarm of known.alarms ?? [])
    out.push({
      id: alarm.id,
      sort: alarm.kind,
      mark: alarm.severity === 'note' ? 'not-checked' : alarm.severity,
      title: alarm.sentence,
      text: alarm.next,
      deadline: alarm.due,
      target:
        alarm.machines.length === 1 && alarm.machines[0] !== undefined
          ? { to: '/machines', search: { id: alarm.machines[0].id } }
          : { to: '/machines' },
    });
  for (const ticket of known.tickets ?? [])
    // a ticket that was made for an hour is not news when it ends
    if (
      ticket.state === 'valid' &&
      ticket.expires - now < TICKET_NOTICE &&
      ticket.expires - ticket.issuedAt > 3 * TICKET_NOTICE
    )
      out.push({
        id: ticket.id,
        sort: 'ticket',
        mark: 'stale',
        title: t('home.ticketExpires', { peer: shorten(ticket.subjectId, 12, 6) }),
        text: t('home.ticketText'),
        deadline: ticket.expires,
        target: { to: '/tickets', search: { id: ticket.id } },
      });
  for (const operation of known.operations)
    if (operation.state === 'failed')
      out.push({
        id: operation.id,
        mark: 'failed',
        title: t('home.failedOperation', { title: operation.title }),
        text: operation.problem?.what ?? '',
        deadline: null,
        target:
          operation.subject?.area === 'compute'
            ? { to: '/compute', search: { id: operation.subject.id } }
            : { to: operation.kind === 'verify' ? '/machines' : '/compute' },
      });
  if (known.engine !== undefined && known.engine.state !== 'ready')
    out.push({
      id: 'engine',
      mark: 'failed',
      title: t('home.engine'),
      text: known.engine.sentence,
      deadline: null,
      target: { to: '/settings' },
    });
  if (known.machines !== undefined && machines.length === 0)
    out.push({
      id: 'no-machine',
      mark: 'not-checked',
      title: t('home.noMachine'),
      text: t('home.noMachineText'),
      deadline: null,
      target: { to: '/machines' },
    });
  else if (known.machines !== undefined && machines.every(({ offer }) => offer === null))
    out.push({
      id: 'no-offer',
      mark: 'not-checked',
      title: t('home.noOffer'),
      text: t('home.noOfferText'),
      deadline: null,
      target: { to: '/machines' },
    });
  return gather(t, out).toSorted(
    (a, b) =>
      (a.deadline ?? Number.MAX_SAFE_INTEGER) - (b.deadline ?? Number.MAX_SAFE_INTEGER) ||
      URGENCY.indexOf(a.mark) - URGENCY.indexOf(b.mark),
  );
}

/** Among what has no deadline, the worst comes first. */
const URGENCY: readonly MarkKind[] = ['failed', 'stale', 'not-checked'];

/** More than this many of a sort are one line that leads to all of them. */
const MANY = 4;
const places: Partial<Record<Sort, Waiting['target']>> = {
  refused: { to: '/machines', search: { q: 'refused' } },
  incomplete: { to: '/machines', search: { q: 'incomplete' } },
  expires: { to: '/machines', search: { sort: 'expires' } },
  ticket: { to: '/tickets', search: { q: 'valid', sort: 'expires' } },
  'collateral-expired': { to: '/machines', search: { sort: 'expires' } },
  'collateral-expiring': { to: '/machines', search: { sort: 'expires' } },
  'challenge-lapsed': { to: '/machines', search: { q: 'lapsed' } },
};

function gather(t: Translate, items: readonly Waiting[]): readonly Waiting[] {
  const sorts = new Set(items.flatMap(({ sort }) => (sort === undefined ? [] : [sort])));
  return [...sorts].reduce<readonly Waiting[]>((left, sort) => {
    const same = left.filter((item) => item.sort === sort);
    const [first] = same;
    if (first === undefined || same.length <= MANY) return left;
    const deadlines = same.map(({ deadline }) => deadline).filter((at) => at !== null);
    return [
      ...left.filter((item) => item.sort !== sort),
      {
        ...first,
        id: `many-${sort}`,
        title: t(`home.many.${sort}`, { n: same.length }),
        text: sort === 'refused' ? '' : first.text,
        deadline: deadlines.length === 0 ? null : Math.min(...deadlines),
        target: places[sort] ?? { to: '/machines' },
      },
    ];
  }, items);
}
