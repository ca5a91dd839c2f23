#!/usr/bin/env node
// `npm start`: the desktop when there is an Electron binary and a display, else the console.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `Muster needs Node 24 or newer; this is ${process.versions.node}. Run: npm ci && npm start\n`,
  );
  process.exit(2);
}
const { buildIfStale, electronBinary, hasDisplay, projectRoot } = await import('./fresh.mjs');
await buildIfStale();
const electron = electronBinary();
if (electron !== null && hasDisplay()) {
  const { spawn } = await import('node:child_process');
  const child = spawn(electron, [projectRoot, ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
} else {
  process.argv.splice(2, 0, 'run');
  await import('../out/main/cli.js');
}
