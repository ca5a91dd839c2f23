/**
 * Loaded with `--import` before a built bundle: its `electron` becomes the stand-in beside this file. The bundle
 * itself is the one that Electron would run, to the byte.
 */
import { registerHooks } from 'node:module';

const standIn = new URL('./index.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    // a library that looks for the real package goes on looking for it
    const asked = specifier === 'electron' && !(context.parentURL ?? '').includes('/node_modules/');
    return asked ? { url: standIn, shortCircuit: true } : next(specifier, context);
  },
});
