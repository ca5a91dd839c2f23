/** The common rules as fields; what only JSON can say stays as it is, and is named. */
import { useState } from 'react';
import type { AttestationPolicy } from '../../../contract/index.ts';
import { TCB_STATUSES } from '../../../protocol/attestation/index.ts';
import { useT } from '../../language/context.tsx';
import { parseCount } from '../../numbers.ts';
import { AreaField, CheckField, Choice, Fields, SelectField, TextField } from '../../parts/Field.tsx';
import { Section } from '../../parts/Page.tsx';
import { Faults } from './Editor.tsx';
import styles from './Policy.module.css';
import { policyText } from './policy-json.ts';
import type { PolicyFault } from './policy-json.ts';

interface Props {
  policy: AttestationPolicy;
  onChange: (policy: AttestationPolicy) => void;
  /** The text of the pins as typed; null while it is the policy's own. */
  pinsText: string | null;
  onPinsText: (text: string) => void;
  pinFaults: readonly PolicyFault[];
}

/** Rules that are unset, allow or refuse one thing, and how each writes the two. */
const FLAGS = {
  allowDebug: [true, false],
  allowSimulated: [true, false],
  requireSeptVeDisable: [false, true],
  allowMigratable: [true, false],
  allowServiceTd: [true, false],
  allowPerfmon: [true, false],
  dynamicPlatform: ['allowed', 'refused'],
  cachedKeys: ['allowed', 'refused'],
  smt: ['allowed', 'refused'],
  refuseRollback: [false, true],
} as const satisfies Partial<Record<keyof AttestationPolicy, readonly [unknown, unknown]>>;
type Flag = keyof typeof FLAGS;
const FLAG_NAMES = Object.keys(FLAGS) as readonly Flag[];

/** What the form shows; everything else is only there as JSON. */
const SHOWN = new Set<string>([
  ...FLAG_NAMES,
  'v',
  'name',
  'description',
  'acceptedStatuses',
  'refusedAdvisories',
  'minEvaluationNumber',
  'grace',
  'pins',
  'jointPins',
]);

export function PolicyForm({ policy, onChange, pinsText, onPinsText, pinFaults }: Props) {
  const t = useT();
  const set = (part: Partial<AttestationPolicy>): void => onChange({ ...policy, ...part });
  const others = Object.keys(policy).filter((name) => !SHOWN.has(name));
  const { pins, jointPins } = policy;
  return (
    <>
      <Section title={t('policy.names')}>
        <TextField
          label={t('policy.name')}
          value={policy.name ?? ''}
          onChange={(name) => set({ name: name === '' ? undefined : name.slice(0, 64) })}
        />
        <AreaField
          label={t('policy.description')}
          value={policy.description ?? ''}
          onChange={(text) => set({ description: text === '' ? undefined : text.slice(0, 1024) })}
          rows={2}
        />
      </Section>
      <Statuses policy={policy} set={set} />
      <Section title={t('rule.refusedAdvisories')}>
        <Advisories policy={policy} set={set} />
      </Section>
      <Freshness policy={policy} set={set} />
      <Section title={t('policy.flags')}>
        <Fields columns={2}>
          {FLAG_NAMES.map((name) => (
            <FlagField key={name} name={name} policy={policy} set={set} />
          ))}
        </Fields>
      </Section>
      <Section title={t('policy.pins')}>
        <AreaField
          label={t('policy.pinsText')}
          help={t('policy.pinsHelp')}
          value={
            pinsText ??
            policyText({
              ...(pins === undefined ? {} : { pins }),
              ...(jointPins === undefined ? {} : { jointPins }),
            })
          }
          onChange={onPinsText}
          rows={6}
        />
        <Faults faults={pinFaults} />
      </Section>
      {others.length === 0 ? null : (
        <p className={styles.others}>{t('policy.others', { rules: others.join(', ') })}</p>
      )}
    </>
  );
}

interface PartProps {
  policy: AttestationPolicy;
  set: (part: Partial<AttestationPolicy>) => void;
}

