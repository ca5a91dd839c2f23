/**
 * Makes sure that a Docker daemon answers on this machine: `node test/docker/daemon.ts`. Where none does and
 * this is root with `dockerd` installed, one is started in the background and left running; its log goes to
 * the file named by the first argument (else to nowhere). Exit 0 when an engine answers, 1 when not.
 */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const socketPath = process.env['MUSTER_DOCKER_SOCKET'] ?? '/var/run/docker.sock';

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = request({ socketPath, path: '/_ping', timeout: 3000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    ask.on('timeout', () => ask.destroy());
    ask.on('error', () => resolve(false));
    ask.end();
  });
}

let here = await answers();
if (!here && process.geteuid?.() === 0) {
  const log = process.argv[2];
  const out = log === undefined ? 'ignore' : openSync(log, 'a');
  const daemon = spawn('dockerd', ['--host', `unix://${socketPath}`], {
    detached: true,
    stdio: ['ignore', out, out],
  });
  const failed = new AbortController();
  daemon.on('error', () => failed.abort());
  daemon.on('exit', () => failed.abort());
  for (let tries = 0; !here && !failed.signal.aborted && tries < 120; tries++) {
    await delay(250);
    here = await answers();
  }
  daemon.unref();
}
console.error(here ? 'docker: answers' : 'docker: not here');
process.exit(here ? 0 : 1);
