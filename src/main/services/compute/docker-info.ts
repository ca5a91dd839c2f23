/** What Docker's /info says, in the words of the port. */
import type { EngineInfo } from './engine.ts';

/** What we read of the answer; everything may be missing. */
export interface RawInfo {
  readonly ServerVersion?: unknown;
  readonly NCPU?: unknown;
  readonly MemTotal?: number;
  readonly OSType?: string;
  readonly Architecture?: string;
  readonly Driver?: string;
  readonly DriverStatus?: readonly (readonly string[])[] | null;
  readonly CgroupVersion?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly MemoryLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly PidsLimit?: boolean;
}

const ARCHES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' };

export function readInfo(raw: RawInfo): Omit<EngineInfo, 'allowlist'> {
  const limits = [
    ['memory', raw.MemoryLimit],
    ['cpu', raw.CpuCfsQuota],
    ['pids', raw.PidsLimit],
    ['swap', raw.SwapLimit],
  ] as const;
  return {
    name: `docker ${String(raw.ServerVersion).slice(0, 60)}`,
    os: raw.OSType ?? 'linux',
    arch: ARCHES[raw.Architecture ?? ''] ?? raw.Architecture ?? 'unknown',
    cpus: Number(raw.NCPU),
    memoryMib: Math.floor((raw.MemTotal ?? 0) / (1024 * 1024)),
    storageDriver: raw.Driver ?? 'unknown',
    containerdStore: (raw.DriverStatus ?? []).some(
      (pair) => pair[1]?.startsWith('io.containerd.snapshotter') === true,
    ),
    cgroup: raw.CgroupVersion === '2' ? '2' : '1',
    rootless: (raw.SecurityOptions ?? []).some((option) => option.includes('rootless')),
    unenforceable: limits.flatMap(([name, can]) => (can === true ? [] : [name])),
  };
}