function Statuses({ policy, set }: PartProps) {
  const t = useT();
  const accepted = policy.acceptedStatuses;
  return (
    <Section title={t('rule.acceptedStatuses')}>
      <CheckField
        label={t('policy.anyStatus')}
        help={t('policy.anyStatusHelp')}
        checked={accepted === undefined}
        onChange={(any) => set({ acceptedStatuses: any ? undefined : ['UpToDate'] })}
      />
      <div className={styles.statuses} role="group" aria-label={t('rule.acceptedStatuses')}>
        {TCB_STATUSES.map((status) => (
          <CheckField
            key={status}
            label={status}
            checked={accepted?.includes(status) === true}
            disabled={accepted === undefined}
            onChange={(on) =>
              set({
                // in the order of the list, so that the same choice is the same policy
                acceptedStatuses: TCB_STATUSES.filter((one) =>
                  one === status ? on : accepted?.includes(one) === true,
                ),
              })
            }
          />
        ))}
      </div>
    </Section>
  );
}

const isId = (word: string): boolean => /^[\x21-\x7e]{1,64}$/.test(word);

function Advisories({ policy, set }: PartProps) {
  const t = useT();
  const [typed, setTyped] = useState('');
  const known = policy.refusedAdvisories ?? [];
  const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
  // blanks and unfinished words stay as they are typed, until the policy says something else
  const mine = wordsOf(typed).filter(isId).join() === known.join();
  const odd = mine ? wordsOf(typed).filter((word) => !isId(word)) : [];
  return (
    <AreaField
      label={t('policy.advisories')}
      help={t('policy.advisoriesHelp')}
      fault={odd.length === 0 ? null : t('policy.advisoriesFault', { words: odd.join(', ') })}
      value={mine ? typed : known.join('\n')}
      onChange={(text) => {
        setTyped(text);
        const ids = wordsOf(text).filter(isId);
        set({ refusedAdvisories: ids.length === 0 ? undefined : ids });
      }}
      rows={4}
    />
  );
}

type Way = 'none' | 'number' | 'grace';

function Freshness({ policy, set }: PartProps) {
  const t = useT();
  const { minEvaluationNumber, grace } = policy;
  const way: Way = grace !== undefined ? 'grace' : minEvaluationNumber !== undefined ? 'number' : 'none';
  const count = (text: string, most: number): number | undefined => {
    const value = parseCount(text);
    return value === null ? undefined : Math.min(value, most);
  };
  return (
    <Section title={t('policy.freshness')}>
      <Choice
        label={t('policy.freshnessHow')}
        value={way}
        onChange={(next) =>
          set({
            minEvaluationNumber: next === 'number' ? 17 : undefined,
            grace: next === 'grace' ? { platformDays: 30 } : undefined,
          })
        }
        options={(['none', 'number', 'grace'] as const).map((value) => ({
          value,
          label: t(`policy.freshness.${value}`),
        }))}
      />
      {way === 'number' ? (
        <TextField
          label={t('rule.minEvaluationNumber')}
          help={t('policy.minEvaluationHelp')}
          value={String(minEvaluationNumber ?? '')}
          onChange={(text) => set({ minEvaluationNumber: count(text, 1_000_000) ?? 0 })}
          inputMode="numeric"
        />
      ) : null}
      {way === 'grace' ? (
        <Fields columns={2}>
          {(['platformDays', 'collateralDays'] as const).map((name) => (
            <TextField
              key={name}
              label={t(`policy.grace.${name}`)}
              unit={t('policy.days')}
              value={String(grace?.[name] ?? '')}
              onChange={(text) => set({ grace: { ...grace, [name]: count(text, 3650) } })}
              inputMode="numeric"
            />
          ))}
        </Fields>
      ) : null}
    </Section>
  );
}

function FlagField({ name, policy, set }: PartProps & { name: Flag }) {
  const t = useT();
  const [allowed, refused] = FLAGS[name];
  const now = policy[name];
  return (
    <SelectField
      label={t(`policy.flag.${name}`)}
      value={now === undefined ? 'unset' : now === allowed ? 'allowed' : 'refused'}
      onChange={(choice) =>
        set({ [name]: choice === 'unset' ? undefined : choice === 'allowed' ? allowed : refused })
      }
      options={[
        {
          value: 'unset',
          label: t(
            name === 'allowDebug' || name === 'allowSimulated'
              ? 'policy.choice.usual'
              : 'policy.choice.unset',
          ),
        },
        { value: 'allowed', label: t('policy.choice.allowed') },
        { value: 'refused', label: t('policy.choice.refused') },
      ]}
    />
  );
}
