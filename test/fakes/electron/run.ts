/** The stand-in's process: evaluates the main bundle, and only then lets `ready` come. */
import { pathToFileURL } from 'node:url';
import { app } from './app.ts';
import { startControl } from './control.ts';
import { options } from './runtime.ts';

const report = startControl();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());

// in a variable, so that this is not the bundle's own top level: a bundle that awaits `ready` hangs right here
await import(pathToFileURL(options.main).href);
report({ kind: 'evaluated' });
report({ kind: 'ready', address: await app.becomeReady() });
