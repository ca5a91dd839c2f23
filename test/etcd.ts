/** A real etcd from the PATH, on free ports of 127.0.0.1, in a scratch folder. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

export interface Etcd {
  /** `http://127.0.0.1:port`, one for each member. */
  readonly endpoints: readonly string[];
  stop(): Promise<void>;
}

/** `members`: one or three processes that form one cluster. */
export async function startEtcd(folder: string, members = 1): Promise<Etcd> {
  const ports = await Promise.all(Array.from({ length: members * 2 }, () => freePort()));
  const url = (n: number): string => `http://127.0.0.1:${ports[n]}`;
  const names = Array.from({ length: members }, (_, n) => `member-${n}`);
  const cluster = names.map((name, n) => `${name}=${url(members + n)}`).join(',');
  const running = names.map((name, n) => {
    const flags = {
      name,
      'data-dir': join(folder, name),
      'listen-client-urls': url(n),
      'advertise-client-urls': url(n),
      'listen-peer-urls': url(members + n),
      'initial-advertise-peer-urls': url(members + n),
      'initial-cluster': cluster,
      'initial-cluster-token': folder,
      'log-level': 'error',
    };
    return spawn(
      'etcd',
      Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
      {
        stdio: 'ignore',
      },
    );
  });
  const endpoints = names.map((_, n) => url(n));
  const stop = async (): Promise<void> => {
    await Promise.all(
      running.map(async (one) => {
        if (one.exitCode !== null || one.signalCode !== null) return;
        const gone = new Promise((resolve) => one.once('exit', resolve));
        one.kill('SIGKILL');
        await gone;
      }),
    );
  };
  for (let attempt = 0; attempt < 100; attempt++) {
    const answers = await Promise.all(
      endpoints.map((endpoint) =>
        fetch(`${endpoint}/health`, { signal: AbortSignal.timeout(1000) }).then(
          async (answer) => (await answer.text()).includes('true'),
          () => false,
        ),
      ),
    );
    if (answers.every(Boolean)) return { endpoints, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error('etcd did not come up');
}
