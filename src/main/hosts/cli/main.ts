/** Entry of the command line; bin/muster.mjs has checked the version of Node before it loads this. */
import { runCli } from './cli.ts';

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
// whoever reads our output may stop reading it
process.stdout.on('error', () => process.exit(0));

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  signal: abort.signal,
});
