/** Quotes, offline: show what is in one, verify it. */
import {
  describeQuote,
  type EventLogReport,
  looksLikeBundle,
  readEventLog,
  readQuoteFile,
  registerLogs,
  reportEventLog,
} from '../../../../protocol/attestation/index.ts';
import { verifyQuote } from '../../../attestation/index.ts';
import { nodeHashes } from '../../../hashes.ts';
import type { Command } from '../command.ts';
import { argument, readInput } from '../input.ts';
import { no, yes } from '../output.ts';
import { bundleCommand, verifyBundle } from './quote-bundle.ts';
import {
  collateralOf,
  EVIDENCE_OPTIONS,
  eventLogOf,
  MAX_FILE,
  momentOf,
  policyOf,
  rootOf,
} from './quote-input.ts';
import { readCommand } from './quote-read.ts';
import { simulateCommand } from './quote-simulate.ts';
import { eventLogText, verdictText } from './quote-text.ts';

const show: Command = {
  name: 'quote show',
  usage: 'FILE',
  summary: 'Show everything in a quote. Nothing is verified.',
  examples: ['muster quote show quote.bin --json'],
  async run(invocation) {
    const { quote, form } = readQuoteFile(readInput(argument(invocation, 0, 'FILE'), MAX_FILE));
    const described = { form, ...describeQuote(quote, nodeHashes) };
    return yes(described, JSON.stringify(described, null, 2));
  },
};

const verify: Command = {
  name: 'quote verify',
  usage: 'FILE',
  summary: 'Verify a quote or an evidence bundle. 0 only when it is genuine and the policy passed.',
  options: EVIDENCE_OPTIONS,
  examples: [
    'muster quote verify quote.bin --collateral collateral.json',
    'muster quote verify quote.hex --collateral sets/ --at 2026-07-04T09:41:17Z --json',
    'muster quote verify quote.bin --collateral sets/ --event-log /sys/firmware/acpi/tables/data/CCEL',
    'muster quote verify rack-07.evidence --policy mine.json',
  ],
  async run(invocation) {
    const bytes = readInput(argument(invocation, 0, 'FILE'), MAX_FILE);
    if (looksLikeBundle(bytes)) return verifyBundle(invocation, bytes);
    const at = momentOf(invocation);
    const { quote } = readQuoteFile(bytes);
    const log = eventLogOf(invocation);
    const eventLog: EventLogReport | null =
      log === undefined ? null : reportEventLog(readEventLog(log), quote, nodeHashes);
    const verdict = verifyQuote({
      quote,
      at,
      collateral: await collateralOf(invocation, quote, at),
      root: rootOf(invocation),
      policy: policyOf(invocation),
      ...(eventLog === null ? {} : { facts: { eventLog: registerLogs(eventLog) } }),
    });
    const good = verdict.evidence === 'genuine' && verdict.policy.outcome === 'passed';
    const words = verdictText(verdict);
    return (good ? yes : no)(
      log === undefined ? verdict : { ...verdict, eventLog },
      eventLog === null ? words : `${words}\n${eventLogText(eventLog)}`,
    );
  },
};

export const quoteCommands: readonly Command[] = [show, verify, readCommand, bundleCommand, simulateCommand];
