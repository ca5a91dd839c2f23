/** Verdicts, event logs and bundles as lines for a person. */
import type { EventLogReport, Reverification, Verdict } from '../../../../protocol/attestation/index.ts';

const checkMarks = { passed: '✓', failed: '✕', 'not-checked': '○', stale: '◔' } as const;
const registerMarks = { full: '✓', partial: '○', absent: '○', mismatch: '✕' } as const;

const headline = (verdict: Verdict): string =>
  `${verdict.simulated ? 'SIMULATED  ' : ''}evidence ${verdict.evidence}${verdict.code === null ? '' : ` (${verdict.code})`}, status ${verdict.status ?? 'unknown'}, judged for ${verdict.verifiedAt}`;

export function verdictText(verdict: Verdict): string {
  return [
    headline(verdict),
    ...verdict.checks.map((check) => `  ${checkMarks[check.outcome]} ${check.id}: ${check.detail}`),
    ...verdict.policy.lines.map((line) => `  policy ${line.rule}: ${line.outcome}, ${line.detail}`),
    `  trust anchor ${verdict.trustAnchor.name}, ${verdict.trustAnchor.sha256}`,
  ].join('\n');
}

export function eventLogText({ form, registers, events, notes }: EventLogReport): string {
  return [
    `event log (${form}), ${events.length} events`,
    ...registers.map(
      ({ outcome, detail, register, events: count, contentDiffers }) =>
        `  ${registerMarks[outcome]} RTMR${register} ${outcome}, ${count} events: ${detail}${contentDiffers === 0 ? '' : ` ${contentDiffers} events say something else than their digest.`}`,
    ),
    ...events.map(
      ({ index, register, typeName, description, content }) =>
        `  ${String(index).padStart(4)} ${register === null ? 'MRTD ' : `RTMR${register}`} ${content === 'differs' ? '✕ ' : ''}${typeName}: ${description}`,
    ),
    ...notes.map((note) => `  ${note}`),
  ].join('\n');
}

/** Both verdicts beside each other: a line for each thing that may differ, then the reasons. */
export function bundleText({
  then,
  now,
  own,
  differences,
  sameAsRecorded,
  eventLog,
}: Reverification): string {
  const row = (what: string, of: (verdict: Verdict) => string): string =>
    `  ${what.padEnd(18)}${of(then).padEnd(24)}${of(now)}`;
  return [
    then.simulated ? 'SIMULATED evidence bundle' : 'evidence bundle',
    row('judged for', ({ verifiedAt }) => verifiedAt),
    row('evidence', ({ evidence }) => evidence),
    row('code', ({ code }) => code ?? '–'),
    row('status', ({ status }) => status ?? 'unknown'),
    row('policy (its own)', ({ policy }) => policy.outcome),
    row('collateral until', ({ collateralExpires }) => collateralExpires ?? '–'),
    ...(own === null ? [] : [`  policy (yours)    ${own.policy.outcome}`]),
    '',
    sameAsRecorded
      ? 'The verdict in the bundle is the one its evidence gives.'
      : 'The verdict in the bundle is not the one its evidence gives:',
    ...differences.map(
      ({ member, recorded, computed }) =>
        `  ${member}: recorded ${recorded ?? 'nothing'}, computed ${computed ?? 'nothing'}`,
    ),
    ...(eventLog === null ? [] : ['', eventLogText(eventLog)]),
    '',
    verdictText(own ?? then),
  ].join('\n');
}
