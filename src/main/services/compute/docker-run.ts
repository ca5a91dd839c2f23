/**
 * Starting a container on Docker: limits, network and filter rules first, the container last; and taking the
 * network away again. When a step fails, everything before it is undone.
 */
import { existsSync } from 'node:fs';
import type Docker from 'dockerode';
import { Refusal } from '../../../protocol/bytes/index.ts';
import type { Ask } from './ask.ts';
import { createRequest, LABEL_WORKLOAD, networkName, networkRequest } from './container.ts';
import { bridgeName, resolveAllowed } from './egress.ts';
import type { EgressFilter, EgressRule } from './egress.ts';
import type { EngineInfo, RunSpec, Started } from './engine.ts';
import { engineProblem } from './problems.ts';
import type { StatusCodes } from './problems.ts';

export interface RunPorts {
  readonly docker: Docker;
  readonly ask: Ask;
  /** The engine's address, for the sentences. */
  readonly where: string;
  /** This node's label. */
  readonly node: string;
  readonly filter: EgressFilter;
  /** The engine is on another machine, out of the filter's reach. */
  readonly isRemote: boolean;
  readonly resolve: ((host: string) => Promise<readonly string[]>) | undefined;
  info(): Promise<EngineInfo>;
  inspect(id: string): Promise<Docker.ContainerInspectInfo>;
}

export interface Runner {
  run(spec: RunSpec): Promise<Started>;
  /** Removes a workload's network and filter rules; quiet when there are none. */
  removeNetwork(workload: string): Promise<void>;
}

const NO_IMAGE = ['IMAGE_NOT_FOUND', 'The engine does not have this image.'] as const;
const NOT_STARTED = ['RUN_FAILED', 'The engine could not start the container.'] as const;

export function createRunner(ports: RunPorts): Runner {
  const { docker, ask, where, node, filter, isRemote, resolve, info, inspect } = ports;

  async function removeNetwork(workload: string): Promise<void> {
    await ask.quietly(() => docker.getNetwork(networkName(workload)).remove());
    const bridge = bridgeName(workload);
    if ((await filter.bridges()).includes(bridge)) await filter.close(bridge);
  }

  /** Resolves the list and closes the bridge to everything else, before the bridge exists. */
  async function closeEgress(spec: RunSpec): Promise<readonly EgressRule[] | null> {
    if (spec.network.mode !== 'allowlist') return null;
    if (isRemote)
      throw new Refusal(
        'NETWORK_POLICY_UNENFORCEABLE',
        "The image's network allowlist cannot be enforced here: the engine runs on another machine.",
        { why: 'the engine runs on another machine' },
      );
    await filter.ready();
    const rules = await resolveAllowed(spec.network.allow, resolve);
    await filter.open(bridgeName(spec.workload), rules);
    return rules;
  }

  async function createContainer(
    spec: RunSpec,
    egress: readonly EgressRule[] | null,
    swapLimit: boolean,
  ): Promise<{ container: Docker.Container; storage: boolean }> {
    const ipv6 = existsSync('/proc/sys/net/ipv6');
    const create = (storageLimit: boolean): Promise<Docker.Container> =>
      docker.createContainer(createRequest(spec, { node, egress, swapLimit, storageLimit, ipv6 }));
    const codes: StatusCodes = {
      400: ['RUN_FAILED', 'The engine does not accept this container.'],
      404: NO_IMAGE,
      409: ['WORKLOAD_EXISTS', 'The engine has a container for this workload already.'],
    };
    // nothing on disk can be written to, so there is nothing to limit
    if (spec.readOnlyRoot) return { container: await ask(() => create(false), codes), storage: true };
    if (spec.limits.storageGib > 0) {
      try {
        return { container: await create(true), storage: true };
      } catch (error) {
        // most storage drivers cannot: told in `enforced`, not hidden
        if (!/storage-opt|storageopt|pquota|quota/i.test(String(error)))
          throw engineProblem(error, where, codes);
      }
    }
    return { container: await ask(() => create(false), codes), storage: false };
  }

  async function run(spec: RunSpec): Promise<Started> {
    const { unenforceable } = await info();
    const missing = unenforceable.filter((limit) => limit !== 'swap');
    if (missing.length > 0)
      throw new Refusal('LIMIT_UNENFORCEABLE', `This engine cannot limit ${missing.join(' and ')}.`, {
        limits: missing.join(','),
      });
    const swap = !unenforceable.includes('swap');
    const taken = await ask(() =>
      docker.listContainers({ all: true, filters: { label: [`${LABEL_WORKLOAD}=${spec.workload}`] } }),
    );
    // from here on a failure clears the workload's name: it must not be somebody else's
    if (taken.length > 0)
      throw new Refusal('WORKLOAD_EXISTS', 'The engine has a container for this workload already.');
    let container: Docker.Container | undefined;
    try {
      // what a crash between two steps of an earlier run left
      await removeNetwork(spec.workload);
      const egress = await closeEgress(spec);
      if (spec.network.mode !== 'none') {
        await ask(() => docker.createNetwork(networkRequest(node, spec.workload)));
        if (egress !== null && !filter.isHere(bridgeName(spec.workload)))
          throw new Refusal(
            'NETWORK_POLICY_UNENFORCEABLE',
            "The image's network allowlist cannot be enforced here: the engine's networks are not on this machine.",
            { why: "the engine's networks are not on this machine" },
          );
      }
      const created = await createContainer(spec, egress, swap);
      container = created.container;
      await ask(() => created.container.start(), {
        400: NOT_STARTED,
        404: NOT_STARTED,
        500: NOT_STARTED,
      });
      const { State } = await inspect(container.id);
      return {
        id: container.id,
        startedAt: Date.parse(State.StartedAt),
        enforced: { storage: created.storage, swap },
      };
    } catch (error) {
      if (container !== undefined) await discard(container);
      await removeNetwork(spec.workload).catch(() => undefined);
      throw error;
    }
  }

  const discard = (container: Docker.Container): Promise<void> =>
    // 409: another removal is under way
    ask.quietly(() => container.remove({ force: true, v: true }), 409).catch(() => undefined);

  return { run, removeNetwork };
}
