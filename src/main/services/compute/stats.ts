/** Resource samples out of an engine's statistics, for both generations of Linux control groups. */
import type { StatsSample } from './engine.ts';

/** What we read of one line of statistics; everything may be missing. */
export interface RawStats {
  readonly read?: string;
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
  readonly networks?: Readonly<Record<string, { readonly rx_bytes?: number; readonly tx_bytes?: number }>>;
  readonly pids_stats?: { readonly current?: number };
}

/** A sample, or null when the line tells of a container that no longer runs. */
export function readSample(raw: RawStats, previous: StatsSample | null): StatsSample | null {
  const at = Date.parse(raw.read ?? '');
  const cpuNs = raw.cpu_stats?.cpu_usage?.total_usage ?? 0;
  const pids = raw.pids_stats?.current ?? 0;
  // an ended container is told with zeros, and with the year 1
  if (!(at > 0) || (cpuNs === 0 && pids === 0)) return null;
  const { usage = 0, stats = {} } = raw.memory_stats ?? {};
  // the file cache that the kernel can drop at any time is not what the workload uses
  const cache = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0;
  let rxBytes = 0;
  let txBytes = 0;
  for (const network of Object.values(raw.networks ?? {})) {
    rxBytes += network.rx_bytes ?? 0;
    txBytes += network.tx_bytes ?? 0;
  }
  const elapsed = previous === null ? 0 : at - previous.at;
  const spent = previous === null ? 0 : Math.max(0, cpuNs - previous.cpuNs);
  return {
    at,
    cpuMillicores: elapsed > 0 ? Math.round(spent / 1000 / elapsed) : 0,
    cpuNs,
    memoryBytes: Math.max(0, usage - cache),
    rxBytes,
    txBytes,
    pids,
  };
}
