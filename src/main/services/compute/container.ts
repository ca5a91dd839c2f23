/** How a run becomes a container: the one place where limits and isolation are spelled for Docker's API. */
import type Docker from 'dockerode';
import { toHex, utf8 } from '../../../protocol/bytes/index.ts';
import { bridgeName } from './egress.ts';
import type { EgressRule } from './egress.ts';
import type { RunSpec } from './engine.ts';

export const LABEL_NODE = 'org.muster.node';
export const LABEL_WORKLOAD = 'org.muster.workload';
/** The opened ways of an allowlisted workload, so that they can be put back after a reboot. */
export const LABEL_EGRESS = 'org.muster.egress';

const MIB = 1024 * 1024;
/** TEST-NET-1: no one is there, so whatever asks for a name is told so by the filter at once. */
const NO_DNS = '192.0.2.1';

export const networkName = (workload: string): string => `muster-${bridgeName(workload)}`;
export const containerName = (workload: string): string => `muster-${workload.slice(0, 32)}`;

export const labelsOf = (node: string, workload: string): Record<string, string> => ({
  [LABEL_NODE]: node,
  [LABEL_WORKLOAD]: workload,
});

export interface Isolation {
  readonly node: string;
  /** Null unless the network is an allowlist. */
  readonly egress: readonly EgressRule[] | null;
  /** The engine's kernel can limit swap. */
  readonly swapLimit: boolean;
  /** Ask for a size limit of the writable layer. */
  readonly storageLimit: boolean;
  /** The host's kernel knows IPv6, which no allowlist rule covers. */
  readonly ipv6: boolean;
}

/** Docker's create request for a run. */
export function createRequest(spec: RunSpec, isolation: Isolation): Docker.ContainerCreateOptions {
  const { limits } = spec;
  const memory = limits.ramMib * MIB;
  const { egress } = isolation;
  return {
    name: containerName(spec.workload),
    Image: spec.imageId,
    Labels: {
      ...labelsOf(isolation.node, spec.workload),
      ...(egress === null ? {} : { [LABEL_EGRESS]: JSON.stringify(egress) }),
    },
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    OpenStdin: false,
    Tty: false,
    HostConfig: {
      NanoCpus: limits.cpuMillicores * 1_000_000,
      Memory: memory,
      // the sum of memory and swap: equal means no swap
      ...(isolation.swapLimit ? { MemorySwap: memory } : {}),
      PidsLimit: limits.pids,
      ShmSize: Math.min(64 * MIB, Math.floor(memory / 2)),
      ...(isolation.storageLimit ? { StorageOpt: { size: `${limits.storageGib}G` } } : {}),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      ReadonlyRootfs: spec.readOnlyRoot,
      ...(spec.readOnlyRoot ? { Tmpfs: tmpfs(spec) } : {}),
      NetworkMode: spec.network.mode === 'none' ? 'none' : networkName(spec.workload),
      ...(egress === null
        ? {}
        : {
            Dns: [NO_DNS],
            DnsOptions: ['timeout:1', 'attempts:1'],
            ExtraHosts: egress
              .filter((rule) => rule.host !== rule.address)
              .map((rule) => `${rule.host}:${rule.address}`),
            ...(isolation.ipv6 ? { Sysctls: { 'net.ipv6.conf.all.disable_ipv6': '1' } } : {}),
          }),
      IpcMode: 'private',
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '8m', 'max-file': '2' } },
    },
  };
}

/** Docker's create request for a workload's own network. */
export function networkRequest(node: string, workload: string): Docker.NetworkCreateOptions {
  return {
    Name: networkName(workload),
    Driver: 'bridge',
    CheckDuplicate: true,
    Attachable: false,
    Internal: false,
    EnableIPv6: false,
    Labels: labelsOf(node, workload),
    Options: { 'com.docker.network.bridge.name': bridgeName(workload) },
  };
}

/** Memory instead of disk for /tmp and for declared volumes; it counts against the memory limit. */
function tmpfs(spec: RunSpec): Record<string, string> {
  const size = `size=${Math.max(1, Math.floor(spec.limits.ramMib / 2))}m`;
  const options = `rw,noexec,nosuid,nodev,mode=1777,${size}`;
  return Object.fromEntries(['/tmp', ...spec.volumes].map((path) => [path, options]));
}

/** A node's id as a label value: readable ids stay, others become hex. */
export const nodeLabel = (node: string): string =>
  /^[\w.-]{1,128}$/.test(node) ? node : toHex(utf8(node)).slice(0, 128);
