#!/usr/bin/env node
// Entry of the command line: import-free until the version of Node is known to be new enough.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `Muster needs Node 24 or newer; this is ${process.versions.node}.\n` +
      'In a clone run it through npm, which brings its own: npm run -s muster -- --help\n',
  );
  process.exit(2);
}
const { buildIfStale } = await import('./fresh.mjs');
await buildIfStale();
await import('../out/main/cli.js');
