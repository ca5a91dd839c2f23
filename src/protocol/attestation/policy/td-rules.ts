/** Rules about the TD and the platform it runs on: attributes, features, flags, platform ids and event logs. */
import type { PlatformId } from '../verdict.ts';
import { type BitField, bitNames, fieldOf, maskBits } from './bits.ts';
import type { BitMask, Permission, PolicyRules } from './policy.ts';
import { type Finding, finding, type Judged, type Rule, single } from './rule.ts';
import { within } from './measurement-rules.ts';

type Asked<K extends keyof PolicyRules> = NonNullable<PolicyRules[K]>;

const fieldName = { tdAttributes: 'TD attributes', xfam: 'XFAM' } as const;

function bits(field: BitField): Rule<BitMask> {
  const name = fieldName[field];
  return single(
    (asked, { verdict: { report } }) => {
      if (report === null) return { passed: false, detail: `The ${name} are not known.` };
      const { mask, value } = maskBits(asked);
      const wrong = (fieldOf[field](report) ^ value) & mask;
      return finding(
        wrong === 0n,
        `The ${name} are as asked for under the mask.`,
        `The ${name} differ under the mask: set against the policy ${bitNames(field, wrong & ~value)}; missing ${bitNames(field, wrong & value)}.`,
      );
    },
    (asked) => {
      const { mask, value } = maskBits(asked);
      return `In the ${name} these bits must be set: ${bitNames(field, value)}; and these must not: ${bitNames(field, mask & ~value)}.`;
    },
  );
}

const SEPT_VE_DISABLE = 1n << 28n;
const SERVICE_TD = 1n << 17n;
const MIGRATABLE = 1n << 29n;
const PERFMON = 1n << 63n;

const UNKNOWN_TD: Finding = { passed: false, detail: 'The attributes of the TD are not known.' };

/** A feature that a policy permits or not. */
function permission(bit: bigint, name: string): Rule<boolean> {
  return single(
    (allowed, { verdict: { report } }) => {
      if (report === null) return UNKNOWN_TD;
      const set = (fieldOf.tdAttributes(report) & bit) !== 0n;
      const detail = `The TD ${set ? 'has' : 'does not have'} the attribute ${name}`;
      return finding(allowed || !set, `${detail}.`, `${detail}, which is not accepted.`);
    },
    (allowed) => `A TD with the attribute ${name} is ${allowed ? 'accepted' : 'refused'}.`,
  );
}

function judgeSeptVe(required: boolean, { verdict: { report } }: Judged): Finding {
  if (report === null) return UNKNOWN_TD;
  const set = (fieldOf.tdAttributes(report) & SEPT_VE_DISABLE) !== 0n;
  const detail = `The TD ${set ? 'has' : 'does not have'} the attribute SEPT_VE_DISABLE`;
  return finding(set || !required, `${detail}.`, `${detail}, which is required.`);
}

function judgeServiceTd(allowed: boolean, { verdict: { report } }: Judged): Finding {
  if (report === null) return UNKNOWN_TD;
  const bit = (fieldOf.tdAttributes(report) & SERVICE_TD) !== 0n;
  const bound = report.mrServiceTd !== undefined && !/^0*$/.test(report.mrServiceTd);
  if (bit || bound)
    return finding(
      allowed,
      'A service TD is bound to the TD.',
      `A service TD is bound to the TD, which is not accepted: ${bound ? `MRSERVICETD is ${report.mrServiceTd}` : 'the attribute for it is set'}.`,
    );
  return {
    passed: true,
    detail:
      report.mrServiceTd === undefined
        ? 'The attributes name no service TD; a TD report 1.0 says no more about it.'
        : 'No service TD is bound to the TD.',
  };
}

