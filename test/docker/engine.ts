/**
 * The container engine for tests: the one on this machine's socket. Whatever a test started is under its own
 * node name and is removed at the end, with the images of its registry. Needs the part `docker`.
 */
import { randomBytes } from 'node:crypto';
import Docker from 'dockerode';
import { createDockerEngine } from '../../src/main/services/compute/index.ts';
import type { ContainerEngine, DockerOptions } from '../../src/main/services/compute/index.ts';
import { dockerSocket } from '../parts.ts';

export interface TestEngine {
  readonly engine: ContainerEngine;
  /** The node's name in labels. */
  readonly node: string;
  /** Docker's own client, for looking behind the port. */
  readonly docker: Docker;
  /** Another instance for the same node, as after a restart. */
  again(options?: Partial<DockerOptions>): ContainerEngine;
  /** Removes every container and network of this node, and the images pulled from `hosts`. */
  clean(...hosts: readonly string[]): Promise<void>;
}

export function testEngine(options: Partial<DockerOptions> = {}): TestEngine {
  const node = options.node ?? `test-${randomBytes(8).toString('hex')}`;
  const docker = new Docker({ socketPath: dockerSocket });
  const again = (more: Partial<DockerOptions> = {}): ContainerEngine =>
    createDockerEngine({ kind: 'socket', path: dockerSocket }, { node, ...options, ...more });
  const engine = again();
  return {
    engine,
    node,
    docker,
    again,
    async clean(...hosts) {
      for (const { id } of await engine.list()) await engine.remove(id);
      await engine.sweep();
      for (const image of await docker.listImages())
        for (const name of [...(image.RepoDigests ?? []), ...(image.RepoTags ?? [])])
          if (hosts.some((host) => name.startsWith(`${host}/`)))
            await docker
              .getImage(name)
              .remove({ force: true })
              .catch(() => undefined);
    },
  };
}

/** A fresh workload id: 64 hex digits. */
export const newWorkload = (): string => randomBytes(32).toString('hex');
