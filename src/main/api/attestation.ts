import { MAX_EVENTS } from '../../contract/index.ts';
import type { AttestationPolicy, EventLogReportJson, VerdictJson } from '../../contract/index.ts';
import { DEFAULT_POLICY, explainPolicy, STRICT_POLICY } from '../../protocol/attestation/index.ts';
import type { EventLogReport, Policy } from '../../protocol/attestation/index.ts';
import { toBase64url, toHex } from '../../protocol/bytes/index.ts';
import { nodeHashes } from '../hashes.ts';
import { os } from './base.ts';

/** The same rules under the contract's name; `checkPolicy` and the contract's schema accept the same. */
const onWire = (policy: Policy): AttestationPolicy => policy as AttestationPolicy;

const logOnWire = (log: EventLogReport): EventLogReportJson => ({
  form: log.form,
  registers: log.registers.map((register) => ({ ...register })),
  events: log.events.slice(0, MAX_EVENTS).map((event) => ({ ...event })),
  total: log.events.length,
  notes: [...log.notes],
});

export const attestation = {
  detect: os.attestation.detect.handler(({ context }) => context.node.machines.detect()),
  verify: os.attestation.verify.handler(async ({ context, input }) => {
    const { pins, policy, ...evidence } = input;
    const { verdict, quote, log: replay } = await context.node.machines.judge(evidence, pins, policy);
    const log = replay();
    return {
      verdict: verdict as unknown as VerdictJson,
      quote: { sha256: toHex(nodeHashes.sha256(quote)), size: quote.length },
      eventLog: log === null ? null : logOnWire(log),
    };
  }),
  raw: os.attestation.raw.handler(({ context, input }) => {
    const { data, name } = context.node.machines.raw(input.sha256);
    return { data: toBase64url(data), size: data.length, name };
  }),
  policy: os.attestation.policy.handler(async ({ context }) => {
    const { policy, index } = await context.node.machines.policies.current();
    return {
      policy: onWire(policy),
      index,
      explained: explainPolicy(policy),
      presets: { default: onWire(DEFAULT_POLICY), strict: onWire(STRICT_POLICY) },
    };
  }),
  adoptPolicy: os.attestation.adoptPolicy.handler(async ({ context, input }) => {
    const { policy, index, receipt } = await context.node.machines.policies.adopt(input.policy);
    return { policy: onWire(policy), index, explained: explainPolicy(policy), receipt };
  }),
  tryPolicy: os.attestation.tryPolicy.handler(async ({ context, input }) => {
    const { explained, machines } = await context.node.machines.tryPolicy(input.policy);
    return {
      explained: [...explained],
      machines: machines.map(({ machine, before, after }) => ({
        id: toHex(machine.machine),
        name: machine.name,
        before: before.policy.outcome,
        after: after.policy.outcome,
        lines: after.policy.lines.map((line) => ({ ...line })),
      })),
    };
  }),
  collateral: os.attestation.collateral.handler(async ({ context }) => ({
    service: context.node.settings.current().collateralService,
    entries: (await context.node.machines.collateral.entries()).map((entry) => ({
      fmspc: entry.fmspc,
      ca: entry.ca,
      mode: String(entry.mode),
      fetchedAt: entry.fetchedAt,
      expires: entry.expires,
      evaluationNumber: entry.evaluationNumbers?.tcbInfo ?? null,
      rolledBack: entry.rolledBack,
      refresh: entry.refresh,
      nextRefresh: entry.nextRefresh,
    })),
  })),
  refreshCollateral: os.attestation.refreshCollateral.handler(async ({ context }) => {
    await context.node.machines.collateral.refresh();
    return {};
  }),
  alarms: os.attestation.alarms.handler(async ({ context }) => ({
    alarms: await context.node.machines.alarms(),
  })),
  verifyFolder: os.attestation.verifyFolder.handler(async ({ context, input }) => ({
    operation: await context.node.machines.verifyFolder(input),
  })),
  folderResult: os.attestation.folderResult.handler(({ context, input }) => {
    const { rows, done } = context.node.machines.folderResult(input.operation);
    return { rows: [...rows], done };
  }),
  eventLog: os.attestation.eventLog.handler(async ({ context, input }) => {
    const log = await context.node.machines.eventLog(input.machine);
    return { log: log === null ? null : logOnWire(log) };
  }),
  bundle: os.attestation.bundle.handler(async ({ context, input }) => {
    const { data, name } = await context.node.machines.bundle(input.machine);
    return { data: toBase64url(data), name };
  }),
};