function platformFlag(
  member: 'dynamicPlatform' | 'cachedKeys' | 'smtEnabled',
  what: string,
): Rule<Permission> {
  return single(
    (asked, { verdict: { platformId } }) => {
      const value = platformId?.[member] ?? null;
      if (value === null)
        return finding(
          asked === 'allowed',
          `It is not known whether ${what}, which is accepted either way.`,
          `It is not known whether ${what}.`,
        );
      return finding(
        asked === 'allowed' || !value,
        value ? `It is accepted that ${what}.` : `It is not so that ${what}.`,
        `It is not accepted that ${what}.`,
      );
    },
    (asked) => (asked === 'allowed' ? `It is accepted that ${what}.` : `A machine is refused when ${what}.`),
  );
}

const platformIds = { ppid: 'PPID', instanceId: 'platform instance id', fmspc: 'FMSPC' } as const;
const ID_NAMES = ['ppid', 'instanceId', 'fmspc'] as const satisfies readonly (keyof PlatformId)[];

const allow: Rule<Asked<'allow'>> = {
  judge: (asked, { verdict: { platformId } }) =>
    ID_NAMES.flatMap((part) => {
      const allowed = asked[part];
      if (allowed === undefined) return [];
      const value = platformId?.[part] ?? null;
      const found = finding(
        value !== null && within(allowed, value),
        'The platform is on the list.',
        value === null ? 'The platform is not known.' : `The platform ${value} is not on the list.`,
      );
      return [{ part, ...found }];
    }),
  explain: (asked) =>
    ID_NAMES.flatMap((part) => {
      const allowed = asked[part];
      if (allowed === undefined) return [];
      return [{ part, sentence: `The ${platformIds[part]} must be one of ${allowed.length} listed.` }];
    }),
};

/** The registers whose log a policy asks for. */
export const registersOf = (asked: Asked<'eventLog'>): readonly number[] =>
  asked === 'ignore' ? [] : asked === 'full' ? [0, 1, 2, 3] : asked.registers;

const registerNames = (registers: readonly number[]): string =>
  registers.map((register) => `RTMR${register}`).join(', ');

function judgeEventLog(asked: Asked<'eventLog'>, { facts: { eventLog } }: Judged): Finding {
  const registers = registersOf(asked);
  if (registers.length === 0) return { passed: true, detail: 'The policy asks nothing of the event log.' };
  if (eventLog === undefined) return { passed: false, detail: 'No event log was given.' };
  const short = registers.filter((register) => eventLog[register] !== 'full');
  return finding(
    short.length === 0,
    `The event log accounts for the whole of ${registerNames(registers)}.`,
    `The event log does not account for ${short.map((register) => `RTMR${register} (${eventLog[register] ?? 'absent'})`).join(', ')}.`,
  );
}

export const tdRules = {
  tdAttributes: bits('tdAttributes'),
  xfam: bits('xfam'),
  requireSeptVeDisable: single(judgeSeptVe, (required) =>
    required ? 'The TD must have the attribute SEPT_VE_DISABLE.' : 'SEPT_VE_DISABLE may be set or not.',
  ),
  allowMigratable: permission(MIGRATABLE, 'MIGRATABLE'),
  allowServiceTd: single(
    judgeServiceTd,
    (allowed) => `A TD to which a service TD is bound is ${allowed ? 'accepted' : 'refused'}.`,
  ),
  allowPerfmon: permission(PERFMON, 'PERFMON'),
  dynamicPlatform: platformFlag('dynamicPlatform', 'packages can be added to the platform'),
  cachedKeys: platformFlag('cachedKeys', 'Intel keeps a copy of the platform’s root keys'),
  smt: platformFlag('smtEnabled', 'simultaneous multithreading is on'),
  eventLog: single(judgeEventLog, (asked) => {
    const registers = registersOf(asked);
    return registers.length === 0
      ? 'The event log is not judged.'
      : `The event log must account for the whole of ${registerNames(registers)}.`;
  }),
  allow,
} satisfies { readonly [K in keyof PolicyRules]?: Rule<Asked<K>> };
