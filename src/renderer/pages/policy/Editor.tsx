/** The editor itself: form or JSON on the left, effect and sentences on the right; nothing is lost by leaving. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useState } from 'react';
import type { AttestationPolicy } from '../../../contract/index.ts';
import { explainPolicy } from '../../../protocol/attestation/index.ts';
import type { Policy } from '../../../protocol/attestation/index.ts';
import { useNode } from '../../client/context.tsx';
import { useMay } from '../../client/may.ts';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Confirm } from '../../parts/Confirm.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { AreaField, Choice } from '../../parts/Field.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Page.tsx';
import { ruleTitle } from '../machines/verdict-lines.tsx';
import { Effect } from './Effect.tsx';
import styles from './Policy.module.css';
import { policyText, readPolicyText, samePolicy, tidy } from './policy-json.ts';
import type { PolicyFault } from './policy-json.ts';
import { PolicyForm } from './PolicyForm.tsx';

export interface PolicyState {
  readonly policy: AttestationPolicy;
  readonly index: number | null;
  readonly presets: { readonly default: AttestationPolicy; readonly strict: AttestationPolicy };
}

export function Editor({ state }: { state: PolicyState }) {
  const t = useT();
  const may = useMay()('operate');
  const [draft, setDraft] = useState<AttestationPolicy | null>(null);
  const [mode, setMode] = useState<'form' | 'json'>('form');
  /** The text as typed; null while it is the draft's own. */
  const [text, setText] = useState<string | null>(null);
  const [pinsText, setPinsText] = useState<string | null>(null);
  const [asks, setAsks] = useState(false);
  const policy = draft ?? state.policy;
  const change = (next: AttestationPolicy): void => setDraft(tidy(next));
  const faults = text === null ? [] : readPolicyText(text).faults;
  const pinFaults = pinsText === null ? [] : readPins(pinsText, policy).faults;
  const faulty = faults.length > 0 || pinFaults.length > 0;
  const changed = !samePolicy(policy, state.policy);
  const dirty = changed || faulty;
  const reset = (next: AttestationPolicy | null): void => {
    setDraft(next);
    setText(null);
    setPinsText(null);
  };
  const explained = explainPolicy(policy as Policy);
  return (
    <div className={styles.columns}>
      <div className={styles.edit}>
        <div className={styles.bar}>
          <Choice
            label={t('policy.mode')}
            value={mode}
            onChange={(next) => {
              setText(null);
              setPinsText(null);
              setMode(next);
            }}
            options={[
              { value: 'form', label: t('policy.form'), disabled: faulty },
              { value: 'json', label: t('policy.json'), disabled: faulty },
            ]}
          />
          <div className={styles.presets} role="group" aria-label={t('policy.presets')}>
            <span>{t('policy.presets')}</span>
            <Button onClick={() => reset(tidy(state.presets.default))}>{t('policy.preset.default')}</Button>
            <Button onClick={() => reset(tidy(state.presets.strict))}>{t('policy.preset.strict')}</Button>
          </div>
        </div>
        {mode === 'form' ? (
          <PolicyForm
            policy={policy}
            onChange={change}
            pinsText={pinsText}
            onPinsText={(next) => {
              setPinsText(next);
              const read = readPins(next, policy);
              if (read.policy !== null) change(read.policy);
            }}
            pinFaults={pinFaults}
          />
        ) : (
          <Section title={t('policy.json')}>
            <Faults faults={faults} />
            <AreaField
              label={t('policy.jsonText')}
              help={t('policy.jsonHelp')}
              value={text ?? policyText(policy)}
              onChange={(next) => {
                setText(next);
                const read = readPolicyText(next);
                if (read.policy !== null) change(read.policy);
              }}
              rows={24}
            />
          </Section>
        )}
      </div>
      <div className={styles.effect}>
        <div className={styles.adopt}>
          <p role="status">
            <Mark kind={faulty ? 'failed' : changed ? 'not-checked' : 'passed'} label="" />
            {t(faulty ? 'policy.faulty' : changed ? 'policy.changed' : 'policy.inForce')}
          </p>
          <Button disabled={!dirty} onClick={() => reset(null)}>
            {t('policy.discard')}
          </Button>
          {may ? (
            <Button kind="primary" disabled={!changed || faulty} onClick={() => setAsks(true)}>
              {t('policy.adopt')}
            </Button>
          ) : null}
        </div>
        <Effect policy={tidy(policy)} changed={changed} />
        <Section title={t(changed ? 'policy.saysThen' : 'policy.says')}>
          {policy.description === undefined ? null : <p>{policy.description}</p>}
          {explained.length === 0 ? <p className={styles.note}>{t('policy.saysNothing')}</p> : null}
          <ul className={styles.sentences}>
            {explained.map(({ rule, sentence }, i) => (
              // oxlint-disable-next-line react/no-array-index-key -- a rule may have several sentences
              <li key={i}>
                <span className={styles.note}>{ruleTitle(t, rule)}</span>
                <p>{sentence}</p>
              </li>
            ))}
          </ul>
        </Section>
      </div>
      {asks ? (
        <Adopt policy={tidy(policy)} onClose={() => setAsks(false)} onDone={() => reset(null)} />
      ) : null}
      <Leaving dirty={dirty} />
    </div>
  );
}

/** The pins and joint sets of a text, put into the policy. */
function readPins(text: string, policy: AttestationPolicy) {
  const { pins: _pins, jointPins: _jointPins, ...rest } = policy;
  const read = readPolicyText(text);
  if (read.policy === null) return read;
  const strangers = Object.keys(read.policy).filter((name) => name !== 'pins' && name !== 'jointPins');
  return strangers.length > 0
    ? {
        policy: null,
        faults: [{ line: 1, member: strangers.join(', '), why: 'only pins and jointPins stand here' }],
      }
    : { policy: { ...rest, ...read.policy }, faults: [] };
}

export function Faults({ faults }: { faults: readonly PolicyFault[] }) {
  const t = useT();
  return faults.length === 0 ? null : (
    <ul className={styles.faults} role="alert" aria-label={t('policy.faults')}>
      {faults.slice(0, 12).map(({ line, member, why }) => (
        <li key={`${line} ${member} ${why}`}>
          <Mark kind="failed" label="" size={12} />
          <span>
            {t('policy.line', { line })} {member === '' ? null : <code>{member}</code>} {why}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Adopt({
  policy,
  onClose,
  onDone,
}: {
  policy: AttestationPolicy;
  onClose: () => void;
  onDone: () => void;
}) {
  const t = useT();
  const { client, api } = useNode();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const adopt = useMutation({
    mutationFn: () => client.attestation.adoptPolicy({ policy }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: api.attestation.key() });
      announce(t('policy.adopted'));
      onDone();
      onClose();
    },
  });
  return (
    <Confirm
      title={t('policy.adoptTitle')}
      text={t('policy.adoptText')}
      action={t('policy.adopt')}
      mutation={adopt}
      onClose={onClose}
    />
  );
}

/** Asks before the page, or the window, is left with changes that nobody adopted. */
function Leaving({ dirty }: { dirty: boolean }) {
  const t = useT();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  if (blocker.status !== 'blocked') return null;
  return (
    <Dialog
      open
      onClose={blocker.reset}
      size="small"
      title={t('policy.leaveTitle')}
      footer={
        <>
          <Button onClick={blocker.reset}>{t('policy.stay')}</Button>
          <Button kind="danger" onClick={blocker.proceed}>
            {t('policy.leave')}
          </Button>
        </>
      }
    >
      <p>{t('policy.leaveText')}</p>
    </Dialog>
  );
}
